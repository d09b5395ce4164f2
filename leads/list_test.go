package leads

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"footfall/event"
	"footfall/fault"
)

// ids pages through a list and returns every id in the order in which it came.
func (w *world) ids(q Query) (ids []string) {
	w.t.Helper()
	for {
		page, next, err := w.leads.List(1, q)
		w.must(err)
		for _, v := range page {
			ids = append(ids, v.ID)
		}
		if next == "" {
			return ids
		}
		if len(page) != q.Limit {
			w.t.Fatalf("a page of %d in the middle", len(page))
		}
		q.After = next
	}
}

func TestListsPageInEveryOrder(t *testing.T) {
	w := newWorld(t)
	type made struct {
		id            string
		created, seen int64
		score         float64
	}
	var all []made
	for i := range 60 {
		if i%4 == 0 {
			w.now.Add(1000) // four leads a millisecond
		}
		session := fmt.Sprintf("s%d", i)
		seen := start + int64(i*7919%13)*1000
		w.send(session, "", []event.Event{{Type: event.PageView, At: seen, Day: event.UTCDay(seen), Clock: event.None, Scroll: event.None}})
		var fields []Field
		for k := range i%7 + 1 {
			fields = append(fields, form(fmt.Sprintf("f%d", k), `1`)...)
		}
		id, _ := w.create(Create{Form: fields, Session: session})
		r, _, err := getRow(w.db, 1, w.db.ID(id))
		w.must(err)
		all = append(all, made{id, w.now.Load(), seen, r.Score})
	}
	for sort, value := range map[string]func(made) float64{
		"":           func(m made) float64 { return float64(m.created) },
		SortCreated:  func(m made) float64 { return float64(m.created) },
		SortScore:    func(m made) float64 { return m.score },
		SortActivity: func(m made) float64 { return float64(m.seen) },
	} {
		slices.SortFunc(all, func(a, b made) int {
			if va, vb := value(a), value(b); va != vb {
				return map[bool]int{true: -1, false: 1}[va > vb]
			}
			return strings.Compare(a.id, b.id)
		})
		var want []string
		for _, m := range all {
			want = append(want, m.id)
		}
		for _, limit := range []int{1, 7, 20, 60, 61} {
			if got := w.ids(Query{Sort: sort, Limit: limit}); !slices.Equal(got, want) {
				t.Errorf("by %q, %d at a time:\n got %v\nwant %v", sort, limit, got, want)
			}
		}
	}
}

func TestALeadCreatedWhilePagingMovesNoOther(t *testing.T) {
	w := newWorld(t)
	for range 4 {
		w.create(Create{})
		w.now.Add(1000)
	}
	want := w.ids(Query{Limit: 10})
	page, next, err := w.leads.List(1, Query{Limit: 2})
	w.must(err)
	w.create(Create{})
	rest := w.ids(Query{Limit: 2, After: next})
	if got := append([]string{page[0].ID, page[1].ID}, rest...); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestListFilters(t *testing.T) {
	w := newWorld(t)
	w.browse("s1", "v1")
	hot, _ := w.create(Create{Session: "s1", Listing: "home-1"}) // high
	w.now.Add(1000)
	cold, _ := w.create(Create{Profile: "bob"})
	w.now.Add(1000)
	won, _ := w.create(Create{Listing: "home-1"})
	w.now.Add(1000)
	w.setStatus(won, "closed_won")
	w.now.Add(1000)
	w.setStatus(hot, "nurturing")
	for _, tt := range []struct {
		q    Query
		want []string
	}{
		{Query{}, []string{cold, hot}},
		{Query{Status: "closed_won"}, []string{won}},
		{Query{Status: "new"}, []string{cold}},
		{Query{Profile: "bob"}, []string{cold}},
		{Query{Profile: "default"}, []string{hot}},
		{Query{Listing: "home-1"}, []string{hot}},
		{Query{Priority: "high"}, []string{hot}},
		{Query{Priority: "low", Sort: SortScore}, []string{cold}},
		{Query{UpdatedSince: start + 4000}, []string{hot}},
		{Query{UpdatedSince: start + 4001}, nil},
		{Query{Profile: "nobody", Sort: SortActivity}, nil},
	} {
		tt.q.Limit = 10
		if got := w.ids(tt.q); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: %v, want %v", tt.q, got, tt.want)
		}
	}
}

func TestListsThatMakeNoSenseAreRefused(t *testing.T) {
	w := newWorld(t)
	for field, q := range map[string]Query{
		"status": {Status: "sold"}, "priority": {Priority: "top"}, "sort": {Sort: "name"},
	} {
		_, _, err := w.leads.List(1, q)
		refused(t, field, err, fault.InvalidField, field)
	}
	for _, after := range []string{"x", "0123456789abcdef", "0123456789abcdeg!"} {
		_, _, err := w.leads.List(1, Query{After: after})
		refused(t, "after "+after, err, fault.InvalidCursor, "")
	}
}

func TestOnlineEndsFiveMinutesAfterTheLastBeacon(t *testing.T) {
	w := newWorld(t)
	w.browse("s1", "v1")
	id, _ := w.create(Create{Session: "s1"})
	online := func() any { return w.get(id)["activity"].(map[string]any)["online"] }
	w.now.Add(5 * 60_000)
	same(t, "online at five minutes", online(), `true`)
	w.now.Add(1)
	same(t, "online after them", online(), `false`)
}
