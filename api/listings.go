package api

import (
	"strings"

	"footfall/market"
)

// engagement answers GET /v1/listings/{id}/engagement. A listing that nobody looked at has zeros and no days.
func (a *API) engagement(c *call) (any, error) {
	site, err := a.site(c)
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
	site, err := a.site(c)
	if err != nil {
		return nil, err
	}
	d, err := c.days(site, a.o.Now())
	if err != nil {
		return nil, err
	}
	return a.o.Market.Ranked(site.ID, market.RankQuery{
		Profile: c.param("profile_id"), From: d.from, To: d.to, Sort: c.param("sort"), Limit: limit,
	})
}

// audience answers GET /v1/listings/{id}/audience.
func (a *API) audience(c *call) (any, error) {
	site, err := a.site(c)
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
