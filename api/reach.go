package api

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"footfall/catalog"
	"footfall/fault"
	"footfall/sessionize"
)

// reach returns the sites that a call is about: those that the key covers or, of them, the one that site_id names.
func (a *API) reach(c *call) (sites []*catalog.Site, err error) {
	named := uint64(0)
	if s := c.param("site_id"); s != "" {
		if named, err = strconv.ParseUint(s, 10, 64); err != nil {
			return nil, fault.Field(fault.InvalidField, "site_id", "site_id is a number.")
		}
		if named == 0 || named > math.MaxUint32 {
			return nil, noSite()
		}
	}
	for _, site := range a.o.Catalog.Sites() {
		if c.grant.CoversSite(site) && (named == 0 || uint64(site.ID) == named) {
			sites = append(sites, site)
		}
	}
	if named != 0 && len(sites) == 0 {
		return nil, noSite()
	}
	return sites, nil
}

func noSite() error { return fault.Field(fault.NotFound, "site_id", "This key sees no such site.") }

// site returns the one site that a call is about: the one that site_id names, or the only one that the key covers.
func (a *API) site(c *call) (*catalog.Site, error) {
	sites, err := a.reach(c)
	switch {
	case err != nil:
		return nil, err
	case len(sites) == 0:
		return nil, noSite()
	case len(sites) > 1:
		return nil, fault.Field(fault.MissingField, "site_id", "This key sees several sites: name one by site_id.")
	}
	return sites[0], nil
}

// siteOf returns the site of the reach on which an id is known. Ids that browsers choose may be known on several: then
// the caller must say which is meant.
func (a *API) siteOf(c *call, what string, known func(*catalog.Site) (bool, error)) (*catalog.Site, error) {
	sites, err := a.reach(c)
	if err != nil {
		return nil, err
	}
	var on []*catalog.Site
	for _, site := range sites {
		is, err := known(site)
		if err != nil {
			return nil, err
		}
		if is {
			on = append(on, site)
		}
	}
	switch len(on) {
	case 0:
		return nil, fault.New(fault.NotFound, "There is no such %s.", what)
	case 1:
		return on[0], nil
	}
	names := make([]string, len(on))
	for i, site := range on {
		names[i] = fmt.Sprint(site.ID)
	}
	return nil, fault.Field(fault.Ambiguous, "site_id", "Several sites know a %s of this id: %s. Name one by site_id.", what, strings.Join(names, ", "))
}

// profileOf returns whose a session is.
func profileOf(site *catalog.Site, s *sessionize.Analytics) string {
	return cmp.Or(s.Profile, site.Profile)
}

// own returns those of a site's sessions that the key may see.
func (c *call) own(site *catalog.Site, all []sessionize.Analytics) (own []sessionize.Analytics) {
	if c.grant.Profile == "" {
		return all
	}
	for i := range all {
		if c.grant.CoversProfile(profileOf(site, &all[i])) {
			own = append(own, all[i])
		}
	}
	return own
}

// whole refuses those who see one profile only, where an answer is about a whole site.
func (c *call) whole() error {
	if c.grant.Profile != "" {
		return fault.New(fault.Forbidden, "This is about a whole site, and the key is one profile's.")
	}
	return nil
}
