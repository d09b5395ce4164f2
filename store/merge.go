package store

import (
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2"
)

// Merge combines two values of one space into one, older first. It must be associative and must not keep or change its
// arguments. It returns an error only for bytes that it cannot have written.
type Merge func(older, newer []byte) ([]byte, error)

// newMerger makes Pebble's merger from the owners' functions.
func newMerger(merges map[Space]Merge) *pebble.Merger {
	return &pebble.Merger{
		Name: mergerName,
		Merge: func(key, value []byte) (pebble.ValueMerger, error) {
			merge := merges[Space(key[0])]
			if merge == nil {
				return nil, fmt.Errorf("store: no merge operator for space %#x", key[0])
			}
			return &valueMerger{merge: merge, value: append([]byte(nil), value...)}, nil
		},
	}
}

type valueMerger struct {
	merge Merge
	value []byte
}

func (m *valueMerger) MergeNewer(value []byte) (err error) {
	m.value, err = m.merge(m.value, value)
	return err
}

func (m *valueMerger) MergeOlder(value []byte) (err error) {
	m.value, err = m.merge(value, m.value)
	return err
}

func (m *valueMerger) Finish(bool) ([]byte, io.Closer, error) { return m.value, nil, nil }
