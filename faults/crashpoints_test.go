package faults

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// moment is what a crash left, and how many deeds were acknowledged before it and begun after it.
type moment struct {
	fs           *vfs.MemFS
	op           errorfs.Op
	acked, begun int
}

// camera lets the machine stop at every operation that writes.
type camera struct {
	mu      sync.Mutex
	random  *rand.Rand
	fs      *vfs.MemFS
	acked   int
	begun   int
	moments []moment
}

// MaybeError takes a crash, and no error.
func (c *camera) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsRead {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m := moment{op: op, acked: c.acked}
	m.fs = c.fs.CrashClone(vfs.CrashCloneCfg{
		UnsyncedDataPercent: pick(c.random, 0, 10, 50, 100), RNG: rand.New(rand.NewPCG(c.random.Uint64(), 1)),
	})
	m.begun = c.begun
	c.moments = append(c.moments, m)
	return nil
}

// String implements errorfs.Injector.
func (c *camera) String() string { return "camera" }

func (c *camera) count(n *int) {
	c.mu.Lock()
	*n++
	c.mu.Unlock()
}

// Wherever the machine stops, from the making of the directory to its closing: what was acknowledged is there, once,
// and every number is that of a moment between the last answer and the last question.
func TestACrashAtAnyWriteLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	points := 0
	for seed := range rounds(t, 8) {
		n, err := crashEverywhere(seed)
		if err != nil {
			t.Fatal(err)
		}
		points += n
	}
	if t.Logf("%d crashes", points); points < scaled(1500) && *seedFlag == 0 {
		t.Errorf("only %d crashes", points)
	}
}

func crashEverywhere(seed uint64) (points int, err error) {
	c, cam := newClient(seed), &camera{random: newRandom(seed + 1), fs: vfs.NewCrashableMem()}
	c.ballast = ballast(pick(c.random, 0, 4000))
	m := &machine{fs: errorfs.Wrap(cam.fs, cam), every: pick(c.random, 1, 5, 20)}
	m.now.Store(c.now)
	expected := []*oracle{c.oracle.clone()}
	w, err := m.open()
	if err != nil {
		return points, err
	}
	for i := range 60 {
		if i%25 == 24 { // and at these: the closing, and what an open writes
			if err := w.close(); err != nil {
				return points, err
			}
			if w, err = m.open(); err != nil {
				return points, err
			}
		}
		d := c.deed()
		m.now.Store(c.now)
		d.effect(c.oracle)
		expected = append(expected, c.oracle.clone())
		cam.count(&cam.begun)
		if err := c.do(w, d); err != nil {
			return points, err
		}
		cam.count(&cam.acked)
	}
	if err := w.close(); err != nil {
		return points, err
	}
	answers := newBook(expected)
	const every = min(shrink, 3) // of the moments of a round
	for i := int(seed % every); i < len(cam.moments); i += every {
		at := &cam.moments[i]
		points++
		if err := survives(at.fs, c.now, answers, at.acked, at.begun, i%8 == 0); err != nil {
			return points, fmt.Errorf("crash %d of %d, before %v of %s, with %d deeds acknowledged and %d begun: %w",
				i, len(cam.moments), at.op.Kind, at.op.Path, at.acked, at.begun, err)
		}
	}
	return points, nil
}

// deed lets some time pass and draws what a client does.
func (c *client) deed() deed {
	c.now += int64(c.random.IntN(900)) * 1000
	for {
		if o := draw(c, ops); o.deed != nil {
			return o.deed(c)
		}
	}
}

// book is what is answered after each deed.
type book struct {
	oracles []*oracle
	pages   [][]string
}

func newBook(oracles []*oracle) *book { return &book{oracles, make([][]string, len(oracles))} }

func (b *book) page(i int) []string {
	if b.pages[i] == nil {
		b.pages[i] = b.oracles[i].answers()
	}
	return b.pages[i]
}

// survives opens what is left on a disk and compares it with the answers after at least acked and at most begun deeds;
// if asked to, also once everything is rebuilt.
func survives(fs vfs.FS, now int64, b *book, acked, begun int, rebuilt bool) error {
	m := &machine{fs: fs, every: 100}
	m.now.Store(now)
	w, err := m.open()
	if err != nil {
		return fmt.Errorf("open what is left: %w", err)
	}
	if err := w.isAt(b, acked, begun); err != nil {
		return errors.Join(err, w.close())
	}
	for _, err := range w.check() {
		return errors.Join(err, w.close())
	}
	if !rebuilt {
		return w.close()
	}
	if err := w.rebuild(); err != nil {
		return err
	}
	if w, err = m.open(); err != nil {
		return fmt.Errorf("rebuild what is left: %w", err)
	}
	return errors.Join(w.isAt(b, acked, begun), w.close())
}

// isAt says with an error if the answers are those of no moment between two deeds.
func (w *world) isAt(b *book, acked, begun int) (err error) {
	got, err := w.answers()
	if err != nil {
		return err
	}
	for i := acked; i <= begun; i++ {
		if err = difference(b.page(i), got); err == nil {
			return nil
		}
	}
	return err
}
