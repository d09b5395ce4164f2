package sessionize

import (
	"encoding/binary"
	"fmt"
	"testing"

	"footfall/event"
	"footfall/store"

	"pgregory.net/rapid"
)

func metKey(n uint64) []byte { return idKey(store.Visitors, testSite, metID(n)) }

func metID(n uint64) (id store.ID) {
	binary.LittleEndian.PutUint64(id[:], n*0x9e3779b97f4a7c15)
	binary.LittleEndian.PutUint64(id[8:], n*0xbf58476d1ce4e5b9+n>>7)
	return id
}

func TestTheFilterNeverDeniesWhatIsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		memory := int64(rapid.IntRange(1, 1<<16).Draw(t, "memory"))
		m := newMet(&memory, true)
		keys := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 21, 21), 1, 200).Draw(t, "keys")
		for _, k := range keys {
			m.add(k)
		}
		for _, k := range keys {
			if !m.may(k) {
				t.Fatalf("%x was added and is denied", k)
			}
		}
	})
}

func TestTheFilterDeniesMostOfWhatIsNotThere(t *testing.T) {
	memory := int64(64 * metShare * 1024) // 512 Kibit: 12 bits for each of the keys below
	m := newMet(&memory, true)
	const keys = 43_690
	for n := range uint64(keys) {
		m.add(metKey(n))
	}
	wrong := 0
	for n := range uint64(keys) {
		if m.may(metKey(keys + n)) {
			wrong++
		}
	}
	if wrong > keys/50 {
		t.Errorf("%d of %d that were not added are not denied", wrong, keys)
	}
}

// A session and a visitor that were stored before the end of a process are known to the next, before and after it has
// read which there are: a repeated event is dropped, the visitor keeps their number.
func TestWhatWasStoredIsFoundAfterAReopen(t *testing.T) {
	for _, warm := range []bool{false, true} {
		t.Run(fmt.Sprintf("warm %v", warm), func(t *testing.T) {
			w := newWorld(t)
			at := int64(1_700_000_000_000)
			visit := func(session, visitor string, at int64) {
				w.add(&event.Chunk{Session: session, Visitor: visitor, Received: at, Events: []event.Event{
					{Type: event.PropertyView, ID: "1", Page: "p", Listing: "oak", At: at, Clock: event.None, Scroll: event.None},
				}})
			}
			visit("a", "one", at)
			w.must(w.journal.Checkpoint(t.Context()))
			later := at + 2*coldAfter // a is stored, and out of memory after the next start
			visit("b", "two", later)
			w.must(w.journal.Checkpoint(t.Context()))
			w.close()
			w.open()
			if warm {
				w.must(w.sessions.Warm(t.Context(), false))
				if !w.sessions.met.whole {
					t.Error("the filter is not whole")
				}
			}
			visit("a", "one", later+1000)
			visit("c", "one", later+1000)
			visit("d", "three", later+1000)
			if got := w.session("a").EventCount; got != 1 {
				t.Errorf("a repeated event counts: %d", got)
			}
			if got := w.listingDays("oak")[0].Unique; got != 3 {
				t.Errorf("%d visitors, want 3", got)
			}
		})
	}
}
