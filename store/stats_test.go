package store

import (
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

func TestStatsCountSyncsAndWrites(t *testing.T) {
	db := openFor(t, vfs.NewMem(), nil)
	before := db.Stats()
	for range 20 {
		set(t, db, "\x11key", string(make([]byte, 1000)))
	}
	s := db.Stats()
	for s.Fsyncs.Count < before.Fsyncs.Count+20 { // a sync is counted a moment after it is told
		s = db.Stats()
	}
	if n := s.Fsyncs.Count - before.Fsyncs.Count; n != 20 {
		t.Errorf("%d syncs", n)
	}
	if most := s.Fsyncs.Buckets[maxBound(s.Fsyncs)]; len(s.Fsyncs.Buckets) < 10 || most != s.Fsyncs.Count {
		t.Errorf("%d buckets, %d in the last of them", len(s.Fsyncs.Buckets), most)
	}
	if n := s.WALWritten - before.WALWritten; n < 20*1000 {
		t.Errorf("%d bytes written to the log", n)
	}
	if s.CacheLimit != 1<<20 || s.MemtablesLimit != 4<<20 || s.Memtables == 0 || len(s.Levels) != 7 {
		t.Errorf("%+v", s)
	}
}

func maxBound(h Histogram) (most time.Duration) {
	for bound := range h.Buckets {
		most = max(most, bound)
	}
	return most
}

func TestStallsAddUp(t *testing.T) {
	at := time.Unix(0, 0)
	s := stalls{now: func() time.Time { return at }}
	expect := func(sum time.Duration, on bool) {
		t.Helper()
		if gotSum, gotOn := s.total(); gotSum != sum || gotOn != on {
			t.Errorf("%v, %v; want %v, %v", gotSum, gotOn, sum, on)
		}
	}
	s.end() // of none
	expect(0, false)
	s.begin()
	at = at.Add(2 * time.Second)
	expect(2*time.Second, true)
	s.end()
	at = at.Add(time.Hour)
	expect(2*time.Second, false)
	s.begin()
	at = at.Add(time.Second)
	s.end()
	expect(3*time.Second, false)
}

func TestAStallOfThisStoreIsSeen(t *testing.T) {
	db := openFor(t, vfs.NewMem(), nil)
	l := db.log.listener()
	l.WriteStallBegin(pebble.WriteStallBeginInfo{})
	if !db.Stalling() {
		t.Error("it stalls, and nobody says so")
	}
	l.WriteStallEnd()
	if db.Stalling() {
		t.Error("the stall is over")
	}
}
