package store

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Pebble takes whatever it cannot read in a manifest for its end, as after a crash. If the end was once on disk and rotted,
// tables are forgotten whose logs are gone, and events with them, without a word. So after each sync of a manifest the
// file MANIFEST.guard notes how long it was and its CRC-32, and a manifest that is less than that is refused.
const guardName = "MANIFEST.guard"

const guardFormat = "%s %d %08x\n" // manifest, bytes, CRC-32 (Castagnoli) of them

func crcOf(crc uint32, b []byte) uint32 {
	return crc32.Update(crc, crc32.MakeTable(crc32.Castagnoli), b)
}

// manifest is a manifest that is being written.
type manifest struct {
	vfs.File
	fs        vfs.FS
	dir, name string
	size      int64
	crc       uint32
}

// Write implements vfs.File. The sum comes first: Pebble's files may change what they are given to write.
func (m *manifest) Write(p []byte) (int, error) {
	m.crc = crcOf(m.crc, p)
	n, err := m.File.Write(p)
	m.size += int64(n)
	return n, err
}

// Sync implements vfs.File.
func (m *manifest) Sync() error {
	if err := m.File.Sync(); err != nil {
		return err
	}
	if err := m.note(); err != nil {
		return fmt.Errorf("write %s: %w", guardName, err)
	}
	return nil
}

func (m *manifest) note() error {
	if err := replaceFile(m.fs, m.fs.PathJoin(m.dir, guardName), fmt.Sprintf(guardFormat, m.name, m.size, m.crc)); err != nil {
		return err
	}
	return syncDir(m.fs, m.dir)
}

// checkManifest refuses a manifest that has lost what was once on disk. Where there is no guard yet, or it is of a
// manifest that a crash kept from being taken into use, there is nothing to compare.
func checkManifest(fs vfs.FS, dir string) error {
	text, err := readFile(fs, fs.PathJoin(dir, guardName))
	if oserror.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	var name string
	var size int64
	var crc uint32
	if n, err := fmt.Sscanf(string(text), guardFormat, &name, &size, &crc); n != 3 || err != nil || fmt.Sprintf(guardFormat, name, size, crc) != string(text) {
		return fmt.Errorf("%s is damaged", guardName)
	}
	d, err := pebble.Peek(dir, fs)
	if err != nil {
		return err
	}
	current := fs.PathBase(d.ManifestFilename)
	if current < name {
		return nil
	}
	b, err := readFile(fs, d.ManifestFilename)
	if err != nil {
		return err
	}
	if current != name || int64(len(b)) < size || crcOf(0, b[:size]) != crc {
		return fmt.Errorf("%s is damaged: it is not what %s says", current, guardName)
	}
	return nil
}

func readFile(fs vfs.FS, name string) ([]byte, error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(f)
	return b, errors.Join(err, f.Close())
}
