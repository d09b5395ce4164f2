package store

import (
	"bytes"

	"github.com/cockroachdb/pebble/v2"
)

// Lookup finds single keys, most of which are not there. It sees the store as it was when it was made, and keeps one
// iterator: a Get of Pebble's makes one each time and looks into the lowest level without its bloom filters, which cost
// a quarter of all CPU when every beacon came from a new session.
//
// It is not safe for concurrent use. It keeps memtables from being freed: do not keep it long. Close it.
type Lookup struct {
	it  *pebble.Iterator
	err error
}

// NewLookup returns a lookup in what is committed now.
func (db *DB) NewLookup() *Lookup {
	it, err := db.p.NewIter(&pebble.IterOptions{UseL6Filters: true})
	return &Lookup{it, err}
}

// Get returns the value under key, lent until the next call, and whether there is one. The key's space must have whole
// keys as bloom prefix.
func (l *Lookup) Get(key []byte) (value []byte, found bool, err error) {
	if l.err != nil {
		return nil, false, wrapRead("look up", l.err)
	}
	if !l.it.SeekPrefixGE(key) || !bytes.Equal(l.it.Key(), key) {
		if err := l.it.Error(); err != nil {
			return nil, false, wrapRead("look up", err)
		}
		return nil, false, nil
	}
	if value, err = l.it.ValueAndErr(); err != nil {
		return nil, false, wrapRead("look up", err)
	}
	return value, true, nil
}

// Close releases the iterator.
func (l *Lookup) Close() error {
	if l.it == nil {
		return nil
	}
	if err := l.it.Close(); err != nil {
		return wrapRead("close lookup", err)
	}
	return nil
}
