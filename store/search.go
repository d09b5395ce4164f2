package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Occurrences is how often something stands in the files of a directory.
type Occurrences struct {
	Tables    int // keys and values, deletions included
	Logs      int
	Manifests int
	Listed    int // in the erasure list, where it must stand: not counted above
}

// None says whether it stands nowhere but in the erasure list.
func (o *Occurrences) None() bool { return o.Tables+o.Logs+o.Manifests == 0 }

// Search looks for bytes in the decoded tables, the logs and the manifests of a directory that nobody has open, or of a
// backup. listed says that a record of the journal is part of the erasure list.
func Search(ctx context.Context, dir string, needles [][]byte, listed func(value []byte) bool) ([]Occurrences, error) {
	return search(ctx, vfs.Default, dir, needles, listed)
}

func search(ctx context.Context, fs vfs.FS, dir string, needles [][]byte, listed func(value []byte) bool) ([]Occurrences, error) {
	s := searcher{fs: fs, needles: needles, listed: listed, found: make([]Occurrences, len(needles))}
	names, err := fs.List(dir)
	if err != nil {
		return nil, fmt.Errorf("search %s: %w", dir, err)
	}
	for _, name := range names {
		path := fs.PathJoin(dir, name)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case strings.HasSuffix(name, ".sst"):
			err = s.table(ctx, path)
		case strings.HasSuffix(name, ".log"):
			err = s.chunked(path, func(o *Occurrences) *int { return &o.Logs })
		case strings.HasPrefix(name, "MANIFEST-"):
			err = s.chunked(path, func(o *Occurrences) *int { return &o.Manifests })
		}
		if err != nil {
			return nil, fmt.Errorf("search %s: %w", name, err)
		}
	}
	return s.found, nil
}

type searcher struct {
	fs      vfs.FS
	needles [][]byte
	listed  func([]byte) bool
	found   []Occurrences
}

// look counts what stands in b. A hash is part of a key of the erasure list if the space and the site stand before it.
func (s *searcher) look(b []byte, isListed bool, count func(*Occurrences) *int) {
	const before = 1 + 4 + 1
	for i, needle := range s.needles {
		for at := 0; ; at++ {
			n := bytes.Index(b[at:], needle)
			if n < 0 {
				break
			}
			at += n
			if isListed || at >= before && b[at-before] == byte(Erased) && len(needle) == len(ID{}) {
				s.found[i].Listed++
			} else {
				*count(&s.found[i])++
			}
		}
	}
}

func (s *searcher) table(ctx context.Context, path string) (err error) {
	r, err := openTable(ctx, s.fs, path)
	if err != nil {
		return err
	}
	return errors.Join(s.points(r), s.ranges(ctx, r), r.Close())
}

func inTables(o *Occurrences) *int { return &o.Tables }

func (s *searcher) points(r *sstable.Reader) error {
	it, err := r.NewIter(sstable.NoTransforms, nil, nil, sstable.AssertNoBlobHandles)
	if err != nil {
		return err
	}
	for kv := it.First(); kv != nil; kv = it.Next() {
		value, _, err := kv.Value(nil)
		if err != nil {
			return errors.Join(err, it.Close())
		}
		key := kv.K.UserKey
		s.look(key, false, inTables)
		s.look(value, len(key) > 0 && key[0] == byte(Journal) && s.listed(value), inTables)
	}
	return errors.Join(it.Error(), it.Close())
}

// ranges looks at the bounds of deleted ranges.
func (s *searcher) ranges(ctx context.Context, r *sstable.Reader) error {
	it, err := r.NewRawRangeDelIter(ctx, sstable.NoFragmentTransforms, sstable.NoReadEnv)
	if err != nil || it == nil {
		return err
	}
	defer it.Close()
	span, err := it.First()
	for ; span != nil; span, err = it.Next() {
		s.look(span.Start, false, inTables)
		s.look(span.End, false, inTables)
	}
	return err
}

// chunked looks at a file of chunks as it is, and at what its chunks hold, joined together.
func (s *searcher) chunked(path string, count func(*Occurrences) *int) error {
	b, err := readFile(s.fs, path)
	if err != nil {
		return err
	}
	raw := make([]Occurrences, len(s.needles))
	joined := make([]Occurrences, len(s.needles))
	for _, pass := range []struct {
		b  []byte
		to []Occurrences
	}{{b, raw}, {joinChunks(b), joined}} {
		one := searcher{needles: s.needles, listed: s.listed, found: pass.to}
		one.look(pass.b, false, count)
	}
	for i := range s.found { // nearly all stand in both
		*count(&s.found[i]) += max(*count(&raw[i]), *count(&joined[i]))
		s.found[i].Listed += max(raw[i].Listed, joined[i].Listed)
	}
	return nil
}

// joinChunks returns what the chunks of a file hold. Pebble's logs and manifests are blocks of 32 KiB, each of chunks:
//
//	u32 CRC | u16 length, little endian | u8 type | what the type adds to the header | payload
//
// Whose log a chunk is does not matter here: of one that was written over, what is left of the old one counts too.
func joinChunks(b []byte) (joined []byte) {
	const block = 32 << 10
	for len(b) > 0 {
		rest := b[:min(block, len(b))]
		b = b[len(rest):]
		for len(rest) > 7 {
			length, header := int(binary.LittleEndian.Uint16(rest[4:])), chunkHeader(rest[6])
			if header == 0 || header+length > len(rest) {
				break
			}
			joined = append(joined, rest[header:header+length]...)
			rest = rest[header+length:]
		}
	}
	return joined
}

// chunkHeader returns the length of a header by its type, 0 for none: plain ones, those of logs that may be written over,
// and those that say up to where the log is synced.
func chunkHeader(kind byte) int {
	switch {
	case kind >= 1 && kind <= 4:
		return 7
	case kind >= 5 && kind <= 8:
		return 11
	case kind >= 9 && kind <= 12:
		return 19
	}
	return 0
}
