package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"
)

// collect returns what a visitor saw as "key=value" words.
func collect(seen *[]string) func(key, value []byte) error {
	return func(key, value []byte) error {
		*seen = append(*seen, fmt.Sprintf("%s=%s", key[1:], value))
		return nil
	}
}

func TestScanVisitsARangeInOrder(t *testing.T) {
	db := openFor(t, vfs.NewMem(), nil)
	set(t, db, "\x11a", "1", "\x11b", "2", "\x11c", "3", "\x11d", "4", "\x10z", "other", "\x12a", "other")
	settle(t, db, false)
	set(t, db, "\x11b", "2+")
	lo, hi := Leads.Span()
	for _, c := range []struct {
		rg   Range
		want string
	}{
		{Range{Lo: lo, Hi: hi}, "a=1 b=2+ c=3 d=4"},
		{Range{Lo: lo, Hi: hi, Reverse: true}, "d=4 c=3 b=2+ a=1"},
		{Range{Lo: []byte("\x11b"), Hi: []byte("\x11d")}, "b=2+ c=3"},
		{Range{Lo: []byte("\x11b"), Hi: []byte("\x11d"), Reverse: true}, "c=3 b=2+"},
		{Range{Lo: []byte("\x11x"), Hi: hi}, ""},
	} {
		var seen []string
		if err := db.Reader().Scan(c.rg, collect(&seen)); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(seen, " "); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.rg, got, c.want)
		}
	}
}

func TestErrStopEndsAScanWithoutAnError(t *testing.T) {
	db := openFor(t, vfs.NewMem(), nil)
	set(t, db, "\x11a", "1", "\x11b", "2", "\x11c", "3")
	lo, hi := Leads.Span()
	visited := 0
	err := db.Reader().Scan(Range{Lo: lo, Hi: hi}, func(key, _ []byte) error {
		if visited++; string(key) == "\x11b" {
			return ErrStop
		}
		return nil
	})
	if err != nil || visited != 2 {
		t.Errorf("visited %d, %v", visited, err)
	}
}

func TestVisitorsErrorEndsAScanUnchanged(t *testing.T) {
	db := openFor(t, vfs.NewMem(), nil)
	set(t, db, "\x11a", "1", "\x11b", "2")
	lo, hi := Leads.Span()
	visited := 0
	err := db.Reader().Scan(Range{Lo: lo, Hi: hi}, func(_, _ []byte) error {
		visited++
		return io.ErrNoProgress
	})
	if err != io.ErrNoProgress || visited != 1 {
		t.Errorf("visited %d, %v", visited, err)
	}
}

