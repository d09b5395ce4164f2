package journal

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"footfall/event"
	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// noon is where clocks begin.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// recorder is an owner that remembers a line for each record it was given. A lazy one writes lines at checkpoints, as
// sessions do; an eager one with the record, as leads do.
type recorder struct {
	name  string
	eager bool
	every Position // checkpoints take effect only every so many positions; 0: always

	db    *store.DB
	pos   Position
	lines []string   // all
	given []Position // to this instance
	saved int        // lines that are stored

	fails           func(r *Record) error // Apply's error, nil: none
	failsCheckpoint error
	checkpoints     chan Position // if not nil, is told of each
}

func (o *recorder) key(i int) []byte {
	return binary.BigEndian.AppendUint64(append([]byte{byte(store.Leads)}, o.name...), uint64(i))
}

// load reads what is stored.
func (o *recorder) load(t testing.TB, db *store.DB) {
	t.Helper()
	var err error
	o.db, o.lines, o.given = db, nil, nil
	if o.pos, err = StoredPosition(db.Reader(), o.name); err != nil {
		t.Fatal(err)
	}
	prefix := append([]byte{byte(store.Leads)}, o.name...)
	err = db.Reader().Scan(store.Range{Lo: prefix, Hi: store.PrefixEnd(prefix)}, func(_, value []byte) error {
		o.lines = append(o.lines, string(value))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	o.saved = len(o.lines)
}

// Name returns the owner's name.
func (o *recorder) Name() string { return o.name }

// Position returns the last applied position.
func (o *recorder) Position() Position { return o.pos }

// Apply remembers the record.
func (o *recorder) Apply(b *store.Batch, r *Record) error {
	if o.fails != nil {
		if err := o.fails(r); err != nil {
			return err
		}
	}
	o.lines, o.given, o.pos = append(o.lines, lineOf(r)), append(o.given, r.Pos), r.Pos
	if o.eager {
		b.Set(o.key(len(o.lines)-1), []byte(lineOf(r)))
		StorePosition(b, o.name, r.Pos)
		o.saved = len(o.lines)
	}
	return nil
}

// Checkpoint writes what is not stored.
func (o *recorder) Checkpoint() error {
	if o.failsCheckpoint != nil {
		return o.failsCheckpoint
	}
	if o.checkpoints != nil {
		select {
		case o.checkpoints <- o.pos:
		default:
		}
	}
	if o.every > 0 && o.pos%o.every != 0 {
		return nil
	}
	b := o.db.NewBatch()
	for ; o.saved < len(o.lines); o.saved++ {
		b.Set(o.key(o.saved), []byte(o.lines[o.saved]))
	}
	StorePosition(b, o.name, o.pos)
	return b.Commit(false)
}

// Check has nothing to report.
func (o *recorder) Check(*store.View, func(error)) {}

// lineOf tells a record with its position.
func lineOf(r *Record) string { return fmt.Sprint(r.Pos, " ", r.At.UnixMilli(), " ", textOf(r)) }

// textOf tells what was submitted.
func textOf(r *Record) string {
	var b strings.Builder
	fmt.Fprintf(&b, "kind %d site %d session %q body %q", r.Kind, r.Site, r.Session, r.Body)
	if r.Chunk != nil {
		for _, e := range r.Chunk.Events {
			fmt.Fprintf(&b, " event %q %q", e.ID, e.Data)
		}
	}
	return b.String()
}

// rig is a journal with recorders on a real store in memory.
type rig struct {
	*Journal
	t      testing.TB
	fs     *vfs.MemFS
	wrap   func(vfs.FS) vfs.FS // what stands before fs, nil: nothing
	fatal  func(msg string)
	owners []*recorder
	o      Options
	clock  atomic.Int64 // ms after noon
}

// newRig returns a rig that is not open yet. Checkpoints come only when it is closed, unless the test says otherwise.
func newRig(t testing.TB, owners ...*recorder) *rig {
	g := &rig{t: t, fs: vfs.NewCrashableMem(), owners: owners, fatal: func(msg string) { panic(msg) }}
	g.o = Options{CheckpointEvery: time.Hour, Now: func() time.Time {
		return noon.Add(time.Duration(g.clock.Load()) * time.Millisecond)
	}}
	return g
}

func (g *rig) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// open opens the journal over what is in g.fs.
func (g *rig) open() *rig {
	g.t.Helper()
	g.must(g.tryOpen())
	return g
}

func (g *rig) tryOpen() error {
	g.t.Helper()
	var fs vfs.FS = g.fs
	if g.wrap != nil {
		fs = g.wrap(fs)
	}
	db, err := store.Open("data", store.Options{FS: fs, Mem: 256 << 10, Cache: 1 << 20, Fatal: g.fatal})
	g.must(err)
	owners := make([]Owner, len(g.owners))
	for i, o := range g.owners {
		o.load(g.t, db)
		owners[i] = o
	}
	j, err := Open(db, owners, g.o)
	if err != nil {
		g.must(db.Close())
		return err
	}
	g.Journal = j
	return nil
}

// close closes the journal and the store.
func (g *rig) close() {
	g.t.Helper()
	g.must(g.Close())
	g.must(g.db.Close())
}

// crash stops the machine and opens what is left. What was not synced is there or not, block by block.
func (g *rig) crash(percent int) {
	g.t.Helper()
	g.stop(percent)
	g.open()
}

// stop is crash without opening.
func (g *rig) stop(percent int) {
	g.t.Helper()
	left := g.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rand.New(rand.NewPCG(1, 2))})
	g.close()
	g.fs = left
}

// submit submits what must be accepted.
func (g *rig) submit(recs ...Record) Position {
	g.t.Helper()
	pos, err := g.Submit(context.Background(), recs...)
	g.must(err)
	return pos
}

// stored returns the lines of all records that are stored.
func (g *rig) stored(after Position) (lines []string) {
	g.t.Helper()
	for r, err := range g.Read(after) {
		g.must(err)
		lines = append(lines, lineOf(&r))
	}
	return lines
}

// chunk returns a record of one event with an id.
func chunk(session, id string) Record {
	return Record{Kind: KindChunk, Site: 1, Session: session, Chunk: &event.Chunk{
		Session: session, Events: []event.Event{{Type: event.PageView, ID: id, Clock: event.None, Scroll: event.None}},
	}}
}

// note returns a record that is no chunk.
func note(body string) Record {
	return Record{Kind: KindLead, Site: 1, Session: "s", Body: []byte(body)}
}
