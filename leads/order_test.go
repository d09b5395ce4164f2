package leads

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"footfall/event"
	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"
)

// recount returns the open leads that pass, in the order of what value says of each as it is shown.
func (w *world) recount(ids []string, pass func(v *View) bool, value func(v *View) float64) (want []string) {
	w.t.Helper()
	values := map[string]float64{}
	for _, id := range ids {
		v, err := w.leads.Get(1, id)
		w.must(err)
		if s, err := statusOf(v.Status); err == nil && s.open() && pass(v) {
			values[id] = value(v)
			want = append(want, id)
		}
	}
	slices.SortFunc(want, func(a, b string) int { return cmp.Or(cmp.Compare(values[b], values[a]), cmp.Compare(a, b)) })
	return want
}

func (w *world) ordersAgree(t rapid.TB, ids []string) {
	exact := func(v *View) float64 {
		r, _, err := getRow(w.db, 1, w.db.ID(v.ID))
		w.must(err)
		return r.Score
	}
	orders := map[string]func(v *View) float64{
		SortCreated: func(v *View) float64 { return float64(v.Created) }, SortScore: exact,
		SortActivity: func(v *View) float64 { return float64(max(v.Activity.LastSeen, v.Acted)) },
	}
	for sort, value := range orders {
		for _, filter := range []struct {
			q    Query
			pass func(v *View) bool
		}{
			{Query{}, func(*View) bool { return true }},
			{Query{Profile: "bob"}, func(v *View) bool { return v.Profile == "bob" }},
			{Query{Listing: "home-1"}, func(v *View) bool { return v.Listing == "home-1" }},
			{Query{UpdatedSince: start + 100_000}, func(v *View) bool { return int64(v.Updated) >= start+100_000 }},
			{Query{Priority: "high"}, func(v *View) bool { return v.Priority == "high" }},
		} {
			filter.q.Sort, filter.q.Limit = sort, 3
			want := w.recount(ids, filter.pass, value)
			if got := w.ids(filter.q); !slices.Equal(got, want) {
				t.Fatalf("%+v\n got %v\nwant %v", filter.q, got, want)
			}
		}
	}
}

// After whatever is done to leads and by their visitors, every order and filter is what a look at each lead says.
func TestListsAreAsALookAtEachLeadSays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := &world{t: t, fs: vfs.NewMem()}
		w.now.Store(start)
		w.open()
		defer w.close()
		w.must(w.catalog.EnsureDefault(t.Context(), w.journal, "America/Chicago"))
		var ids []string
		view := func(session, visitor string, at int64) {
			w.send(session, visitor, []event.Event{{Type: event.PropertyView, Page: fmt.Sprint(at), Listing: "home-1", At: at, Day: event.UTCDay(at), Clock: event.None, Scroll: event.None}})
		}
		one := func(what string) string { return rapid.SampledFrom(ids).Draw(rt, what) }
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			w.now.Add(rapid.SampledFrom([]int64{0, 1, 1000, 40_000}).Draw(rt, "pause"))
			session := fmt.Sprint("s", rapid.IntRange(0, 3).Draw(rt, "session"))
			switch step := rapid.IntRange(0, 8).Draw(rt, "step"); {
			case step < 3:
				view(session, rapid.SampledFrom([]string{"", "v1", "v2"}).Draw(rt, "visitor"), w.now.Load()-rapid.Int64Range(0, 9000).Draw(rt, "late"))
			case step < 5 || len(ids) == 0:
				id, _ := w.create(Create{
					Session: rapid.SampledFrom([]string{"", session, session}).Draw(rt, "of"), Listing: rapid.SampledFrom([]string{"", "home-1"}).Draw(rt, "listing"),
					Profile: rapid.SampledFrom([]string{"", "bob"}).Draw(rt, "profile"),
				})
				ids = append(ids, id)
			case step == 5:
				w.act(one("lead"), "call", "")
			case step == 6:
				w.patch(one("lead"), Patch{Profile: ptr(rapid.SampledFrom([]string{"default", "bob"}).Draw(rt, "to"))})
			case step == 7:
				w.setStatus(one("lead"), rapid.SampledFrom([]string{"qualified", "closed_lost", "new"}).Draw(rt, "status"))
			case step == 8:
				_, err := w.leads.Erase(t.Context(), w.site(), Who{Visitor: rapid.SampledFrom([]string{"v1", "v2"}).Draw(rt, "who")})
				w.must(err)
				ids = slices.DeleteFunc(ids, func(id string) bool { _, found, err := getRow(w.db, 1, w.db.ID(id)); return !found && err == nil })
			}
			w.ordersAgree(rt, ids)
		}
		w.check()
	})
}

