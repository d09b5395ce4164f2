// Package store is the one place that knows Pebble: the table of spaces, batches, views, merge operators and the
// versions of the format.
//
// It guarantees that a batch is applied whole or not at all, that a batch committed with sync is on disk when Commit
// returns, and that a failed write or sync ends the program (Options.Fatal): Pebble would otherwise let the write look
// done. It knows spaces, never records; what stands in a value is its owner's business.
package store

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable/block"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/dchest/siphash"
)

// ErrInUse is returned by Open when another process has the directory open.
var ErrInUse = errors.New("store: the directory is in use by another process")

// Options of a DB. The zero value of each field but Fatal works.
type Options struct {
	FS     vfs.FS // default: the operating system's
	Merges map[Space]Merge
	Cache  int64 // bytes of block cache and memtables together, default 64 MiB
	Mem    int64 // bytes of one memtable, default 16 MiB
	Log    *slog.Logger
	Now    func() time.Time // measures stalls of writes; nil: they are not measured
	// DiskFull is called when the disk is full, before the write that found it so is tried once more. May be nil.
	DiskFull func()
	// ReadOnly leaves the directory as it is, to the byte: what is written stays in memory. Nothing is compacted.
	ReadOnly bool
	// Corrupt is told the name of a file of which something that was read did not check. May be nil.
	Corrupt func(file string)
	// Fatal ends the program after Pebble found a write or sync failed, or a table that it cannot compact. It must not
	// return.
	Fatal func(msg string)
}

// ID stands for a client's id in keys: a keyed hash, so that keys are short, hold nothing personal, and have no
// separators or prefixes to play with.
type ID [16]byte

// DB is an open directory.
type DB struct {
	p      *pebble.DB
	cache  *pebble.Cache
	log    logger
	k0, k1 uint64 // the directory's secret, the key of ID
	format int    // of keys and values

	fs      vfs.FS // for what stands beside Pebble's files
	dir     string
	lastLog string // newest log at the opening

	memLimit uint64 // bytes of memtables at which writes stall

	anew *atomic.Bool // see strict
}

var metaSecret = []byte("\x00secret")

// Open opens or, unless it is to be left as it is, creates the directory.
func Open(dir string, o Options) (*DB, error) {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	fresh, err := isFresh(o.FS, dir)
	if err != nil {
		return nil, wrapOpen(err)
	}
	if o.ReadOnly {
		if fresh {
			return nil, errNoData(dir)
		}
		if o.FS, err = newOverlay(o.FS, dir); err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
	}
	if fresh {
		// The first WAL of a new directory begins before Pebble's format is raised and would not tell a damaged
		// tail from a clean end. Opening a second time starts a WAL that does.
		db, err := open(dir, o)
		if err != nil {
			return nil, err
		}
		if err := db.Close(); err != nil {
			return nil, fmt.Errorf("create store: %w", err)
		}
	}
	return open(dir, o)
}

// Exists returns nil if dir holds a store on the operating system's file system.
func Exists(dir string) error {
	fresh, err := isFresh(vfs.Default, dir)
	if err != nil {
		return wrapOpen(err)
	}
	if fresh {
		return errNoData(dir)
	}
	return nil
}

func errNoData(dir string) error { return fmt.Errorf("%s holds no footfall data", dir) }

func isFresh(fs vfs.FS, dir string) (bool, error) {
	if _, err := fs.Stat(dir); oserror.IsNotExist(err) {
		return true, nil
	}
	d, err := pebble.Peek(dir, fs)
	if err != nil {
		return false, err
	}
	if d.Exists {
		return false, nil
	}
	return true, noRemains(fs, dir)
}

// noRemains refuses a directory that held a store whose marker is gone: Pebble would make a new one and delete the rest.
// A store that a crash kept from being made has neither logs nor tables yet.
func noRemains(fs vfs.FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".log") || strings.HasSuffix(name, ".sst") || strings.HasPrefix(name, "OPTIONS-") {
			return fmt.Errorf("%s holds %s, but no marker.manifest file: the directory is damaged", dir, name)
		}
	}
	return nil
}

