package sessionize

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"footfall/event"

	"pgregory.net/rapid"
)

// Few names, so that tabs, listings and visitors collide.
var (
	someSessions = []string{"s1", "s2", "s3"}
	someVisitors = []string{"", "", "", "v1", "v2"}
	somePages    = []string{"", "", "p1", "p2", "p3"}
	someListings = []string{"", "L1", "L2", "L3"}
	someTypes    = []event.Type{event.PropertyView, event.PropertyView, event.PropertyView, event.PropertyView, event.PageView,
		event.ScrollDepth, event.ScrollDepth, event.PageDuration, event.PageDuration, event.PropertyInteraction,
		event.FormStart, event.FormSubmit, event.ReturnVisit, event.Custom}
	someScrolls = []int16{event.None, event.None, 0, 1, 750, 751, 1000}
	// The steps of time at which rules change: the order of times, the slack of a page clock, visits.
	someSteps = []int64{0, 0, 1, 1_000, 7_000, 30_000, 30_001, 61_000, 30 * 60_000, 30*60_000 + 1,
		-1, -1_000, -9_999, -10_000, -10_001, -10_001, -20_000, -61_000, -30 * 60_000, -30*60_000 - 1}
	somePageSteps = []int64{1, 5_000, 0, -1, -9_999, -10_000, -10_001}
	someClocks    = []int64{0, 1_000, 10_000, 20_000, 40_000, 40_001, 120_000, 120_001, 31 * 60_000}
)

func TestTheFoldAgreesWithTheOracle(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		chunks := newVisits().draw(rt)
		run := &scope{TB: t}
		defer run.end()
		w, o := newWorld(run), newOracle()
		for _, c := range chunks {
			w.add(c)
			o.add(c)
		}
		sameAnswers(rt, chunks, o, w)
	})
}

// All chunks are received at one moment here, as the time of receipt never goes back in any order.
func TestOrderBetweenSessionsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		chunks := newVisits().draw(rt)
		last := chunks[len(chunks)-1].Received
		queues := map[string][]*event.Chunk{}
		var order []string
		for _, c := range chunks {
			c.Received = last
			queues[c.Session] = append(queues[c.Session], c)
			order = append(order, c.Session)
		}
		run := &scope{TB: t}
		defer run.end()
		a, b := newWorld(run), newWorld(run)
		for _, c := range chunks {
			a.add(c)
		}
		for _, s := range rapid.Permutation(order).Draw(rt, "order") {
			b.add(queues[s][0])
			queues[s] = queues[s][1:]
		}
		sameAnswers(rt, chunks, a, b)
	})
}

// scope ends with one run of a property, so that no world outlives it.
type scope struct {
	testing.TB
	cleanups []func()
}

func (s *scope) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *scope) end() {
	for _, f := range slices.Backward(s.cleanups) {
		f()
	}
}

func sameAnswers(t *rapid.T, chunks []*event.Chunk, want, got answers) {
	if w, g := fmt.Sprint(want.pageDays()), fmt.Sprint(got.pageDays()); w != g {
		t.Fatalf("page days\nwant %s\ngot  %s\nof\n%s", w, g, showChunks(chunks))
	}
	compare := func(what, want, got string) {
		if want != got {
			t.Fatalf("%s\nwant %s\ngot  %s\nof\n%s", what, want, got, showChunks(chunks))
		}
	}
	for _, c := range chunks {
		compare("session "+c.Session, showSession(want.session(c.Session)), showSession(got.session(c.Session)))
	}
	for _, v := range someVisitors {
		if v != "" {
			compare("visitor "+v, fmt.Sprint(want.visitor(v)), fmt.Sprint(got.visitor(v)))
		}
	}
	for _, l := range someListings {
		if l != "" {
			compare("listing "+l, showDays(want.listingDays(l)), showDays(got.listingDays(l)))
		}
	}
}

// visits makes up what a few visitors do, close to the edges of the rules.
type visits struct {
	zone     int64
	received int64
	newest   map[string]int64         // by session, and by session and page
	clocked  map[string][]event.Event // by session
	ids      int
}

func newVisits() *visits {
	return &visits{
		received: rulesBase + 11*60*60_000 + 58*60_000, // close to midnight
		newest:   map[string]int64{},
		clocked:  map[string][]event.Event{},
	}
}

func (v *visits) draw(t *rapid.T) []*event.Chunk {
	v.zone = rapid.SampledFrom([]int64{0, -60_000, 5 * 60 * 60_000}).Draw(t, "zone")
	n := rapid.IntRange(1, 20).Draw(t, "chunks")
	var chunks []*event.Chunk
	for range n {
		chunks = append(chunks, v.chunk(t))
	}
	return chunks
}

