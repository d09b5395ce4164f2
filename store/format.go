package store

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// FormatVersion is the newest version of the format of keys and values that this program writes.
//
//	1  first
const FormatVersion = 1

// ErrNewerFormat is returned by Open for a directory that a newer footfall wrote.
var ErrNewerFormat = errors.New("store: the directory was written by a newer footfall")

var metaFormat = []byte("\x00format")

// upgrade makes of a directory of one format one of the next. What it writes is committed with the new version.
type upgrade struct {
	says string
	run  func(db *DB, b *Batch) error
}

// upgrades lead from each format to the next; the first from 1 to 2.
var upgrades = []upgrade{}

// readFormat reads the version of a directory's format; found is false where there is none yet.
func (db *DB) readFormat() (found bool, err error) {
	v, found, err := db.Get(metaFormat)
	if err != nil || !found {
		return false, err
	}
	format, n := binary.Uvarint(v)
	if n <= 0 || format == 0 {
		return true, fmt.Errorf("%w: the version of the format", ErrDamaged)
	}
	if format > FormatVersion {
		return true, fmt.Errorf("%w: format %d, this program knows up to %d", ErrNewerFormat, format, FormatVersion)
	}
	db.format = int(format)
	return true, nil
}

// Format returns the version of the directory's format. A newer program keeps it until Upgrade.
func (db *DB) Format() int { return db.format }

// Upgrade brings the directory to FormatVersion, each step whole or not at all. tell is told of each before it is taken.
func (db *DB) Upgrade(tell func(to int, says string)) error { return db.upgrade(upgrades, tell) }

func (db *DB) upgrade(steps []upgrade, tell func(to int, says string)) error {
	for db.format <= len(steps) {
		step, to := steps[db.format-1], db.format+1
		tell(to, step.says)
		b := db.NewBatch()
		if err := step.run(db, b); err != nil {
			b.Close()
			return fmt.Errorf("upgrade to format %d: %w", to, err)
		}
		b.Set(metaFormat, binary.AppendUvarint(nil, uint64(to)))
		if err := b.Commit(true); err != nil {
			return fmt.Errorf("upgrade to format %d: %w", to, err)
		}
		db.format = to
	}
	return nil
}
