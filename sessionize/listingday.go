package sessionize

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"footfall/store"

	"github.com/RoaringBitmap/roaring/v2"
)

// ListingDay is what happened to one listing on one local day.
type ListingDay struct {
	Listing string
	Day     uint16 // days since 1970-01-01 in the site's zone
	DayCounts
	Seen *roaring.Bitmap // ordinals that viewed it
	Left *roaring.Bitmap // ordinals whose views moved to another or were erased
}

func newListingDay(listing string, day uint16) *ListingDay {
	return &ListingDay{Listing: listing, Day: day, Seen: roaring.New(), Left: roaring.New()}
}

// Visitors returns the ordinals of the distinct visitors who viewed the listing that day: seen without left.
func (d *ListingDay) Visitors() *roaring.Bitmap { return roaring.AndNot(d.Seen, d.Left) }

func (d *ListingDay) unite(o *ListingDay) {
	if d.Listing == "" {
		d.Listing = o.Listing
	}
	d.DayCounts.Add(o.DayCounts)
	d.Seen.Or(o.Seen)
	d.Left.Or(o.Left)
}

// add takes a delta in. The delta's strings are lent; d keeps none of them.
func (d *ListingDay) add(delta *DayDelta) {
	d.DayCounts.Add(delta.DayCounts)
	if delta.Seen != 0 {
		d.Seen.Add(delta.Seen)
	}
	if delta.Left != 0 {
		d.Left.Add(delta.Left)
	}
}

// empty says whether nothing is left of the day: everybody who had been there was forgotten.
func (d *ListingDay) empty() bool { return d.DayCounts == DayCounts{} && d.Visitors().IsEmpty() }

// The stored listing day, version 1; bitmaps in Roaring's portable format:
//
//	u8 version | str listing | 7 × uv counts in the order of DayCounts | uv n, n bytes seen | uv n, n bytes left
//
// Version 2 has sv counts. It is written only where one is below zero: what is subtracted, until it is merged into that
// to which it was added.
const (
	listingDayVersion       = 1
	listingDayVersionSigned = 2
)

func (c *DayCounts) fields() [7]*int64 {
	return [7]*int64{&c.Views, &c.Dwell, &c.DwellViews, &c.Scroll, &c.ScrollViews, &c.Inquiries, &c.Shares}
}

func (c *DayCounts) negative() bool {
	fields := c.fields()
	return slices.ContainsFunc(fields[:], func(n *int64) bool { return *n < 0 })
}

func appendListingDay(b []byte, d *ListingDay) ([]byte, error) {
	version, number := byte(listingDayVersion), func(b []byte, n int64) []byte { return binary.AppendUvarint(b, uint64(n)) }
	if d.negative() {
		version, number = listingDayVersionSigned, binary.AppendVarint
	}
	b = appendString(append(b, version), d.Listing)
	for _, n := range d.fields() {
		b = number(b, *n)
	}
	for _, bm := range []*roaring.Bitmap{d.Seen, d.Left} {
		bytes, err := bm.ToBytes()
		if err != nil {
			return nil, fmt.Errorf("encode visitors of a listing day: %w", err)
		}
		b = append(binary.AppendUvarint(b, uint64(len(bytes))), bytes...)
	}
	return b, nil
}

// storedDay is an encoding taken apart; its parts are lent from it.
type storedDay struct {
	listing string
	DayCounts
	seen, left []byte
}

func (d *storedDay) decode(b []byte) error {
	r := reader{b: b}
	number := r.uv
	switch r.u8() {
	case listingDayVersion:
	case listingDayVersionSigned:
		number = r.sv
	default:
		return fmt.Errorf("%w: listing day version", ErrCorrupt)
	}
	d.listing = r.str()
	for _, n := range d.fields() {
		*n = number()
	}
	d.seen = r.take(int(r.uv()))
	d.left = r.take(int(r.uv()))
	if r.bad || len(r.b) != 0 {
		return fmt.Errorf("%w: listing day", ErrCorrupt)
	}
	return nil
}

// decodeListingDay reads an encoding; the day comes from the key.
func decodeListingDay(b []byte, day uint16) (*ListingDay, error) {
	var stored storedDay
	if err := stored.decode(b); err != nil {
		return nil, err
	}
	d := newListingDay(strings.Clone(stored.listing), day)
	d.DayCounts = stored.DayCounts
	for _, set := range []struct {
		of   *roaring.Bitmap
		from []byte
	}{{d.Seen, stored.seen}, {d.Left, stored.left}} {
		if err := set.of.UnmarshalBinary(set.from); err != nil {
			return nil, fmt.Errorf("%w: visitors of a listing day: %w", ErrCorrupt, err)
		}
	}
	return d, nil
}

// takeIn unites a stored encoding with the day. Most are what one checkpoint added, of few visitors, of whom no bitmaps are
// made.
func (d *ListingDay) takeIn(b []byte) error {
	var stored storedDay
	if err := stored.decode(b); err != nil {
		return err
	}
	if d.Listing == "" {
		d.Listing = strings.Clone(stored.listing)
	}
	d.DayCounts.Add(stored.DayCounts)
	for _, set := range []struct {
		of   *roaring.Bitmap
		from []byte
	}{{d.Seen, stored.seen}, {d.Left, stored.left}} {
		if few, ok := appendStoredOrdinals(nil, set.from); ok {
			set.of.AddMany(few)
			continue
		}
		var many roaring.Bitmap
		if err := many.UnmarshalBinary(set.from); err != nil {
			return fmt.Errorf("%w: visitors of a listing day: %w", ErrCorrupt, err)
		}
		set.of.Or(&many)
	}
	return nil
}

func mergeListingDays(values [][]byte) ([]byte, error) {
	d, err := decodeListingDay(values[0], 0)
	for _, value := range values[1:] {
		if err == nil {
			err = d.takeIn(value)
		}
	}
	if err != nil {
		return nil, err
	}
	return appendListingDay(nil, d)
}

func parseListingDayKey(k []byte) (key dayKey, err error) {
	if len(k) != 1+4+16+2 {
		return key, fmt.Errorf("%w: listing day key %x", ErrCorrupt, k)
	}
	return dayKey{binary.BigEndian.Uint32(k[1:]), store.ID(k[5:21]), binary.BigEndian.Uint16(k[21:])}, nil
}
