// Package market answers questions about listings over a range of days: how one did, which did best, and which visitors
// they share; and what listings like each other do on average, with a listing held against that.
//
// Its numbers are sums and set unions of sessionize's listing days in whole milliseconds and tenths of a percent; only
// the JSON is rounded, half up. Benchmarks are means in floating point, of samples in an order that does not change. It
// reads and keeps nothing of its own. Days are local days of the site, since
// 1970-01-01, both ends inclusive.
package market

import (
	"time"

	"footfall/catalog"
	"footfall/fault"
	"footfall/sessionize"

	"github.com/RoaringBitmap/roaring/v2"
)

// Market reads listing days.
type Market struct {
	sessions *sessionize.Sessions
	catalog  *catalog.Catalog
}

// New returns a Market over the listing days of s and the sites of c.
func New(s *sessionize.Sessions, c *catalog.Catalog) *Market { return &Market{s, c} }

// Date is a local day; its JSON is "2006-01-02".
type Date uint16

// String returns the date as 2006-01-02.
func (d Date) String() string {
	return time.Unix(int64(d)*24*60*60, 0).UTC().Format(time.DateOnly)
}

// MarshalText writes the date as String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Day is the numbers of one day.
type Day struct {
	Date Date `json:"date"`
	Numbers
}

// Engagement is how one listing did.
type Engagement struct {
	Listing string  `json:"listing_id"`
	From    Date    `json:"from"`
	To      Date    `json:"to"`
	Totals  Numbers `json:"totals"`
	Days    []Day   `json:"days"` // those with data, ascending
}

// Engagement returns the numbers of a listing; one that nobody looked at has zeros and no days.
func (m *Market) Engagement(site uint32, listing string, from, to uint16) (*Engagement, error) {
	if err := checkRange(from, to); err != nil {
		return nil, err
	}
	days, err := m.sessions.ListingDays(site, listing, from, to)
	if err != nil {
		return nil, err
	}
	e := &Engagement{Listing: listing, From: Date(from), To: Date(to), Days: []Day{}}
	total := newTotal()
	for _, d := range days {
		if empty(d) {
			continue
		}
		e.Days = append(e.Days, Day{Date(d.Day), dayNumbers(d)})
		total.add(d)
	}
	e.Totals = total.numbers()
	return e, nil
}

// Overlap is how many visitors another listing has, and how many of them looked at both.
type Overlap struct {
	Listing  string `json:"listing_id"`
	Visitors int64  `json:"visitors"`
	Common   int64  `json:"common"`
}

// Audience is the visitors of a listing and those it shares with others.
type Audience struct {
	Listing  string    `json:"listing_id"`
	Visitors int64     `json:"visitors"`
	Overlaps []Overlap `json:"overlaps"` // in the order asked for
	From     Date      `json:"from"`
	To       Date      `json:"to"`
}

// maxOverlaps bounds how many listings one call reads.
const maxOverlaps = 100

// Audience counts the distinct visitors of a listing and of each of the others, exactly.
func (m *Market) Audience(site uint32, listing string, overlaps []string, from, to uint16) (*Audience, error) {
	if err := checkRange(from, to); err != nil {
		return nil, err
	}
	if len(overlaps) > maxOverlaps {
		return nil, fault.Field(fault.InvalidField, "overlaps", "overlaps may name at most %d listings.", maxOverlaps)
	}
	own, err := m.visitors(site, listing, from, to)
	if err != nil {
		return nil, err
	}
	a := &Audience{
		Listing: listing, Visitors: int64(own.GetCardinality()), Overlaps: []Overlap{},
		From: Date(from), To: Date(to),
	}
	for _, id := range overlaps {
		other, err := m.visitors(site, id, from, to)
		if err != nil {
			return nil, err
		}
		a.Overlaps = append(a.Overlaps, Overlap{id, int64(other.GetCardinality()), int64(own.AndCardinality(other))})
	}
	return a, nil
}

// visitors returns the ordinals of everyone who looked at the listing.
func (m *Market) visitors(site uint32, listing string, from, to uint16) (*roaring.Bitmap, error) {
	days, err := m.sessions.ListingDays(site, listing, from, to)
	if err != nil {
		return nil, err
	}
	total := newTotal()
	for _, d := range days {
		total.add(d)
	}
	return total.visitors, nil
}

func checkRange(from, to uint16) error {
	if from > to {
		return fault.Field(fault.InvalidField, "from", "from (%s) is after to (%s).", Date(from), Date(to))
	}
	return nil
}

// siteDay returns the day that a clock of the site shows, days since 1970-01-01.
func siteDay(ms int64, site *catalog.Site) int64 {
	return int64(dayOf(time.UnixMilli(ms).In(site.Zone())))
}
