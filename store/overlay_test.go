package store

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// contents returns the bytes of every file of a directory.
func contents(t testing.TB, fs vfs.FS, dir string) map[string]string {
	t.Helper()
	names, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, name := range names {
		b, err := readFile(fs, fs.PathJoin(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(b)
	}
	return all
}

// flipped returns a text with one bit changed.
func flipped(text string, at int) string {
	b := []byte(text)
	b[at] ^= 1
	return string(b)
}

func openReadOnly(t testing.TB, fs vfs.FS, merges map[Space]Merge) *DB {
	t.Helper()
	db, err := Open("data", Options{FS: fs, Merges: merges, Mem: 1 << 20, Cache: 1 << 20, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// A directory that is opened to be read can be written to for as long as it is open, and stays as it is to the byte.
func TestReadOnlyLeavesTheDirectoryAsItIs(t *testing.T) {
	fs := vfs.NewMem()
	merges := map[Space]Merge{ListingDays: concat}
	db := openDB(t, fs, merges)
	set(t, db, "\x11in a table", "1", "\x07day", "a")
	settle(t, db, true)
	b := db.NewBatch()
	b.Set([]byte("\x11in the log"), []byte("2"))
	b.Merge([]byte("\x07day"), []byte("b"))
	commit(t, b, true)
	closeDB(t, db)
	before := contents(t, fs, "data")

	db = openReadOnly(t, fs, merges)
	for key, want := range map[string]string{"\x11in a table": "1", "\x11in the log": "2", "\x07day": "ab"} {
		if got := getText(t, db.Reader(), key); got != want {
			t.Errorf("%q is %q, want %q", key, got, want)
		}
	}
	for i := range 20 { // some memtables
		set(t, db, fmt.Sprintf("\x11%d", i), strings.Repeat("x", 100_000))
	}
	settle(t, db, true)
	if got := len(getText(t, db.Reader(), "\x1119")); got != 100_000 {
		t.Errorf("what was written has %d bytes", got)
	}
	if err := db.NoteAcked(7); err != nil {
		t.Error(err)
	}
	closeDB(t, db)
	if after := contents(t, fs, "data"); !maps.Equal(before, after) {
		t.Errorf("the directory has changed")
	}
	db = openFor(t, fs, merges)
	if got := getText(t, db.Reader(), "\x1119"); got != "-" {
		t.Error("what was written in memory stayed")
	}
}

func TestReadOnlyMakesNoDirectory(t *testing.T) {
	fs := vfs.NewMem()
	if _, err := Open("data", Options{FS: fs, ReadOnly: true}); err == nil {
		t.Error("opened nothing")
	}
	if _, err := fs.Stat("data"); err == nil {
		t.Error("it is there")
	}
}

// A disk that takes no writes can still be read.
func TestReadOnlyOpensADiskThatTakesNoWrites(t *testing.T) {
	mem := vfs.NewMem()
	db := openDB(t, mem, nil)
	set(t, db, "\x11a", "1")
	closeDB(t, db)
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpCreate, errorfs.OpRemove, errorfs.OpRename, errorfs.OpMkdirAll, errorfs.OpLock, errorfs.OpFileWrite:
			return syscall.EROFS
		}
		return nil
	}))
	if _, err := Open("data", Options{FS: fs, Fatal: func(msg string) { t.Log(msg) }}); !errors.Is(err, syscall.EROFS) {
		t.Errorf("to write: %v", err)
	}
	db = openReadOnly(t, fs, nil)
	if got := getText(t, db.Reader(), "\x11a"); got != "1" {
		t.Errorf("got %q", got)
	}
	closeDB(t, db)
}

func TestReadOnlyIsRefusedWhileTheDirectoryIsInUse(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{ReadOnly: true}); !errors.Is(err, ErrInUse) {
		t.Errorf("got %v", err)
	}
	closeDB(t, db)
}
