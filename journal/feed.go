package journal

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"footfall/store"
)

// Page asks for the records after a position, in order.
type Page struct {
	After  Position
	Chunks bool              // chunks too, else all other records alone
	Site   func(uint32) bool // of which sites there are chunks to read
	Window Position          // positions that are looked at at most, default 65,536
}

const defaultWindow = 1 << 16

// ReadPage visits records that are on disk after a position in order, as far as a window goes, until visit returns false.
// It returns the position up to which it came, and whether there are records that are not looked at yet. Erased records
// are gaps.
//
// Chunks stand by day and session: a page reads the keys of every block that holds a position of its window, and then
// the chunks that are visited. At the end of the journal those are few blocks; far back they are a day's.
func (j *Journal) ReadPage(p Page, visit func(*Record) (more bool, err error)) (through Position, rest bool, err error) {
	end := j.Durable()
	if p.Window == 0 {
		p.Window = defaultWindow
	}
	until := min(end, p.After+p.Window)
	if p.After >= end {
		return p.After, false, nil
	}
	if !p.Chunks {
		until = end // the other records are few, and stand in order
	}
	v := j.db.NewView()
	defer func() {
		if cerr := v.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("close view: %w", cerr)
		}
	}()
	places, err := p.chunks(v.Reader, until)
	if err != nil {
		return p.After, false, err
	}
	stopped := false
	through = p.After
	tell := func(r *Record) error {
		more, err := visit(r)
		if through = r.Pos; err == nil && !more {
			stopped = true
			return store.ErrStop
		}
		return err
	}
	next := func(before Position) error { // the chunks before a position
		for len(places) > 0 && places[0].pos < before && !stopped {
			value, found, err := v.Get(places[0].key[:])
			if err != nil {
				return err
			}
			key := places[0].key
			if places = places[1:]; !found {
				continue
			}
			r, err := decodeChunk(key[:], value)
			if err != nil {
				return err
			}
			if err := tell(&r); err != nil && err != store.ErrStop {
				return err
			}
		}
		return nil
	}
	err = v.Scan(store.Range{Lo: recordKey(p.After + 1), Hi: recordKey(until + 1)}, func(key, value []byte) error {
		r, err := decodeRecord(key, value)
		if err != nil {
			return err
		}
		if err := next(r.Pos); err != nil {
			return err
		}
		if stopped {
			return store.ErrStop
		}
		return tell(&r)
	})
	if err == nil && !stopped {
		err = next(math.MaxUint64)
	}
	if err == nil && !stopped {
		through = until
	}
	return through, through < end, err
}

// place is where a chunk stands.
type place struct {
	pos Position
	key [eventKeyLen]byte
}

// chunks returns where the chunks of a page stand, by position.
func (p *Page) chunks(r store.Reader, until Position) (places []place, err error) {
	if !p.Chunks {
		return nil, nil
	}
	lo, hi := store.Events.Span()
	err = r.Scan(store.Range{Lo: lo, Hi: hi, After: uint64(p.After), Until: uint64(until)}, func(key, _ []byte) error {
		_, site, _, pos, err := parseEventKey(key)
		if err != nil || pos <= p.After || pos > until || !p.Site(site) {
			return err
		}
		places = append(places, place{pos, [eventKeyLen]byte(key)})
		return nil
	})
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.pos, b.pos) })
	return places, err
}

// retiredKey holds the newest position of an event that was retired, u64 big endian.
var retiredKey = []byte("\x00retired through")

// RetiredThrough returns the newest position of an event that is past its retention, 0 if none is. A reader that stands
// before it has missed some.
func RetiredThrough(r store.Reader) (pos Position, err error) {
	v, found, err := r.Get(retiredKey)
	if err != nil {
		return 0, err
	}
	if found && len(v) == 8 {
		return Position(binary.BigEndian.Uint64(v)), nil
	}
	kept, err := FirstKept(r)
	if err != nil || kept == 0 {
		return 0, err
	}
	return beforeDay(r, kept) // retired by a version that did not note it
}

// beforeDay returns the position before the first event that was received from a day on: receive times never go back.
func beforeDay(r store.Reader, day uint16) (pos Position, err error) {
	lo, _ := store.Events.Span()
	_, hi := store.Events.Span()
	first, firstDay := Position(0), uint16(math.MaxUint16)
	err = r.Scan(store.Range{Lo: binary.BigEndian.AppendUint16(lo, day), Hi: hi}, func(key, _ []byte) error {
		of, _, _, pos, err := parseEventKey(key)
		switch {
		case err != nil:
			return err
		case first != 0 && of != firstDay:
			return store.ErrStop
		case first == 0 || pos < first:
			first, firstDay = pos, of
		}
		return nil
	})
	return first - min(first, 1), err
}

// noteRetired notes, in the batch that deletes the events of [lo, hi), up to which position they go.
func noteRetired(r store.Reader, b *store.Batch, lo, hi []byte) error {
	newest := Position(0)
	err := r.Scan(store.Range{Lo: lo, Hi: hi}, func(key, _ []byte) error {
		_, _, _, pos, err := parseEventKey(key)
		newest = max(newest, pos)
		return err
	})
	b.Set(retiredKey, binary.BigEndian.AppendUint64(nil, uint64(newest)))
	return err
}

// ChunkPlace is where a chunk stands among those of a site: by UTC day of receipt, session and position.
type ChunkPlace struct {
	Day     uint16
	Session store.ID
	Pos     Position
}

// ChunksAfter returns at most so many chunks of a site that stand after a place, all of one day, and the place of the
// last; none if that day has no more.
func ChunksAfter(r store.Reader, site uint32, after ChunkPlace, most int) (recs []Record, last ChunkPlace, err error) {
	last = after
	lo := appendEventKey(nil, after.Day, site, after.Session, after.Pos+1)
	hi := store.PrefixEnd(appendEventKey(nil, after.Day, site, store.ID{}, 0)[:eventKeyLen-24])
	err = r.Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
		if len(recs) == most {
			return store.ErrStop
		}
		rec, err := decodeChunk(key, value)
		recs, last = append(recs, rec), ChunkPlace{after.Day, rec.Key, rec.Pos}
		return err
	})
	return recs, last, err
}
