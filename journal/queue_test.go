package journal

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// stuck returns a rig whose committer waits at the gate with one record, and whose queue of n chunks is full.
func stuck(t *testing.T, wait time.Duration, n int64) (g *rig, stop *gate, all *sync.WaitGroup) {
	g, stop, all = newRig(t, &recorder{name: "a"}), newGate(), new(sync.WaitGroup)
	one := chunk("s", "one")
	g.o.Admit, g.o.Queue, g.o.QueueWait = stop.admit, n*sizeOf([]Record{one})*10/9+10, wait
	g.open()
	all.Go(func() { g.submit(chunk("s", "with the committer")) })
	<-stop.entered
	for range n {
		all.Go(func() { g.submit(chunk("s", "one")) })
	}
	for g.Queued() < n*sizeOf([]Record{one}) {
		time.Sleep(time.Millisecond)
	}
	return g, stop, all
}

func TestTheLastTenthOfTheQueueIsForWhatIsNoChunk(t *testing.T) {
	g, stop, all := stuck(t, 0, 20)
	defer g.close()
	if _, err := g.Submit(context.Background(), chunk("s", "one")); !errors.Is(err, ErrOverloaded) {
		t.Errorf("a chunk too many: %v", err)
	}
	before := g.Queued()
	all.Go(func() { g.submit(note("a lead")) })
	for g.Queued() == before {
		time.Sleep(time.Millisecond)
	}
	if _, err := g.Submit(context.Background(), note(string(make([]byte, g.o.Queue/10)))); !errors.Is(err, ErrOverloaded) {
		t.Errorf("more than all: %v", err)
	}
	close(stop.open)
	all.Wait()
}

func TestSubmitWaitsForRoom(t *testing.T) {
	g, stop, all := stuck(t, time.Hour, 2)
	defer g.close()
	all.Go(func() { g.submit(chunk("s", "waits")) })
	for waiting := false; !waiting; time.Sleep(time.Millisecond) {
		g.mu.Lock()
		waiting = g.room != nil
		g.mu.Unlock()
	}
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan error)
	go func() {
		_, err := g.Submit(ctx, chunk("s", "gone"))
		gone <- err
	}()
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("who went away meanwhile: %v", err)
	}
	close(stop.open)
	all.Wait()
	if got := g.stored(0); len(got) != 4 {
		t.Errorf("stored %q", got)
	}
}

func TestSubmitWaitsNoLongerThanItMay(t *testing.T) {
	g, stop, all := stuck(t, time.Millisecond, 2)
	defer g.close()
	if _, err := g.Submit(context.Background(), chunk("s", "one")); !errors.Is(err, ErrOverloaded) {
		t.Errorf("got %v", err)
	}
	close(stop.open)
	all.Wait()
}

func TestWhatIsRefusedIsNotTaken(t *testing.T) {
	refused := errors.New("refused")
	g := newRig(t, &recorder{name: "a"})
	g.o.Refuse = func(k Kind) error {
		if k == KindChunk {
			return refused
		}
		return nil
	}
	g.open()
	defer g.close()
	if _, err := g.Submit(context.Background(), chunk("s", "one")); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if pos := g.submit(note("a lead")); pos != 1 {
		t.Errorf("the lead stands at %d", pos)
	}
}
