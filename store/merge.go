package store

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// Merge combines two values of one space or more into one, oldest first. It must be associative and must not keep or
// change its arguments. It returns an error only for bytes that it cannot have written. It gets all that meet at once: a
// row that many checkpoints added to is decoded and encoded once, and not once for each of them.
type Merge func(values [][]byte) ([]byte, error)

// newMerger makes Pebble's merger from the owners' functions.
func newMerger(merges map[Space]Merge) *pebble.Merger {
	return &pebble.Merger{
		Name: mergerName,
		Merge: func(key, value []byte) (pebble.ValueMerger, error) {
			merge := merges[Space(key[0])]
			if merge == nil {
				return nil, fmt.Errorf("store: no merge operator for space %#x", key[0])
			}
			m := &valueMerger{merge: merge}
			return m, m.MergeNewer(value)
		},
	}
}

// valueMerger gathers what there is of a key, at most what the memtables or the tables that are compacted hold of it.
type valueMerger struct {
	merge Merge
	newer [][]byte // than the first that came, which is among them, ascending
	older [][]byte // descending
}

func (m *valueMerger) MergeNewer(value []byte) error {
	m.newer = append(m.newer, bytes.Clone(value))
	return nil
}

func (m *valueMerger) MergeOlder(value []byte) error {
	m.older = append(m.older, bytes.Clone(value))
	return nil
}

func (m *valueMerger) Finish(bool) ([]byte, io.Closer, error) {
	slices.Reverse(m.older)
	values := append(m.older, m.newer...)
	if len(values) == 1 {
		return values[0], nil, nil
	}
	value, err := m.merge(values)
	return value, nil, err
}
