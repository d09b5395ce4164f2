package journal

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"footfall/event"
	"footfall/store"

	"go.uber.org/goleak"
)

func TestSubmitGivesDensePositionsAndAppliesInOrder(t *testing.T) {
	lazy, eager := &recorder{name: "lazy"}, &recorder{name: "eager", eager: true}
	g := newRig(t, lazy, eager).open()
	defer g.close()
	for i, want := range []Position{2, 3, 6} {
		var recs []Record
		for k := range []int{2, 1, 3}[i] {
			if k%2 == 0 {
				recs = append(recs, chunk("s", fmt.Sprint("e", i, k)))
			} else {
				recs = append(recs, note(fmt.Sprint("n", i, k)))
			}
		}
		if got := g.submit(recs...); got != want {
			t.Errorf("submission %d ends at %d, want %d", i, got, want)
		}
	}
	if want := []Position{1, 2, 3, 4, 5, 6}; !slices.Equal(lazy.given, want) || !slices.Equal(eager.given, want) {
		t.Errorf("given %v and %v", lazy.given, eager.given)
	}
	if got := g.stored(0); !slices.Equal(got, lazy.lines) || !slices.Equal(got, eager.lines) {
		t.Errorf("stored\n%s\napplied\n%s", strings.Join(got, "\n"), strings.Join(lazy.lines, "\n"))
	}
	if g.Applied() != 6 || g.Queued() != 0 {
		t.Errorf("applied %d, queued %d", g.Applied(), g.Queued())
	}
}

func TestRecordsOfOneSubmitStandNextToEachOther(t *testing.T) {
	g := newRig(t, &recorder{name: "a"}).open()
	defer g.close()
	var all sync.WaitGroup
	for s := range 4 {
		all.Go(func() {
			for i := range 30 {
				last := g.submit(note(fmt.Sprint(s, i, 0)), chunk(fmt.Sprint("s", s), fmt.Sprint(s, i, 1)), note(fmt.Sprint(s, i, 2)))
				recs := slices.Collect(func(yield func(string) bool) {
					for r, err := range g.Read(last - 3) {
						if err != nil || r.Pos > last || !yield(textOf(&r)) {
							return
						}
					}
				})
				first, third := note(fmt.Sprint(s, i, 0)), note(fmt.Sprint(s, i, 2))
				if len(recs) != 3 || recs[0] != textOf(&first) || recs[2] != textOf(&third) {
					t.Errorf("submission %d %d stands as %q", s, i, recs)
				}
			}
		})
	}
	all.Wait()
}

func TestRowsAreCommittedWithTheirRecord(t *testing.T) {
	g := newRig(t, &recorder{name: "a"}).open()
	defer g.close()
	key := []byte{byte(store.LeadForms), 1}
	r := note("with a row")
	r.Rows = []Row{{key, []byte("form")}}
	g.submit(r)
	if v, _, err := g.db.Get(key); err != nil || string(v) != "form" {
		t.Errorf("the row is %q, %v", v, err)
	}
	r.Rows = []Row{{key, nil}}
	g.submit(r)
	if _, found, err := g.db.Get(key); err != nil || found {
		t.Errorf("the row is still there: %t, %v", found, err)
	}
}

func TestEventsThatAdmitDropsAreAcknowledgedAndNotStored(t *testing.T) {
	g := newRig(t, &recorder{name: "a"})
	seen := map[string]bool{}
	g.o.Admit = func(r *Record) error {
		r.Chunk.Events = slices.DeleteFunc(r.Chunk.Events, func(e event.Event) bool {
			dup := seen[e.ID]
			seen[e.ID] = true
			return dup
		})
		return nil
	}
	g.open()
	defer g.close()
	g.submit(chunk("s", "one"))
	if pos := g.submit(chunk("s", "one")); pos != 1 {
		t.Errorf("a duplicate alone is acknowledged at %d, want 1", pos)
	}
	if pos := g.submit(chunk("s", "two"), chunk("s", "one"), chunk("s", "three")); pos != 3 {
		t.Errorf("the submission with a duplicate ends at %d, want 3", pos)
	}
	if got := len(g.stored(0)); got != 3 {
		t.Errorf("%d records are stored, want 3", got)
	}
}

// gate is an Admit that stops the committer until it is opened.
type gate struct{ entered, open chan struct{} }

func newGate() *gate { return &gate{make(chan struct{}), make(chan struct{})} }

func (g *gate) admit(*Record) error {
	select {
	case g.entered <- struct{}{}:
	case <-g.open:
	}
	<-g.open
	return nil
}

// waitQueued returns once something waits in the queue.
func (g *rig) waitQueued() {
	for g.Queued() == 0 {
		runtime.Gosched()
	}
}

func TestFullQueueRefusesAndTakesNothing(t *testing.T) {
	g, stop := newRig(t, &recorder{name: "a"}), newGate()
	g.o.Admit, g.o.Queue = stop.admit, 1
	g.open()
	defer g.close()
	var all sync.WaitGroup
	all.Go(func() { g.submit(note("with the committer")) })
	<-stop.entered
	all.Go(func() { g.submit(note("in the queue, longer than it though")) })
	g.waitQueued()
	if _, err := g.Submit(context.Background(), note("one too many")); !errors.Is(err, ErrOverloaded) {
		t.Errorf("got %v", err)
	}
	close(stop.open)
	all.Wait()
	if got := g.stored(0); len(got) != 2 || strings.Contains(strings.Join(got, ""), "too many") {
		t.Errorf("stored %q", got)
	}
	if pos := g.submit(note("there is room again")); pos != 3 {
		t.Errorf("the next record stands at %d", pos)
	}
}

