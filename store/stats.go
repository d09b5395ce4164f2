package store

import (
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// Stats is what the store knows of itself. Sizes are in bytes; counts and durations grow from the opening of the
// directory on.
type Stats struct {
	CacheSize      int64
	CacheLimit     int64 // cache and memtables share it
	CacheHits      int64
	CacheMisses    int64
	Memtables      uint64
	MemtablesLimit uint64 // writes stall there
	MemtableCount  int64
	Disk           uint64 // all files of the directory that are Pebble's
	WALFiles       int64
	WALSize        uint64
	WALWritten     uint64
	Flushes        int64
	Compactions    int64
	CompactionDebt uint64 // estimated bytes still to be compacted
	Compacted      uint64 // bytes written by compactions
	Flushed        uint64 // bytes written by flushes
	ReadAmp        int
	Levels         []LevelStats
	Tombstones     uint64
	Snapshots      int
	Iterators      int64
	Fsyncs         Histogram // of the log
	Stalled        time.Duration
}

// LevelStats is one level of the tree of tables.
type LevelStats struct {
	Tables int64
	Size   int64
	Score  float64 // above 1 it waits for a compaction
}

// Histogram counts durations. A bucket's count has all that are not longer than its bound.
type Histogram struct {
	Count   uint64
	Sum     time.Duration
	Buckets map[time.Duration]uint64
}

// Stats returns the figures of now. It takes locks of the store: ask each second, not each request.
func (db *DB) Stats() Stats {
	m := db.p.Metrics()
	total := m.Total()
	s := Stats{
		CacheSize: m.BlockCache.Size, CacheLimit: db.cache.MaxSize(), CacheHits: m.BlockCache.Hits, CacheMisses: m.BlockCache.Misses,
		Memtables: m.MemTable.Size, MemtablesLimit: db.memLimit, MemtableCount: m.MemTable.Count,
		Disk: m.DiskSpaceUsage(), WALFiles: m.WAL.Files, WALSize: m.WAL.Size, WALWritten: m.WAL.BytesWritten,
		Flushes: m.Flush.Count, Compactions: m.Compact.Count, CompactionDebt: m.Compact.EstimatedDebt,
		Compacted: total.TableBytesCompacted, Flushed: total.TableBytesFlushed, ReadAmp: m.ReadAmp(),
		Tombstones: m.Keys.TombstoneCount, Snapshots: m.Snapshots.Count, Iterators: m.TableIters,
	}
	for _, l := range m.Levels {
		s.Levels = append(s.Levels, LevelStats{l.TablesCount, l.TablesSize, l.Score})
	}
	var fsyncs dto.Metric
	if m.LogWriter.FsyncLatency != nil && m.LogWriter.FsyncLatency.Write(&fsyncs) == nil {
		s.Fsyncs = histogramOf(fsyncs.GetHistogram())
	}
	s.Stalled, _ = db.log.stalls.total()
	return s
}

// keepEvery thins Pebble's 100 buckets of fsyncs, from 0 to 10 s.
const keepEvery = 5

// histogramOf reads Pebble's histogram, which is in nanoseconds.
func histogramOf(h *dto.Histogram) Histogram {
	out := Histogram{Count: h.GetSampleCount(), Sum: time.Duration(h.GetSampleSum()), Buckets: map[time.Duration]uint64{}}
	for i, b := range h.GetBucket() {
		if i%keepEvery == 0 && i > 0 {
			out.Buckets[time.Duration(b.GetUpperBound())] = b.GetCumulativeCount()
		}
	}
	return out
}

// stalls adds up how long writes had to wait. Without a clock it says only whether they do.
type stalls struct {
	now   func() time.Time
	mu    sync.Mutex
	since time.Time
	on    bool
	sum   time.Duration
}

func (s *stalls) time() (t time.Time) {
	if s.now != nil {
		t = s.now()
	}
	return t
}

func (s *stalls) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.on {
		s.on, s.since = true, s.time()
	}
}

func (s *stalls) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.on {
		s.on, s.sum = false, s.sum+s.time().Sub(s.since)
	}
}

// total includes the stall that lasts.
func (s *stalls) total() (sum time.Duration, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.on {
		return s.sum + s.time().Sub(s.since), true
	}
	return s.sum, false
}

// Stalling says whether writes wait for a flush or a compaction now.
func (db *DB) Stalling() bool {
	_, on := db.log.stalls.total()
	return on
}
