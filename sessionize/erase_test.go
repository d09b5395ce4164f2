package sessionize

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"footfall/event"
	"footfall/journal"
	"footfall/store"

	"pgregory.net/rapid"
)

// erase forgets visitors at a receive time, and returns the sessions that go with them.
func (w *world) erase(at int64, visitors ...string) (sessions map[store.ID]bool) {
	w.t.Helper()
	var targets []journal.Target
	sessions = map[store.ID]bool{}
	for _, v := range visitors {
		targets = append(targets, journal.Target{Kind: journal.EraseVisitor, ID: w.db.ID(v)})
		ids, err := w.sessions.SessionsOf(testSite, w.db.ID(v))
		w.must(err)
		for _, id := range ids {
			targets = append(targets, journal.Target{Kind: journal.EraseSession, ID: id})
			sessions[id] = true
		}
	}
	_, err := w.journal.Submit(context.Background(), journal.Record{
		Kind: journal.KindErase, Site: testSite, At: time.UnixMilli(at), Body: journal.EncodeErase(targets),
	})
	w.must(err)
	return sessions
}

// purge deletes the chunks of sessions that were forgotten.
func (w *world) purge() {
	w.t.Helper()
	ctx := context.Background()
	gone := map[store.ID]journal.Position{}
	w.must(EachErased(w.db.Reader(), 0, func(e Erased) error {
		gone[e.ID] = e.Pos
		return nil
	}))
	w.must(w.journal.Checkpoint(ctx))
	_, err := w.journal.Sift(ctx, w.journal.Checkpointed(), func(r *journal.Record) (journal.Verdict, error) {
		if r.Kind == journal.KindChunk && gone[r.Key] > r.Pos {
			return journal.Forget, nil
		}
		return journal.Keep, nil
	})
	w.must(err)
}

// told is what a world answers, without ordinals, which depend on who came.
func (w *world) told() string {
	var b strings.Builder
	for _, s := range someSessions {
		fmt.Fprintln(&b, "session", s, showSession(w.session(s)))
	}
	for _, v := range someVisitors {
		view, found, err := w.sessions.Visitor(testSite, v)
		w.must(err)
		fmt.Fprintln(&b, "visitor", v, found, view.VisitorTotals, len(view.Sessions))
	}
	for _, l := range someListings {
		if l != "" {
			fmt.Fprintln(&b, "listing", l, showDays(w.listingDays(l)))
		}
	}
	fmt.Fprintln(&b, "pages", w.pageDays())
	return b.String()
}

// Whoever is erased at any moment, by whatever a machine does before and after: all answers are those of a world in which
// the sessions of the erased never were, and of which nothing that came within 48 hours was taken.
func TestErasedVisitorsMightNeverHaveCome(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		chunks := newVisits().draw(rt)
		run := &scope{TB: t}
		defer run.end()
		w := newWorldWith(run, rapid.SampledFrom([]int64{1, 600, 1 << 20}).Draw(rt, "memory"),
			rapid.IntRange(1, 8).Draw(rt, "records"))
		seed := rapid.Uint64().Draw(rt, "seed")
		kept := map[int]*event.Chunk{}
		days := 0
		for i, c := range chunks {
			days += rapid.SampledFrom([]int{0, 0, 0, 1, 3}).Draw(rt, "days")
			later(c, days)
			if !w.sessions.Refuses(testSite, c.Session, c.Visitor, c.Received) {
				kept[i] = c
			}
			w.add(c)
			if rapid.IntRange(0, 3).Draw(rt, "erase") == 0 {
				for id := range w.erase(c.Received, rapid.SampledFrom([]string{"v1", "v2"}).Draw(rt, "who")) {
					for k, o := range kept {
						if w.db.ID(o.Session) == id {
							delete(kept, k)
						}
					}
				}
			}
			w.sumsAgree(rt)
			switch rapid.IntRange(0, 9).Draw(rt, "fault") {
			case 0, 1:
				w.crash(seed + uint64(i))
			case 2:
				w.close()
				w.open()
			case 3:
				w.must(w.sessions.Warm(context.Background(), false))
			case 4:
				w.purge()
			}
		}
		without := newWorld(run)
		for i := range chunks {
			if c := kept[i]; c != nil {
				without.add(c)
			}
		}
		want := without.told()
		compare := func(when string) {
			if diff := difference(want, w.told()); diff != "" {
				rt.Fatalf("%s\n%s\nof\n%s", when, diff, showChunks(chunks))
			}
		}
		compare("live")
		w.rebuild()
		compare("rebuilt")
		w.purge()
		compare("purged")
		w.rebuild()
		compare("rebuilt from what is left")
	})
}

