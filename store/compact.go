package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2"
)

// Compact rewrites the tables that hold keys of a range, so that what was deleted there is in none any more. A view that
// is open may hold something back.
func (db *DB) Compact(ctx context.Context, rg Range) error {
	if err := db.p.Compact(ctx, rg.Lo, rg.Hi, false); err != nil {
		return fmt.Errorf("compact what was deleted: %w", err)
	}
	return nil
}

// turnedKey counts turnovers, so that each flush has something to write.
var turnedKey = []byte("\x00turned")

const (
	memtablesAtOnce = 4                   // at which writes stall
	reusableLogs    = memtablesAtOnce + 1 // that Pebble keeps
	// maxManifest is when a manifest is written anew, if it has more edits than tables. Pebble's own figure is 128 MiB, a
	// year's worth of bounds of tables that are gone.
	maxManifest = 4 << 10
	// maxTurns bounds the flushes until a manifest is written anew. The next start does it too.
	maxTurns = 400
)

// Turnover leaves no log and no manifest on disk that was written before it was called: logs whose records are in tables,
// but that are kept to be written over, and manifests that tell of tables which are gone.
func (db *DB) Turnover(ctx context.Context) error {
	manifest, err := db.currentManifest()
	if err != nil {
		return err
	}
	db.anew.Store(true)
	defer db.anew.Store(false)
	newer := manifest
	for i := 0; i < reusableLogs+2 || newer == manifest && i < maxTurns; i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := db.turn(); err != nil {
			return fmt.Errorf("begin a new log: %w", err)
		}
		if newer, err = db.currentManifest(); err != nil {
			return err
		}
	}
	return db.removeManifests(newer)
}

// turn writes a new table and begins a new log.
func (db *DB) turn() error {
	n, _, err := db.Get(turnedKey)
	if err != nil {
		return err
	}
	turned, _ := binary.Uvarint(n)
	b := db.NewBatch()
	b.Set(turnedKey, binary.AppendUvarint(nil, turned+1))
	if err := b.Commit(true); err != nil {
		return err
	}
	return db.p.Flush()
}

func (db *DB) currentManifest() (name string, err error) {
	d, err := pebble.Peek(db.dir, db.fs)
	if err != nil {
		return "", fmt.Errorf("look for the manifest: %w", err)
	}
	return db.fs.PathBase(d.ManifestFilename), nil
}

// removeManifests removes the manifests that are older than the current one. Pebble keeps the last of them.
func (db *DB) removeManifests(current string) error {
	names, err := db.fs.List(db.dir)
	if err != nil {
		return fmt.Errorf("list the manifests: %w", err)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, "MANIFEST-") || name >= current {
			continue
		}
		if err := db.fs.Remove(db.fs.PathJoin(db.dir, name)); err != nil && !oserror.IsNotExist(err) {
			return fmt.Errorf("remove an old manifest: %w", err)
		}
	}
	return syncDir(db.fs, db.dir)
}