func TestViewStandsStill(t *testing.T) {
	db := openFor(t, vfs.NewMem(), nil)
	set(t, db, "\x11a", "old", "\x11b", "gone")
	v := db.NewView()
	b := db.NewBatch()
	b.Set([]byte("\x11a"), []byte("new"))
	b.DeleteRange([]byte("\x11b"), []byte("\x11c"))
	commit(t, b, true)
	settle(t, db, true)
	if got := getText(t, v.Reader, "\x11a") + " " + getText(t, v.Reader, "\x11b"); got != "old gone" {
		t.Errorf("the view has %q", got)
	}
	if got := getText(t, db.Reader(), "\x11a") + " " + getText(t, db.Reader(), "\x11b"); got != "new -" {
		t.Errorf("the store has %q", got)
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
}

func TestGetReturnsACopy(t *testing.T) {
	db := openFor(t, vfs.NewMem(), nil)
	set(t, db, "\x11a", "value", "\x11e", "")
	v, _, err := db.Get([]byte("\x11a"))
	if err != nil {
		t.Fatal(err)
	}
	clear(v)
	if got := getText(t, db.Reader(), "\x11a"); got != "value" {
		t.Errorf("got %q", got)
	}
	if v, found, err := db.Get([]byte("\x11e")); err != nil || !found || len(v) != 0 {
		t.Errorf("an empty value is %q, %t, %v", v, found, err)
	}
}

// eventKey builds a key of the events space.
func eventKey(day uint16, session byte, pos uint64) []byte {
	key := binary.BigEndian.AppendUint16([]byte{byte(Events)}, day)
	key = append(binary.BigEndian.AppendUint32(key, 1), bytes.Repeat([]byte{session}, 16)...)
	return binary.BigEndian.AppendUint64(key, pos)
}

func positionsOf(t testing.TB, db *DB, rg Range) (positions []uint64) {
	t.Helper()
	rg.Lo, rg.Hi = Events.Span()
	err := db.Reader().Scan(rg, func(key, _ []byte) error {
		positions = append(positions, binary.BigEndian.Uint64(key[eventKeyLen-8:]))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return positions
}

// The filter of positions is a hint that saves reading: within what was asked for it hides nothing, and shows nothing
// that was deleted, however the keys came to lie in tables.
func TestPositionFilterNeverHidesOrRevivesAWantedPosition(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		db := openDB(t, vfs.NewMem(), nil)
		defer closeDB(t, db)
		last := uint64(0)
		keys := map[uint64][]byte{}
		for range rapid.IntRange(1, 6).Draw(rt, "tables") {
			b := db.NewBatch()
			for range rapid.IntRange(1, 30).Draw(rt, "events") {
				last++
				keys[last] = eventKey(uint16(last/40), rapid.ByteRange(1, 4).Draw(rt, "session"), last)
				b.Set(keys[last], make([]byte, rapid.SampledFrom([]int{10, 3000, 40_000}).Draw(rt, "bytes")))
			}
			if rapid.IntRange(0, 2).Draw(rt, "erase") == 0 {
				b.Delete(keys[rapid.Uint64Range(1, last).Draw(rt, "erased")])
			}
			if rapid.IntRange(0, 3).Draw(rt, "retire") == 0 {
				b.DeleteRange(eventKey(0, 0, 0), eventKey(1, 0, 0))
			}
			commit(t, b, false)
			settle(t, db, rapid.IntRange(0, 3).Draw(rt, "compact") == 0)
		}
		after := rapid.Uint64Range(0, last).Draw(rt, "after")
		until := rapid.Uint64Range(max(after, 1), last+5).Draw(rt, "until")
		wanted := func(positions []uint64) []uint64 {
			return slices.DeleteFunc(positions, func(p uint64) bool { return p <= after || p > until })
		}
		for _, reverse := range []bool{false, true} {
			want := wanted(positionsOf(t, db, Range{Reverse: reverse}))
			got := wanted(positionsOf(t, db, Range{After: after, Until: until, Reverse: reverse}))
			if !slices.Equal(got, want) {
				rt.Fatalf("in (%d, %d] of %d: got %v, want %v", after, until, last, got, want)
			}
		}
	})
}

func TestPositionFilterSkipsWhatIsOld(t *testing.T) {
	db := openFor(t, vfs.NewMem(), nil)
	for pos := uint64(1); pos <= 1000; pos++ {
		b := db.NewBatch()
		b.Set(eventKey(uint16(pos/100), byte(pos%7), pos), make([]byte, 2000))
		commit(t, b, false)
	}
	settle(t, db, true)
	if got := len(positionsOf(t, db, Range{After: 990, Until: 1000})); got < 10 || got > 500 {
		t.Errorf("visited %d positions for 10 of 1,000", got)
	}
}

func TestScanPrefixVisitsOneSessionOnly(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		db := openDB(t, vfs.NewMem(), nil)
		defer closeDB(t, db)
		want := map[byte][]uint64{}
		for pos := uint64(1); pos <= uint64(rapid.IntRange(1, 60).Draw(rt, "events")); pos++ {
			session := rapid.SampledFrom([]byte{1, 2, 3, 0xff}).Draw(rt, "session")
			b := db.NewBatch()
			b.Set(eventKey(7, session, pos), []byte("v"))
			commit(t, b, false)
			want[session] = append(want[session], pos)
			if pos%20 == 0 {
				settle(t, db, rapid.Bool().Draw(rt, "whole"))
			}
		}
		for _, session := range []byte{0, 1, 2, 3, 0xff} {
			var got []uint64
			err := db.Reader().ScanPrefix(eventKey(7, session, 0)[:eventKeyLen-8], func(key, _ []byte) error {
				got = append(got, binary.BigEndian.Uint64(key[eventKeyLen-8:]))
				return nil
			})
			if err != nil || !slices.Equal(got, want[session]) {
				rt.Fatalf("session %x: got %v, %v; want %v", session, got, err, want[session])
			}
		}
	})
}

func TestAScanGoesOnWhereItsVisitorSays(t *testing.T) {
	db := openDB(t, vfs.NewMem(), nil)
	defer closeDB(t, db)
	b := db.NewBatch()
	for _, k := range []string{"a1", "a2", "a3", "b1", "b2", "c1"} {
		b.Set([]byte("\x01"+k), nil)
	}
	if err := b.Commit(true); err != nil {
		t.Fatal(err)
	}
	var seen []string
	err := db.Reader().ScanSkipping(Range{Lo: []byte("\x01a2"), Hi: []byte("\x01c2")}, func(k, _ []byte) ([]byte, error) {
		seen = append(seen, string(k[1:]))
		switch string(k[1:]) {
		case "a2":
			return []byte("\x01b"), nil
		case "b1":
			return []byte("\x01b3"), nil
		}
		return nil, nil
	})
	if got := strings.Join(seen, " "); got != "a2 b1 c1" || err != nil {
		t.Errorf("%s %v", got, err)
	}
}
