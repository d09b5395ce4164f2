package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"
)

// concat is associative and tells in which order its arguments came.
func concat(values [][]byte) ([]byte, error) {
	all := slices.Concat(values...)
	if bytes.Contains(all, []byte("!")) {
		return nil, io.ErrUnexpectedEOF
	}
	return all, nil
}

// settle moves what is in memory to tables and, if whole, the tables to the lowest level.
func settle(t testing.TB, db *DB, whole bool) {
	t.Helper()
	if err := db.p.Flush(); err != nil {
		t.Fatal(err)
	}
	if whole {
		if err := db.p.Compact(context.Background(), []byte{0}, []byte{0xff}, false); err != nil {
			t.Fatal(err)
		}
	}
}

// The order of merges is kept wherever they meet: in a batch, in memory, in a flush, in a compaction, at a read.
func TestMergesCombineOlderBeforeNewer(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		db := openDB(t, vfs.NewMem(), map[Space]Merge{ListingDays: concat})
		defer closeDB(t, db)
		const key = "\x07listing day"
		want := "-"
		b := db.NewBatch()
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			switch rapid.IntRange(0, 7).Draw(rt, "step") {
			default:
				value := string(rapid.ByteRange('a', 'z').Draw(rt, "value"))
				b.Merge([]byte(key), []byte(value))
				want = strings.TrimPrefix(want, "-") + value
			case 5:
				b.Set([]byte(key), []byte("S"))
				want = "S"
			case 6:
				b.Delete([]byte(key))
				want = "-"
			case 7:
				commit(t, b, false)
				if rapid.Bool().Draw(rt, "settle") {
					settle(t, db, rapid.Bool().Draw(rt, "whole"))
				}
				b = db.NewBatch()
			}
		}
		commit(t, b, false)
		if got := getText(t, db.Reader(), key); got != want {
			rt.Fatalf("got %q, want %q", got, want)
		}
	})
}

func TestMergeErrorReachesTheReader(t *testing.T) {
	db := openFor(t, vfs.NewMem(), map[Space]Merge{ListingDays: concat})
	b := db.NewBatch()
	b.Merge([]byte("\x07k"), []byte("a"))
	b.Merge([]byte("\x07k"), []byte("!"))
	commit(t, b, false)
	if _, _, err := db.Get([]byte("\x07k")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Get: %v", err)
	}
	lo, hi := ListingDays.Span()
	err := db.Reader().Scan(Range{Lo: lo, Hi: hi}, func(_, _ []byte) error { return nil })
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Scan: %v", err)
	}
}

func TestMergeInASpaceWithoutAnOperatorIsAnError(t *testing.T) {
	db := openFor(t, vfs.NewMem(), map[Space]Merge{ListingDays: concat})
	b := db.NewBatch()
	b.Merge([]byte("\x11k"), []byte("a"))
	commit(t, b, false)
	if _, _, err := db.Get([]byte("\x11k")); err == nil || !strings.Contains(err.Error(), "no merge operator for space 0x11") {
		t.Errorf("got %v", err)
	}
}
