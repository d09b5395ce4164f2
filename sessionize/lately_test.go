package sessionize

import (
	"fmt"
	"testing"

	"footfall/event"

	"pgregory.net/rapid"
)

// What somebody did since a moment, and how they stood then, are told by a world in which nothing came after it.
func TestLatelyIsTheDifferenceToAWorldThatEndedThen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		run := &scope{TB: t}
		defer run.end()
		all, before := newWorldWith(run, rapid.SampledFrom([]int64{1, 1 << 20}).Draw(rt, "memory"), 3), newWorld(run)
		at, since := rulesBase, rulesBase+rapid.Int64Range(0, 40*60_000).Draw(rt, "since")
		bound := rapid.Bool().Draw(rt, "bound")
		sessions := []string{"s0"}
		newest := ""
		for i := range rapid.IntRange(1, 12).Draw(rt, "chunks") {
			if bound && i > 0 && rapid.IntRange(0, 2).Draw(rt, "next") == 0 { // one session of a visitor after another
				sessions = append(sessions, fmt.Sprint("s", i+1))
			}
			c := &event.Chunk{Session: sessions[len(sessions)-1]}
			if bound {
				c.Visitor = "v"
			}
			for range rapid.IntRange(1, 4).Draw(rt, "events") {
				at += rapid.SampledFrom([]int64{0, 1_000, 61_000, 5 * 60_000, 31 * 60_000}).Draw(rt, "pass")
				e := event.Event{
					Type: event.PropertyView, Page: fmt.Sprint(c.Session, "p", rapid.IntRange(0, 2).Draw(rt, "page")),
					Listing: rapid.SampledFrom(someListings).Draw(rt, "listing"), At: at, Day: event.UTCDay(at), Clock: event.None, Scroll: event.None,
				}
				c.Events = append(c.Events, e)
			}
			c.Received = at
			all.add(c)
			early := *c
			early.Events = nil
			for _, e := range c.Events {
				if e.At < since {
					early.Events = append(early.Events, e)
				}
			}
			if early.Received = at; len(early.Events) > 0 {
				before.add(&early)
				newest = c.Session
			}
		}
		want := Lately{Then: 50}
		if newest != "" {
			want.Then = before.session(newest).Score
		}
		for _, l := range someListings {
			for _, d := range all.listingDays(l) {
				want.Views += int(d.Views)
			}
			for _, d := range before.listingDays(l) {
				want.Views -= int(d.Views)
			}
		}
		got, err := all.sessions.Lately(testSite, rapid.SampledFrom(sessions).Draw(rt, "asked"), since)
		all.must(err)
		if got != want {
			rt.Fatalf("%+v, want %+v", got, want)
		}
	})
}

func TestLatelyIsOfNoMoreThanItsBounds(t *testing.T) {
	w := newWorldWith(t, 1<<20, 500)
	const day = 20_000 * event.MsPerDay
	for i := range maxLatelyChunks + 10 {
		w.add(oneView("s", "v", day+int64(i)))
	}
	l, err := w.sessions.Lately(testSite, "s", day)
	w.must(err)
	if l.Views != maxLatelyChunks {
		t.Errorf("%+v", l)
	}
	if l, err := w.sessions.Lately(testSite, "nobody", day); err != nil || l.Views != 0 {
		t.Errorf("%+v %v", l, err)
	}
}

// BenchmarkLately asks for somebody with 20 sessions of 10 chunks, half of them of this week.
func BenchmarkLately(b *testing.B) {
	w := newWorldWith(b, 1<<20, 100)
	const day = 20_000 * event.MsPerDay
	for i := range 20 {
		for k := range 10 {
			w.add(oneView(fmt.Sprint("s", i), "v", day+int64(i)*event.MsPerDay*14/20+int64(k)*10_000))
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if l, err := w.sessions.Lately(testSite, "s0", day+7*event.MsPerDay); err != nil || l.Views != 100 {
			b.Fatal(l, err)
		}
	}
}
