package sessionize

import (
	"footfall/store"

	"github.com/RoaringBitmap/roaring/v2"
)

// StoreAll has the next checkpoint store every session whose stored state is behind, so that all state can be read from
// the store. Sessions that were live before the start must be back in memory: see Warm.
func (o *Sessions) StoreAll() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for l := range o.eachDirty {
		o.force(l)
	}
}

// Canonical returns a stored value in the one form that all values with its meaning have, nil if it means as much as no row.
// A set of visitors can be stored in several forms, which depend on how it was united; and of who was forgotten a day that
// saw them keeps their number twice, as seen and as left, while one that is made again without their events never had it.
// The value must be of a space that Sessions owns.
func Canonical(space store.Space, value []byte) ([]byte, error) {
	if space != store.ListingDays {
		return value, nil
	}
	d, err := decodeListingDay(value, 0)
	if err != nil || d.empty() {
		return nil, err
	}
	d.Seen, d.Left = roaring.BitmapOf(d.Visitors().ToArray()...), roaring.New()
	return appendListingDay(nil, d)
}
