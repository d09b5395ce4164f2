package store

import (
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
)

// The names below are stored in every directory: they are part of the format.
const (
	comparerName  = "footfall.1"
	mergerName    = "footfall.1"
	positionsName = "footfall.position"
)

// formatMajorVersion pins Pebble's own format, with WAL chunks that tell a torn tail from a damaged one.
const formatMajorVersion = pebble.FormatWALSyncChunks

// newComparer orders keys bytewise and splits them where the table of spaces says, so that bloom filters know a
// session's events by their prefix.
func newComparer() *pebble.Comparer {
	c := *pebble.DefaultComparer
	c.Name = comparerName
	c.Split = func(key []byte) int {
		if len(key) == 0 {
			return 0
		}
		if s := spaceTable[key[0]]; s != nil && s.Prefix > 0 {
			return min(s.Prefix, len(key))
		}
		return len(key)
	}
	return &c
}

const eventKeyLen = 1 + 2 + 4 + 16 + 8

// positionMapper tells Pebble which positions a block of the events space holds, so that the journal's tail can be read
// without reading what stands before it.
type positionMapper struct{}

func (positionMapper) MapPointKey(key pebble.InternalKey, _ []byte) (sstable.BlockInterval, error) {
	k := key.UserKey
	if len(k) != eventKeyLen || Space(k[0]) != Events {
		return sstable.BlockInterval{}, nil
	}
	pos := binary.BigEndian.Uint64(k[eventKeyLen-8:])
	return sstable.BlockInterval{Lower: pos, Upper: pos + 1}, nil
}

func (positionMapper) MapRangeKeys(sstable.Span) (sstable.BlockInterval, error) {
	return sstable.BlockInterval{}, nil
}

func newPositionCollector() pebble.BlockPropertyCollector {
	return sstable.NewBlockIntervalCollector(positionsName, positionMapper{}, nil)
}