func (v *visits) chunk(t *rapid.T) *event.Chunk {
	c := &event.Chunk{
		Session: rapid.SampledFrom(someSessions).Draw(t, "session"),
		Visitor: rapid.SampledFrom(someVisitors).Draw(t, "visitor"),
		Profile: rapid.SampledFrom([]string{"", "", "ann"}).Draw(t, "profile"),
	}
	switch rapid.IntRange(0, 15).Draw(t, "kind") {
	case 0:
		c.Flags = event.Flagged
	case 1, 2:
		c.Flags = event.Imported
	case 3:
		if rapid.IntRange(0, 5).Draw(t, "nextDay") == 0 {
			v.received += 25 * 60 * 60_000
		}
	}
	for range rapid.IntRange(1, 5).Draw(t, "events") {
		c.Events = append(c.Events, v.event(t, c.Session, c.Flags == event.Imported))
		v.received = max(v.received, c.Events[len(c.Events)-1].At)
	}
	if c.Flags != event.Imported {
		slices.SortStableFunc(c.Events, func(a, b event.Event) int { return cmp.Compare(a.At, b.At) })
	}
	c.Received = v.received
	return c
}

func (v *visits) event(t *rapid.T, session string, imported bool) event.Event {
	e := event.Event{
		Type:    rapid.SampledFrom(someTypes).Draw(t, "type"),
		Page:    rapid.SampledFrom(somePages).Draw(t, "page"),
		Listing: rapid.SampledFrom(someListings).Draw(t, "listing"),
		Scroll:  event.None,
	}
	switch e.Type {
	case event.Custom:
		e.Name = "custom"
	case event.ScrollDepth:
		e.Scroll = rapid.SampledFrom(someScrolls).Draw(t, "scroll")
	case event.PropertyInteraction:
		if rapid.Bool().Draw(t, "share") {
			e.Attrs = []event.Attr{{Key: event.AttrInteraction, Value: "share_click"}}
		}
	}
	switch rapid.IntRange(0, 4).Draw(t, "id") {
	case 0:
		e.ID = strconv.Itoa(rapid.IntRange(0, v.ids).Draw(t, "again"))
	case 1:
		v.ids++
		e.ID = strconv.Itoa(v.ids)
	}
	v.time(t, &e, session, imported)
	v.clock(t, &e, session)
	return e
}

// time sets an event a step from the newest of its session, its page or all.
func (v *visits) time(t *rapid.T, e *event.Event, session string, imported bool) {
	from, known := v.newest[session]
	page, named := v.newest[session+e.Page]
	steps := someSteps
	switch near := rapid.IntRange(0, 9).Draw(t, "near"); {
	case !known || near == 0:
		from = v.received
	case near <= 4 && e.Page != "" && named:
		from, steps = page, somePageSteps
	}
	e.At = from + rapid.SampledFrom(steps).Draw(t, "step")
	if !imported {
		e.At = max(e.At, v.received-24*60*60_000)
	}
	e.Day = event.UTCDay(e.At + v.zone)
	v.newest[session] = max(v.newest[session], e.At)
	v.newest[session+e.Page] = max(v.newest[session+e.Page], e.At)
}

// clock sets none, one of a few, or one close to an earlier clock or to the age that a new page may have.
func (v *visits) clock(t *rapid.T, e *event.Event, session string) {
	clock := int64(event.None)
	earlier := v.clocked[session]
	kind := rapid.IntRange(0, 6).Draw(t, "clocked")
	if kind >= 5 && len(earlier) == 0 {
		kind = 4
	}
	switch kind {
	case 3, 4:
		clock = rapid.SampledFrom(someClocks).Draw(t, "clock")
	case 5:
		clock = int64(rapid.SampledFrom(earlier).Draw(t, "clockOf").Clock) + rapid.Int64Range(-1, 1).Draw(t, "more")
	case 6:
		clock = e.At - rapid.SampledFrom(earlier).Draw(t, "sinceClockOf").At + rapid.Int64Range(1_999, 2_001).Draw(t, "slack")
	}
	if clock < 0 || clock > 24*60*60_000 {
		clock = event.None
	}
	if e.Clock = int32(clock); clock >= 0 {
		v.clocked[session] = append(earlier, *e)
	}
}

// showChunks prints chunks as the files of testdata/rules have them.
func showChunks(chunks []*event.Chunk) string {
	var b []byte
	put := func(key, value string) {
		if value != "" {
			b = fmt.Appendf(b, " %s=%s", key, value)
		}
	}
	since := func(ms int64) string { return (time.Duration(ms-rulesBase) * time.Millisecond).String() }
	for _, c := range chunks {
		for i := range c.Events {
			e := &c.Events[i]
			b = fmt.Appendf(b, "t=%s recv=%s session=%s type=%s", since(e.At), since(c.Received), c.Session, e.TypeName())
			put("visitor", c.Visitor)
			put("page", e.Page)
			put("listing", e.Listing)
			put("id", e.ID)
			put("interaction", e.Attr(event.AttrInteraction))
			if e.Clock != event.None {
				b = fmt.Appendf(b, " clock=%g", float64(e.Clock)/1000)
			}
			if e.Scroll != event.None {
				b = fmt.Appendf(b, " scroll=%g", float64(e.Scroll)/10)
			}
			if e.Day != event.UTCDay(e.At) {
				b = fmt.Appendf(b, " zone=%dh", 24*(e.Day-event.UTCDay(e.At)))
			}
			if c.Flags&event.Flagged != 0 {
				b = append(b, " flagged"...)
			}
			if c.Flags&event.Imported != 0 {
				b = append(b, " imported"...)
			}
			b = append(b, '\n')
		}
	}
	return string(b)
}
