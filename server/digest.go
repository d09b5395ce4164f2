package server

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"

	"footfall/journal"
	"footfall/sessionize"
	"footfall/store"
)

// passing are the spaces of which rows come and go without a record of the journal, by the clock or unsynced. They say
// nothing of whether two directories hold the same.
var passing = []store.Space{store.Meta, store.Seen, store.Idempotency, store.Rejects, store.Installations}

// rows hashes keys with their values.
type rows struct{ hash.Hash }

func newRows() rows { return rows{sha256.New()} }

// add takes a row in, with the two lengths before it, so that no other rows give the same bytes.
func (h rows) add(key, value []byte) error {
	size := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(len(key))), uint64(len(value)))
	for _, b := range [][]byte{size, key, value} {
		if _, err := h.Write(b); err != nil {
			return err
		}
	}
	return nil
}

func (h rows) String() string { return fmt.Sprintf("%x", h.Sum(nil)) }

// digest returns the SHA-256, in hexadecimal digits, of all keys and values but the passing ones and rows that say nothing.
func digest(r store.Reader) (string, error) {
	h := newRows()
	for _, info := range store.Spaces {
		if slices.Contains(passing, info.Space) {
			continue
		}
		lo, hi := info.Space.Span()
		err := r.Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
			canonical, err := sessionize.Canonical(info.Space, value)
			if err != nil || canonical == nil && len(value) > 0 {
				return err
			}
			return h.add(key, canonical)
		})
		if err != nil {
			return "", fmt.Errorf("digest of %s: %w", info.Name, err)
		}
	}
	return h.String(), nil
}

// journalDigest returns the SHA-256 of the records up to a position.
func journalDigest(r store.Reader, until journal.Position) (string, error) {
	h := newRows()
	if err := journal.EachStored(r, until, h.add); err != nil {
		return "", fmt.Errorf("digest of the journal: %w", err)
	}
	return h.String(), nil
}
