package catalog

import (
	"encoding/binary"
	"strings"

	"footfall/fault"
	"footfall/store"
)

// ListingQuery asks for listings. Empty fields ask for all.
type ListingQuery struct {
	Profile string
	Status  string // as statuses are written, or in a feed's words
	City    string // whatever its capitals
	Type    string
	Limit   int
	After   string // the end of the page before
}

func (q *ListingQuery) wants(l *Listing) bool {
	return (q.Profile == "" || l.Profile == q.Profile) && (q.Status == "" || l.Status == q.Status) &&
		(q.City == "" || strings.EqualFold(l.City, q.City)) && (q.Type == "" || l.Type == q.Type)
}

// SiteListing is a listing with its site.
type SiteListing struct {
	Site *Site
	Listing
}

// Listings returns a page of the listings of sites, the newest in the catalog first, and where the next page begins, ""
// at the end.
func (c *Catalog) Listings(sites []*Site, q ListingQuery) (page []SiteListing, next string, err error) {
	after, err := parsePlace(q.After)
	if err != nil {
		return nil, "", err
	}
	q.Status, q.Type, q.City = Word(q.Status), Word(q.Type), strings.Join(strings.Fields(q.City), " ")
	byID, ids := map[uint32]*Site{}, map[uint32]bool{}
	for _, s := range sites {
		byID[s.ID], ids[s.ID] = s, true
	}
	page = []SiteListing{}
	var last place
	for _, p := range c.shelf.list(ids, &q, after) {
		l, found, err := c.listingAt(p.listingID)
		if err != nil {
			return nil, "", err
		}
		// Between the shelf and the store it may have changed.
		if !found || !q.wants(&l) {
			continue
		}
		if len(page) == q.Limit {
			return page, last.String(), nil
		}
		page, last = append(page, SiteListing{byID[p.site], l}), p
	}
	return page, "", nil
}

// Briefs returns the listings of a site by id, without their addresses, descriptions and rooms. They must not be changed.
func (c *Catalog) Briefs(site uint32) []*Listing { return c.shelf.site(site) }

// String writes a place for a cursor.
func (p place) String() string {
	b := binary.BigEndian.AppendUint64(nil, uint64(p.created))
	b = binary.BigEndian.AppendUint32(b, p.site)
	return string(append(b, p.id[:]...))
}

func parsePlace(s string) (*place, error) {
	if s == "" {
		return nil, nil
	}
	if len(s) != 8+4+16 {
		return nil, fault.Field(fault.InvalidCursor, "cursor", "This cursor was not made for this query. Start again without one.")
	}
	b := []byte(s)
	return &place{listingID{binary.BigEndian.Uint32(b[8:]), store.ID(b[12:])}, int64(binary.BigEndian.Uint64(b))}, nil
}

// ListingProfile returns whose a listing is: its own profile's, or the site's if the catalog does not know it.
func (c *Catalog) ListingProfile(site *Site, id string) string {
	if profile, ok := c.shelf.profile(listingID{site.ID, c.db.ID(id)}); ok {
		return profile
	}
	return site.Profile
}

// PriceMatch returns which share of the active listings of an agent, on all sites of the organization, costs from low to
// high, in cents; ok is false if there is none of which the price is known.
func (c *Catalog) PriceMatch(organization, profile string, low, high int64) (share float64, ok bool) {
	return c.match(organization, profile, low, high, func(l *Listing) bool { return l.Status == StatusActive })
}

// PriceMatchAt is PriceMatch of the listings that were on the market at a moment, ms, as far as the catalog says when they
// came and when they closed; their price is that of today.
func (c *Catalog) PriceMatchAt(organization, profile string, low, high, at int64) (share float64, ok bool) {
	return c.match(organization, profile, low, high, func(l *Listing) bool {
		return l.Listed != 0 && l.Listed <= at && (l.OnMarket() || l.Closed > at)
	})
}

func (c *Catalog) match(organization, profile string, low, high int64, counts func(*Listing) bool) (share float64, ok bool) {
	in, all := 0, 0
	for _, site := range c.Sites() {
		if site.Organization == organization {
			i, a := c.shelf.within(agentID{site.ID, profile}, low, high, counts)
			in, all = in+i, all+a
		}
	}
	if all == 0 {
		return 0, false
	}
	return float64(in) / float64(all), true
}
