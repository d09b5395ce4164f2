package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// SumsName is the file of a backup that lists the SHA-256 of all others, as sha256sum does. It is written last: a
// directory without it is no whole backup.
const SumsName = "SHA256SUMS"

// Backup writes everything that is committed to a new directory, beside whatever else goes on. Tables are linked where
// that is possible, and so take no more space until they are compacted here.
func (db *DB) Backup(dir string) error {
	if err := db.checkpoint(dir); err != nil {
		return fmt.Errorf("back up to %s: %w", dir, err)
	}
	if err := writeSums(db.fs, dir); err != nil {
		return fmt.Errorf("back up to %s: %w", dir, errors.Join(err, db.fs.RemoveAll(dir)))
	}
	return nil
}

// checkpoint is Pebble's, which panics if a directory cannot be synced: a full disk of backups must not end the program.
func (db *DB) checkpoint(dir string) (err error) {
	defer func() {
		p := recover()
		if failed, ok := p.(error); ok {
			err = errors.Join(failed, db.fs.RemoveAll(dir))
		} else if p != nil {
			panic(p)
		}
	}()
	return db.p.Checkpoint(dir, pebble.WithFlushedWAL())
}

func writeSums(fs vfs.FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	slices.Sort(names)
	var sums strings.Builder
	for _, name := range names {
		sum, err := sumOf(fs, fs.PathJoin(dir, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%s  %s\n", sum, name)
	}
	if err := replaceFile(fs, fs.PathJoin(dir, SumsName), sums.String()); err != nil {
		return err
	}
	return syncDir(fs, dir)
}

func sumOf(fs vfs.FS, name string) (sum string, err error) {
	f, err := fs.Open(name)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	return fmt.Sprintf("%x", h.Sum(nil)), errors.Join(err, f.Close())
}

// readSums reads the list of a backup: the sums by name, in the list's order of names.
func readSums(fs vfs.FS, dir string) (names []string, sums map[string]string, err error) {
	text, err := readFile(fs, fs.PathJoin(dir, SumsName))
	if err != nil {
		return nil, nil, err
	}
	sums = map[string]string{}
	for line := range strings.Lines(string(text)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || len(sum) != 2*sha256.Size || name == "" || name != fs.PathBase(name) || sums[name] != "" || !strings.HasSuffix(line, "\n") {
			return nil, nil, fmt.Errorf("%w: %s cannot be read", ErrDamaged, SumsName)
		}
		names, sums[name] = append(names, name), sum
	}
	if len(names) == 0 {
		return nil, nil, fmt.Errorf("%w: %s is empty", ErrDamaged, SumsName)
	}
	return names, sums, nil
}

// CheckSums compares the files of a backup with its list and returns their number. listed is false if there is no list:
// then it is no backup, or one that was not finished.
func CheckSums(dir string) (files int, listed bool, err error) {
	return checkSums(vfs.Default, dir)
}

func checkSums(fs vfs.FS, dir string) (files int, listed bool, err error) {
	names, sums, err := readSums(fs, dir)
	if oserror.IsNotExist(err) {
		return 0, false, nil
	}
	if err != nil {
		return 0, true, err
	}
	for _, name := range names {
		sum, err := sumOf(fs, fs.PathJoin(dir, name))
		if oserror.IsNotExist(err) {
			return 0, true, fmt.Errorf("%w: %s is missing", ErrDamaged, name)
		}
		if err != nil {
			return 0, true, fmt.Errorf("read %s: %w", name, err)
		}
		if sum != sums[name] {
			return 0, true, fmt.Errorf("%w: %s is not what %s says", ErrDamaged, name, SumsName)
		}
	}
	return len(names), true, nil
}

// CheckTables reads every block of every table and compares it with its checksum. It returns how many tables there are.
func (db *DB) CheckTables(ctx context.Context) (tables int, err error) {
	names, err := db.fs.List(db.dir)
	if err != nil {
		return 0, fmt.Errorf("list the tables: %w", err)
	}
	for _, name := range names {
		if !strings.HasSuffix(name, ".sst") {
			continue
		}
		if err := db.checkTable(ctx, name); err != nil {
			return tables, fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
		}
		tables++
	}
	return tables, nil
}

// openTable opens a table by itself, beside the store that it is of.
func openTable(ctx context.Context, fs vfs.FS, path string) (*sstable.Reader, error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	readable, err := sstable.NewSimpleReadable(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	o := pebble.Options{Comparer: newComparer(), Merger: newMerger(nil)}
	o.EnsureDefaults()
	r, err := sstable.NewReader(ctx, readable, o.MakeReaderOptions())
	if err != nil {
		return nil, errors.Join(err, readable.Close())
	}
	return r, nil
}

func (db *DB) checkTable(ctx context.Context, name string) error {
	r, err := openTable(ctx, db.fs, db.fs.PathJoin(db.dir, name))
	if err != nil {
		return err
	}
	return errors.Join(r.ValidateBlockChecksums(), r.Close())
}

// Restore copies a backup into a directory that is empty or not there. It compares the backup with its list before and
// the copy after. What it copied goes again if it fails; the file without which nothing opens comes last.
func Restore(from, to string) (files int, err error) { return restore(vfs.Default, from, to) }

func restore(fs vfs.FS, from, to string) (files int, err error) {
	if _, listed, err := checkSums(fs, from); err != nil || !listed {
		if err == nil {
			err = fmt.Errorf("%s has no %s: it is no backup, or one that was not finished", from, SumsName)
		}
		return 0, err
	}
	names, sums, err := readSums(fs, from)
	if err != nil {
		return 0, err
	}
	if err := makeEmpty(fs, to); err != nil {
		return 0, err
	}
	isMarker := func(name string) bool { return strings.HasPrefix(name, "marker.manifest") }
	slices.SortStableFunc(names, func(a, b string) int {
		switch {
		case isMarker(a) && !isMarker(b):
			return 1
		case isMarker(b) && !isMarker(a):
			return -1
		}
		return 0
	})
	for i, name := range names {
		if err := copyWhole(fs, fs.PathJoin(from, name), fs.PathJoin(to, name), sums[name]); err != nil {
			for _, copied := range names[:i+1] {
				if rerr := fs.Remove(fs.PathJoin(to, copied)); !oserror.IsNotExist(rerr) {
					err = errors.Join(err, rerr)
				}
			}
			return 0, fmt.Errorf("restore %s: %w", name, err)
		}
	}
	return len(names), syncDir(fs, to)
}

// makeEmpty makes a directory, or accepts one that is empty.
func makeEmpty(fs vfs.FS, dir string) error {
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		return fmt.Errorf("%s is not empty: it holds %s", dir, names[0])
	}
	return nil
}

func copyWhole(fs vfs.FS, from, to, want string) error {
	if err := vfs.Copy(fs, from, to); err != nil {
		return err
	}
	sum, err := sumOf(fs, to)
	if err == nil && sum != want {
		err = fmt.Errorf("%w: the copy differs from what %s says", ErrDamaged, SumsName)
	}
	return err
}
