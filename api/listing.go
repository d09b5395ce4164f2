package api

import (
	"net/url"
	"time"

	"footfall/access"
	"footfall/catalog"
	"footfall/fault"

	"github.com/valyala/fasthttp"
)

// listingRoutes are how it is told what is for sale, and what is known of it.
func (a *API) listingRoutes() []Route {
	return []Route{
		{get, "/v1/listings", access.Read, "Listings", a.answer(a.listListings)},
		{post, batchPath, access.Write, "Put listings as NDJSON", a.putListings},
		{get, "/v1/listings/{id}", access.Read, "A listing with its history", a.answer(a.listing)},
		{put, "/v1/listings/{id}", access.Write, "Put a listing", a.act(a.putListing)},
		{erase, "/v1/listings/{id}", access.Write, "Take a listing out of the catalog", a.act(a.deleteListing)},
	}
}

// listingView is a listing on the wire; what is not known is null.
type listingView struct {
	ID          string     `json:"id"`
	Site        uint32     `json:"site_id"`
	Profile     string     `json:"profile_id"`
	Status      string     `json:"status"`
	Price       *float64   `json:"price"`
	PriceRange  *string    `json:"price_range"`
	Address     *string    `json:"address"`
	City        *string    `json:"city"`
	Type        *string    `json:"property_type"`
	Beds        *int64     `json:"beds"`
	Baths       *float64   `json:"baths"`
	Sqft        *int64     `json:"sqft"`
	Description *string    `json:"description"`
	Listed      *time.Time `json:"listed_at"`
	Closed      *time.Time `json:"closed_at"`
	Days        *int64     `json:"days_on_market"`
	Created     *time.Time `json:"created_at"`
	Updated     *time.Time `json:"updated_at"`
}

// listingEventView is a line of a listing's history.
type listingEventView struct {
	At     *time.Time `json:"time"`
	Price  *float64   `json:"price"`
	Status string     `json:"status"`
}

func (a *API) viewListing(site *catalog.Site, l *catalog.Listing) listingView {
	v := listingView{
		ID: l.ID, Site: site.ID, Profile: l.Profile, Status: l.Status, Price: dollars(l.Price), PriceRange: known(catalog.PriceRange(l.Price)),
		Address: known(l.Address), City: known(l.City), Type: known(l.Type), Beds: l.Beds, Description: known(l.Description),
		Listed: moment(l.Listed), Closed: moment(l.Closed), Days: l.DaysOnMarket(site.Zone(), a.o.Now()),
		Created: moment(l.Created), Updated: moment(l.Updated),
	}
	if l.Baths != nil {
		baths := float64(*l.Baths) / 100
		v.Baths = &baths
	}
	if l.Sqft != 0 {
		v.Sqft = &l.Sqft
	}
	return v
}

func dollars(cents int64) *float64 {
	if cents == 0 {
		return nil
	}
	v := float64(cents) / 100
	return &v
}

// moment returns a time of ms since 1970, nil for 0: not known.
func moment(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := time.UnixMilli(ms).UTC()
	return &t
}

// catalogSite returns the site on whose listing of the catalog the path names, if the key sees it.
func (a *API) catalogSite(c *call) (*catalog.Site, *catalog.Listing, error) {
	var l catalog.Listing
	site, err := a.siteOf(c, "listing", func(site *catalog.Site) (bool, error) {
		found, ok, err := a.o.Catalog.Listing(site.ID, c.id)
		if ok && c.grant.CoversProfile(found.Profile) {
			l = found
			return true, nil
		}
		return false, err
	})
	return site, &l, err
}

// listing serves GET /v1/listings/{id}.
func (a *API) listing(c *call) (any, error) {
	site, l, err := a.catalogSite(c)
	if err != nil {
		return nil, err
	}
	events, err := a.o.Catalog.ListingHistory(site.ID, l.ID)
	if err != nil {
		return nil, err
	}
	history := []listingEventView{}
	for _, e := range events {
		history = append(history, listingEventView{moment(e.At), dollars(e.Price), e.Status})
	}
	return struct {
		listingView
		History []listingEventView `json:"history"`
	}{a.viewListing(site, l), history}, nil
}

// listListings serves GET /v1/listings.
func (a *API) listListings(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	sites, err := a.reach(c)
	if err != nil {
		return nil, err
	}
	after, err := a.cursor(c)
	if err != nil {
		return nil, err
	}
	q := catalog.ListingQuery{
		Profile: c.param("profile_id"), Status: c.param("status"), City: c.param("city"), Type: c.param("property_type"),
		Limit: limit, After: string(after),
	}
	if q.Profile == "" {
		q.Profile = c.grant.Profile
	}
	if !c.grant.CoversProfile(q.Profile) {
		sites = nil
	}
	page, next, err := a.o.Catalog.Listings(sites, q)
	if err != nil {
		return nil, err
	}
	list := []listingView{}
	for i := range page {
		list = append(list, a.viewListing(page[i].Site, &page[i].Listing))
	}
	return struct {
		Listings []listingView `json:"listings"`
		Next     *string       `json:"next_cursor"`
	}{list, a.nextCursor(c, []byte(next))}, nil
}

// putSite returns the site that a listing is put on: the one that site_id names, the only one that the key covers, or
// the one whose catalog knows the listing.
func (a *API) putSite(c *call) (*catalog.Site, error) {
	sites, err := a.reach(c)
	if err != nil {
		return nil, err
	}
	if len(sites) == 1 {
		return sites[0], nil
	}
	site, _, err := a.catalogSite(c)
	if fault.Is(err, fault.NotFound) {
		return a.site(c)
	}
	return site, err
}

// putListing serves PUT /v1/listings/{id}: 201 for one that is new, else 200.
func (a *API) putListing(c *call) (int, any, error) {
	site, err := a.putSite(c)
	if err != nil {
		return 0, nil, err
	}
	body, err := c.body()
	if err != nil {
		return 0, nil, err
	}
	l, err := a.o.Catalog.ReadListing(site, c.id, body)
	if err != nil {
		return 0, nil, err
	}
	results, err := a.o.Catalog.PutListings(c, site, c.grant.Profile, a.o.Now(), l)
	if err != nil {
		return 0, nil, err
	}
	if results[0].Err != nil {
		return 0, nil, results[0].Err
	}
	v := a.viewListing(site, &results[0].Listing)
	if results[0].Result != catalog.ListingCreated {
		return fasthttp.StatusOK, v, nil
	}
	c.Response.Header.Set(fasthttp.HeaderLocation, "/v1/listings/"+url.PathEscape(l.ID))
	return fasthttp.StatusCreated, v, nil
}

// deleteListing serves DELETE /v1/listings/{id}. What visitors did stays.
func (a *API) deleteListing(c *call) (int, any, error) {
	site, l, err := a.catalogSite(c)
	if err != nil {
		return 0, nil, err
	}
	return fasthttp.StatusNoContent, nil, a.o.Catalog.DeleteListing(c, site, l.ID)
}
