package api

import (
	"strconv"

	"footfall/access"
	"footfall/catalog"
	"footfall/fault"
	"footfall/market"
)

// agentRoutes tell how agents and their organizations do.
func (a *API) agentRoutes() []Route {
	return []Route{
		{get, "/v1/profiles/{id}/performance", access.Read, "How an agent did, by month", a.answer(a.performance)},
		{get, "/v1/organizations/{id}/analytics", access.Read, "How an organization did, by day", a.answer(a.analytics)},
		{get, "/v1/organizations/{id}/leaderboard", access.Read, "The agents of an organization, best first", a.answer(a.leaderboard)},
		{get, "/v1/organizations/{id}/stories", access.Read, "Deals closed with leads that had a high score", a.answer(a.stories)},
	}
}

const defaultMonths = 6

// performance answers GET /v1/profiles/{id}/performance.
func (a *API) performance(c *call) (any, error) {
	p, err := a.profileOfPath(c)
	if err != nil {
		return nil, err
	}
	months := defaultMonths
	if s := c.param("months"); s != "" {
		if months, err = strconv.Atoi(s); err != nil || months < 1 || months > market.MaxMonths {
			return nil, fault.Field(fault.InvalidField, "months", "months is a whole number from 1 to %d.", market.MaxMonths)
		}
	}
	sites, err := a.sitesOf(c, p.Organization)
	if err != nil {
		return nil, err
	}
	return a.o.Agents.Performance(sites, p.ID, months, a.o.Now())
}

// sitesOf returns the sites of an organization that a call is about.
func (a *API) sitesOf(c *call, organization string) (sites []*catalog.Site, err error) {
	all, err := a.reach(c)
	for _, site := range all {
		if site.Organization == organization {
			sites = append(sites, site)
		}
	}
	return sites, err
}
