package store

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// logWatch is a file system that holds every write of a record in a log against what of the log is on disk already.
type logWatch struct {
	vfs.FS
	full bool // there is no room to write ahead

	mu       sync.Mutex
	records  int
	unbacked []string
}

func (w *logWatch) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := w.FS.Create(name, c)
	return w.watch(f, name, 0, err)
}

func (w *logWatch) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := w.FS.ReuseForWrite(old, name, c)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return w.watch(f, name, info.Size(), nil)
}

func (w *logWatch) watch(f vfs.File, name string, synced int64, err error) (vfs.File, error) {
	if err != nil || !strings.HasSuffix(name, ".log") {
		return f, err
	}
	return &watchedLog{File: f, w: w, name: name, size: synced, synced: synced}, nil
}

type watchedLog struct {
	vfs.File
	w                    *logWatch
	name                 string
	offset, size, synced int64
}

func (f *watchedLog) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.w.mu.Lock()
	defer f.w.mu.Unlock()
	f.w.records++
	f.offset += int64(n)
	if f.offset > f.synced {
		f.w.unbacked = append(f.w.unbacked, fmt.Sprintf("%s: up to %d, on disk are %d", f.name, f.offset, f.synced))
	}
	return n, err
}

func (f *watchedLog) WriteAt(p []byte, at int64) (int, error) {
	if f.w.full {
		return 0, syscall.ENOSPC
	}
	if f.size = max(f.size, at+int64(len(p))); len(bytes.Trim(p, "\x00")) > 0 {
		return 0, syscall.EINVAL
	}
	return f.File.WriteAt(p, at)
}

func (f *watchedLog) SyncData() error {
	f.synced = f.size
	return f.File.SyncData()
}

// grow writes more than two logs' worth of noise, and returns the store's whole contents.
func grow(t *testing.T, fs vfs.FS) map[string]string {
	db := openDB(t, fs, nil)
	want := map[string]string{}
	for i := range 400 {
		k, v := fmt.Sprintf("\x11%03d", i), strings.Repeat(string(rune('a'+i%26)), 100+i*37%20_000)
		want[k] = v
		set(t, db, k, v)
	}
	closeDB(t, db)
	return want
}

func (w *logWatch) verify(t *testing.T, want map[string]string) {
	t.Helper()
	db := openFor(t, w.FS, nil)
	for k, v := range want {
		got, found, err := db.Get([]byte(k))
		if err != nil || !found || string(got) != v {
			t.Fatalf("%q has %d bytes, %v, want %d: %v", k, len(got), found, len(v), err)
		}
	}
}

func TestRecordsGoWhereTheLogIsOnDiskAlready(t *testing.T) {
	w := &logWatch{FS: vfs.NewMem()}
	want := grow(t, w)
	if w.records < 400 || len(w.unbacked) > 0 {
		t.Errorf("of %d writes, %d go past what is on disk; the first: %s", w.records, len(w.unbacked), w.unbacked[:min(1, len(w.unbacked))])
	}
	w.verify(t, want)
}

func TestADiskTooFullToWriteAheadStillTakesRecords(t *testing.T) {
	w := &logWatch{FS: vfs.NewMem(), full: true}
	want := grow(t, w)
	if len(w.unbacked) == 0 {
		t.Error("nothing was written past what was on disk: the disk was not full")
	}
	w.verify(t, want)
}
