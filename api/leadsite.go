package api

import (
	"strconv"

	"footfall/catalog"
	"footfall/fault"
	"footfall/leads"
)

// leadSite returns the site of the lead that the path names, if the key sees it. Ids of leads are made here, so no two
// sites have the same.
func (a *API) leadSite(c *call) (*catalog.Site, error) {
	named := c.param("site_id")
	for _, site := range a.o.Catalog.Sites() {
		if !c.grant.CoversSite(site) || named != "" && named != strconv.FormatUint(uint64(site.ID), 10) {
			continue
		}
		profile, found, err := a.o.Leads.ProfileOf(site.ID, c.id)
		if err != nil {
			return nil, err
		}
		if found && c.grant.CoversProfile(profile) {
			return site, nil
		}
	}
	return nil, fault.New(fault.NotFound, "There is no such lead.")
}

// seen makes of leads what the key may see of them: a profile's learns nothing of the leads of others, and whoever sees
// no contact fields reads nothing that the person wrote or that was written about them.
func (a *API) seen(c *call, views ...*leads.View) error {
	if c.grant.Masked {
		for _, v := range views {
			v.Mask()
		}
	}
	return a.o.Leads.Limit(c.grant.Profile, views...)
}

// seenOne is seen for what answers with one lead.
func (a *API) seenOne(c *call, v *leads.View, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, a.seen(c, v)
}
