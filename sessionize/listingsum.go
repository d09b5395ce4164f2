package sessionize

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"footfall/store"
)

// ListingSum is the numbers of a listing over a range of days.
type ListingSum struct {
	Listing string
	DayCounts
	Unique int64 // distinct visitors with a view
}

// summer adds the rows of listings up, stored ones and such as the next checkpoint adds.
type summer struct {
	from, to uint16
	pending  map[store.ID][]*ListingDay // to be united with the stored rows
	emit     func(store.ID, *ListingSum)

	id       store.ID
	sum      *ListingSum // of id, nil: no row yet
	visitors ordinals
}

// all sums every listing of a site. It goes through the rows once, and over days that are not asked for in one step.
func (m *summer) all(r store.Reader, site uint32) error {
	lo := idKey(store.ListingDays, site, store.ID{})
	err := r.ScanSkipping(store.Range{Lo: lo, Hi: store.PrefixEnd(lo[:5])}, m.row)
	if err != nil {
		return err
	}
	return m.finish(m.rest())
}

// some sums the listings with these ids, which are ascending.
func (m *summer) some(r store.Reader, site uint32, ids []store.ID) error {
	if len(ids) == 0 {
		return nil
	}
	first := func(id store.ID) []byte { return listingDayKey(site, id, m.from) }
	i := 0
	rg := store.Range{Lo: first(ids[0]), Hi: store.PrefixEnd(idKey(store.ListingDays, site, ids[len(ids)-1]))}
	err := r.ScanSkipping(rg, func(k, value []byte) ([]byte, error) {
		for i < len(ids) && bytes.Compare(ids[i][:], k[5:21]) < 0 {
			i++
		}
		if store.ID(k[5:21]) != ids[i] { // there is one: k is below rg.Hi
			return first(ids[i]), nil
		}
		return m.row(k, value)
	})
	if err != nil {
		return err
	}
	return m.finish(m.rest())
}

// row takes a stored row in, and returns where to go on if that is not the next row.
func (m *summer) row(k, value []byte) (next []byte, err error) {
	key, err := parseListingDayKey(k)
	switch {
	case err != nil:
		return nil, err
	case key.day < m.from:
		return listingDayKey(key.site, key.listing, m.from), nil
	case key.day > m.to:
		return store.PrefixEnd(idKey(store.ListingDays, key.site, key.listing)), nil
	}
	if m.sum != nil && m.id != key.listing {
		if err := m.finish(nil); err != nil {
			return nil, err
		}
	}
	pending := m.pending[key.listing]
	if i := slices.IndexFunc(pending, func(d *ListingDay) bool { return d.Day == key.day }); i >= 0 {
		d, err := decodeListingDay(value, key.day)
		if err != nil {
			return nil, err
		}
		d.unite(pending[i])
		m.pending[key.listing] = slices.Delete(slices.Clone(pending), i, i+1)
		m.day(key.listing, d)
		return nil, nil
	}
	return nil, m.stored(key.listing, value)
}

// stored adds a row without making bitmaps of its visitors.
func (m *summer) stored(id store.ID, value []byte) error {
	r := reader{b: value}
	number := r.uv
	switch r.u8() {
	case listingDayVersion:
	case listingDayVersionSigned:
		number = r.sv
	default:
		return fmt.Errorf("%w: listing day version", ErrCorrupt)
	}
	listing := r.str()
	var c DayCounts
	for _, n := range c.fields() {
		*n = number()
	}
	seen := r.take(int(r.uv()))
	left := r.take(int(r.uv()))
	if r.bad || len(r.b) != 0 {
		return fmt.Errorf("%w: listing day", ErrCorrupt)
	}
	m.begin(id, listing)
	m.sum.DayCounts.Add(c)
	return m.visitors.add(seen, left)
}

func (m *summer) begin(id store.ID, listing string) {
	if m.sum == nil {
		m.id, m.sum = id, &ListingSum{Listing: strings.Clone(listing)}
	}
}

func (m *summer) day(id store.ID, d *ListingDay) {
	m.begin(id, d.Listing)
	m.sum.DayCounts.Add(d.DayCounts)
	m.visitors.addBitmap(d.Visitors())
}

// finish hands out the listing at hand, with what is pending of it, and then those of which nothing is stored.
func (m *summer) finish(unstored []store.ID) error {
	if m.sum != nil {
		m.end()
	}
	for _, id := range unstored {
		if len(m.pending[id]) > 0 {
			m.id = id
			m.begin(id, m.pending[id][0].Listing)
			m.end()
		}
	}
	return nil
}

func (m *summer) end() {
	for _, d := range m.pending[m.id] {
		m.day(m.id, d)
	}
	delete(m.pending, m.id)
	m.sum.Unique = m.visitors.count()
	m.emit(m.id, m.sum)
	m.sum = nil
}

// rest returns the listings of which only pending days are left.
func (m *summer) rest() []store.ID {
	ids := slices.DeleteFunc(slices.Collect(maps.Keys(m.pending)), func(id store.ID) bool { return m.sum != nil && id == m.id })
	sortIDs(ids)
	return ids
}

func sortIDs(ids []store.ID) {
	slices.SortFunc(ids, func(a, b store.ID) int { return bytes.Compare(a[:], b[:]) })
}
