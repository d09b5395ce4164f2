package sessionize

import (
	"context"
	"testing"
	"time"

	"footfall/event"
	"footfall/journal"
	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
)

const testSite = 1

// world is the real fold on the real journal and store, in memory.
type world struct {
	t        testing.TB
	fs       *vfs.MemFS
	db       *store.DB
	sessions *Sessions
	journal  *journal.Journal
	memory   int64 // bound of live state, 0: the default
	records  int   // between checkpoints
}

func newWorld(t testing.TB) *world { return newWorldWith(t, 0, 50) }

func newWorldWith(t testing.TB, memory int64, records int) *world {
	w := &world{t: t, fs: vfs.NewCrashableMem(), memory: memory, records: records}
	w.open()
	t.Cleanup(func() {
		w.check()
		w.close()
	})
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// open opens what is in w.fs. Checkpoints are the test's to make.
func (w *world) open() {
	var err error
	w.db, err = store.Open("data", store.Options{FS: w.fs, Merges: Merges(), Mem: 1 << 20, Cache: 16 << 20})
	w.must(err)
	w.sessions, err = Open(w.db, Options{Memory: w.memory})
	w.must(err)
	w.journal, err = journal.Open(w.db, []journal.Owner{w.sessions}, journal.Options{
		Now: func() time.Time { return time.UnixMilli(0) }, Admit: w.sessions.Admit,
		CheckpointEvery: time.Hour, CheckpointAfter: w.records,
	})
	w.must(err)
}

func (w *world) close() {
	w.must(w.journal.Close())
	w.must(w.db.Close())
}

func (w *world) check() {
	v := w.db.NewView()
	w.sessions.Check(v, func(err error) { w.t.Error(err) })
	w.must(v.Close())
}

// add submits a copy of the chunk, received when it says.
func (w *world) add(c *event.Chunk) {
	w.t.Helper()
	copied := *c
	copied.Events = append([]event.Event(nil), c.Events...)
	_, err := w.journal.Submit(context.Background(), journal.Record{
		Kind: journal.KindChunk, Site: testSite, Session: c.Session, At: time.UnixMilli(c.Received), Chunk: &copied,
	})
	w.must(err)
}

func (w *world) session(id string) Analytics {
	a, _, err := w.sessions.Session(testSite, id)
	w.must(err)
	return a
}

func (w *world) visitor(id string) VisitorTotals {
	v, _, err := w.sessions.Visitor(testSite, id)
	w.must(err)
	return v.VisitorTotals
}

func (w *world) pageDays() []PageDay {
	days, err := w.sessions.PageDays(testSite, 0, 1<<16-1)
	w.must(err)
	return days
}

func (w *world) listingDays(listing string) (totals []ListingTotals) {
	days, err := w.sessions.ListingDays(testSite, listing, 0, 1<<16-1)
	w.must(err)
	for _, d := range days {
		totals = append(totals, d.Totals())
	}
	return totals
}
