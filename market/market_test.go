package market

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/catalog"
	"footfall/event"
	"footfall/fault"
	"footfall/journal"
	"footfall/sessionize"
	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	site  = 1
	day   = 20_000 // 2024-10-04
	dayMS = int64(24 * time.Hour / time.Millisecond)
)

// world is the real fold on the real journal and store, in memory.
type world struct {
	t       testing.TB
	market  *Market
	catalog *catalog.Catalog
	journal *journal.Journal
	n       int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t}
	db, err := store.Open("data", store.Options{FS: vfs.NewMem(), Merges: sessionize.Merges()})
	w.must(err)
	sessions, err := sessionize.Open(db, sessionize.Options{})
	w.must(err)
	sites, err := catalog.Open(db)
	w.must(err)
	w.journal, err = journal.Open(db, []journal.Owner{sites, sessions}, journal.Options{
		Now: func() time.Time { return time.UnixMilli(day * dayMS) }, Admit: sessions.Admit, CheckpointEvery: time.Hour,
	})
	w.must(err)
	w.must(sites.EnsureDefault(context.Background(), w.journal, "UTC"))
	w.market, w.catalog = New(sessions, sites), sites
	t.Cleanup(func() {
		w.must(w.journal.Close())
		w.must(db.Close())
	})
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// view lets a visitor look at a listing on a page of its own for some time, to some depth (tenths of a percent).
func (w *world) view(visitor, listing string, on int32, dwellMS int32, scroll int16) {
	w.t.Helper()
	w.n++
	page := fmt.Sprintf("p%d", w.n)
	at := int64(on)*dayMS + int64(w.n)*1000
	e := event.Event{Type: event.PropertyView, Page: page, Listing: listing, At: at, Day: on, Clock: 0, Scroll: event.None}
	events := []event.Event{e}
	if dwellMS > 0 {
		e.Type, e.Clock, e.Listing = event.PageDuration, dwellMS, ""
		events = append(events, e)
	}
	if scroll >= 0 {
		e.Type, e.Clock, e.Listing, e.Scroll = event.ScrollDepth, event.None, "", scroll
		events = append(events, e)
	}
	w.send(visitor, events)
}

func (w *world) share(visitor, listing string, on int32) {
	w.t.Helper()
	w.n++
	w.send(visitor, []event.Event{{
		Type: event.PropertyInteraction, Listing: listing, At: int64(on)*dayMS + int64(w.n)*1000, Day: on,
		Clock: event.None, Scroll: event.None, Attrs: []event.Attr{{Key: event.AttrInteraction, Value: "share_click"}},
	}})
}

func (w *world) send(visitor string, events []event.Event) {
	w.t.Helper()
	session := fmt.Sprintf("s%d", w.n)
	_, err := w.journal.Submit(context.Background(), journal.Record{
		Kind: journal.KindChunk, Site: site, Session: session,
		Chunk: &event.Chunk{Session: session, Visitor: visitor, Flags: event.Imported, Events: events},
	})
	w.must(err)
}

