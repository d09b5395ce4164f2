package sessionize

import (
	"fmt"
	"testing"
	"unsafe"

	"footfall/event"
	"footfall/store"
)

func pageViews(session, profile string, at int64, n int) *event.Chunk {
	c := &event.Chunk{Session: session, Visitor: "v" + session, Profile: profile, Received: at}
	for range n {
		c.Events = append(c.Events, event.Event{Type: event.PageView, At: at, Day: event.UTCDay(at), Clock: event.None, Scroll: event.None})
	}
	return c
}

func TestPageViewsAreCountedByProfileAndDay(t *testing.T) {
	w := newWorld(t)
	const day = 20_000 * event.MsPerDay
	w.add(pageViews("a", "", day, 2))
	w.add(pageViews("a", "ann", day+1, 1))
	w.must(w.journal.Checkpoint(t.Context()))
	w.add(pageViews("b", "ann", day+2, 3))
	w.add(pageViews("b", "ann", day+event.MsPerDay, 1))
	bot := pageViews("c", "ann", day+event.MsPerDay, 9)
	bot.Flags = event.Flagged
	w.add(bot)
	if got := fmt.Sprint(w.pageDays()); got != "[{ 20000 2} {ann 20000 4} {ann 20001 1}]" {
		t.Error(got)
	}
	w.erase(day+event.MsPerDay+1, "vb")
	if got := fmt.Sprint(w.pageDays()); got != "[{ 20000 2} {ann 20000 1}]" {
		t.Error("without b:", got)
	}
}

// The strings of a chunk lie in a request's body, which the next request overwrites.
func TestPageViewsKeepTheNameOfTheirProfile(t *testing.T) {
	w := newWorld(t)
	const day = 20_000 * event.MsPerDay
	for i := range 3 {
		body := []byte("ann")
		w.add(pageViews(fmt.Sprint(i), unsafe.String(&body[0], len(body)), day, 1))
		copy(body, `":{`)
	}
	for range 2 {
		if got := fmt.Sprint(w.pageDays()); got != "[{ann 20000 3}]" {
			t.Error(got)
		}
		w.must(w.journal.Checkpoint(t.Context()))
	}
}

// A directory of old holds chunks of which nobody counted the page views: erasing them takes none away from others.
func TestPageViewsThatWereNeverCountedAreNotSubtracted(t *testing.T) {
	w := newWorld(t)
	const day = 20_000 * event.MsPerDay
	w.add(pageViews("old", "ann", day, 5))
	w.must(w.journal.Checkpoint(t.Context()))
	w.must(w.journal.Close())
	b := w.db.NewBatch()
	b.DeleteRange(store.PageDays.Span())
	b.Delete(pagesSinceKey)
	w.must(b.Commit(true))
	w.must(w.db.Close())
	w.open()
	w.add(pageViews("old", "ann", day+1, 1))
	w.add(pageViews("new", "ann", day+2, 1))
	if got := fmt.Sprint(w.pageDays()); got != "[{ann 20000 2}]" {
		t.Error(got)
	}
	w.close()
	w.open()
	w.erase(day+3, "vold")
	if got := fmt.Sprint(w.pageDays()); got != "[{ann 20000 1}]" {
		t.Error("erased:", got)
	}
	w.rebuild()
	if got := fmt.Sprint(w.pageDays()); got != "[{ann 20000 1}]" {
		t.Error("rebuilt:", got)
	}
}
