package server

import (
	"strconv"
	"time"

	"footfall/api"
	"footfall/fault"
	"footfall/sessionize"
	"footfall/store"

	"github.com/prometheus/client_golang/prometheus"
)

// snapshot is what the parts of the server say of themselves at one scrape.
type snapshot struct {
	store      store.Stats
	sessions   sessionize.Stats
	queued     int64
	queueLimit int64
	lag        time.Duration
	checkpoint time.Duration
	accepted   int64
	rejected   map[fault.Code]int64
	redacted   int64
	oldest     map[string]time.Duration // age, by space
	free       uint64                   // bytes of the disk
	corrupt    int64
	verified   int64 // seconds since 1970
	auc        map[string]float64
	load       api.Load
}

// figure is a metric without labels.
type figure struct {
	name, help string
	kind       prometheus.ValueType
	of         func(s *snapshot) float64
}

const (
	gauge   = prometheus.GaugeValue
	counter = prometheus.CounterValue
)

// figures are the metrics without labels that a scrape reads.
func figures() []figure {
	return []figure{
		{"queue_bytes", "Bytes of records that wait for the committer.", gauge, func(s *snapshot) float64 { return float64(s.queued) }},
		{"fold_lag_seconds", "How long the oldest record that is not folded has waited.", gauge, func(s *snapshot) float64 { return s.lag.Seconds() }},
		{"checkpoint_age_seconds", "Age of the newest checkpoint.", gauge, func(s *snapshot) float64 { return s.checkpoint.Seconds() }},
		{"sessions_live", "Sessions in memory.", gauge, func(s *snapshot) float64 { return float64(s.sessions.Live) }},
		{"evictions_total", "Sessions that left memory because it was full.", counter, func(s *snapshot) float64 { return float64(s.sessions.Evicted) }},
		{"redacted_keys_total", "Keys of event data that were dropped because they name secrets.", counter, func(s *snapshot) float64 { return float64(s.redacted) }},
		{"write_stall_seconds_total", "How long writes were held up because flushes or compactions lagged behind.", counter, func(s *snapshot) float64 { return s.store.Stalled.Seconds() }},
		{"disk_free_bytes", "Bytes that are free on the disk of the data directory.", gauge, func(s *snapshot) float64 { return float64(s.free) }},
		{"corruptions_total", "Times that stored bytes were found damaged.", counter, func(s *snapshot) float64 { return float64(s.corrupt) }},
		{"backup_verified_timestamp_seconds", "When a backup was last verified, in seconds since 1970; 0: not since the start.", gauge, func(s *snapshot) float64 { return float64(s.verified) }},
		{"streams_open", "Open event streams.", gauge, func(s *snapshot) float64 { return float64(s.load.Streams) }},
		{"streams_limit", "How many event streams may be open.", gauge, func(s *snapshot) float64 { return float64(s.load.StreamsLimit) }},
		{"streams_dropped_total", "Event streams that were ended because their reader was too slow.", counter, func(s *snapshot) float64 { return float64(s.load.StreamsDropped) }},
		{"exports_running", "Exports that are being made.", gauge, func(s *snapshot) float64 { return float64(s.load.Exports) }},

		{"pebble_disk_bytes", "Bytes of all files of the store.", gauge, func(s *snapshot) float64 { return float64(s.store.Disk) }},
		{"pebble_cache_hits_total", "Blocks found in the cache.", counter, func(s *snapshot) float64 { return float64(s.store.CacheHits) }},
		{"pebble_cache_misses_total", "Blocks read from files.", counter, func(s *snapshot) float64 { return float64(s.store.CacheMisses) }},
		{"pebble_memtables", "Memtables, the one that is written to included.", gauge, func(s *snapshot) float64 { return float64(s.store.MemtableCount) }},
		{"pebble_wal_files", "Files of the log.", gauge, func(s *snapshot) float64 { return float64(s.store.WALFiles) }},
		{"pebble_wal_bytes", "Bytes of the log that are not in tables yet.", gauge, func(s *snapshot) float64 { return float64(s.store.WALSize) }},
		{"pebble_wal_written_bytes_total", "Bytes written to the log.", counter, func(s *snapshot) float64 { return float64(s.store.WALWritten) }},
		{"pebble_flushes_total", "Flushes of memtables.", counter, func(s *snapshot) float64 { return float64(s.store.Flushes) }},
		{"pebble_flushed_bytes_total", "Bytes written by flushes.", counter, func(s *snapshot) float64 { return float64(s.store.Flushed) }},
		{"pebble_compactions_total", "Compactions.", counter, func(s *snapshot) float64 { return float64(s.store.Compactions) }},
		{"pebble_compacted_bytes_total", "Bytes written by compactions.", counter, func(s *snapshot) float64 { return float64(s.store.Compacted) }},
		{"pebble_compaction_debt_bytes", "Estimate of the bytes that wait to be compacted.", gauge, func(s *snapshot) float64 { return float64(s.store.CompactionDebt) }},
		{"pebble_read_amplification", "Tables that a read may have to look into.", gauge, func(s *snapshot) float64 { return float64(s.store.ReadAmp) }},
		{"pebble_tombstones", "Estimate of the deletions that stand in tables.", gauge, func(s *snapshot) float64 { return float64(s.store.Tombstones) }},
		{"pebble_snapshots", "Open snapshots.", gauge, func(s *snapshot) float64 { return float64(s.store.Snapshots) }},
		{"pebble_iterators", "Open iterators of tables.", gauge, func(s *snapshot) float64 { return float64(s.store.Iterators) }},
	}
}

