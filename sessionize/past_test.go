package sessionize

import (
	"fmt"
	"testing"

	"footfall/event"
	"footfall/store"
)

// Sessions that were imported are stored at once, so that the next start has nothing to bring back; one that is live
// among them stays in memory.
func TestImportedSessionsAreStoredAndNotBroughtBack(t *testing.T) {
	w := newWorld(t)
	at := int64(1_700_000_000_000)
	visit := func(session string, flags event.Flags, id string, at int64) {
		w.add(&event.Chunk{Session: session, Visitor: "v" + session, Flags: flags, Received: at, Events: []event.Event{
			{Type: event.PropertyView, ID: id, Page: "p", Listing: "oak", At: at - 1000, Clock: event.None, Scroll: event.None},
		}})
	}
	for i := range 20 {
		visit(fmt.Sprint("old", i), event.Imported, "1", at)
	}
	visit("old3", 0, "2", at+1)
	visit("new", 0, "1", at+pastAfter)
	w.must(w.journal.Checkpoint(t.Context()))
	stored := 0
	lo, hi := store.Sessions.Span()
	w.must(w.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(_, _ []byte) error { stored++; return nil }))
	if stored != 19 {
		t.Errorf("%d sessions are stored, want the 19 that are past", stored)
	}
	visit("old5", event.Imported, "2", at+pastAfter+1) // its stored state lacks it
	w.close()
	w.open()
	active, warming, err := w.sessions.Active(testSite, at)
	w.must(err)
	if len(active) != 2 || active[0].SessionID != "new" || active[1].SessionID != "old3" || !warming {
		t.Errorf("active before they are back: %+v", active)
	}
	w.must(w.sessions.Warm(t.Context(), false))
	if live, _, _ := w.sessions.Live(); live != 3 {
		t.Errorf("%d sessions came back, want those that were live and the one that was behind", live)
	}
	for session, want := range map[string]int64{"old1": 1, "old3": 2, "old5": 2, "new": 1} {
		if got := int64(w.session(session).EventCount); got != want {
			t.Errorf("%s has %d events, want %d", session, got, want)
		}
	}
	visit("old1", event.Imported, "1", at+2*pastAfter)
	if got := w.session("old1").EventCount; got != 1 {
		t.Errorf("an event that was imported twice counts %d times", got)
	}
}
