package store

import (
	"errors"
	"io"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

func TestIndexedBatchReadsItsOwnWrites(t *testing.T) {
	db := openFor(t, vfs.NewMem(), nil)
	set(t, db, "\x11a", "old", "\x11b", "stays")
	b := db.NewIndexedBatch()
	b.Set([]byte("\x11a"), []byte("new"))
	b.Delete([]byte("\x11c"))
	for key, want := range map[string]string{"\x11a": "new", "\x11b": "stays"} {
		if v, found, err := b.Get([]byte(key)); err != nil || !found || string(v) != want {
			t.Errorf("batch: %q is %q, %t, %v; want %q", key, v, found, err, want)
		}
	}
	if got := getText(t, db.Reader(), "\x11a"); got != "old" {
		t.Errorf("before the commit the store has %q", got)
	}
	commit(t, b, false)
	if got := getText(t, db.Reader(), "\x11a"); got != "new" {
		t.Errorf("after the commit the store has %q", got)
	}
}

func TestPlainBatchCannotBeRead(t *testing.T) {
	b := openFor(t, vfs.NewMem(), nil).NewBatch()
	defer b.Close()
	b.Set([]byte("\x11a"), []byte("v"))
	if _, _, err := b.Get([]byte("\x11a")); err == nil {
		t.Error("no error")
	}
}

func TestBatchWritesInOrder(t *testing.T) {
	db := openFor(t, vfs.NewMem(), nil)
	set(t, db, "\x11a", "1", "\x11b", "2", "\x11c", "3")
	b := db.NewBatch()
	if !b.Empty() {
		t.Error("a new batch is not empty")
	}
	b.DeleteRange([]byte("\x11a"), []byte("\x11c"))
	b.SetDeferred(2, 3, func(key, value []byte) {
		copy(key, "\x11b")
		copy(value, "new")
	})
	b.Set([]byte("\x11d"), []byte("4"))
	b.Delete([]byte("\x11d"))
	if b.Empty() || b.Len() == 0 {
		t.Error("a full batch is empty")
	}
	commit(t, b, true)
	for key, want := range map[string]string{"\x11a": "-", "\x11b": "new", "\x11c": "3", "\x11d": "-"} {
		if got := getText(t, db.Reader(), key); got != want {
			t.Errorf("%q is %q, want %q", key, got, want)
		}
	}
}

func TestFirstErrorOfABatchIsKeptAndNothingIsWritten(t *testing.T) {
	db := openFor(t, vfs.NewMem(), nil)
	b := db.NewBatch()
	b.Set([]byte("\x11a"), []byte("1"))
	b.note(io.ErrShortWrite)
	b.note(io.ErrNoProgress)
	b.Set([]byte("\x11b"), []byte("2"))
	if err := b.Commit(true); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
	if got := getText(t, db.Reader(), "\x11a") + getText(t, db.Reader(), "\x11b"); got != "--" {
		t.Errorf("the store has %q", got)
	}
	b.Close()
	b.Close()
}

func TestClosedBatchWritesNothing(t *testing.T) {
	db := openFor(t, vfs.NewMem(), nil)
	b := db.NewBatch()
	b.Set([]byte("\x11a"), []byte("1"))
	b.Close()
	if got := getText(t, db.Reader(), "\x11a"); got != "-" {
		t.Errorf("the store has %q", got)
	}
}
