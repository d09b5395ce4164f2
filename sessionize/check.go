package sessionize

import (
	"encoding/binary"
	"fmt"
	"slices"

	"footfall/event"
	"footfall/journal"
	"footfall/store"

	"github.com/RoaringBitmap/roaring/v2"
)

// Check implements journal.Owner: it reports every stored value that cannot be read, sessions that do not agree with
// their own chunks, visitors whose visits are not apart, and listing days with visitors that do not exist.
func (o *Sessions) Check(v *store.View, report func(error)) {
	pos, err := journal.StoredPosition(v.Reader, ownerName)
	if err != nil {
		report(err)
	}
	scan := func(space store.Space, check func(k, value []byte) error) {
		lo, hi := space.Span()
		err := v.Scan(store.Range{Lo: lo, Hi: hi}, func(k, value []byte) error {
			if err := check(k, value); err != nil {
				report(fmt.Errorf("%x: %w", k, err))
			}
			return nil
		})
		if err != nil {
			report(err)
		}
	}
	kept, err := journal.FirstKept(v.Reader)
	if err != nil {
		report(err)
	}
	scan(store.Sessions, func(k, value []byte) error { return checkSession(v, pos, kept, k, value) })
	scan(store.Visitors, func(_, value []byte) error {
		visitor, err := decodeVisitor(value)
		if err == nil && !runsApart(visitor.Runs) {
			err = fmt.Errorf("%w: visits that are not apart", ErrCorrupt)
		}
		return err
	})
	scan(store.ListingDays, func(k, value []byte) error {
		key, err := parseListingDayKey(k)
		if err != nil {
			return err
		}
		d, err := decodeListingDay(value, key.day)
		if err != nil {
			return err
		}
		return o.checkDay(d, key)
	})
	scan(store.PageDays, func(k, value []byte) error {
		key, _, err := decodePageDay(k, value)
		if err == nil && !slices.Equal(o.pageDayKey(key), k) {
			err = fmt.Errorf("%w: page day under another profile's key", ErrCorrupt)
		}
		return err
	})
	scan(store.Erased, func(k, value []byte) error {
		_, err := decodeErased(k, value)
		return err
	})
	scan(store.Hot, func(k, value []byte) error {
		_, err := decodeHotRow(k, value)
		return err
	})
	scan(store.Seen, func(k, value []byte) error {
		_, err := parseSeenKey(k)
		if err == nil && isPast(value) && (len(value) != 1 || value[0] != seenPast) {
			err = fmt.Errorf("%w: seen value %x", ErrCorrupt, value)
		}
		return err
	})
}

// checkSession looks at a session's state, and at its chunks if none of them was retired.
func checkSession(v *store.View, pos journal.Position, kept uint16, k, value []byte) error {
	var s Session
	if err := decodeSession(slices.Clone(value), &s); err != nil {
		return err
	}
	if s.Through == 0 || s.Through > pos {
		return fmt.Errorf("%w: session through position %d, checkpoint at %d", ErrCorrupt, s.Through, pos)
	}
	if !runsApart(s.Runs) {
		return fmt.Errorf("%w: visits that are not apart", ErrCorrupt)
	}
	if len(s.Days) > 0 && s.Days[0] < kept {
		return nil
	}
	count := int64(0)
	for _, day := range s.Days {
		err := journal.ReadSession(v.Reader, day, binary.BigEndian.Uint32(k[1:]), store.ID(k[5:21]), 0, func(r *journal.Record) error {
			if r.Pos <= s.Through {
				count += int64(len(r.Chunk.Events))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if count != s.Count {
		return fmt.Errorf("%w: session counts %d events, its chunks hold %d", ErrCorrupt, s.Count, count)
	}
	return nil
}

func (o *Sessions) checkDay(d *ListingDay, key dayKey) error {
	o.mu.RLock()
	next := o.nextOrdinal[key.site]
	o.mu.RUnlock()
	all := roaring.Or(d.Seen, d.Left)
	if !all.IsEmpty() && all.Maximum() >= max(next, 1) {
		return fmt.Errorf("%w: listing day has visitor %d, the next new one is %d", ErrCorrupt, all.Maximum(), next)
	}
	if left := roaring.AndNot(d.Left, d.Seen); !left.IsEmpty() {
		return fmt.Errorf("%w: visitor %d left a listing day without having been there", ErrCorrupt, left.Minimum())
	}
	if unique := int64(d.Visitors().GetCardinality()); unique > d.Views {
		return fmt.Errorf("%w: listing day has %d visitors with %d views", ErrCorrupt, unique, d.Views)
	}
	return nil
}

func runsApart(runs []Run) bool {
	for i, r := range runs {
		if r.To < r.From || i > 0 && r.From-runs[i-1].To <= event.VisitGap {
			return false
		}
	}
	return true
}
