package journal

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// poisoned checks that a journal is, by err, and takes nothing more.
func (g *rig) poisoned(err error) {
	g.t.Helper()
	<-g.Failed()
	for what, got := range map[string]error{
		"Err": g.Err(), "Close": g.Close(), "a later Submit": g.refused(note("later")), "WaitDurable": g.waitAhead(),
	} {
		if !errors.Is(got, ErrPoisoned) || !errors.Is(got, err) {
			g.t.Errorf("%s: %v", what, got)
		}
	}
}

func (g *rig) refused(r Record) error {
	_, err := g.Submit(context.Background(), r)
	return err
}

// waitAhead is WaitDurable as if one more record were applied.
func (g *rig) waitAhead() error {
	g.applied.Add(1)
	defer g.applied.Add(^uint64(0))
	return g.WaitDurable(context.Background())
}

func TestFailedApplyPoisonsWhatWaitsAndWhatComes(t *testing.T) {
	o, stop := &recorder{name: "a"}, newGate()
	o.fails = func(r *Record) error {
		if strings.HasPrefix(string(r.Body), "bad") {
			return io.ErrUnexpectedEOF
		}
		return nil
	}
	g := newRig(t, o)
	g.open()
	g.submit(note("good"))
	g.close()
	g.o.Admit = stop.admit
	g.open()
	answers := make(chan error, 9)
	go func() { answers <- g.refused(note("bad, with the committer")) }()
	<-stop.entered
	for range 8 {
		go func() { answers <- g.refused(note("waiting")) }()
	}
	g.waitQueued()
	close(stop.open)
	for range 9 {
		if err := <-answers; !errors.Is(err, ErrPoisoned) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v", err)
		}
	}
	g.poisoned(io.ErrUnexpectedEOF)
	g.must(g.db.Close())
	o.fails, g.o.Admit = nil, nil
	g.open()
	if got := g.stored(0); len(got) != 1 || !strings.Contains(got[0], "good") {
		t.Errorf("stored %q", got)
	}
	g.close()
}

func TestNothingOfASubmitIsStoredIfOneRecordFails(t *testing.T) {
	o := &recorder{name: "a", fails: func(r *Record) error {
		if string(r.Body) == "bad" {
			return io.ErrUnexpectedEOF
		}
		return nil
	}}
	g := newRig(t, o).open()
	if _, err := g.Submit(context.Background(), note("one"), chunk("s", "two"), note("bad")); !errors.Is(err, ErrPoisoned) {
		t.Errorf("got %v", err)
	}
	g.poisoned(io.ErrUnexpectedEOF)
	if got := g.stored(0); len(got) != 0 {
		t.Errorf("stored %q", got)
	}
	g.must(g.db.Close())
}

func TestFailedAdmitPoisons(t *testing.T) {
	g := newRig(t, &recorder{name: "a"})
	g.o.Admit = func(*Record) error { return io.ErrNoProgress }
	g.open()
	if err := g.refused(note("n")); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v", err)
	}
	g.poisoned(io.ErrNoProgress)
	g.must(g.db.Close())
}

func TestFailedCheckpointPoisons(t *testing.T) {
	g := newRig(t, &recorder{name: "a", failsCheckpoint: io.ErrNoProgress})
	g.o.CheckpointAfter = 2
	g.open()
	g.submit(note("one"))
	_ = g.refused(note("two")) // acknowledged or not: its checkpoint comes beside its sync
	g.poisoned(io.ErrNoProgress)
	g.must(g.db.Close())
}

// onLogSync runs f before every sync of the store's log and makes the sync fail with what f returns.
func onLogSync(f func() error) func(vfs.FS) vfs.FS {
	return func(fs vfs.FS) vfs.FS {
		return errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
			switch op.Kind {
			case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
				if strings.HasSuffix(op.Path, ".log") {
					return f()
				}
			}
			return nil
		}))
	}
}

// After a sync failed, even once, the program ends and nothing was acknowledged; what was before is there. The store
// stays open: whoever was told that it must end waits for ever.
func TestFailedSyncEndsTheProgramAndAcknowledgesNothing(t *testing.T) {
	g := newRig(t, &recorder{name: "a"})
	var left atomic.Int64 // syncs that fail
	g.wrap = onLogSync(func() error {
		if left.Add(-1) >= 0 {
			return io.ErrShortWrite
		}
		return nil
	})
	ended := make(chan string, 1) // the first message waits for whoever comes later
	g.fatal = func(msg string) {
		select {
		case ended <- msg:
		default:
		}
		select {}
	}
	g.open()
	g.submit(note("before"), chunk("s", "before"))
	before := g.stored(0)
	left.Store(1)
	acknowledged := make(chan Position, 8)
	for range 8 {
		go func() {
			if pos, err := g.Submit(context.Background(), note("after")); err == nil {
				acknowledged <- pos
			}
		}()
	}
	if msg := <-ended; !strings.Contains(msg, io.ErrShortWrite.Error()) {
		t.Errorf("the program ends with %q", msg)
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if g.Applied() > 2 {
		if err := g.WaitDurable(canceled); err == nil {
			t.Error("what was not synced is called durable")
		}
	}
	if len(acknowledged) > 0 {
		t.Errorf("position %d was acknowledged", <-acknowledged)
	}
	after := newRig(t, &recorder{name: "a"})
	after.fs = g.fs.CrashClone(vfs.CrashCloneCfg{})
	after.open()
	if got := after.stored(0); len(got) < 2 || got[0] != before[0] || got[1] != before[1] {
		t.Errorf("stored %q, want first %q", got, before)
	}
	after.close()
}

func TestWaitDurableWaitsForTheSyncOfWhatIsApplied(t *testing.T) {
	g := newRig(t, &recorder{name: "a"})
	var hold atomic.Bool
	entered, release := make(chan struct{}, 100), make(chan struct{})
	g.wrap = onLogSync(func() error {
		if hold.Load() {
			entered <- struct{}{}
			<-release
		}
		return nil
	})
	g.open()
	defer g.close()
	g.submit(note("one"))
	g.must(g.WaitDurable(context.Background()))
	hold.Store(true)
	var all sync.WaitGroup
	all.Go(func() { g.submit(note("two")) })
	<-entered
	for g.Applied() < 2 {
		runtime.Gosched()
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if err := g.WaitDurable(canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("while the sync runs: %v", err)
	}
	all.Go(func() {
		if err := g.WaitDurable(context.Background()); err != nil {
			t.Error(err)
		}
	})
	hold.Store(false)
	close(release)
	all.Wait()
	g.must(g.WaitDurable(canceled))
}
