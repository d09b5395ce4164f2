package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"syscall"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// overlay is a file system on which one directory can be read and seems to be written, but what is written stays in
// memory. A directory is opened on it as any other, with its recovery, and no byte of it changes. Pebble's own read-only
// mode would refuse the writes of that recovery.
//
// Outside of the directory it is the file system below, so that a backup can be written.
type overlay struct {
	vfs.FS // below
	dir    string
	mem    *vfs.MemFS

	mu   sync.Mutex
	gone map[string]bool // names below that were removed
}

func newOverlay(below vfs.FS, dir string) (*overlay, error) {
	o := &overlay{FS: below, dir: below.PathDir(below.PathJoin(dir, "x")), mem: vfs.NewMem(), gone: map[string]bool{}}
	return o, o.mem.MkdirAll(dir, 0o700)
}

func (o *overlay) inside(name string) bool { return o.PathDir(name) == o.dir }

// where says which of the two holds a file of the directory.
func (o *overlay) where(name string) vfs.FS {
	if _, err := o.mem.Stat(name); err == nil {
		return o.mem
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone[name] {
		return o.mem // which will say that it is not there
	}
	return o.FS
}

func (o *overlay) hide(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gone[name] = true
}

// Create implements vfs.FS.
func (o *overlay) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if !o.inside(name) {
		return o.FS.Create(name, category)
	}
	return o.mem.Create(name, category)
}

// Open implements vfs.FS.
func (o *overlay) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	if !o.inside(name) {
		return o.FS.Open(name, opts...)
	}
	return o.where(name).Open(name, opts...)
}

// OpenReadWrite implements vfs.FS, for files outside only: nothing asks for others.
func (o *overlay) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	if o.inside(name) {
		return nil, fmt.Errorf("open %s to change it: %w", o.PathBase(name), syscall.EROFS)
	}
	return o.FS.OpenReadWrite(name, category, opts...)
}

// OpenDir implements vfs.FS.
func (o *overlay) OpenDir(name string) (vfs.File, error) {
	if o.inside(o.PathJoin(name, "x")) {
		return o.mem.OpenDir(name)
	}
	return o.FS.OpenDir(name)
}

// Remove implements vfs.FS.
func (o *overlay) Remove(name string) error {
	if !o.inside(name) {
		return o.FS.Remove(name)
	}
	if _, err := o.Stat(name); err != nil {
		return err
	}
	o.hide(name)
	if err := o.mem.Remove(name); err != nil && !oserror.IsNotExist(err) {
		return err
	}
	return nil
}

// RemoveAll implements vfs.FS.
func (o *overlay) RemoveAll(name string) error {
	if !o.inside(name) {
		return o.FS.RemoveAll(name)
	}
	if err := o.Remove(name); err != nil && !oserror.IsNotExist(err) {
		return err
	}
	return nil
}

// Rename implements vfs.FS. What comes from below is copied.
func (o *overlay) Rename(from, to string) error {
	if !o.inside(from) || !o.inside(to) {
		return o.FS.Rename(from, to)
	}
	if fs := o.where(from); fs != vfs.FS(o.mem) {
		if err := vfs.CopyAcrossFS(fs, from, o.mem, to); err != nil {
			return err
		}
		o.hide(from)
		return nil
	}
	return o.mem.Rename(from, to)
}

// Link implements vfs.FS. What was written can only be copied: the caller does that if this is an error.
func (o *overlay) Link(from, to string) error {
	if o.inside(to) || o.inside(from) && o.where(from) == vfs.FS(o.mem) {
		return &os.LinkError{Op: "link", Old: from, New: to, Err: syscall.EXDEV}
	}
	return o.FS.Link(from, to)
}

// ReuseForWrite implements vfs.FS.
func (o *overlay) ReuseForWrite(from, to string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := o.Remove(from); err != nil {
		return nil, err
	}
	return o.Create(to, category)
}

// MkdirAll implements vfs.FS.
func (o *overlay) MkdirAll(name string, perm os.FileMode) error {
	if o.inside(o.PathJoin(name, "x")) {
		return nil // it is there
	}
	return o.FS.MkdirAll(name, perm)
}

// Lock implements vfs.FS. A directory without a LOCK nobody has opened, and one that cannot be written to nobody can
// open to write: neither needs a lock.
func (o *overlay) Lock(name string) (io.Closer, error) {
	if _, err := o.FS.Stat(name); oserror.IsNotExist(err) {
		return o.mem.Lock(name)
	}
	lock, err := o.FS.Lock(name)
	if errors.Is(err, syscall.EROFS) || oserror.IsPermission(err) {
		return o.mem.Lock(name)
	}
	return lock, err
}

// List implements vfs.FS.
func (o *overlay) List(dir string) ([]string, error) {
	names, err := o.FS.List(dir)
	if err != nil || !o.inside(o.PathJoin(dir, "x")) {
		return names, err
	}
	written, err := o.mem.List(dir)
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	names = slices.DeleteFunc(names, func(n string) bool { return o.gone[o.PathJoin(dir, n)] })
	o.mu.Unlock()
	names = append(names, written...)
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Stat implements vfs.FS.
func (o *overlay) Stat(name string) (vfs.FileInfo, error) {
	if !o.inside(name) {
		return o.FS.Stat(name)
	}
	return o.where(name).Stat(name)
}

// Unwrap implements vfs.FS.
func (o *overlay) Unwrap() vfs.FS { return nil }