func TestEventsOfTheErasedAreRefusedFor48Hours(t *testing.T) {
	w := newWorld(t)
	const day = 20_000 * event.MsPerDay
	w.add(oneView("s", "v", day))
	w.erase(day+1, "v")
	for _, c := range []*event.Chunk{oneView("s", "", day+2), oneView("other", "v", day+3), oneView("s", "v", day+48*3_600_000)} {
		w.add(c)
	}
	if got := w.listingDays("L1"); len(got) != 0 {
		t.Errorf("the listing has %+v", got)
	}
	w.add(oneView("s", "v", day+48*3_600_000+1))
	if a := w.session("s"); a.EventCount != 1 || a.VisitCount != 1 {
		t.Errorf("come back after 48 hours: %+v", a)
	}
}

func TestInquiriesOfErasedLeadsAreSubtractedOnce(t *testing.T) {
	w := newWorld(t)
	const day = 20_000 * event.MsPerDay
	w.add(oneView("s", "v", day))
	link := LeadLink{Lead: "lead", Listing: "L1", Day: 20_000}
	pos, err := w.journal.Submit(context.Background(), journal.Record{
		Kind: journal.KindLead, Site: testSite, Session: "s", At: time.UnixMilli(day + 1), Body: AppendLeadLink(nil, link),
	})
	w.must(err)
	body := journal.EncodeErase([]journal.Target{{Kind: journal.EraseLead, ID: w.db.ID("lead"), Pos: pos}})
	_, err = w.journal.Submit(context.Background(), journal.Record{Kind: journal.KindErase, Site: testSite, At: time.UnixMilli(day + 2), Body: body})
	w.must(err)
	if got := w.listingDays("L1"); len(got) != 1 || got[0].Inquiries != 0 || got[0].Views != 1 {
		t.Errorf("the listing has %+v", got)
	}
	w.must(w.journal.Checkpoint(context.Background()))
	_, err = w.journal.Sift(context.Background(), w.journal.Checkpointed(), func(r *journal.Record) (journal.Verdict, error) {
		if r.Kind == journal.KindLead {
			return journal.Forget, nil
		}
		return journal.Keep, nil
	})
	w.must(err)
	w.rebuild()
	if got := w.listingDays("L1"); len(got) != 1 || got[0].Inquiries != 0 || got[0].Views != 1 {
		t.Errorf("rebuilt without the lead's record the listing has %+v", got)
	}
}

// Where the events are past their retention the session's state tells what it added.
func TestWhatASessionAddedIsSubtractedWithoutItsEvents(t *testing.T) {
	w := newWorldWith(t, 0, 1)
	const day = 20_000
	visit := func(session, visitor string, at, seconds int64, scroll int16) {
		c := oneView(session, visitor, day*event.MsPerDay+at)
		c.Events[0].Page, c.Events[0].Clock = "p", 0
		end := c.Events[0]
		end.Type, end.Clock, end.Scroll = event.ScrollDepth, int32(seconds*1000), scroll
		end.At += seconds * 1000
		c.Events = append(c.Events, end)
		w.add(c)
	}
	visit("kept", "u", 0, 20, 300)
	want := showDays(w.listingDays("L1"))
	visit("s", "v", 1000, 40, 900)
	second := oneView("s", "v", day*event.MsPerDay+50_000)
	second.Events[0].Page = "q"
	w.add(second)
	if got := w.listingDays("L1")[0]; got.Views != 3 || got.Unique != 2 || got.ScrollViews != 2 || got.Dwell <= 20_000 {
		t.Fatalf("before: %+v", got)
	}
	for i := range 3 {
		w.add(oneView("young", "", (day+5)*event.MsPerDay+int64(i)))
	}
	w.close()
	w.open()
	w.must(w.sessions.Warm(t.Context(), false))
	w.must(w.journal.RetireEvents(day + 1))
	w.erase((day+5)*event.MsPerDay+10, "v")
	first := func() string { return showDays(w.listingDays("L1")[:1]) }
	if got := first(); got != want {
		t.Errorf("without the visitor\n     %s\nwant %s", got, want)
	}
	w.crash(1)
	if got := first(); got != want {
		t.Errorf("after a crash\n     %s\nwant %s", got, want)
	}
	if _, found, err := w.sessions.Visitor(testSite, "v"); found || err != nil {
		t.Errorf("the visitor is there: %v", err)
	}
}

func FuzzDecodeErased(f *testing.F) {
	key := erasedKey(erasedID{1, journal.EraseVisitor, store.ID{1}})
	f.Add(key, appendErased(nil, 5, []journal.Position{2, 7}))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		e, err := decodeErased(key, value)
		if err == nil && (e.Pos == 0 || e.all[len(e.all)-1] != e.Pos) {
			t.Errorf("%x %x is read as %+v", key, value, e)
		}
	})
}
