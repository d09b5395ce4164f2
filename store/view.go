package store

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
)

// Reader reads the store as it is (DB) or as it was at one instant (View).
type Reader struct{ r pebble.Reader }

// Reader returns a reader of the newest committed state.
func (db *DB) Reader() Reader { return Reader{db.p} }

// View is the store at one instant. Close it.
type View struct {
	Reader
	s *pebble.Snapshot
}

// NewView returns a view of what is committed now.
func (db *DB) NewView() *View {
	s := db.p.NewSnapshot()
	return &View{Reader{s}, s}
}

// Close releases the view.
func (v *View) Close() error { return v.s.Close() }

// Get returns a copy of the value under key and whether there is one.
func (r Reader) Get(key []byte) ([]byte, bool, error) { return get(r.r, key) }

// Range says which keys Scan visits.
type Range struct {
	Lo, Hi  []byte // [Lo, Hi)
	Reverse bool
	// After and Until, if Until is not 0, skip blocks of the events space that hold no position in (After, Until].
	// They are a hint: other positions may still be visited.
	After, Until uint64
}

// ErrClosed is what whoever uses a closed store panics with: nobody may by then but those whose owner could wait no longer.
var ErrClosed = pebble.ErrClosed

// ErrStop ends a Scan whose visitor returns it, without an error.
var ErrStop = errors.New("stop")

// Scan visits the keys of a range in order (or reverse order). Key and value are lent: they change after visit returns.
// It returns the first error of the store or of visit.
func (r Reader) Scan(rg Range, visit func(key, value []byte) error) (err error) {
	o := &pebble.IterOptions{LowerBound: rg.Lo, UpperBound: rg.Hi}
	if rg.Until > 0 {
		o.PointKeyFilters = []pebble.BlockPropertyFilter{
			sstable.NewBlockIntervalFilter(positionsName, rg.After+1, rg.Until+1, nil),
		}
	}
	return r.visit(o, visit, func(it *pebble.Iterator) bool {
		if rg.Reverse {
			return it.Last()
		}
		return it.First()
	}, rg.Reverse)
}

// ScanSkipping is Scan, ascending, of a visitor that says where to go on: at the first key from next on, or at the next key
// if that is nil. next must be above key.
func (r Reader) ScanSkipping(rg Range, visit func(key, value []byte) (next []byte, err error)) error {
	o := &pebble.IterOptions{LowerBound: rg.Lo, UpperBound: rg.Hi}
	var to []byte
	return r.step(o, func(key, value []byte) (err error) {
		to, err = visit(key, value)
		return err
	}, (*pebble.Iterator).First, func(it *pebble.Iterator) bool {
		if to != nil {
			return it.SeekGE(to)
		}
		return it.Next()
	})
}

// ScanPrefix visits the keys that begin with prefix, which must end where the space's bloom prefix ends, and uses
// the bloom filters to skip tables without it.
func (r Reader) ScanPrefix(prefix []byte, visit func(key, value []byte) error) error {
	o := &pebble.IterOptions{LowerBound: prefix, UpperBound: PrefixEnd(prefix)}
	return r.visit(o, visit, func(it *pebble.Iterator) bool { return it.SeekPrefixGE(prefix) }, false)
}

// visit goes from the first key on, forwards or backwards.
func (r Reader) visit(o *pebble.IterOptions, visit func(key, value []byte) error, first func(*pebble.Iterator) bool, reverse bool) error {
	next := (*pebble.Iterator).Next
	if reverse {
		next = (*pebble.Iterator).Prev
	}
	return r.step(o, visit, first, next)
}

// step goes from the first key to the next, and is the one place where an iterator's errors are looked at.
func (r Reader) step(o *pebble.IterOptions, visit func(key, value []byte) error, first, next func(*pebble.Iterator) bool) (err error) {
	it, err := r.r.NewIter(o)
	if err != nil {
		return wrapRead("scan", err)
	}
	defer func() {
		if cerr := it.Close(); err == nil && cerr != nil {
			err = wrapRead("scan", cerr)
		}
	}()
	for ok := first(it); ok; ok = next(it) {
		value, err := it.ValueAndErr()
		if err != nil {
			return wrapRead("scan", err)
		}
		if err := visit(it.Key(), value); err == ErrStop {
			return nil
		} else if err != nil {
			return err
		}
	}
	if err := it.Error(); err != nil {
		return wrapRead("scan", err)
	}
	return nil
}
