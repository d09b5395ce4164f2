package sessionize

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/event"
	"footfall/journal"
	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"
)

// State is a pure fold: what is live equals what a crash leaves, what eviction and checkpoints leave, and what is rebuilt
// from the journal, to the byte.
func TestStateIsTheSameLiveRecoveredAndRebuilt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		chunks := newVisits().draw(rt)
		run := &scope{TB: t}
		defer run.end()
		smooth := newWorld(run)
		rough := newWorldWith(run, rapid.SampledFrom([]int64{1, 600, 1 << 20}).Draw(rt, "memory"),
			rapid.IntRange(1, 8).Draw(rt, "records"))
		seed := rapid.Uint64().Draw(rt, "seed")
		for i, c := range chunks {
			smooth.add(c)
			rough.add(c)
			if rapid.IntRange(0, 4).Draw(rt, "lead") == 0 {
				smooth.lead(c, i)
				rough.lead(c, i)
			}
			rough.sumsAgree(rt)
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
		want := smooth.dump()
		if diff := difference(want, rough.dump()); diff != "" {
			rt.Fatalf("after crashes\n%s\nof\n%s", diff, showChunks(chunks))
		}
		rough.rebuild()
		if diff := difference(want, rough.dump()); diff != "" {
			rt.Fatalf("rebuilt\n%s\nof\n%s", diff, showChunks(chunks))
		}
	})
}

// difference returns the lines that only one of two dumps has.
func difference(want, got string) string {
	var diff []string
	only := func(sign, a, b string) {
		for line := range strings.Lines(a) {
			if !strings.Contains(b, strings.TrimSuffix(line, "\n")) {
				diff = append(diff, sign+line)
			}
		}
	}
	only("-", want, got)
	only("+", got, want)
	return strings.Join(diff, "")
}

func (w *world) lead(c *event.Chunk, i int) {
	w.t.Helper()
	body := AppendLeadLink(nil, LeadLink{Lead: fmt.Sprint("lead", i), Listing: "L1", Day: 20_500})
	_, err := w.journal.Submit(context.Background(), journal.Record{
		Kind: journal.KindLead, Site: testSite, Session: c.Session, At: time.UnixMilli(c.Received), Body: body,
	})
	w.must(err)
}

// crash stops the machine: what was not synced is there or not, block by block.
func (w *world) crash(seed uint64) {
	after := w.fs.CrashClone(vfs.CrashCloneCfg{
		UnsyncedDataPercent: int(seed % 101), RNG: rand.New(rand.NewPCG(seed, 1)),
	})
	w.close()
	w.fs = after
	w.open()
}

// rebuild empties the derived spaces and folds the journal again.
func (w *world) rebuild() {
	w.must(w.journal.Close())
	b := w.db.NewBatch()
	for _, s := range store.Spaces {
		if s.Derived {
			b.DeleteRange(s.Space.Span())
		}
	}
	journal.ForgetPositions(b)
	w.must(b.Commit(true))
	w.must(w.db.Close())
	w.open()
}

// dump writes all state that queries read, sessions as their stored bytes.
func (w *world) dump() string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	o := w.sessions
	keys := map[sessionKey]bool{}
	kept, err := journal.FirstKept(w.db.Reader())
	w.must(err)
	scan := func(space store.Space, visit func(k []byte)) {
		lo, hi := space.Span()
		w.must(w.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(k, _ []byte) error {
			visit(k)
			return nil
		}))
	}
	scan(store.Events, func(k []byte) { keys[sessionKey{testSite, store.ID(k[7:23])}] = true })
	scan(store.Sessions, func(k []byte) { keys[sessionKey{testSite, store.ID(k[5:21])}] = true })
	for key := range keys {
		var s Session
		o.mu.RLock() // the committer may be making a checkpoint
		found, err := o.state(key, &s)
		if o.live[key] == nil {
			s.reset("")
			_, err2 := o.load(o.db.Get, key, &s, true) // with its ids
			err = errors.Join(err, err2)
		}
		s.IDs = slices.DeleteFunc(s.IDs, func(id SeenID) bool { // a restart forgets those of retired events
			return event.UTCDay(int64(id.At)*1000) < int32(kept)
		})
		state, _ := appendSession(nil, &s)
		line := fmt.Sprintf("session %s %t %x", s.ID, found, state)
		o.mu.RUnlock()
		w.must(err)
		add("%s", line)
	}
	for _, id := range someVisitors {
		v, found, err := o.Visitor(testSite, id)
		w.must(err)
		ids := []string{}
		for _, s := range v.Sessions {
			ids = append(ids, s.SessionID)
		}
		o.mu.RLock()
		state, err := o.visitor(w.db.Get, sessionKey{testSite, w.db.ID(id)})
		o.mu.RUnlock()
		w.must(err)
		add("visitor %s %t %+v %v ordinal %d", id, found, v.VisitorTotals, ids, state.Ordinal)
	}
	w.must(o.EachListingDay(testSite, 0, 1<<16-1, func(d *ListingDay) error {
		add("listing %s %d %+v seen %v left %v", d.Listing, d.Day, d.DayCounts, d.Seen.ToArray(), d.Left.ToArray())
		return nil
	}))
	add("pages %v", w.pageDays())
	active, _, err := o.Active(testSite, o.Newest()-24*60*60_000)
	w.must(err)
	for _, a := range active {
		add("active %s %d", a.SessionID, a.LastLive)
	}
	o.mu.RLock()
	add("ordinals %v", o.nextOrdinal)
	o.mu.RUnlock()
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