// The index by time has been written in three ways; lists are the same over all of them.
func TestListsReadEntriesOfOldVersions(t *testing.T) {
	w := newWorld(t)
	ids := w.story()[:30]
	b := w.db.NewBatch()
	for i, id := range ids {
		r, _, err := getRow(w.db, 1, w.db.ID(id))
		w.must(err)
		s := w.leads.standing(&r)
		switch i % 3 {
		case 0:
			b.Set(timeKey(1, r.Created, w.db.ID(id)), nil)
		case 1:
			b.Set(timeKey(1, r.Created, w.db.ID(id)), standingOfVersion1(&s))
		}
	}
	w.must(b.Commit(true))
	w.ordersAgree(t, ids)
}

// standingOfVersion1 writes an entry as the version before did.
func standingOfVersion1(s *standing) []byte {
	b := appendStanding(nil, s)
	d := decoder{b: b[4:]}
	d.uv()
	d.sv()
	d.sv()
	d.take(d.uv())
	b = slices.Clone(b[:len(b)-len(d.b)])
	b[0], b[1] = standingVersion1, b[1]&(standingMoved|standingQualified|standingWon)
	return b
}

func TestStandingsComeBackAsTheyWere(t *testing.T) {
	full := standing{
		Created: 7, Contacted: 300, Profile: "ann", Status: statusWon, Priority: priorityHigh, Moved: true, Qualified: true, Won: true, WonDay: -3, WonAfter: 40,
		ID: "ld_a", Score: 99.5, Updated: start, LastActivity: start + 1, Session: store.ID{1}, Listing: store.ID{2},
	}
	if got, want := appendStanding(nil, &standing{Created: 9, ID: "ld"}), "\x02\x00\x00\x00\x00\x00\x00\x00"+"\x00\x00\x00\x00\x00\x00\x00\x00"+"\x00\x00ld"; string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, s := range []standing{full, {ID: "ld_b"}, {ID: "ld_c", Listing: store.ID{3}}} {
		got, err := decodeStanding(s.Created, appendStanding(nil, &s))
		if err != nil || got != s {
			t.Errorf("%+v became %+v, %v", s, got, err)
		}
		if old, err := decodeStanding(s.Created, standingOfVersion1(&s)); err != nil || old != s.ofVersion1() {
			t.Errorf("version 1 of %+v became %+v, %v", s, old, err)
		}
	}
	b := appendStanding(nil, &full)
	for n := range len(b) - len(full.ID) + 1 {
		if s, err := decodeStanding(7, b[:n]); err == nil {
			t.Errorf("the first %d bytes are %+v", n, s)
		}
	}
}

func FuzzStanding(f *testing.F) {
	f.Add(appendStanding(nil, &standing{ID: "ld_a", Profile: "p", Session: store.ID{1}}))
	f.Add(binary.AppendUvarint([]byte{standingVersion1, 0, 0, 0}, 5))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeStanding(1, b)
		if err != nil || s.ID == "" {
			return
		}
		if again, err := decodeStanding(1, appendStanding(nil, &s)); err != nil || again != s && s.Score == s.Score {
			t.Errorf("%+v became %+v, %v", s, again, err)
		}
	})
}
