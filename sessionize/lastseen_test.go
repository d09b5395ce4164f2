package sessionize

import (
	"testing"

	"footfall/store"

	"pgregory.net/rapid"
)

// lastSeenIs holds what LastSeen says of sessions, one that is not known among them, against what Recent says of each.
func (w *world) lastSeenIs(t rapid.TB, sessions []string) {
	ids := []store.ID{w.db.ID("nobody's")}
	for _, s := range sessions {
		ids = append(ids, w.db.ID(s))
	}
	got, err := w.sessions.LastSeen(testSite, ids)
	if err != nil || got[0] != 0 {
		t.Fatalf("nobody was last seen at %d, %v", got[0], err)
	}
	for i, s := range sessions {
		r, _, err := w.sessions.Recent(testSite, s, 0)
		if want := max(r.Last, r.Session.LastVisit); err != nil || got[i+1] != want {
			t.Fatalf("the visitor of %s was last seen at %d, want %d, %v", s, got[i+1], want, err)
		}
	}
}

// After every chunk, across checkpoints, evictions and restarts, what is kept is what a look at the states finds.
func TestWhenVisitorsWereLastSeenIsAsIfItWereNotKept(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		chunks := newVisits().draw(rt)
		run := &scope{TB: t}
		defer run.end()
		w := newWorldWith(run, rapid.SampledFrom([]int64{0, 1}).Draw(rt, "memory"), 3)
		for i, c := range chunks {
			w.add(c)
			w.lastSeenIs(rt, someSessions)
			if i == len(chunks)/2 {
				w.close()
				w.open()
				w.lastSeenIs(rt, someSessions)
			}
		}
	})
}

func TestWhoWasForgottenWasNeverSeen(t *testing.T) {
	w := newWorld(t)
	w.add(oneView("s1", "v1", rulesBase))
	w.add(oneView("s2", "v1", rulesBase+1000))
	w.add(oneView("s3", "v2", rulesBase+2000))
	w.lastSeenIs(t, someSessions)
	w.erase(rulesBase+3000, "v1")
	w.lastSeenIs(t, someSessions)
	if times, err := w.sessions.LastSeen(testSite, []store.ID{w.db.ID("s1"), w.db.ID("s3")}); err != nil || times[0] != 0 || times[1] == 0 {
		t.Errorf("last seen at %v, %v", times, err)
	}
}

func TestMoreSessionsThanAreKeptAreFoundOut(t *testing.T) {
	l := newLastSeen()
	for i := range uint32(maxLastSeen + 10) {
		l.keep(sessionKey{i, store.ID{}}, &sessionKey{i, store.ID{1}}, 7)
	}
	if len(l.of) > maxLastSeen || len(l.by) > maxLastSeen {
		t.Errorf("%d sessions of %d visitors are kept", len(l.of), len(l.by))
	}
}