func (w *world) inquiry(listing string, on int32) {
	w.t.Helper()
	w.n++
	link := sessionize.LeadLink{Lead: fmt.Sprintf("ld_%d", w.n), Listing: listing, Day: on}
	_, err := w.journal.Submit(context.Background(), journal.Record{
		Kind: journal.KindLead, Site: site, Body: sessionize.AppendLeadLink(nil, link),
	})
	w.must(err)
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestEngagementAddsDaysUpAndUnitesVisitors(t *testing.T) {
	w := newWorld(t)
	w.view("ann", "a", day, 10_000, 305)
	w.view("bob", "a", day, 10_050, 300)
	w.view("ann", "a", day, 0, -1)
	w.view("ann", "a", day+2, 30_000, 1000)
	w.share("bob", "a", day+2)
	w.inquiry("a", day+2)
	w.view("ann", "b", day+1, 5_000, -1)
	e, err := w.market.Engagement(site, "a", day, day+2)
	w.must(err)
	// Day one: 20,050 ms over 2 views with a dwell is 10.025 s; 60.5 % over 2 is 30.25 %.
	// In all: 50,050 ms over 3 is 16.683 s, 160.5 % over 3 is 53.5 %, and 1 inquiry over 2 visitors is 50 %.
	want := `{"listing_id":"a","from":"2024-10-04","to":"2024-10-06",` +
		`"totals":{"total_views":4,"unique_views":2,"avg_time_on_page":16.7,"avg_scroll_depth":53.5,"inquiry_count":1,"share_count":1,"inquiry_rate":50},` +
		`"days":[{"date":"2024-10-04","total_views":3,"unique_views":2,"avg_time_on_page":10,"avg_scroll_depth":30.3,"inquiry_count":0,"share_count":0,"inquiry_rate":0},` +
		`{"date":"2024-10-06","total_views":1,"unique_views":1,"avg_time_on_page":30,"avg_scroll_depth":100,"inquiry_count":1,"share_count":1,"inquiry_rate":100}]}`
	if got := toJSON(t, e); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEngagementOfAnUnseenListingIsZeroAndUnknown(t *testing.T) {
	w := newWorld(t)
	w.view("ann", "a", day, 1000, -1)
	for _, q := range []struct {
		listing  string
		from, to uint16
	}{{"never", day, day}, {"a", day + 1, day + 9}, {"a", 0, day - 1}} {
		e, err := w.market.Engagement(site, q.listing, q.from, q.to)
		w.must(err)
		got := toJSON(t, e)
		want := `"totals":{"total_views":0,"unique_views":0,"avg_time_on_page":null,"avg_scroll_depth":null,"inquiry_count":0,"share_count":0,"inquiry_rate":null},"days":[]}`
		if !strings.HasSuffix(got, want) {
			t.Errorf("%+v: %s", q, got)
		}
	}
}

func TestInquiriesWithoutAViewHaveNoRate(t *testing.T) {
	w := newWorld(t)
	w.inquiry("a", day)
	e, err := w.market.Engagement(site, "a", day, day)
	w.must(err)
	if len(e.Days) != 1 || e.Totals.Inquiries != 1 || e.Totals.InquiryRate != nil {
		t.Errorf("%s", toJSON(t, e))
	}
}

func TestRankedByEachNumber(t *testing.T) {
	w := newWorld(t)
	w.view("ann", "a", day, 1_000, 100)
	w.view("ann", "a", day, 1_000, 100)
	w.view("ann", "a", day+1, 1_001, 100)
	w.view("ann", "b", day, 1_001, 900)
	w.view("bob", "b", day, 1_002, -1)
	w.view("cat", "c", day, 0, -1)
	w.view("dog", "d", day, 0, -1)
	w.inquiry("c", day)
	w.share("cat", "d", day)
	for sort, want := range map[string]string{
		"":             "a b c d",
		"total_views":  "a b c d",
		"unique_views": "b a c d",
		// a: 3,001/3 = 1,000.33 ms, b: 2,003/2 = 1,001.5 ms; both leave as 1 s. c and d have none.
		"avg_time_on_page": "b a c d",
		"avg_scroll_depth": "b a c d",
		"inquiry_count":    "c a b d",
		"share_count":      "d a b c",
		"inquiry_rate":     "c a b d",
	} {
		r, err := w.market.Ranked(w.catalog.Sites(), RankQuery{From: day, To: day + 1, Sort: sort})
		w.must(err)
		var ids []string
		for _, l := range r.Listings {
			ids = append(ids, l.Listing)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("by %q: %s, want %s", sort, got, want)
		}
	}
}

func TestRankedLimitsAndFilters(t *testing.T) {
	w := newWorld(t)
	for i := range 60 {
		w.view("ann", fmt.Sprintf("l%02d", i), day, 0, -1)
	}
	for _, tt := range []struct {
		q    RankQuery
		want int
	}{
		{RankQuery{From: day, To: day}, 50},
		{RankQuery{From: day, To: day, Limit: 3}, 3},
		{RankQuery{From: day, To: day, Limit: 5000}, 60},
		{RankQuery{From: day, To: day, Limit: 100, Profile: "default"}, 60},
		{RankQuery{From: day, To: day, Profile: "other"}, 0},
		{RankQuery{From: day + 1, To: day + 1}, 0},
	} {
		r, err := w.market.Ranked(w.catalog.Sites(), tt.q)
		w.must(err)
		if len(r.Listings) != tt.want || r.Listings == nil {
			t.Errorf("%+v: %d listings", tt.q, len(r.Listings))
		}
	}
}

func TestAudienceCountsCommonVisitorsExactly(t *testing.T) {
	w := newWorld(t)
	for i := range 10 {
		w.view(fmt.Sprintf("v%d", i), "a", day+int32(i%3), 0, -1)
	}
	for i := 7; i < 12; i++ {
		w.view(fmt.Sprintf("v%d", i), "b", day+int32(i%2), 0, -1)
	}
	a, err := w.market.Audience(site, "a", []string{"never", "b", "a"}, day, day+2)
	w.must(err)
	want := []Overlap{{"never", 0, 0}, {"b", 5, 3}, {"a", 10, 10}}
	if a.Visitors != 10 || !slices.Equal(a.Overlaps, want) {
		t.Errorf("%+v", a)
	}
	if got := toJSON(t, &Audience{Listing: "x", Overlaps: []Overlap{}, From: day, To: day}); got !=
		`{"listing_id":"x","visitors":0,"overlaps":[],"from":"2024-10-04","to":"2024-10-04"}` {
		t.Error(got)
	}
}

func TestQueriesThatMakeNoSenseAreRefused(t *testing.T) {
	w := newWorld(t)
	for name, ask := range map[string]func() error{
		"from": func() error { _, err := w.market.Engagement(site, "a", 2, 1); return err },
		"sort": func() error { _, err := w.market.Ranked(w.catalog.Sites(), RankQuery{Sort: "beauty"}); return err },
		"overlaps": func() error {
			_, err := w.market.Audience(site, "a", make([]string, maxOverlaps+1), 1, 1)
			return err
		},
	} {
		var f *fault.Error
		if err := ask(); !errors.As(err, &f) || f.Code != fault.InvalidField || f.Field != name {
			t.Errorf("%s: %v", name, err)
		} else if name == "sort" && !strings.Contains(f.Message, "total_views") {
			t.Errorf("the message does not name the choices: %s", f.Message)
		}
	}
}

func TestRoundingIsHalfUpAndExact(t *testing.T) {
	for _, tt := range []struct {
		r     ratio
		parts float64
		want  float64
	}{
		{ratio{5, 2}, 10, 0.3}, // 2.5
		{ratio{49, 20}, 10, 0.2},
		{ratio{1, 3}, 1, 0},
		{ratio{2, 3}, 1, 1},
		{ratio{1<<62 + 1, 2}, 1, 1<<61 + 1},
		{ratio{0, 7}, 100, 0},
		{ratio{100 * 100, 3}, 100, 33.33},
	} {
		if got := tt.r.decimal(tt.parts); got == nil || *got != tt.want {
			t.Errorf("%v: %v, want %v", tt.r, got, tt.want)
		}
	}
	if got := (ratio{1, 0}).decimal(10); got != nil {
		t.Errorf("over 0: %v", *got)
	}
}

func TestRatiosCompareWithoutOverflow(t *testing.T) {
	const big = 1 << 62
	for _, tt := range []struct {
		a, b ratio
		want int
	}{
		{ratio{big, big - 1}, ratio{big + 1, big - 1}, -1},
		{ratio{big, 3}, ratio{big, 2}, -1},
		{ratio{1, 3}, ratio{big / 2, 3 * (big / 2)}, 0},
		{ratio{0, 0}, ratio{0, 1}, -1},
		{ratio{0, 1}, ratio{9, 0}, 1},
		{ratio{9, 0}, ratio{0, 0}, 0},
	} {
		if got := compareRatios(tt.a, tt.b); got != tt.want {
			t.Errorf("%v against %v: %d", tt.a, tt.b, got)
		}
	}
}
