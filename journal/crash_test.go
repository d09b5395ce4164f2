package journal

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the crash test, 0: a new one")

// deed is one Submit: what it submits, as text.
type deed []string

// ledger is what the callers of Submit know.
type ledger struct {
	mu      sync.Mutex
	started map[string]deed // by the text of each record
	acked   []deed
}

// moment is the disk that a crash left, and what was known before and after it.
type moment struct {
	fs      *vfs.MemFS
	acked   []deed
	started map[string]deed
}

// camera takes crashes at random operations that write.
type camera struct {
	mu      sync.Mutex
	random  *rand.Rand
	fs      *vfs.MemFS
	ledger  *ledger
	moments []moment
}

func (c *camera) look(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsRead {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.random.IntN(25) != 0 || len(c.moments) == 80 {
		return nil
	}
	c.ledger.mu.Lock()
	acked := slices.Clip(c.ledger.acked)
	c.ledger.mu.Unlock()
	fs := c.fs.CrashClone(vfs.CrashCloneCfg{
		UnsyncedDataPercent: []int{0, 10, 50, 100}[c.random.IntN(4)],
		RNG:                 rand.New(rand.NewPCG(c.random.Uint64(), 0)),
	})
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	c.moments = append(c.moments, moment{fs, acked, maps.Clone(c.ledger.started)})
	return nil
}

func crashOwners() []*recorder {
	return []*recorder{{name: "lazy"}, {name: "eager", eager: true}, {name: "slow", every: 13}}
}

// rowKey is where the row of a record stands.
func rowKey(r *Record) []byte { return append([]byte{byte(store.LeadForms)}, r.Body...) }

// submitAll is one caller: submissions of one to three records, each unlike any other.
func (g *rig) submitAll(l *ledger, caller int, random *rand.Rand) {
	for i := range 60 {
		var recs []Record
		var d deed
		for k := range 1 + random.IntN(3) {
			id := fmt.Sprintf("%d-%d-%d", caller, i, k)
			r := chunk(fmt.Sprint("s", random.IntN(6)), id)
			if random.IntN(3) == 0 {
				r = note(id)
				r.Rows = []Row{{rowKey(&r), make([]byte, random.IntN(5000))}}
			} else {
				r.Chunk.Events[0].Data = string(make([]byte, random.IntN(3000)))
			}
			recs, d = append(recs, r), append(d, textOf(&r))
		}
		l.mu.Lock()
		for _, text := range d {
			l.started[text] = d
		}
		l.mu.Unlock()
		_, err := g.Submit(context.Background(), recs...)
		if err != nil {
			g.t.Error(err)
			return
		}
		l.mu.Lock()
		l.acked = append(l.acked, d)
		l.mu.Unlock()
	}
}

// Whatever the moment at which the machine stops: what was acknowledged is there, nothing is invented, positions are
// dense, submissions are whole, and every owner has exactly what is there.
func TestAcknowledgedRecordsSurviveACrashAtAnyMoment(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	defer func() {
		if t.Failed() {
			t.Logf("replay with -seed=%d", seed)
		}
	}()
	g := newRig(t, crashOwners()...)
	l := &ledger{started: map[string]deed{}}
	c := &camera{random: rand.New(rand.NewPCG(seed, 0)), fs: g.fs, ledger: l}
	g.wrap = func(fs vfs.FS) vfs.FS { return errorfs.Wrap(fs, errorfs.InjectorFunc(c.look)) }
	g.o.CheckpointAfter = 20
	g.open()
	var all sync.WaitGroup
	for caller := range 4 {
		all.Go(func() { g.submitAll(l, caller, rand.New(rand.NewPCG(seed, uint64(caller)+1))) })
	}
	all.Wait()
	g.close()
	if len(c.moments) < 10 {
		t.Errorf("only %d crashes", len(c.moments))
	}
	for i := range c.moments {
		after := newRig(t, crashOwners()...)
		after.fs = c.moments[i].fs
		after.open()
		after.compare(&c.moments[i])
		after.close()
		if t.Failed() {
			t.Fatalf("at crash %d of %d", i, len(c.moments))
		}
	}
}

// compare checks what is stored against what was known at the crash.
func (g *rig) compare(m *moment) {
	g.t.Helper()
	var texts, lines []string
	next := Position(1)
	for r, err := range g.Read(0) {
		g.must(err)
		if r.Pos != next {
			g.t.Errorf("position %d follows %d", r.Pos, next-1)
		}
		next = r.Pos + 1
		texts, lines = append(texts, textOf(&r)), append(lines, lineOf(&r))
		if r.Kind != KindLead {
			continue
		}
		if _, found, err := g.db.Get(rowKey(&r)); err != nil || !found {
			g.t.Errorf("position %d has lost its row: %v", r.Pos, err)
		}
	}
	for i := 0; i < len(texts); {
		d := m.started[texts[i]]
		if d == nil {
			g.t.Fatalf("invented: %.200s", texts[i])
		}
		if end := i + len(d); end > len(texts) || !slices.Equal(texts[i:end], d) {
			g.t.Fatalf("a submission of %d records is not whole from position %d on", len(d), i+1)
		}
		i += len(d)
	}
	there := map[string]bool{}
	for _, text := range texts {
		if there[text] {
			g.t.Errorf("twice: %.200s", text)
		}
		there[text] = true
	}
	for _, d := range m.acked {
		if !there[d[0]] {
			g.t.Errorf("acknowledged and lost: %.200s", d[0])
		}
	}
	for _, o := range g.owners {
		if !slices.Equal(o.lines, lines) {
			g.t.Errorf("%s has %d records, %d are stored", o.name, len(o.lines), len(lines))
		}
	}
}
