package store

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// DiskUsage returns how many bytes of the file system that holds dir are free for us, and how many it has.
func DiskUsage(dir string) (free, total uint64, err error) {
	u, err := vfs.Default.GetDiskUsage(dir)
	if err != nil {
		return 0, 0, fmt.Errorf("look at the free space of %s: %w", dir, err)
	}
	return u.AvailBytes, u.TotalBytes, nil
}

// Ballast is a file that holds nothing but space. Given up when the disk is nearly full, it lets what makes room again
// (deletions need a write too) go on. On systems that cannot reserve space for a file it is empty and helps nothing.
type Ballast struct {
	fs   vfs.FS
	name string
	size int64
}

// NewBallast returns the ballast of a directory. It reads and writes nothing.
func NewBallast(dir string, size int64) *Ballast {
	return &Ballast{vfs.Default, vfs.Default.PathJoin(dir, "ballast"), size}
}

// Size returns how many bytes it takes when it is there.
func (b *Ballast) Size() int64 { return b.size }

// Make reserves the space, if it is not. A ballast of no size is no file.
func (b *Ballast) Make() (err error) {
	if b.size == 0 {
		return nil
	}
	if _, err := b.fs.Stat(b.name); err == nil {
		return nil
	}
	f, err := b.fs.Create(b.name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("make the ballast: %w", err)
	}
	err = errors.Join(f.Preallocate(0, b.size), f.Close())
	if err != nil { // half a ballast would look like a whole one
		return fmt.Errorf("make the ballast: %w", errors.Join(err, b.Free()))
	}
	return nil
}

// Free gives the space back, if it is reserved.
func (b *Ballast) Free() error {
	if b.size == 0 {
		return nil
	}
	if err := b.fs.Remove(b.name); err != nil && !oserror.IsNotExist(err) {
		return fmt.Errorf("free the ballast: %w", err)
	}
	return nil
}
