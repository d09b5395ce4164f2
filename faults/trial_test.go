package faults

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"footfall/journal"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// outcome is how a trial of a bad disk ended.
type outcome string

const (
	ended   outcome = "ended"   // by Fatal: the program would exit
	refused outcome = "refused" // to open
	failed  outcome = "failed"  // the journal is poisoned, or a request or the closing said so: nothing was hidden
	wentOn  outcome = "went on" // as if nothing were
	fewer   outcome = "fewer"   // opened at an earlier moment: the end of the log is gone

	// What only the parent of a child sees: the program panicked.
	dead outcome = "panicked"
	// It panicked while it was opened: Pebble, where opening fails, closes caches that its own goroutines still use. The
	// exit code is 2 then, and nothing more is wrong with it.
	deadOpening outcome = "panicked while it was opened"
)

// trial is one workload on a disk that fails. A program that Fatal ended stays behind, stopped where it was: it may
// hold locks for ever, and so trials run in child processes.
type trial struct {
	client   *client
	disk     *vfs.MemFS
	machine  machine
	mu       sync.Mutex
	expected []*oracle        // after each deed; under mu
	last     journal.Position // when the work was done
	acked    atomic.Int64
	begun    atomic.Int64
	power    *rand.Rand
	tell     func(outcome)   // by which the parent knows more, may be nil
	over     atomic.Bool     // the program would have ended: what is answered now, nobody hears
	fatal    chan *vfs.MemFS // what a power failure left then
}

// deedsOfATrial are enough for two flushes of its small memtables and their logs, with a restart between.
const deedsOfATrial = 14

func newTrial(seed uint64) *trial {
	tr := &trial{
		client: newClient(seed), disk: vfs.NewCrashableMem(), power: newRandom(seed + 1), fatal: make(chan *vfs.MemFS, 1),
	}
	tr.client.ballast = 6000
	tr.expected = []*oracle{tr.client.oracle.clone()}
	tr.machine.every, tr.machine.memtable = 5, 64<<10
	var once sync.Once
	tr.machine.fatal = func(string) {
		once.Do(func() {
			tr.mu.Lock()
			tr.over.Store(true)
			tr.mu.Unlock()
			tr.fatal <- tr.left()
		})
		select {}
	}
	return tr
}

// left is what a power failure leaves now.
func (tr *trial) left() *vfs.MemFS {
	return tr.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: pick(tr.power, 0, 0, 50, 100), RNG: tr.power})
}

// run runs the workload on a file system over the trial's disk. An error says that something acknowledged is lost, or
// something else is there that must not be, once the power was gone and the disk is well again. tell is told how the
// program ended before that: what its other goroutines do after it would have ended counts for nothing.
func (tr *trial) run(fs vfs.FS, tell func(outcome)) error {
	tr.machine.fs, tr.tell = fs, tell
	done := make(chan outcome, 1)
	go func() { done <- tr.work() }()
	var how outcome
	var left *vfs.MemFS
	select {
	case how = <-done:
		left = tr.left()
	case left = <-tr.fatal:
		how = ended
	}
	tell(how)
	tr.mu.Lock()
	acked, begun, book := int(tr.acked.Load()), int(tr.begun.Load()), newBook(slices.Clip(tr.expected))
	tr.mu.Unlock()
	if err := survives(left, tr.machine.now.Load(), book, acked, begun, false); err != nil {
		return fmt.Errorf("it %s with %d deeds acknowledged: %w", how, acked, err)
	}
	return nil
}

// work does the deeds until one is refused.
func (tr *trial) work() outcome {
	w, err := tr.open()
	if err != nil {
		return refused
	}
	for i := range deedsOfATrial {
		if i == deedsOfATrial*2/3 {
			if err := w.close(); err != nil {
				return failed
			}
			if w, err = tr.open(); err != nil {
				return refused
			}
		}
		d := tr.client.deed()
		tr.machine.now.Store(tr.client.now)
		d.effect(tr.client.oracle)
		tr.mu.Lock()
		tr.expected = append(tr.expected, tr.client.oracle.clone())
		tr.begun.Add(1)
		tr.mu.Unlock()
		if err := tr.client.do(w, d); err != nil {
			_ = w.close() // it may well say so again
			return failed
		}
		if !tr.over.Load() {
			tr.acked.Add(1)
		}
	}
	tr.last = w.journal.Applied()
	if err := w.close(); err != nil {
		return failed
	}
	return wentOn
}

func (tr *trial) open() (*world, error) {
	tr.machine.now.Store(tr.client.now)
	tr.note(deadOpening)
	w, err := tr.machine.open()
	if err == nil {
		tr.note(dead)
	}
	return w, err
}

// note tells what it would mean if the program panicked from here on.
func (tr *trial) note(how outcome) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.tell != nil && !tr.over.Load() {
		tr.tell(how)
	}
}
