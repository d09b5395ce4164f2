package sessionize

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"footfall/event"
	"footfall/journal"
	"footfall/store"

	"pgregory.net/rapid"
)

// expired returns the day before which sessions may be retired, as far as the stored ones are settled, and which have
// expired.
func (w *world) expired(before uint16) (day uint16, sessions []string) {
	w.t.Helper()
	settled, err := w.sessions.Settled()
	w.must(err)
	day = min(before, settled)
	w.must(w.sessions.Expired(day, func(_ uint32, ids []store.ID) error {
		for _, id := range ids {
			for _, name := range append(someSessions, "old", "kept", "young") {
				if w.db.ID(name) == id {
					sessions = append(sessions, name)
				}
			}
		}
		return nil
	}))
	return day, sessions
}

// expiredVisitors returns who has expired, as far as the store tells.
func (w *world) expiredVisitors(before uint16) (visitors []string) {
	w.t.Helper()
	w.must(w.sessions.ExpiredVisitors(before, func(_ uint32, ids []store.ID) error {
		for _, name := range []string{"v", "v1", "v2"} {
			if slices.Contains(ids, w.db.ID(name)) {
				visitors = append(visitors, name)
			}
		}
		return nil
	}))
	return visitors
}

// retire submits the record of sessions that are retired. Their ids are the directory's own.
func (w *world) retire(day uint16, sessions []string, at int64) {
	w.t.Helper()
	w.retireFrom(store.Sessions, day, sessions, at)
}

func (w *world) retireFrom(space store.Space, day uint16, names []string, at int64) {
	w.t.Helper()
	t := journal.Retire{Space: space, Before: day}
	for _, name := range names {
		t.IDs = append(t.IDs, w.db.ID(name))
	}
	_, err := w.journal.Submit(context.Background(), journal.Record{
		Kind: journal.KindRetire, Site: testSite, At: time.UnixMilli(at), Body: journal.EncodeRetire(&t),
	})
	w.must(err)
}

// later moves a chunk by whole days.
func later(c *event.Chunk, days int) {
	c.Received += int64(days) * event.MsPerDay
	for i := range c.Events {
		c.Events[i].At += int64(days) * event.MsPerDay
		c.Events[i].Day += int32(days)
	}
}

// withoutIDs is the dump of a world in which events may be retired: the ids of those are not known any more, so sessions
// are told as queries do.
func (w *world) withoutIDs() string {
	dump := regexp.MustCompile(`(?m)^session .*\n?`).ReplaceAllString(w.dump(), "")
	for _, id := range someSessions {
		dump += fmt.Sprintf("\nsession %+v", w.session(id))
	}
	return dump
}

// onlyFound is the dump without sessions of which only events are left.
func (w *world) onlyFound() string {
	return regexp.MustCompile(`(?m)^session  false .*\n?`).ReplaceAllString(w.dump(), "")
}

// Sessions and visitors are retired now and then while chunks come, machines stop and events are retired too.
func TestRetiredStateIsTheSameLiveRecoveredAndRebuilt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		chunks := newVisits().draw(rt)
		run := &scope{TB: t}
		defer run.end()
		smooth := newWorld(run)
		rough := newWorldWith(run, rapid.SampledFrom([]int64{1, 600, 1 << 20}).Draw(rt, "memory"),
			rapid.IntRange(1, 8).Draw(rt, "records"))
		seed := rapid.Uint64().Draw(rt, "seed")
		days, eventsToo := 0, rapid.Bool().Draw(rt, "events")
		for i, c := range chunks {
			days += rapid.SampledFrom([]int{0, 0, 0, 1, 3}).Draw(rt, "days")
			later(c, days)
			if eventsToo {
				c.Flags &^= event.Imported // repeats of them are found by chunks of any age
			}
			smooth.add(c)
			rough.add(c)
			if rapid.IntRange(0, 4).Draw(rt, "lead") == 0 {
				smooth.lead(c, i)
				rough.lead(c, i)
			}
			if rapid.IntRange(0, 2).Draw(rt, "retire") == 0 {
				day, sessions := rough.expired(uint16(event.UTCDay(c.Received)) - 1)
				smooth.retire(day, sessions, c.Received)
				rough.retire(day, sessions, c.Received)
				visitors := rough.expiredVisitors(day)
				smooth.retireFrom(store.Visitors, day, visitors, c.Received)
				rough.retireFrom(store.Visitors, day, visitors, c.Received)
				if eventsToo {
					rough.must(rough.journal.RetireEvents(day))
				}
			}
			switch rapid.IntRange(0, 9).Draw(rt, "fault") {
			case 0, 1:
				rough.crash(seed + uint64(i))
			case 2:
				rough.close()
				rough.open()
			case 3:
				rough.must(rough.sessions.Warm(context.Background(), false))
			}
		}
		if eventsToo {
			if diff := difference(smooth.withoutIDs(), rough.withoutIDs()); diff != "" {
				rt.Fatalf("after crashes and without old events\n%s\nof\n%s", diff, showChunks(chunks))
			}
			return
		}
		want := smooth.onlyFound()
		if diff := difference(want, rough.onlyFound()); diff != "" {
			rt.Fatalf("after crashes\n%s\nof\n%s", diff, showChunks(chunks))
		}
		rough.rebuild()
		if diff := difference(want, rough.onlyFound()); diff != "" {
			rt.Fatalf("rebuilt\n%s\nof\n%s", diff, showChunks(chunks))
		}
	})
}

