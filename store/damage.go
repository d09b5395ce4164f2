package store

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"syscall"

	"footfall/fault"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2"
)

// ErrDamaged is in the error of whoever meets stored bytes that are not what was written. What Options.Fatal is told of
// damage holds its text.
var ErrDamaged = errors.New("stored data is damaged")

// wrapRead says what was being read. Damage is a fault: clients learn that there is some, and the log where.
func wrapRead(what string, err error) error {
	if !pebble.IsCorruptionError(err) {
		return fmt.Errorf("store: %s: %w", what, err)
	}
	return fault.Wrap(fault.DataCorrupt, fmt.Errorf("%w: %s: %s: %w", ErrDamaged, what, fileOf(err), err),
		"Stored data that this answer needs is damaged. The server's log names the file.")
}

// fileOf returns the name of the damaged file that an error is about.
func fileOf(err error) string {
	if info := pebble.ExtractDataCorruptionInfo(err); info != nil {
		return path.Base(info.Path)
	}
	return "a file"
}

// wrapOpen tells damage from the other reasons why a directory cannot be opened. Pebble marks only some of it: what the
// operating system did not refuse is damage.
func wrapOpen(err error) error {
	var refused syscall.Errno
	switch {
	case strings.Contains(err.Error(), "unknown format major version"):
		return fmt.Errorf("%w: %w", ErrNewerFormat, err)
	case errors.As(err, &refused) && !oserror.IsNotExist(err):
		return fmt.Errorf("open store: %w", err)
	}
	return fmt.Errorf("open store: %w: %w", ErrDamaged, err)
}

// damaged is Pebble's word of a damaged file.
func (l logger) damaged(info pebble.DataCorruptionInfo) {
	file := path.Base(info.Path)
	l.log.Error("stored data is damaged", "file", file, "error", info.Details)
	if l.corrupt != nil {
		l.corrupt(file)
	}
}

// backgroundError ends the program when a flush or a compaction fails: Pebble would try again without a pause, for ever.
// Too many open files are the exception: they may be fewer soon.
func (l logger) backgroundError(err error) {
	switch {
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		l.Errorf("background error: %v", err)
	case pebble.IsCorruptionError(err):
		l.Fatalf("%v: %s cannot be compacted: %v", ErrDamaged, fileOf(err), err)
	default:
		l.Fatalf("background error: %v", err)
	}
}
