package sessionize

import (
	"bytes"
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

// rangeSum is the sum of a listing over a range, and what of it comes from the days before the last: most rows that change
// are of the last day, and then no other is read again.
type rangeSum struct {
	ListingSum
	before DayCounts
	seen   visitorSet // on the days before
}

// withoutLast returns the sum of the days before the last.
func (s *rangeSum) withoutLast() *rangeSum {
	sum := ListingSum{Listing: s.Listing, DayCounts: s.before, Unique: s.seen.count()}
	return &rangeSum{sum, s.before, s.seen}
}

// weight is what a kept sum costs, in sums of which no visitors are kept.
func (s *rangeSum) weight() int {
	if s == nil {
		return 1
	}
	return 1 + s.seen.bytes()/bytesOfSum
}

// summer adds the rows of listings up, stored ones and such as the next checkpoint adds.
type summer struct {
	from, to uint16
	base     map[store.ID]*rangeSum     // if not nil, rows before the last day are not read: these say what they add up to
	pending  map[store.ID][]*ListingDay // to be united with the stored rows; with base, of the last day alone
	rows     map[store.ID]*ListingDay   // with base: rows of the last day that need not be read, and those that were
	emit     func(store.ID, *rangeSum)

	id       store.ID
	sum      *rangeSum // of id, nil: no row yet
	last     bool      // the last day is being added
	visitors ordinals  // of the days before, and then those of the last
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
	first := func(id store.ID) []byte { return listingDayKey(site, id, m.first()) }
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

// lastDays sums the listings with these ids, which are ascending and have a base.
func (m *summer) lastDays(r store.Reader, site uint32, ids []store.ID) error {
	var unknown []store.ID
	for _, id := range ids {
		if row := m.rows[id]; row != nil {
			m.lastDay(id, row)
			m.end()
			continue
		}
		unknown = append(unknown, id)
	}
	return m.some(r, site, unknown)
}

// lastDay adds the row of the last day, with what is pending of it.
func (m *summer) lastDay(id store.ID, row *ListingDay) {
	for _, d := range m.pending[id] {
		row = row.with(d)
	}
	delete(m.pending, id)
	m.day(id, row)
}

// row takes a stored row in, and returns where to go on if that is not the next row.
func (m *summer) row(k, value []byte) (next []byte, err error) {
	key, err := parseListingDayKey(k)
	switch {
	case err != nil:
		return nil, err
	case key.day < m.first():
		return listingDayKey(key.site, key.listing, m.first()), nil
	case key.day > m.to:
		return store.PrefixEnd(idKey(store.ListingDays, key.site, key.listing)), nil
	}
	if m.sum != nil && m.id != key.listing {
		if err := m.finish(nil); err != nil {
			return nil, err
		}
	}
	if m.base != nil {
		row, err := decodeListingDay(value, key.day)
		if err != nil {
			return nil, err
		}
		m.rows[key.listing] = row
		m.lastDay(key.listing, row)
		return nil, nil
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
	return nil, m.stored(key.listing, key.day, value)
}

// first returns the first day whose rows are read.
func (m *summer) first() uint16 {
	if m.base != nil {
		return m.to
	}
	return m.from
}

// stored adds a row without making bitmaps of its visitors.
func (m *summer) stored(id store.ID, day uint16, value []byte) error {
	var d storedDay
	if err := d.decode(value); err != nil {
		return err
	}
	m.begin(id, day, d.listing)
	m.sum.DayCounts.Add(d.DayCounts)
	return m.visitors.add(d.seen, d.left)
}

// begin makes ready to add a day of a listing.
func (m *summer) begin(id store.ID, day uint16, listing string) {
	if m.sum == nil {
		m.id, m.sum, m.last = id, &rangeSum{ListingSum: ListingSum{Listing: strings.Clone(listing)}}, false
		if of := m.base[id]; of != nil {
			m.sum.before, m.sum.DayCounts, m.sum.seen, m.last = of.before, of.before, of.seen, true
		}
	}
	if day == m.to && !m.last {
		m.endBefore()
	}
}

// endBefore keeps what the days before the last add up to. Rows come in the order of their days.
func (m *summer) endBefore() {
	m.sum.before, m.sum.seen, m.last = m.sum.DayCounts, m.visitors.settle(), true
}

func (m *summer) day(id store.ID, d *ListingDay) {
	m.begin(id, d.Day, d.Listing)
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
			m.begin(id, m.pending[id][0].Day, m.pending[id][0].Listing)
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
	if !m.last {
		m.endBefore()
	}
	m.sum.Unique = m.sum.seen.count() + m.visitors.countWithout(&m.sum.seen)
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
