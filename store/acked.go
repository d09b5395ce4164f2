package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A log whose end rotted, or was cut off, can read as one that ended there, and a directory opens with less than was
// acknowledged, without a word. So the file acked beside Pebble's notes a position that was on disk, for whoever opens
// the directory to compare with what there is.
const ackedName = "acked"

// The file's one line: the position, and the CRC-32 (Castagnoli) of its digits.
const ackedFormat = "%d %08x\n"

func ackedLine(position uint64) string {
	return fmt.Sprintf(ackedFormat, position, crcOf(0, fmt.Append(nil, position)))
}

// NoteAcked notes that everything up to a position is on disk. The note is on disk when it returns.
func (db *DB) NoteAcked(position uint64) error {
	err := replaceFile(db.fs, db.fs.PathJoin(db.dir, ackedName), ackedLine(position))
	if err == nil {
		err = syncDir(db.fs, db.dir)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", ackedName, err)
	}
	return nil
}

// Acked returns the position that was noted last, and whether there is any note.
func (db *DB) Acked() (position uint64, found bool, err error) {
	text, err := readFile(db.fs, db.fs.PathJoin(db.dir, ackedName))
	if oserror.IsNotExist(err) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read %s: %w", ackedName, err)
	}
	var crc uint32
	n, err := fmt.Sscanf(string(text), ackedFormat, &position, &crc)
	if n != 2 || err != nil || ackedLine(position) != string(text) {
		return 0, true, fmt.Errorf("%w: the file %s", ErrDamaged, ackedName)
	}
	return position, true, nil
}

// LastLog returns the name of the newest log that the directory had when it was opened, empty if it had none.
func (db *DB) LastLog() string { return db.lastLog }

func lastLog(fs vfs.FS, dir string) (last string, err error) {
	names, err := fs.List(dir)
	if oserror.IsNotExist(err) {
		return "", nil
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".log") {
			last = max(last, name)
		}
	}
	return last, err
}

// replaceFile makes a small file, or a new one in place of one, whole or not at all. Until the directory is synced a power
// failure may bring back what was there before.
func replaceFile(fs vfs.FS, name, text string) error {
	f, err := fs.Create(name+".new", vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(text))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return fs.Rename(name+".new", name)
}