func open(dir string, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	db := &DB{fs: o.FS, dir: dir, log: logger{log: o.Log, fatal: o.Fatal, corrupt: o.Corrupt, stalls: &stalls{now: o.Now}}}
	var err error
	if db.lastLog, err = lastLog(o.FS, dir); err != nil {
		return nil, wrapOpen(err)
	}
	po := pebbleOptions(o)
	fs := newStrict(po.FS, dir, db.log.Fatalf)
	po.FS, db.anew = fs, fs.anew
	po.Logger, po.EventListener = db.log, db.log.listener()
	db.cache, db.memLimit = po.Cache, po.MemTableSize*uint64(po.MemTableStopWritesThreshold)
	defer func() {
		if db.p == nil {
			db.cache.Unref()
		}
	}()
	if err := checkManifest(fs, dir); err != nil {
		return nil, wrapOpen(fs.blame(err))
	}
	p, err := pebble.Open(dir, po)
	if err != nil {
		if strings.Contains(err.Error(), "resource temporarily unavailable") || strings.Contains(err.Error(), "lock held") {
			return nil, fmt.Errorf("%w: %s", ErrInUse, dir)
		}
		return nil, wrapOpen(fs.blame(err))
	}
	db.p = p
	if err := db.openMeta(o.ReadOnly); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func pebbleOptions(o Options) *pebble.Options {
	if o.Cache == 0 {
		o.Cache = 64 << 20
	}
	if o.Mem == 0 {
		o.Mem = 16 << 20
	}
	if o.DiskFull != nil {
		o.FS = vfs.OnDiskFull(o.FS, o.DiskFull)
	}
	po := &pebble.Options{
		FS:                          o.FS,
		Cache:                       pebble.NewCache(o.Cache),
		Comparer:                    newComparer(),
		Merger:                      newMerger(o.Merges),
		FormatMajorVersion:          formatMajorVersion,
		MemTableSize:                uint64(o.Mem),
		MemTableStopWritesThreshold: memtablesAtOnce,
		MaxManifestFileSize:         maxManifest,
		L0CompactionThreshold:       4,
		LBaseMaxBytes:               64 << 20,
		BlockPropertyCollectors:     []func() pebble.BlockPropertyCollector{newPositionCollector},
		CompactionConcurrencyRange:  func() (int, int) { return 1, 2 },
		DisableAutomaticCompactions: o.ReadOnly, // they would fill the memory
		DisableTableStats:           o.ReadOnly, // which only compactions ask for
	}
	for i := range po.Levels {
		po.Levels[i].BlockSize = 32 << 10
		po.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		po.Levels[i].FilterType = pebble.TableFilter
	}
	po.ApplyCompressionSettings(func() pebble.DBCompressionSettings {
		// Snappy where tables are short-lived, zstd where nearly all bytes come to rest.
		cs := pebble.UniformDBCompressionSettings(block.SnappyCompression)
		cs.Levels[len(cs.Levels)-1] = block.ZstdCompression
		cs.Name = "footfall"
		return cs
	})
	return po
}

// openMeta reads, or on a new directory writes, the format version and the secret.
func (db *DB) openMeta(readOnly bool) error {
	found, err := db.readFormat()
	if err != nil {
		return err
	}
	if !found && readOnly {
		return errNoData(db.dir)
	}
	if !found {
		if err := db.writeMeta(); err != nil {
			return err
		}
	}
	secret, found, err := db.Get(metaSecret)
	if err != nil {
		return err
	}
	if !found || len(secret) != 16 {
		return fmt.Errorf("%w: the directory's secret has %d bytes", ErrDamaged, len(secret))
	}
	db.k0, db.k1 = binary.LittleEndian.Uint64(secret), binary.LittleEndian.Uint64(secret[8:])
	return nil
}

func (db *DB) writeMeta() error {
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return fmt.Errorf("make the directory's secret: %w", err)
	}
	db.format = FormatVersion
	b := db.NewBatch()
	b.Set(metaFormat, binary.AppendUvarint(nil, FormatVersion))
	b.Set(metaSecret, secret)
	return b.Commit(true)
}

// ID returns the id that stands for raw in keys: SipHash-2-4 of 128 bits under the directory's secret.
func (db *DB) ID(raw string) (id ID) {
	lo, hi := siphash.Hash128(db.k0, db.k1, stringBytes(raw))
	binary.LittleEndian.PutUint64(id[:], lo)
	binary.LittleEndian.PutUint64(id[8:], hi)
	return id
}

// Close waits for what Pebble does in the background and closes the directory. No batch, view or iterator may be open.
func (db *DB) Close() error {
	err := db.p.Close()
	db.cache.Unref()
	if err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// logger hands Pebble's words to slog and ends the program when Pebble says that it cannot go on.
type logger struct {
	log     *slog.Logger
	fatal   func(string)
	corrupt func(file string)
	stalls  *stalls
}

func (l logger) Infof(format string, args ...any) {
	l.log.Debug("pebble", "message", fmt.Sprintf(format, args...))
}

func (l logger) Errorf(format string, args ...any) {
	l.log.Error("pebble", "message", fmt.Sprintf(format, args...))
}

func (l logger) listener() *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: l.backgroundError,
		DataCorruption:  l.damaged,
		WriteStallBegin: func(pebble.WriteStallBeginInfo) { l.stalls.begin() },
		WriteStallEnd:   l.stalls.end,
	}
}

func (l logger) Fatalf(format string, args ...any) {
	msg := fmt.Sprintf(format, args...)
	l.log.Error("pebble failed", "message", msg)
	if l.fatal != nil {
		l.fatal(msg)
	}
	panic("store: " + msg) // a Fatal that returned would let a failed write look done
}