func TestSubmitLooksAtTheContextOnlyBefore(t *testing.T) {
	g, stop := newRig(t, &recorder{name: "a"}), newGate()
	g.o.Admit = stop.admit
	g.open()
	defer g.close()
	ctx, cancel := context.WithCancel(context.Background())
	answer := make(chan error)
	go func() {
		_, err := g.Submit(ctx, note("taken"))
		answer <- err
	}()
	<-stop.entered
	cancel()
	close(stop.open)
	if err := <-answer; err != nil {
		t.Errorf("a record that the committer had: %v", err)
	}
	if _, err := g.Submit(ctx, note("late")); !errors.Is(err, context.Canceled) {
		t.Errorf("a record that came after: %v", err)
	}
	if got := g.stored(0); len(got) != 1 {
		t.Errorf("stored %q", got)
	}
}

func TestCloseCommitsWhatIsQueuedAndRefusesMore(t *testing.T) {
	g, stop := newRig(t, &recorder{name: "a"}), newGate()
	g.o.Admit = stop.admit
	g.open()
	var all sync.WaitGroup
	all.Go(func() { g.submit(note("with the committer")) })
	<-stop.entered
	all.Go(func() { g.submit(note("in the queue")) })
	g.waitQueued()
	all.Go(func() { g.must(g.Close()) })
	for closing := false; !closing; runtime.Gosched() {
		g.mu.Lock()
		closing = g.closing
		g.mu.Unlock()
	}
	if _, err := g.Submit(context.Background(), note("while closing")); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	close(stop.open)
	all.Wait()
	if got := g.stored(0); len(got) != 2 || !strings.Contains(got[1], "in the queue") {
		t.Errorf("stored %q", got)
	}
	g.must(g.db.Close())
}

// Times never go back and neither do days, whatever the clock does; a time that is given is held to the same.
func TestTimeNeverGoesBack(t *testing.T) {
	g := newRig(t, &recorder{name: "a"}).open()
	const hour = 3_600_000
	for _, c := range []struct{ clock, want int64 }{
		{0, 0}, {5, 5}, {-24 * hour, 5}, {5, 5}, {13 * hour, 13 * hour}, {12 * hour, 13 * hour}, {-1 << 41, 13 * hour},
	} {
		g.clock.Store(c.clock)
		r := chunk("s", "e")
		g.submit(r)
		if r.Chunk.Received != noon.UnixMilli()+c.want {
			t.Errorf("clock at %d: received %d after noon, want %d", c.clock, r.Chunk.Received-noon.UnixMilli(), c.want)
		}
	}
	old := note("given")
	old.At = noon.Add(-time.Hour)
	g.submit(old)
	g.close()
	g.open() // the tail is empty: the time comes from the mark
	g.clock.Store(0)
	g.submit(note("after opening"))
	g.crash(100) // the time comes from the tail
	g.submit(note("after a crash"))
	last, lastDay := time.Time{}, uint16(0)
	for r, err := range g.Read(0) {
		g.must(err)
		if r.At.Before(last) {
			t.Errorf("position %d is at %s, after %s", r.Pos, r.At, last)
		}
		last = r.At
	}
	lo, hi := store.Events.Span()
	byPosition := map[Position]uint16{}
	g.must(g.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(key, _ []byte) error {
		day, _, _, pos, err := parseEventKey(key)
		byPosition[pos] = day
		return err
	}))
	for pos := Position(1); pos <= 7; pos++ {
		if byPosition[pos] < lastDay {
			t.Errorf("position %d stands on day %d after %d", pos, byPosition[pos], lastDay)
		}
		lastDay = byPosition[pos]
	}
	if want := noon.Add(13 * time.Hour); !last.Equal(want) {
		t.Errorf("the last record is at %s, want %s", last, want)
	}
	g.close()
}

func TestClockBefore1970IsHeldAt1970(t *testing.T) {
	g := newRig(t, &recorder{name: "a"}).open()
	defer g.close()
	g.clock.Store(-1 << 41)
	g.submit(chunk("s", "e"), note("n"))
	if got := g.stored(0); len(got) != 2 || !strings.HasPrefix(got[0], "1 0 ") || !strings.HasPrefix(got[1], "2 0 ") {
		t.Errorf("stored %q", got)
	}
}

func TestCheckpointsComeWithoutRequests(t *testing.T) {
	o := &recorder{name: "a", checkpoints: make(chan Position, 1)}
	g := newRig(t, o)
	g.o.CheckpointEvery = time.Millisecond
	g.open()
	defer g.close()
	g.submit(note("n"))
	for <-o.checkpoints != 1 {
	}
}

func TestClosedJournalLeavesNoGoroutines(t *testing.T) {
	before := goleak.IgnoreCurrent()
	g := newRig(t, &recorder{name: "a"}).open()
	g.submit(note("n"))
	g.close()
	goleak.VerifyNone(t, before)
}
