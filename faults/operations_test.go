package faults

import (
	"os"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

var errnos = []syscall.Errno{syscall.EIO, syscall.ENOSPC, syscall.EROFS, syscall.EMFILE}

// failing is a file system on which some operations fail, counted from 0, each once.
type failing struct {
	operations atomic.Int64
	at         []int64
	errno      syscall.Errno
}

// MaybeError fails those that are to fail.
func (f *failing) MaybeError(op errorfs.Op) error {
	n := f.operations.Add(1) - 1
	for _, at := range f.at {
		if n == at {
			return &os.PathError{Op: "injected", Path: op.Path, Err: f.errno}
		}
	}
	return nil
}

// String implements errorfs.Injector.
func (f *failing) String() string { return f.errno.Error() }

// countOperations runs the workload of a seed on a disk that works.
func countOperations(t *testing.T, seed uint64) int {
	f := &failing{}
	tr := newTrial(seed)
	var last outcome
	err := tr.run(errorfs.Wrap(tr.disk, f), func(how outcome) {
		last = how
	})
	if last != wentOn {
		t.Errorf("on a good disk it %s", last)
	}
	if err != nil {
		t.Fatal(err)
	}
	return int(f.operations.Load())
}

// failOperation lets operation i/4 fail with one of the errors.
func failOperation(seed uint64, i int, tell func(outcome)) error {
	tr := newTrial(seed)
	i *= shrink
	f := &failing{at: []int64{int64(i / len(errnos))}, errno: errnos[i%len(errnos)]}
	return tr.run(errorfs.Wrap(tr.disk, f), tell)
}

// failTwoOperations lets any two operations fail, the second often soon after the first.
func failTwoOperations(seed uint64, i int, tell func(outcome)) error {
	random := newRandom(trialSeed(seed, i))
	tr := newTrial(seed)
	first := random.Int64N(300)
	f := &failing{at: []int64{first, first + 1 + random.Int64N(pick[int64](random, 3, 30, 200))}, errno: pick(random, errnos...)}
	return tr.run(errorfs.Wrap(tr.disk, f), tell)
}

// Whichever operation on a file fails, and how: the program goes on, or says so and ends, and loses nothing.
func TestAnyFileOperationMayFail(t *testing.T) {
	t.Parallel()
	for seed := range rounds(t, 1) {
		n := countOperations(t, seed)
		count := trials(t, "operations", seed, n*len(errnos))
		t.Logf("of %d operations × %d errors: %v", n, len(errnos), count)
		if count[dead] > 0 {
			t.Errorf("%d times the program panicked", count[dead])
		}
		for _, how := range []outcome{ended, refused, wentOn} {
			if count[how] == 0 {
				t.Errorf("it never %s", how)
			}
		}
	}
}

func TestAnyTwoFileOperationsMayFail(t *testing.T) {
	t.Parallel()
	count := map[outcome]int{}
	for seed := range rounds(t, 1) {
		for how, n := range trials(t, "pairs", seed, 150) {
			count[how] += n
		}
	}
	if t.Logf("%v", count); count[dead] > 0 {
		t.Errorf("%d times the program panicked", count[dead])
	}
}
