package api

import (
	"encoding/binary"
	"slices"
	"time"

	"footfall/catalog"
	"footfall/fault"
	"footfall/market"
)

// analytics answers GET /v1/organizations/{id}/analytics.
func (a *API) analytics(c *call) (any, error) {
	o, sites, err := a.organizationSites(c)
	if err == nil {
		err = c.whole()
	}
	if err != nil {
		return nil, err
	}
	zone := &catalog.Site{} // days are each site's own; where there is none, the default range is of UTC
	if len(sites) > 0 {
		zone = sites[0]
	}
	d, err := c.days(zone, a.o.Now())
	if err != nil {
		return nil, err
	}
	return a.o.Agents.Days(o, sites, d.from, d.to)
}

// organizationSites returns the organization that the path names, if the key sees it or a profile of it, and those of its
// sites that the call is about.
func (a *API) organizationSites(c *call) (organization string, sites []*catalog.Site, err error) {
	o, ok := a.o.Catalog.Organization(c.id)
	if !ok || !c.grant.CoversOrganization(o.ID) {
		return "", nil, fault.New(fault.NotFound, "There is no such organization.")
	}
	sites, err = a.sitesOf(c, o.ID)
	return o.ID, sites, err
}

// leaderboard answers GET /v1/organizations/{id}/leaderboard. Who sees one profile only, sees its row only.
func (a *API) leaderboard(c *call) (any, error) {
	o, sites, err := a.organizationSites(c)
	if err != nil {
		return nil, err
	}
	month := a.o.Agents.NewestMonth(sites, a.o.Now())
	if s := c.param("month"); s != "" {
		t, err := time.Parse("2006-01", s)
		if err != nil {
			return nil, fault.Field(fault.InvalidField, "month", "month is a month such as 2026-01.")
		}
		month = market.MonthOf(t)
	}
	board, err := a.o.Agents.Leaderboard(o, sites, month)
	if err != nil {
		return nil, err
	}
	board.Agents = slices.DeleteFunc(board.Agents, func(l market.Leader) bool { return !c.grant.CoversProfile(l.Profile) })
	return board, nil
}

type storiesPage struct {
	OptedIn bool           `json:"opted_in"` // the organization's setting "stories"
	Stories []market.Story `json:"stories"`
	Next    *string        `json:"next_cursor"`
}

// stories answers GET /v1/organizations/{id}/stories. An organization that did not opt in has none. Everybody in it sees
// them, but only who sees a lead learns which it is. A cursor's position is day, site and lead of the last story given.
func (a *API) stories(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	o, sites, err := a.organizationSites(c)
	if err != nil {
		return nil, err
	}
	after, err := a.storyCursor(c)
	if err != nil {
		return nil, err
	}
	if !a.o.Catalog.Settings(o).Stories {
		return storiesPage{Stories: []market.Story{}}, nil
	}
	stories, err := a.o.Agents.Stories(o, sites, limit+1, after)
	if err != nil {
		return nil, err
	}
	page := storiesPage{OptedIn: true, Stories: stories}
	if len(stories) > limit {
		page.Stories = stories[:limit]
		p := stories[limit-1].Place()
		at := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(p.Day)), uint64(p.Site))
		page.Next = a.nextCursor(c, append(at, p.Lead...))
	}
	for i := range page.Stories {
		if s := &page.Stories[i]; !c.grant.CoversProfile(s.Profile) {
			s.Lead = nil
		}
	}
	return page, nil
}

func (a *API) storyCursor(c *call) (*market.Place, error) {
	cursor, err := a.cursor(c)
	if cursor == nil || err != nil {
		return nil, err
	}
	p := position{rest: cursor}
	at := market.Place{Day: uint16(p.number()), Site: uint32(p.number()), Lead: p.text()}
	return &at, p.err()
}
