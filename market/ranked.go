package market

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"footfall/catalog"
	"footfall/fault"
)

// Bounds of a ranking.
const (
	defaultRanked = 50
	maxRanked     = 1000
)

// RankQuery asks for the listings that did best.
type RankQuery struct {
	Profile  string // whose listings, empty: everybody's; those that the catalog does not know are the site's profile's
	From, To uint16
	Sort     string // the JSON name of a number, default total_views
	Limit    int    // default 50, at most 1,000
}

// Ranking is listings, best first.
type Ranking struct {
	Listings []Ranked `json:"listings"`
	From     Date     `json:"from"`
	To       Date     `json:"to"`
}

// Ranked is one listing of a ranking.
type Ranked struct {
	Site    uint32 `json:"site_id"`
	Listing string `json:"listing_id"`
	Numbers
}

type candidate struct {
	site    uint32
	listing string
	exact
}

// Ranked returns the listings of sites with data, by the unrounded number descending, those without a value last, ties by
// listing id and site.
func (m *Market) Ranked(sites []*catalog.Site, q RankQuery) (*Ranking, error) {
	if err := checkRange(q.From, q.To); err != nil {
		return nil, err
	}
	if q.Sort == "" {
		q.Sort = sorts[0].name
	}
	i := slices.IndexFunc(sorts, func(s sorting) bool { return s.name == q.Sort })
	if i < 0 {
		return nil, fault.Field(fault.InvalidField, "sort", "sort is one of: %s.", sortNames())
	}
	if q.Limit <= 0 {
		q.Limit = defaultRanked
	}
	ranking := &Ranking{Listings: []Ranked{}, From: Date(q.From), To: Date(q.To)}
	var all []candidate
	for _, site := range sites {
		of, err := m.candidates(site, q.Profile, q.From, q.To)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	for _, c := range first(all, min(q.Limit, maxRanked), func(a, b *candidate) int {
		if c := compareRatios(sorts[i].by(&b.exact), sorts[i].by(&a.exact)); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(a.listing, b.listing), cmp.Compare(a.site, b.site))
	}) {
		ranking.Listings = append(ranking.Listings, Ranked{c.site, c.listing, c.rounded()})
	}
	return ranking, nil
}

// first returns the first n in an order.
func first[T any](all []T, n int, compare func(a, b *T) int) []*T {
	best := make([]*T, 0, n+1)
	for i := range all {
		v := &all[i]
		if len(best) == n && compare(v, best[n-1]) >= 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, v, compare)
		best = slices.Insert(best, at, v)
		best = best[:min(len(best), n)]
	}
	return best
}

// candidates returns every listing of a profile, empty: of all, with data.
func (m *Market) candidates(site *catalog.Site, profile string, from, to uint16) ([]candidate, error) {
	sums, err := m.sessions.ListingSums(site.ID, from, to)
	all := make([]candidate, 0, len(sums))
	for i := range sums {
		if s := &sums[i]; profile == "" || profile == m.catalog.ListingProfile(site, s.Listing) {
			all = append(all, candidate{site.ID, s.Listing, exact{s.DayCounts, s.Unique}})
		}
	}
	return all, err
}

// sorting is a number that listings can be ranked by.
type sorting struct {
	name string
	by   func(*exact) ratio
}

var sorts = []sorting{
	{"total_views", func(e *exact) ratio { return ratio{e.Views, 1} }},
	{"unique_views", func(e *exact) ratio { return ratio{e.unique, 1} }},
	{"avg_time_on_page", (*exact).avgTime},
	{"avg_scroll_depth", (*exact).avgScroll},
	{"inquiry_count", func(e *exact) ratio { return ratio{e.Inquiries, 1} }},
	{"share_count", func(e *exact) ratio { return ratio{e.Shares, 1} }},
	{"inquiry_rate", (*exact).rate},
}

func sortNames() string {
	names := make([]string, len(sorts))
	for i, s := range sorts {
		names[i] = s.name
	}
	return strings.Join(names, ", ")
}

// compareRatios compares by cross products in 128 bits; a fraction without a value is below every other. Numerators and
// denominators are never negative.
func compareRatios(a, b ratio) int {
	if a.den == 0 || b.den == 0 {
		return cmp.Compare(min(a.den, 1), min(b.den, 1))
	}
	ahi, alo := bits.Mul64(uint64(a.num), uint64(b.den))
	bhi, blo := bits.Mul64(uint64(b.num), uint64(a.den))
	if c := cmp.Compare(ahi, bhi); c != 0 {
		return c
	}
	return cmp.Compare(alo, blo)
}
