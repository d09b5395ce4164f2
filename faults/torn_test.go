package faults

import (
	"errors"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// tornFS is a file system on a disk that is slow, and that goes bad once: a write stores a part only, or a sync fails.
// After a failed sync it says that all later ones of that file are fine and does nothing, as the kernel does that has
// dropped the pages: whoever tries again is lied to.
type tornFS struct {
	vfs.FS
	*badDisk
}

type badDisk struct {
	mu        sync.Mutex
	random    *rand.Rand
	tearAt    int // which write
	failAt    int // which sync
	writes    int
	syncs     int
	failed    bool
	slowEvery int
}

// errTorn is what a torn write says.
var errTorn = errors.Join(errors.New("a short write"), syscall.EIO)

// write says how much of a write is stored.
func (d *badDisk) write(n int) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.writes++; d.writes != d.tearAt || n == 0 {
		return n, nil
	}
	return d.random.IntN(n), errTorn
}

// sync says whether a sync is done, only said to be, or fails.
func (d *badDisk) sync(lying *bool) (done bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.syncs++; d.syncs == d.failAt {
		d.failed, *lying = true, true
		return false, syscall.EIO
	}
	if d.syncs%d.slowEvery == 0 {
		time.Sleep(time.Duration(d.random.IntN(1000)) * time.Microsecond)
	}
	return !*lying, nil
}

func (fs tornFS) wrap(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return tornFile{f, fs.badDisk, new(bool)}, nil
}

// Create implements vfs.FS.
func (fs tornFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return fs.wrap(fs.FS.Create(name, c))
}

// OpenDir implements vfs.FS.
func (fs tornFS) OpenDir(name string) (vfs.File, error) { return fs.wrap(fs.FS.OpenDir(name)) }

// ReuseForWrite implements vfs.FS.
func (fs tornFS) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return fs.wrap(fs.FS.ReuseForWrite(old, name, c))
}

type tornFile struct {
	vfs.File
	disk  *badDisk
	lying *bool
}

// Write implements vfs.File.
func (f tornFile) Write(p []byte) (int, error) {
	n, torn := f.disk.write(len(p))
	n, err := f.File.Write(p[:n])
	return n, errors.Join(torn, err)
}

// Sync implements vfs.File.
func (f tornFile) Sync() error {
	if done, err := f.disk.sync(f.lying); !done {
		return err
	}
	return f.File.Sync()
}

// SyncData implements vfs.File.
func (f tornFile) SyncData() error {
	if done, err := f.disk.sync(f.lying); !done {
		return err
	}
	return f.File.SyncData()
}

// SyncTo implements vfs.File.
func (f tornFile) SyncTo(length int64) (full bool, err error) {
	if done, err := f.disk.sync(f.lying); !done {
		return true, err
	}
	return f.File.SyncTo(length)
}

// tearWrites runs a workload on a disk that goes bad at some moment.
func tearWrites(seed uint64, i int, tell func(outcome)) (err error) {
	seed = trialSeed(seed, i)
	tr, random := newTrial(seed), newRandom(seed)
	disk := &badDisk{random: random, slowEvery: 1 + random.IntN(20)}
	if random.IntN(2) == 0 {
		disk.tearAt = 1 + random.IntN(120)
	} else {
		disk.failAt = 1 + random.IntN(90)
	}
	var how outcome
	err = tr.run(tornFS{tr.disk, disk}, func(o outcome) { how = o; tell(o) })
	disk.mu.Lock()
	defer disk.mu.Unlock()
	if err == nil && disk.failed && how == wentOn {
		err = errors.New("a sync failed, and the program went on")
	}
	return err
}

// After a torn write or a failed sync, even one that would work again, nothing more is acknowledged; what was stays.
func TestATornWriteOrAFailedSyncEndsIt(t *testing.T) {
	t.Parallel()
	count := map[outcome]int{}
	for seed := range rounds(t, 1) {
		for how, n := range trials(t, "torn", seed, 100) {
			count[how] += n
		}
	}
	t.Logf("%v", count)
	if count[dead] > 0 {
		t.Errorf("%d times the program panicked", count[dead])
	}
	if whole() && (count[ended] == 0 || count[wentOn] == 0) {
		t.Error("it never ended, or never went on")
	}
}
