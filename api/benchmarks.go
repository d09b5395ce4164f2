package api

import (
	"cmp"
	"strings"

	"footfall/access"
	"footfall/catalog"
	"footfall/fault"
	"footfall/market"
)

// benchmarkRoutes are what the market says of listings.
func (a *API) benchmarkRoutes() []Route {
	return []Route{
		{get, "/v1/benchmarks", access.Read, "What listings like each other do on average", a.answer(a.benchmarks)},
		{get, "/v1/listings/{id}/comparison", access.Read, "A listing beside those like it", a.answer(a.comparison)},
	}
}

// benchmarks serves GET /v1/benchmarks: those that the organization of whoever asks sees. An agent sees them too: there
// is none of fewer than five samples.
func (a *API) benchmarks(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	organization := cmp.Or(c.param("organization_id"), c.grant.Organization, catalog.Default)
	if _, ok := a.o.Catalog.Organization(organization); !ok || !c.grant.CoversOrganization(organization) {
		return nil, fault.Field(fault.NotFound, "organization_id", "There is no such organization.")
	}
	after, err := a.cursor(c)
	if err != nil {
		return nil, err
	}
	asOf, err := c.day("as_of", 0)
	if err != nil {
		return nil, err
	}
	page, next, err := a.o.Market.Benchmarks(a.o.Leads, market.BenchmarkQuery{
		Organization: organization, Type: catalog.Word(c.param("property_type")), Range: plus(c.param("price_range")),
		Area: c.param("market_area"), Metric: c.param("metric_type"), Limit: limit, After: string(after), Now: a.o.Now(),
		AsOf: market.Date(asOf),
	})
	if err != nil {
		return nil, err
	}
	return struct {
		Benchmarks []market.Benchmark `json:"benchmarks"`
		Next       *string            `json:"next_cursor"`
	}{page, a.nextCursor(c, []byte(next))}, nil
}

// plus gives a range of prices its plus sign back, which means a space in a query.
func plus(s string) string {
	if rest, ok := strings.CutSuffix(s, " "); ok {
		return rest + "+"
	}
	return s
}

// comparison serves GET /v1/listings/{id}/comparison.
func (a *API) comparison(c *call) (any, error) {
	site, l, err := a.catalogSite(c)
	if err != nil {
		return nil, err
	}
	return a.o.Market.Compare(a.o.Leads, site, l, a.o.Now())
}