// oneView is a chunk of one view.
func oneView(session, visitor string, received int64) *event.Chunk {
	return &event.Chunk{Session: session, Visitor: visitor, Received: received, Events: []event.Event{{
		Type: event.PropertyView, Listing: "L1", At: received, Day: event.UTCDay(received), Clock: event.None, Scroll: event.None,
	}}}
}

func TestARetiredSessionIsGoneAndBeginsAnewWhenItComesBack(t *testing.T) {
	w := newWorldWith(t, 0, 1)
	const day = 20_000
	w.add(oneView("old", "v", day*event.MsPerDay))
	w.add(oneView("kept", "v", (day+1)*event.MsPerDay))
	for i := range 3 { // each is followed by a checkpoint, and the change of the day by one that stores what is left
		w.add(oneView("young", "", (day+5)*event.MsPerDay+int64(i)))
	}
	w.close()
	w.open()
	before, sessions := w.expired(day + 1)
	w.retire(before, sessions, (day+5)*event.MsPerDay+5)
	if a := w.session("old"); a.EventCount != 0 {
		t.Errorf("the old session is there: %+v", a)
	}
	if a := w.session("kept"); a.EventCount != 1 {
		t.Errorf("the session of the first kept day is gone: %+v", a)
	}
	ofVisitor := func() (ids []string) {
		v, _, err := w.sessions.Visitor(testSite, "v")
		w.must(err)
		for _, s := range v.Sessions {
			ids = append(ids, fmt.Sprint(s.SessionID, " ", s.EventCount))
		}
		return ids
	}
	if got := ofVisitor(); !slices.Equal(got, []string{"kept 1"}) {
		t.Errorf("the visitor has %q", got)
	}
	if v := w.visitor("v"); v.VisitCount != 2 {
		t.Errorf("the visitor has %d visits, want both", v.VisitCount)
	}
	w.add(oneView("old", "v", (day+6)*event.MsPerDay))
	if got := ofVisitor(); !slices.Equal(got, []string{"old 1", "kept 1"}) {
		t.Errorf("come back: %q", got)
	}
}

func TestRetiredEventsAreGoneAndTheirSessionsStay(t *testing.T) {
	w := newWorldWith(t, 0, 1)
	const day = 20_000
	for _, at := range []int64{day, day + 1, day + 5, day + 5} {
		w.add(oneView("s", "", at*event.MsPerDay))
	}
	w.close()
	w.open()
	settled, err := w.sessions.Settled()
	w.must(err)
	if settled != day+5 {
		t.Fatalf("settled up to %d, want %d", settled, day+5)
	}
	w.must(w.journal.RetireEvents(day + 1))
	if a := w.session("s"); a.EventCount != 4 {
		t.Errorf("the session counts %d events", a.EventCount)
	}
	events, _, err := w.sessions.Timeline(testSite, "s", 0, -1, 10)
	w.must(err)
	if len(events) != 3 || events[0].Received != (day+1)*event.MsPerDay {
		t.Errorf("the timeline has %d events", len(events))
	}
	kept, err := journal.FirstKept(w.db.Reader())
	w.must(err)
	if kept != day+1 {
		t.Errorf("kept from %d on", kept)
	}
}

