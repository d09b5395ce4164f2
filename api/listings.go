package api

import (
	"cmp"
	"slices"
	"strings"

	"footfall/catalog"
	"footfall/market"
)

// engagement answers GET /v1/listings/{id}/engagement. A listing that nobody looked at has zeros and no days.
func (a *API) engagement(c *call) (any, error) {
	site, err := a.listingSite(c)
	if err != nil {
		return nil, err
	}
	d, err := c.days(site, a.o.Now())
	if err != nil {
		return nil, err
	}
	return a.o.Market.Engagement(site.ID, c.id, d.from, d.to)
}

// rankedListings answers GET /v1/engagement/listings.
func (a *API) rankedListings(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	sites, err := a.reach(c)
	if err != nil {
		return nil, err
	}
	zone := &catalog.Site{} // days are each site's own; where none has said so, the default range is of UTC
	if len(sites) > 0 {
		zone = sites[0]
	}
	d, err := c.days(zone, a.o.Now())
	if err != nil {
		return nil, err
	}
	profile := c.param("profile_id")
	if !c.grant.CoversProfile(cmp.Or(profile, c.grant.Profile)) {
		sites = nil
	}
	return a.o.Market.Ranked(sites, market.RankQuery{
		Profile: cmp.Or(profile, c.grant.Profile), From: d.from, To: d.to, Sort: c.param("sort"), Limit: limit,
	})
}

// listingSite returns the site whose listing the path names. Of listings that nobody looked at or described nothing is
// known: they are of the only site, or of the one that site_id names.
func (a *API) listingSite(c *call) (*catalog.Site, error) {
	sites, err := a.reach(c)
	if err != nil {
		return nil, err
	}
	sites = slices.DeleteFunc(sites, func(s *catalog.Site) bool { return !a.ownListing(c, s) })
	if len(sites) == 1 {
		return sites[0], nil
	}
	return a.siteOf(c, "listing", func(site *catalog.Site) (bool, error) {
		if !a.ownListing(c, site) {
			return false, nil
		}
		if _, described, err := a.o.Catalog.Listing(site.ID, c.id); described || err != nil {
			return described, err
		}
		return a.o.Sessions.KnownListing(site.ID, c.id)
	})
}

// ownListing says whether the listing that the path names would be, on a site, of a profile that the key sees.
func (a *API) ownListing(c *call, site *catalog.Site) bool {
	return c.grant.CoversProfile(a.o.Catalog.ListingProfile(site, c.id))
}

// audience answers GET /v1/listings/{id}/audience.
func (a *API) audience(c *call) (any, error) {
	site, err := a.listingSite(c)
	if err != nil {
		return nil, err
	}
	d, err := c.days(site, a.o.Now())
	if err != nil {
		return nil, err
	}
	return a.o.Market.Audience(site.ID, c.id, c.overlaps(), d.from, d.to)
}

// overlaps returns the listings to compare with: one parameter with ids between commas, or, for ids that hold commas
// themselves, a parameter for each.
func (c *call) overlaps() (ids []string) {
	given := c.QueryArgs().PeekMulti("overlaps")
	for _, value := range given {
		parts := []string{string(value)}
		if len(given) == 1 {
			parts = strings.Split(parts[0], ",")
		}
		for _, id := range parts {
			if id != "" {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
