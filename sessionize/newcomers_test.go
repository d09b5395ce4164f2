package sessionize

import (
	"fmt"
	"slices"
	"testing"

	"footfall/event"

	"pgregory.net/rapid"
)

// Whoever is said to have one session alone has that one, and the runs that the store tells of them. Who is said to be
// dull is not hot.
func TestNewcomersAreAsTheStoreTellsThem(t *testing.T) {
	told, dull := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		run := &scope{TB: t}
		defer run.end()
		w := newWorld(run)
		watch := w.sessions.NewWatch(w.journal)
		at := rulesBase
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			at += rapid.SampledFrom([]int64{1, 61_000, 31 * 60_000}).Draw(rt, "pass")
			switch rapid.IntRange(0, 9).Draw(rt, "step") {
			case 0:
				w.must(w.journal.Checkpoint(t.Context()))
			case 1:
				w.close()
				w.open()
				watch = w.sessions.NewWatch(w.journal)
			case 2:
				w.erase(at, fmt.Sprint("v", rapid.IntRange(0, 3).Draw(rt, "erased")))
			default:
				c := someChunk(rt, fmt.Sprint("s", rapid.IntRange(0, 5).Draw(rt, "session")), at)
				if v := rapid.IntRange(-1, 3).Draw(rt, "visitor"); v >= 0 {
					c.Visitor = fmt.Sprint("v", v)
				}
				if rapid.IntRange(0, 3).Draw(rt, "imported") == 0 {
					c.Flags |= event.Imported
				}
				w.add(c)
			}
			told += w.newcomersAgree(rt)
			dull += w.dullAreNotHot(rt, watch, at)
		}
	})
	if told == 0 || dull == 0 {
		t.Errorf("%d were newcomers, %d dull", told, dull)
	}
}

// someChunk makes views of a few listings, now and then for long, and seldom a form.
func someChunk(t *rapid.T, session string, at int64) *event.Chunk {
	c := &event.Chunk{Session: session, Received: at}
	for range rapid.IntRange(1, 3).Draw(t, "events") {
		e := event.Event{
			Type: event.PropertyView, Page: fmt.Sprint("p", rapid.IntRange(0, 2).Draw(t, "page")), Listing: fmt.Sprint("L", rapid.IntRange(0, 6).Draw(t, "listing")),
			At: at, Day: event.UTCDay(at), Clock: int32(rapid.SampledFrom([]int{event.None, 40_000, 100_000}).Draw(t, "engaged")), Scroll: event.None,
		}
		if rapid.IntRange(0, 9).Draw(t, "form") == 0 {
			e.Type = event.FormStart
		}
		c.Events = append(c.Events, e)
	}
	return c
}

// dullAreNotHot looks at who is noted as dull all the same, and returns how many there were.
func (w *world) dullAreNotHot(t *rapid.T, watch *Watch, now int64) (dull int) {
	for key, m := range w.sessions.takeMarks(map[sessionKey]mark{}) {
		if !m.dull {
			continue
		}
		dull++
		_, fired, err := watch.look(move{key, m}, now)
		w.must(err)
		if len(fired) > 0 {
			t.Fatalf("%s is dull, and turned hot by %d rules", fired[0].Session, len(fired))
		}
	}
	return dull
}

// newcomersAgree returns how many visitors are said to have one session alone.
func (w *world) newcomersAgree(t *rapid.T) (told int) {
	for v := range 4 {
		visitor := sessionKey{testSite, w.db.ID(fmt.Sprint("v", v))}
		for s := range 6 {
			session := sessionKey{testSite, w.db.ID(fmt.Sprint("s", s))}
			runs, alone := w.sessions.newcomers.runsOf(visitor, session.id)
			if !alone {
				continue
			}
			told++
			w.sessions.mu.RLock()
			stored, err := w.sessions.visitor(w.db.Get, visitor)
			w.sessions.mu.RUnlock()
			w.must(err)
			if !slices.Equal(runs, stored.Runs) {
				t.Fatalf("v%d is told to have the runs %v, and has %v", v, runs, stored.Runs)
			}
			keys, err := w.sessions.someSessionsOf(visitor, 10)
			w.must(err)
			if !slices.Equal(keys, []sessionKey{session}) {
				t.Fatalf("v%d is told to have s%d alone, and has %d sessions", v, s, len(keys))
			}
		}
	}
	return told
}

func TestOldNewcomersAreLetGo(t *testing.T) {
	var n newcomers
	key := func(i int) sessionKey {
		return sessionKey{testSite, metID(uint64(i))}
	}
	for i := range 3 * mostYoung {
		n.add(key(i), metID(uint64(i)), []Run{{From: 1, To: 2}}, true)
		n.age()
	}
	if held := len(n.young) + len(n.old); held > 2*mostYoung {
		t.Errorf("%d are held", held)
	}
	for i, want := range map[int]bool{0: false, 3*mostYoung - 1: true} {
		if _, alone := n.runsOf(key(i), metID(uint64(i))); alone != want {
			t.Errorf("newcomer %d is known: %t", i, alone)
		}
	}
}