func TestAVisitorWithoutSessionsIsRetiredAndComesBackAsAnother(t *testing.T) {
	w := newWorldWith(t, 0, 1)
	const day = 20_000
	reopen := func() {
		w.close()
		w.open()
		w.must(w.sessions.Warm(t.Context(), false))
	}
	w.add(oneView("old", "v", day*event.MsPerDay))
	for i := range 3 {
		w.add(oneView("young", "u", (day+5)*event.MsPerDay+int64(i)))
	}
	reopen()
	first := w.visitor("v")
	if got := w.expiredVisitors(day + 1); got != nil {
		t.Errorf("with a session %v has expired", got)
	}
	before, sessions := w.expired(day + 1)
	w.retire(before, sessions, (day+5)*event.MsPerDay+5)
	reopen()
	if got := w.expiredVisitors(day); got != nil {
		t.Errorf("who came on the first kept day has expired: %v", got)
	}
	if got := w.expiredVisitors(day + 1); !slices.Equal(got, []string{"v"}) {
		t.Fatalf("%v has expired", got)
	}
	// Who comes back between the look and the record stays.
	w.add(oneView("again", "v", (day+6)*event.MsPerDay))
	w.retireFrom(store.Visitors, day+1, []string{"v"}, (day+6)*event.MsPerDay)
	if v := w.visitor("v"); v.VisitCount != 2 || first.VisitCount != 1 {
		t.Errorf("has %d visits, before %d", v.VisitCount, first.VisitCount)
	}
	v := person{testSite, journal.EraseVisitor, w.db.ID("v")}
	_, err := w.journal.Submit(t.Context(), journal.Record{
		Kind: journal.KindHot, Site: testSite, Session: "again", At: time.UnixMilli((day+6)*event.MsPerDay + 1), Body: encodeHot(v, &Hot{Rule: 1, Count: 5}),
	})
	w.must(err)
	if rows, err := w.sessions.hotRows(v); len(rows) != 1 {
		t.Fatalf("turned hot by %d rules: %v", len(rows), err)
	}
	for i := range 3 { // each change of the day stores what is left
		w.add(oneView("young", "u", (day+12)*event.MsPerDay+int64(i)))
	}
	reopen()
	before, sessions = w.expired(day + 8)
	w.retireFrom(store.Sessions, before, append(sessions, "again"), (day+12)*event.MsPerDay+5)
	w.retireFrom(store.Visitors, day+8, []string{"v", "u"}, (day+12)*event.MsPerDay+5)
	if _, found, err := w.sessions.Visitor(testSite, "v"); found || err != nil {
		t.Errorf("the visitor is there: %v", err)
	}
	if rows, err := w.sessions.hotRows(v); len(rows) != 0 || err != nil {
		t.Errorf("when they turned hot is there: %v %v", rows, err)
	}
	if v := w.visitor("u"); v.VisitCount == 0 {
		t.Error("a visitor with a session is gone")
	}
	w.add(oneView("new", "v", (day+13)*event.MsPerDay))
	if v := w.visitor("v"); v.VisitCount != 1 {
		t.Errorf("come back with %d visits", v.VisitCount)
	}
	total := func() (n int64, unique int) {
		days := w.listingDays("L1")
		for _, d := range days {
			n, unique = n+d.Views, unique+int(d.Unique)
		}
		return n, unique
	}
	views, unique := total()
	w.rebuild()
	if v, u := total(); v != views || u != unique || views != 9 {
		t.Errorf("%d views by %d before, %d by %d after a rebuild", views, unique, v, u)
	}
	if v := w.visitor("v"); v.VisitCount != 1 {
		t.Errorf("rebuilt with %d visits", v.VisitCount)
	}
	session, visitor, err := w.sessions.Oldest(t.Context())
	if want := int64(day+12) * event.MsPerDay; err != nil || session < want || visitor < want {
		t.Errorf("the oldest are of %d and %d, %v", session, visitor, err)
	}
}
