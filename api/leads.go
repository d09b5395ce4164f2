package api

import (
	"cmp"
	"time"

	"footfall/catalog"
	"footfall/fault"
	"footfall/leads"
)

type leadsPage struct {
	Leads []*leads.View `json:"leads"`
	Next  *string       `json:"next_cursor"`
}

// listLeads answers GET /v1/leads. A cursor's position is package leads' own.
func (a *API) listLeads(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	since, err := c.updatedSince()
	if err != nil {
		return nil, err
	}
	sites, err := a.reach(c)
	if err != nil {
		return nil, err
	}
	profile := c.param("profile_id")
	if !c.grant.CoversProfile(cmp.Or(profile, c.grant.Profile)) {
		return leadsPage{Leads: []*leads.View{}}, nil
	}
	after, err := a.cursor(c)
	if err != nil {
		return nil, err
	}
	views, next, err := a.o.Leads.ListSites(siteIDs(sites), leads.Query{
		Profile: cmp.Or(profile, c.grant.Profile), Priority: c.param("priority"), Status: c.param("status"),
		Listing: c.param("listing_id"), UpdatedSince: since, Sort: c.param("sort"), Find: c.param("q"), Masked: c.grant.Masked, Limit: limit, After: string(after),
	})
	if err != nil {
		return nil, err
	}
	if views == nil {
		views = []*leads.View{}
	}
	return leadsPage{views, a.nextCursor(c, []byte(next))}, a.seen(c, views...)
}

// updatedSince returns the time that updated_since names, ms, 0 if it is absent.
func (c *call) updatedSince() (int64, error) {
	s := c.param("updated_since")
	if s == "" {
		return 0, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return 0, fault.Field(fault.InvalidField, "updated_since", "updated_since is a time such as 2026-01-31T15:04:05Z.")
	}
	return t.UnixMilli(), nil
}

// lead answers GET /v1/leads/{id}.
func (a *API) lead(c *call) (any, error) {
	site, err := a.leadSite(c)
	if err != nil {
		return nil, err
	}
	v, err := a.o.Leads.Get(site.ID, c.id)
	return a.seenOne(c, v, err)
}

func siteIDs(sites []*catalog.Site) []uint32 {
	ids := make([]uint32, len(sites))
	for i, site := range sites {
		ids[i] = site.ID
	}
	return ids
}
