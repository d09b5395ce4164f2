package sessionize

import (
	"sync"

	"footfall/store"

	"github.com/RoaringBitmap/roaring/v2"
)

// Bounds of lastDays.
const (
	maxLastDays  = 16 << 20 // bytes of all rows
	bytesOfDay   = 400      // of a row without its visitors
	restsUnasked = 600      // checkpoints without a question after which nothing is kept
)

// lastDays are rows of listing days as the store has them, decoded: those of the last day of a range that was asked for and
// that changed since. Nearly every checkpoint adds to them, and a reader of the store adds up what all checkpoints since the
// last flush merged. A checkpoint adds the same here that it merges there. They are nothing but a copy: who does not find a
// row here reads it.
type lastDays struct {
	mu      sync.Mutex             // taken after Sessions.mu, without which the rows would not be of the moment of a view
	rows    map[dayKey]*ListingDay // they never change: a checkpoint puts others in their place
	bytes   int
	unasked int // checkpoints since the last question
}

// note takes in what a checkpoint wrote; Sessions.mu is held for writing.
func (l *lastDays) note(days map[dayKey]*ListingDay) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unasked++; l.unasked > restsUnasked {
		l.clear()
	}
	if len(l.rows) == 0 {
		return
	}
	for k, d := range days {
		if row := l.rows[k]; row != nil {
			l.put(k, row.with(d))
		}
	}
}

// of returns the rows of listings on a day that are kept; Sessions.mu is held.
func (l *lastDays) of(site uint32, day uint16, listings ...map[store.ID]uint16) map[store.ID]*ListingDay {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unasked = 0
	rows := map[store.ID]*ListingDay{}
	for _, some := range listings {
		for id := range some {
			if row := l.rows[dayKey{site, id, day}]; row != nil {
				rows[id] = row
			}
		}
	}
	return rows
}

// keep takes rows in that were read from a view made after a checkpoint, but for those that changed since.
func (o *Sessions) keep(site uint32, day uint16, epoch uint64, rows map[store.ID]*ListingDay) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if epoch < o.changes.since {
		return
	}
	l := &o.lastDays
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, row := range rows {
		if k := (dayKey{site, id, day}); l.rows[k] == nil && o.changes.last[k] <= epoch {
			l.put(k, row)
		}
	}
}

// put puts a row in the place of another. If all are too many it begins anew.
func (l *lastDays) put(k dayKey, row *ListingDay) {
	if before := l.rows[k]; before != nil {
		l.bytes -= before.bytes()
	}
	if l.bytes += row.bytes(); l.bytes > maxLastDays {
		l.clear()
		return
	}
	l.rows[k] = row
}

func (l *lastDays) clear() {
	l.rows, l.bytes = map[dayKey]*ListingDay{}, 0
}

func (d *ListingDay) bytes() int {
	return bytesOfDay + len(d.Listing) + int(d.Seen.GetSizeInBytes()+d.Left.GetSizeInBytes())
}

// with returns the union of two days and changes neither.
func (d *ListingDay) with(o *ListingDay) *ListingDay {
	sum := &ListingDay{Listing: d.Listing, Day: d.Day, DayCounts: d.DayCounts, Seen: roaring.Or(d.Seen, o.Seen), Left: roaring.Or(d.Left, o.Left)}
	sum.DayCounts.Add(o.DayCounts)
	return sum
}
