package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"pgregory.net/rapid"
)

// openFor opens a directory that the test's end closes.
func openFor(t testing.TB, fs vfs.FS, merges map[Space]Merge) *DB {
	t.Helper()
	db := openDB(t, fs, merges)
	t.Cleanup(func() { closeDB(t, db) })
	return db
}

func openDB(t testing.TB, fs vfs.FS, merges map[Space]Merge) *DB {
	t.Helper()
	db, err := Open("data", Options{FS: fs, Merges: merges, Mem: 1 << 20, Cache: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func closeDB(t testing.TB, db *DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func commit(t testing.TB, b *Batch, sync bool) {
	t.Helper()
	if err := b.Commit(sync); err != nil {
		t.Fatal(err)
	}
}

// set writes key, value, key, value in one batch.
func set(t testing.TB, db *DB, pairs ...string) {
	t.Helper()
	b := db.NewBatch()
	for i := 0; i < len(pairs); i += 2 {
		b.Set([]byte(pairs[i]), []byte(pairs[i+1]))
	}
	commit(t, b, true)
}

// getText returns a value as text, "-" if there is none.
func getText(t testing.TB, r Reader, key string) string {
	t.Helper()
	v, found, err := r.Get([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	if !found {
		return "-"
	}
	return string(v)
}

func TestIDsAreStableInADirectoryAndDifferBetweenDirectories(t *testing.T) {
	fs := vfs.NewMem()
	db := openDB(t, fs, nil)
	id, other := db.ID("visitor-1"), db.ID("visitor-2")
	if id == other || id == db.ID("") {
		t.Error("two texts have one id")
	}
	closeDB(t, db)
	if got := openFor(t, fs, nil).ID("visitor-1"); got != id {
		t.Errorf("the id was %x and is %x after reopening", id, got)
	}
	if got := openFor(t, vfs.NewMem(), nil).ID("visitor-1"); got == id {
		t.Error("two directories have one secret")
	}
}

func TestOpenRefusesANewerFormat(t *testing.T) {
	fs := vfs.NewMem()
	db := openDB(t, fs, nil)
	set(t, db, string(metaFormat), string(binary.AppendUvarint(nil, FormatVersion+1)))
	closeDB(t, db)
	_, err := Open("data", Options{FS: fs})
	if !errors.Is(err, ErrNewerFormat) || !strings.Contains(err.Error(), fmt.Sprint("format ", FormatVersion+1)) {
		t.Errorf("got %v", err)
	}
}

func TestOpenRefusesADirectoryWithoutItsSecret(t *testing.T) {
	for name, secret := range map[string]string{"gone": "", "short": "0123456"} {
		fs := vfs.NewMem()
		db := openDB(t, fs, nil)
		b := db.NewBatch()
		b.Delete(metaSecret)
		if secret != "" {
			b.Set(metaSecret, []byte(secret))
		}
		commit(t, b, true)
		closeDB(t, db)
		_, err := Open("data", Options{FS: fs})
		if err == nil || !strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "%!") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestOpenRefusesADirectoryInUse(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(dir, Options{Mem: 1 << 20, Cache: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if second, err := Open(dir, Options{Mem: 1 << 20, Cache: 1 << 20}); !errors.Is(err, ErrInUse) {
		t.Errorf("got %v, %v", second, err)
	}
	closeDB(t, db)
	if db, err = Open(dir, Options{Mem: 1 << 20, Cache: 1 << 20}); err != nil {
		t.Fatalf("after it was closed: %v", err)
	}
	closeDB(t, db)
}

func TestExistsKnowsADirectoryWithAStore(t *testing.T) {
	dir := t.TempDir()
	for _, empty := range []string{dir, dir + "/none"} {
		if err := Exists(empty); err == nil {
			t.Errorf("%s holds nothing", empty)
		}
	}
	if _, err := os.Stat(dir + "/none"); !os.IsNotExist(err) {
		t.Errorf("looking made the directory: %v", err)
	}
	db, err := Open(dir, Options{Mem: 1 << 20, Cache: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	closeDB(t, db)
	if err := Exists(dir); err != nil {
		t.Error(err)
	}
}

// A batch is applied whole or not at all, whatever of it was on its way to the disk; a synced one is there.
func TestBatchesSurviveACrashWholeOrNotAtAll(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		fs := vfs.NewCrashableMem()
		db := openDB(t, fs, nil)
		type batch struct {
			keys   int
			synced bool
		}
		var batches []batch
		for i := range rapid.IntRange(1, 8).Draw(rt, "batches") {
			one := batch{rapid.IntRange(1, 40).Draw(rt, "keys"), rapid.Bool().Draw(rt, "sync")}
			b := db.NewBatch()
			for k := range one.keys {
				b.Set(fmt.Appendf(nil, "\x11%d/%d", i, k), make([]byte, rapid.IntRange(0, 4000).Draw(rt, "bytes")))
			}
			commit(t, b, one.synced)
			batches = append(batches, one)
		}
		seed := rapid.Uint64().Draw(rt, "seed")
		after := fs.CrashClone(vfs.CrashCloneCfg{
			UnsyncedDataPercent: rapid.SampledFrom([]int{0, 10, 50, 100}).Draw(rt, "percent"),
			RNG:                 rand.New(rand.NewPCG(seed, 0)),
		})
		closeDB(t, db)
		db = openDB(t, after, nil)
		defer closeDB(t, db)
		lastSynced := -1
		for i, b := range batches {
			if b.synced {
				lastSynced = i
			}
		}
		gone := false
		for i, b := range batches {
			found := 0
			for k := range b.keys {
				if getText(t, db.Reader(), fmt.Sprintf("\x11%d/%d", i, k)) != "-" {
					found++
				}
			}
			switch {
			case found != 0 && found != b.keys:
				rt.Fatalf("%d of the %d keys of batch %d are there", found, b.keys, i)
			case found == 0 && i <= lastSynced:
				rt.Fatalf("batch %d is gone, batch %d was synced", i, lastSynced)
			case found != 0 && gone:
				rt.Fatalf("batch %d is there, one before it is not", i)
			}
			gone = gone || found == 0
		}
	})
}

// failing returns a file system on which syncs of one kind of file fail once told to.
func failing(suffix string, fail *atomic.Bool) vfs.FS {
	return errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
			if fail.Load() && strings.HasSuffix(op.Path, suffix) {
				return io.ErrShortWrite
			}
		}
		return nil
	}))
}

// The stores stay open: whoever was told to end the program waits for ever.
func TestFailedSyncEndsTheProgram(t *testing.T) {
	for name, c := range map[string]struct {
		suffix string
		write  func(db *DB, b *Batch)
	}{
		"of a commit":            {".log", func(_ *DB, b *Batch) { _ = b.Commit(true) }},
		"of a commit in passing": {".log", func(_ *DB, b *Batch) { _ = b.CommitAsync(); b.SyncWait() }},
		"of a flush": {".sst", func(db *DB, b *Batch) {
			_ = b.Commit(false)
			_, _ = db.p.AsyncFlush()
			select {}
		}},
	} {
		var fail atomic.Bool
		ended := make(chan string)
		db, err := Open("data", Options{FS: failing(c.suffix, &fail), Mem: 1 << 20, Cache: 1 << 20, Fatal: func(msg string) {
			ended <- msg
			select {}
		}})
		if err != nil {
			t.Fatal(err)
		}
		b := db.NewBatch()
		b.Set([]byte("\x11a"), []byte("1"))
		fail.Store(true)
		returned := make(chan struct{})
		go func() {
			defer close(returned)
			c.write(db, b)
		}()
		select {
		case msg := <-ended:
			if !strings.Contains(msg, io.ErrShortWrite.Error()) {
				t.Errorf("%s: it ends with %q", name, msg)
			}
		case <-returned:
			t.Errorf("%s: it returned", name)
		}
	}
}

func TestFatalThatReturnsDoesNotLetTheWriteLookDone(t *testing.T) {
	var told string
	l := logger{log: slog.New(slog.DiscardHandler), fatal: func(msg string) { told = msg }}
	defer func() {
		if r := recover(); r == nil || told != "disk 7 failed" {
			t.Errorf("recovered %v, Fatal was told %q", r, told)
		}
	}()
	l.Fatalf("disk %d failed", 7)
}
