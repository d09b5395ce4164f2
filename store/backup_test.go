package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// backedUp returns a file system with a backup in a directory of that name.
func backedUp(t testing.TB) *vfs.MemFS {
	t.Helper()
	fs := vfs.NewMem()
	db := openFor(t, fs, nil)
	set(t, db, "\x11in a table", strings.Repeat("1", 50_000))
	settle(t, db, false)
	set(t, db, "\x11in the log", "2")
	if err := db.Backup("backups/one"); err != nil {
		t.Fatal(err)
	}
	set(t, db, "\x11later", "3")
	return fs
}

func TestABackupHoldsWhatWasCommittedAndNothingLater(t *testing.T) {
	fs := backedUp(t)
	db, err := Open("backups/one", Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	defer closeDB(t, db)
	for key, want := range map[string]int{"\x11in a table": 50_000, "\x11in the log": 1} {
		if got := getText(t, db.Reader(), key); len(got) != want {
			t.Errorf("%q has %d bytes", key, len(got))
		}
	}
	if got := getText(t, db.Reader(), "\x11later"); got != "-" {
		t.Error("it holds what was written later")
	}
}

func TestABackupIsMadeOfADirectoryThatIsOnlyRead(t *testing.T) {
	fs := vfs.NewMem()
	db := openDB(t, fs, nil)
	set(t, db, "\x11in a table", "1")
	settle(t, db, false)
	set(t, db, "\x11in the log", "2")
	closeDB(t, db)
	before := contents(t, fs, "data")
	db = openReadOnly(t, fs, nil)
	if err := db.Backup("backup"); err != nil {
		t.Fatal(err)
	}
	closeDB(t, db)
	if !maps.Equal(before, contents(t, fs, "data")) {
		t.Error("the directory has changed")
	}
	if _, err := restore(fs, "backup", "again"); err != nil {
		t.Fatal(err)
	}
	if db, err := Open("again", Options{FS: fs}); err != nil {
		t.Error(err)
	} else {
		if a, b := getText(t, db.Reader(), "\x11in a table"), getText(t, db.Reader(), "\x11in the log"); a+b != "12" {
			t.Errorf("it holds %q and %q", a, b)
		}
		closeDB(t, db)
	}
}

func TestABackupDoesNotReplaceAnother(t *testing.T) {
	fs := backedUp(t)
	before := contents(t, fs, "backups/one")
	db, err := Open("data2", Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	defer closeDB(t, db)
	if err := db.Backup("backups/one"); err == nil {
		t.Error("it did")
	}
	if !maps.Equal(before, contents(t, fs, "backups/one")) {
		t.Error("the other has changed")
	}
}

// Whichever file is damaged or missing, its name is said, and nothing is restored.
func TestEveryFileOfABackupIsCompared(t *testing.T) {
	for name, text := range contents(t, backedUp(t), "backups/one") {
		for what, damage := range map[string]func(fs vfs.FS) error{
			"gone": func(fs vfs.FS) error { return fs.Remove("backups/one/" + name) },
			"changed": func(fs vfs.FS) error {
				changed := "x"
				if text != "" {
					changed = flipped(text, 0)
				}
				return replaceFile(fs, "backups/one/"+name, changed)
			},
		} {
			fs := backedUp(t)
			if err := damage(fs); err != nil {
				t.Fatal(err)
			}
			_, err := restore(fs, "backups/one", "again")
			if err == nil || !strings.Contains(err.Error(), name) && !strings.Contains(err.Error(), SumsName) {
				t.Errorf("%s %s: %v", name, what, err)
			}
			if noList := name == SumsName && what == "gone"; !noList && !errors.Is(err, ErrDamaged) {
				t.Errorf("%s %s is no damage: %v", name, what, err)
			}
			if _, err := fs.Stat("again"); err == nil {
				t.Errorf("%s %s: something was restored", name, what)
			}
		}
	}
}

func TestRestoreTakesAnEmptyDirectoryOnly(t *testing.T) {
	fs := backedUp(t)
	if _, err := restore(fs, "backups/one", "data"); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("got %v", err)
	}
}

// A restore that fails on its way leaves nothing, so that it can be tried again.
func TestARestoreThatFailsLeavesNothing(t *testing.T) {
	mem := backedUp(t)
	var left atomic.Int64
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileWrite && strings.HasPrefix(op.Path, "again/") && left.Add(-1) < 0 {
			return syscall.ENOSPC
		}
		return nil
	}))
	failed := 0
	for writes := int64(0); ; writes++ {
		left.Store(writes)
		_, err := restore(fs, "backups/one", "again")
		if err == nil {
			break
		}
		failed++
		if !errors.Is(err, syscall.ENOSPC) {
			t.Error(err)
		}
		if rest := contents(t, mem, "again"); len(rest) > 0 {
			t.Fatalf("after %d writes %d files are left", writes, len(rest))
		}
	}
	if failed == 0 {
		t.Error("it never failed")
	}
}

// The disk of the backups may be full: the program goes on.
func TestABackupThatFailsEndsNothing(t *testing.T) {
	mem := vfs.NewMem()
	var left atomic.Int64
	left.Store(1 << 40)
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && strings.HasPrefix(op.Path, "backup") && left.Add(-1) < 0 {
			return syscall.ENOSPC
		}
		return nil
	}))
	db, err := Open("data", Options{FS: fs, Fatal: func(msg string) { t.Error("it would end: " + msg) }})
	if err != nil {
		t.Fatal(err)
	}
	defer closeDB(t, db)
	set(t, db, "\x11a", "1")
	settle(t, db, false)
	set(t, db, "\x11b", "2")
	failed := 0
	for writes := int64(0); ; writes++ {
		left.Store(writes)
		err := db.Backup(fmt.Sprint("backup", writes))
		if err == nil {
			break
		}
		failed++
	}
	if failed < 5 {
		t.Errorf("it failed %d times", failed)
	}
	set(t, db, "\x11c", "3")
}

func TestEveryBlockOfEveryTableIsChecked(t *testing.T) {
	fs := vfs.NewMem()
	db := openDB(t, fs, nil)
	for i := range 100 {
		set(t, db, fmt.Sprintf("\x11%03d", i), strings.Repeat(fmt.Sprint(i), 300))
	}
	settle(t, db, false)
	closeDB(t, db)
	for name, text := range contents(t, fs, "data") {
		if !strings.HasSuffix(name, ".sst") {
			continue
		}
		const footer = 53 // of which a part is padding
		for at := 0; at < len(text)-footer; at += 1 + len(text)/40 {
			rotten := vfs.NewMem()
			for other, text := range contents(t, fs, "data") {
				if err := errors.Join(rotten.MkdirAll("data", 0o700), replaceFile(rotten, "data/"+other, text)); err != nil {
					t.Fatal(err)
				}
			}
			if err := replaceFile(rotten, "data/"+name, flipped(text, at)); err != nil {
				t.Fatal(err)
			}
			db, err := Open("data", Options{FS: rotten, ReadOnly: true})
			if err == nil {
				_, err = db.CheckTables(context.Background())
				closeDB(t, db)
			}
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s at %d: %v", name, at, err)
			}
		}
	}
}
