package sessionize

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"footfall/journal"
	"footfall/store"
)

// PageDelta adds to the page views of one profile and local day.
type PageDelta struct {
	Profile string // empty: the site's
	Day     uint16
	N       int64
}

// page counts a page_view.
func (d *Deltas) page(profile string, day uint16) {
	if n := len(d.Pages); n > 0 && d.Pages[n-1].Day == day && d.Pages[n-1].Profile == profile {
		d.Pages[n-1].N++
		return
	}
	d.Pages = append(d.Pages, PageDelta{Profile: profile, Day: day, N: 1})
}

// pageKey is a profile's day. Profiles have few names, which are checked before they come here, so the name itself is
// the key.
type pageKey struct {
	site    uint32
	day     uint16
	profile string
}

// addPages takes deltas in, by is 1, or takes them back, by is -1. Their strings are lent.
func (o *Sessions) addPages(site uint32, deltas []PageDelta, by int64) {
	for _, d := range deltas {
		k := pageKey{site, d.Day, d.Profile}
		n := o.pages[k]
		if n == nil { // assigning to a key of a map puts the new, lent string in the place of an equal one
			n = new(int64)
			k.profile = strings.Clone(k.profile)
			o.pages[k] = n
		}
		*n += by * d.N
	}
}

// The space page days, and its value, version 1:
//
//	0x09 | site u32 | local day u16 | profile 16, keyed hash
//	u8 version | uv page views | str profile, empty: the site's
const pageDayVersion = 1

func (o *Sessions) pageDayKey(k pageKey) []byte {
	id := o.db.ID(k.profile)
	return append(pageDayFrom(k.site, k.day), id[:]...)
}

func pageDayFrom(site uint32, day uint16) []byte {
	b := binary.BigEndian.AppendUint32(append(make([]byte, 0, 23), byte(store.PageDays)), site)
	return binary.BigEndian.AppendUint16(b, day)
}

func appendPageDay(profile string, n int64) []byte {
	return appendString(binary.AppendUvarint([]byte{pageDayVersion}, uint64(n)), profile)
}

func decodePageDay(key, value []byte) (k pageKey, n int64, err error) {
	d := reader{b: value}
	version := d.u8()
	n = d.uv()
	k.profile = strings.Clone(d.str())
	if len(key) != 1+4+2+16 || version != pageDayVersion || d.bad || len(d.b) != 0 {
		return k, 0, fmt.Errorf("%w: page day %x", ErrCorrupt, key)
	}
	k.site, k.day = binary.BigEndian.Uint32(key[1:]), binary.BigEndian.Uint16(key[5:])
	return k, n, nil
}

// writePages adds what is pending to what is stored. It reads before it writes, unlike the other deltas: there are few,
// and a program that does not know this space can then still compact it.
func (o *Sessions) writePages(b *store.Batch) error {
	for k, pending := range o.pages {
		key, n := o.pageDayKey(k), *pending
		value, found, err := o.db.Get(key)
		if err != nil {
			return err
		}
		if found {
			_, stored, err := decodePageDay(key, value)
			if err != nil {
				return err
			}
			n += stored
		}
		if n > 0 {
			b.Set(key, appendPageDay(k.profile, n))
		} else {
			b.Delete(key)
		}
	}
	b.Set(pagesSinceKey, binary.AppendUvarint(nil, uint64(o.pagesSince)))
	return nil
}

// Under its own key of the meta space: uv position after which page views are counted. A directory of old has folded
// chunks whose page views nobody counted; none may be subtracted when they are erased. A rebuild counts all.
var pagesSinceKey = []byte("\x00page views since")

func (o *Sessions) readPagesSince() error {
	o.pagesSince = o.pos
	if o.pos == 0 {
		return nil
	}
	v, found, err := o.db.Get(pagesSinceKey)
	if err != nil || !found {
		return err
	}
	d := reader{b: v}
	o.pagesSince = journal.Position(d.uv())
	if d.bad || len(d.b) != 0 {
		return fmt.Errorf("%w: where page views begin", ErrCorrupt)
	}
	return nil
}

// PageDay is the page views of one profile on one local day.
type PageDay struct {
	Profile string // empty: the site's
	Day     uint16 // days since 1970-01-01 in the site's zone
	Views   int64
}

// PageDays returns the page views of a site, from and to inclusive, by day and profile.
func (o *Sessions) PageDays(site uint32, from, to uint16) (days []PageDay, err error) {
	o.mu.RLock()
	v := o.db.NewView() // before the next checkpoint moves what is pending into the store
	pending := map[pageKey]int64{}
	for k, n := range o.pages {
		if k.site == site && k.day >= from && k.day <= to {
			pending[k] = *n
		}
	}
	o.mu.RUnlock()
	defer func() {
		if cerr := v.Close(); err == nil {
			err = cerr
		}
	}()
	rg := store.Range{Lo: pageDayFrom(site, from), Hi: store.PrefixEnd(pageDayFrom(site, to))}
	err = v.Scan(rg, func(key, value []byte) error {
		k, n, err := decodePageDay(key, value)
		pending[k] += n
		return err
	})
	for k, n := range pending {
		if n > 0 {
			days = append(days, PageDay{k.profile, k.day, n})
		}
	}
	slices.SortFunc(days, func(a, b PageDay) int {
		if a.Day != b.Day {
			return int(a.Day) - int(b.Day)
		}
		return strings.Compare(a.Profile, b.Profile)
	})
	return days, err
}
