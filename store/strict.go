package store

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// strict is the file system as Pebble gets to see it. It notes which file was opened last, so that an error of opening a
// store names a file, and steps in at two places.
//
// Where a failure makes Pebble panic, in a goroutine of its own or giving back a lock that it does not hold, the program
// ends in order instead: when a log or the file of options cannot be made, written or synced, and when a directory cannot
// be synced.
//
// And it makes the directory entry of a new manifest durable before Pebble writes the marker that names it. Pebble syncs
// the directory once, after both, and a power failure in between may keep the marker alone: then nothing can be opened
// any more. File systems with one ordered journal (ext4, XFS) do not do that; POSIX does not say so.
//
// Where a backup is written, outside of the directory, a failure is only an error.
type strict struct {
	vfs.FS
	dir    string
	fatalf func(format string, args ...any)
	opened *atomic.Pointer[string]
	anew   *atomic.Bool // logs are not written over but made anew
}

func newStrict(fs vfs.FS, dir string, fatalf func(format string, args ...any)) strict {
	s := strict{fs, fs.PathDir(fs.PathJoin(dir, "x")), fatalf, new(atomic.Pointer[string]), new(atomic.Bool)}
	s.opened.Store(new(string))
	return s
}

// Open implements vfs.FS.
func (fs strict) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	base := fs.PathBase(name)
	fs.opened.Store(&base)
	return fs.FS.Open(name, opts...)
}

// blame adds the name of the file that an error of pebble.Open is about, which Pebble seldom says.
func (fs strict) blame(err error) error {
	name := *fs.opened.Load()
	if errors.Is(err, pebble.ErrDBNotPristine) { // what Pebble takes a store without its format for
		name = "marker.format-version"
	}
	if name == "" || strings.Contains(err.Error(), name) {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// Create implements vfs.FS.
func (fs strict) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := fs.FS.Create(name, category)
	switch {
	case fs.inside(name) && strings.HasSuffix(name, ".log"):
		return fs.log(f, name, err)
	case fs.inside(name) && strings.HasSuffix(name, ".dbtmp"): // becomes the options
		return fs.must(f, name, err)
	}
	if err != nil || !strings.HasPrefix(fs.PathBase(name), "MANIFEST-") {
		return f, err
	}
	if err := syncDir(fs.FS, fs.PathDir(name)); err != nil {
		return nil, errors.Join(fmt.Errorf("sync the directory of %s: %w", fs.PathBase(name), err), f.Close())
	}
	return &manifest{File: f, fs: fs.FS, dir: fs.PathDir(name), name: fs.PathBase(name)}, nil
}

// ReuseForWrite implements vfs.FS. Pebble reuses logs only.
func (fs strict) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if fs.anew.Load() {
		if err := fs.Remove(old); err != nil {
			return fs.must(nil, name, err)
		}
		return fs.Create(name, category)
	}
	f, err := fs.FS.ReuseForWrite(old, name, category)
	return fs.log(f, name, err)
}

// log ends the program if a log could not be made, new or over an old one.
func (fs strict) log(f vfs.File, name string, err error) (vfs.File, error) {
	s := strictFile{f, fs.PathBase(name), fs.fatalf}
	if err = s.must("make", err); err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err = s.must("measure", err); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return newPrewritten(s, info.Size()), nil
}

// Rename implements vfs.FS. Pebble renames the options only.
func (fs strict) Rename(old, name string) error {
	if !fs.inside(name) {
		return fs.FS.Rename(old, name)
	}
	return strictFile{nil, fs.PathBase(name), fs.fatalf}.must("make", fs.FS.Rename(old, name))
}

// must ends the program if a file could not be made.
func (fs strict) must(f vfs.File, name string, err error) (vfs.File, error) {
	s := strictFile{f, fs.PathBase(name), fs.fatalf}
	if err = s.must("make", err); err != nil {
		return nil, err
	}
	return s, nil
}

// OpenDir implements vfs.FS.
func (fs strict) OpenDir(name string) (vfs.File, error) {
	f, err := fs.FS.OpenDir(name)
	if err != nil || !fs.inside(fs.PathJoin(name, "x")) {
		return f, err
	}
	return strictFile{f, fs.PathBase(name), fs.fatalf}, nil
}

func (fs strict) inside(name string) bool { return fs.PathDir(name) == fs.dir }

// Unwrap lets Pebble find the file system below.
func (fs strict) Unwrap() vfs.FS { return fs.FS }

// strictFile is a file or directory with which the program ends when it cannot be written or synced.
type strictFile struct {
	vfs.File
	name   string
	fatalf func(format string, args ...any)
}

// must ends the program if there is an error.
func (f strictFile) must(what string, err error) error {
	if err != nil {
		f.fatalf("%s %s: %v", what, f.name, err)
	}
	return err
}

// Write implements vfs.File.
func (f strictFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, f.must("write", err)
}

// Sync implements vfs.File.
func (f strictFile) Sync() error { return f.must("sync", f.File.Sync()) }

// SyncData implements vfs.File.
func (f strictFile) SyncData() error { return f.must("sync", f.File.SyncData()) }

// SyncTo implements vfs.File.
func (f strictFile) SyncTo(length int64) (full bool, err error) {
	full, err = f.File.SyncTo(length)
	return full, f.must("sync", err)
}

func syncDir(fs vfs.FS, name string) error {
	dir, err := fs.OpenDir(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