// collector reads a snapshot at each scrape.
type collector struct {
	snapshot func() snapshot
	figures  []figure
	descs    []*prometheus.Desc // of figures

	auc, events, memory, memoryLimit, oldest, fsync, levelTables, levelBytes, levelScore *prometheus.Desc
}

func newCollector(take func() snapshot) *collector {
	c := &collector{snapshot: take, figures: figures()}
	for _, f := range c.figures {
		c.descs = append(c.descs, desc(f.name, f.help))
	}
	c.events = desc("events_total", "Events by what became of them; duplicates are accepted. Requests that were refused whole have none.", "result", "reason")
	c.auc = desc("model_auc", "Area under the ROC curve of an organization's active model, out of fold, when it was trained.", "organization")
	c.memory = desc("memory_bytes", "Bytes of memory that are accounted for.", "part")
	c.memoryLimit = desc("memory_limit_bytes", "What memory_bytes may reach.", "part")
	c.oldest = desc("oldest_record_seconds", "Age of the oldest record; of events, since the beginning of their day, of sessions and visitors, since their last event, looked at hourly.", "space")
	c.fsync = desc("fsync_duration_seconds", "Syncs of the log.")
	c.levelTables = desc("pebble_level_tables", "Tables of a level.", "level")
	c.levelBytes = desc("pebble_level_bytes", "Bytes of a level.", "level")
	c.levelScore = desc("pebble_level_score", "How much a level asks for a compaction; above 1 it waits for one.", "level")
	return c
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		out <- d
	}
	for _, d := range []*prometheus.Desc{c.auc, c.events, c.memory, c.memoryLimit, c.oldest, c.fsync, c.levelTables, c.levelBytes, c.levelScore} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	s := c.snapshot()
	send := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, kind, value, labels...)
	}
	for i, f := range c.figures {
		send(c.descs[i], f.kind, f.of(&s))
	}
	send(c.events, counter, float64(s.accepted), "accepted", "")
	for code, n := range s.rejected {
		send(c.events, counter, float64(n), "rejected", string(code))
	}
	for organization, auc := range s.auc {
		send(c.auc, gauge, auc, organization)
	}
	for _, p := range memoryParts(&s) {
		send(c.memory, gauge, float64(p.bytes), p.name)
		send(c.memoryLimit, gauge, float64(p.limit), p.name)
	}
	for space, age := range s.oldest {
		send(c.oldest, gauge, age.Seconds(), space)
	}
	for i, l := range s.store.Levels {
		level := strconv.Itoa(i)
		send(c.levelTables, gauge, float64(l.Tables), level)
		send(c.levelBytes, gauge, float64(l.Size), level)
		send(c.levelScore, gauge, l.Score, level)
	}
	buckets := map[float64]uint64{}
	for bound, n := range s.store.Fsyncs.Buckets {
		buckets[bound.Seconds()] = n
	}
	out <- prometheus.MustNewConstHistogram(c.fsync, s.store.Fsyncs.Count, s.store.Fsyncs.Sum.Seconds(), buckets)
}

// part is a share of the memory.
type part struct {
	name         string
	bytes, limit int64
}

func memoryParts(s *snapshot) []part {
	return []part{
		{"block_cache", s.store.CacheSize, s.store.CacheLimit},
		{"memtables", int64(s.store.Memtables), int64(s.store.MemtablesLimit)},
		{"live_state", s.sessions.Bytes, s.sessions.Limit},
		{"queue", s.queued, s.queueLimit},
	}
}

// snapshot asks every part.
func (s *Server) snapshot() snapshot {
	counts := s.ingest.Counts()
	snap := snapshot{
		store: s.db.Stats(), sessions: s.sessions.Stats(), queued: s.journal.Queued(), queueLimit: s.journal.QueueLimit(),
		lag: s.journal.Lag(), checkpoint: s.journal.SinceCheckpoint(),
		accepted: counts.Accepted.Load(), rejected: counts.Reasons(), redacted: counts.Redacted.Load(),
		oldest: s.ages(), free: s.disk.free.Load(), corrupt: s.corruptions.Load(), verified: s.backupVerified.Load(), load: s.api.Load(),
	}
	var err error
	if snap.auc, err = s.learn.ActiveAUC(); err != nil {
		s.o.Log.Error("the active models cannot be read", "error", err)
	}
	return snap
}
