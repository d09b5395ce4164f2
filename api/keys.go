package api

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"time"

	"footfall/access"
	"footfall/fault"

	"github.com/valyala/fasthttp"
)

// keyRoutes are how keys are made and ended.
func (a *API) keyRoutes() []Route {
	return []Route{
		{get, "/v1/keys", access.Admin, "Keys", a.answer(a.listKeys)},
		{post, "/v1/keys", access.Admin, "Make a key", a.act(a.createKey)},
		{post, "/v1/keys/{id}/rotate", access.Admin, "Replace a key", a.act(a.rotateKey)},
		{erase, "/v1/keys/{id}", access.Admin, "Revoke a key", a.act(a.revokeKey)},
	}
}

// keyView is a key on the wire. The key itself stands in it when it is made, and write keys always: they are public.
type keyView struct {
	ID           string     `json:"id"`
	Kind         string     `json:"kind"`
	Name         string     `json:"name"`
	Key          string     `json:"key,omitempty"`
	Site         *uint32    `json:"site_id"`
	Organization *string    `json:"organization_id"` // null of a secret key: every one
	Profile      *string    `json:"profile_id"`
	Scopes       []string   `json:"scopes"`
	Created      *time.Time `json:"created_at"` // null: given by a flag
	Ends         *time.Time `json:"ends_at"`
	LastUsed     *time.Time `json:"last_used_at"`
}

func (a *API) viewKey(k *access.KeyInfo) keyView {
	v := keyView{
		ID: k.ID, Kind: k.Kind, Name: k.Name, Key: k.Write, Organization: known(a.ownerOf(k)), Profile: known(k.Profile),
		Scopes: list(k.Scopes), Created: knownTime(k.Created), Ends: knownTime(k.Ends), LastUsed: knownTime(k.Last),
	}
	if k.Site != 0 {
		v.Site = &k.Site
	}
	return v
}

// ownerOf returns the organization whose key it is, "" for one to everything.
func (a *API) ownerOf(k *access.KeyInfo) string {
	if site, ok := a.o.Catalog.Site(k.Site); ok && k.Kind == access.KindWrite {
		return site.Organization
	}
	return k.Organization
}

// sees says whether whoever asks may see a key: those of their organization, or all.
func (a *API) sees(c *call, k *access.KeyInfo) bool {
	return c.grant.Organization == "" || c.grant.Organization == a.ownerOf(k)
}

// listKeys serves GET /v1/keys.
func (a *API) listKeys(c *call) (any, error) {
	seen := slices.DeleteFunc(a.o.Access.Keys(), func(k access.KeyInfo) bool { return !a.sees(c, &k) })
	keys, next, err := pageOfRows(a, c, seen, func(k *access.KeyInfo) string { return whenMade(k.Created, k.ID) })
	if err != nil {
		return nil, err
	}
	list := []keyView{}
	for _, k := range keys {
		list = append(list, a.viewKey(&k))
	}
	return struct {
		Keys []keyView `json:"keys"`
		Next *string   `json:"next_cursor"`
	}{list, next}, nil
}

// newKey is what a request says of a key.
type newKey struct {
	Kind         string   `json:"kind"`
	Name         string   `json:"name"`
	Site         uint32   `json:"site_id"`
	Organization string   `json:"organization_id"`
	Profile      string   `json:"profile_id"`
	Instance     bool     `json:"instance"` // of a secret key: every organization
	Scopes       []string `json:"scopes"`
}

// createKey serves POST /v1/keys. The key stands in this answer and in no other.
func (a *API) createKey(c *call) (int, any, error) {
	var in newKey
	if err := c.readJSON(&in); err != nil {
		return 0, nil, err
	}
	n, err := a.keyOf(c, &in)
	if err != nil {
		return 0, nil, err
	}
	k, secret, err := a.o.Access.Create(c, c.grant, n)
	if err != nil {
		return 0, nil, err
	}
	c.Response.Header.Set(fasthttp.HeaderLocation, "/v1/keys/"+url.PathEscape(k.ID))
	v := a.viewKey(&k)
	v.Key = secret
	return fasthttp.StatusCreated, v, nil
}

// keyOf finds what a request for a key names.
func (a *API) keyOf(c *call, in *newKey) (n access.NewKey, err error) {
	scopes, ok := access.ParseScopes(in.Scopes)
	if !ok {
		return n, fault.Field(fault.InvalidField, "scopes", "scopes is a list of read, write and admin.")
	}
	n = access.NewKey{Kind: in.Kind, Name: in.Name, Site: in.Site, Profile: in.Profile, Scopes: scopes}
	if n.Kind == access.KindWrite {
		if in.Instance {
			return n, fault.Field(fault.InvalidField, "instance", "A write key is of a site, never of every organization.")
		}
		if n.Site == 0 {
			return n, nil // refused where keys are made
		}
		site, ok := a.o.Catalog.Site(n.Site)
		if !ok || !c.grant.CoversSite(site) {
			return n, noSite()
		}
		n.SiteOwner = site.Organization
		return n, nil
	}
	if in.Instance {
		if in.Organization != "" || in.Profile != "" {
			return n, fault.Field(fault.InvalidField, "instance", "A key is of one organization, or of every one: name organization_id or instance, not both.")
		}
		return n, nil
	}
	if n.Organization, err = a.whoseKey(c, in); err != nil {
		return n, err
	}
	return n, a.hasProfile(n.Organization, n.Profile)
}

// whoseKey returns the organization of a secret key. Only the word "instance" makes one to all of them, no omission does:
// of several organizations one must be named, unless only one of them has the profile.
func (a *API) whoseKey(c *call, in *newKey) (string, error) {
	named := cmp.Or(in.Organization, c.grant.Organization)
	var some []string
	for _, o := range a.o.Catalog.Organizations() {
		if c.grant.CoversOrganization(o.ID) && (named == "" || o.ID == named) &&
			(named != "" || in.Profile == "" || a.o.Catalog.HasProfile(o.ID, in.Profile)) {
			some = append(some, o.ID)
		}
	}
	switch {
	case len(some) == 1:
		return some[0], nil
	case len(some) > 1:
		return "", fault.Field(fault.MissingField, "organization_id", `There are several organizations: name the one whose key it is by organization_id, or say "instance": true for a key to every one.`)
	case named == "":
		return "", fault.Field(fault.InvalidField, "profile_id", "No organization has such a profile.")
	}
	return "", fault.Field(fault.NotFound, "organization_id", "There is no such organization.")
}

// keyOfPath returns the key that the path names, if whoever asks may see it.
func (a *API) keyOfPath(c *call) (*access.KeyInfo, error) {
	k, ok := a.o.Access.KeyByID(c.id)
	if !ok || !a.sees(c, &k) {
		return nil, fault.New(fault.NotFound, "There is no such key.")
	}
	return &k, c.whole()
}

// rotateKey serves POST /v1/keys/{id}/rotate. The old key ends at once, or after ?overlap= seconds.
func (a *API) rotateKey(c *call) (int, any, error) {
	old, err := a.keyOfPath(c)
	if err != nil {
		return 0, nil, err
	}
	seconds := 0
	if s := c.param("overlap"); s != "" {
		if seconds, err = strconv.Atoi(s); err != nil || seconds < 0 || seconds > int(access.MaxOverlap/time.Second) {
			return 0, nil, fault.Field(fault.InvalidField, "overlap", "overlap is a number of seconds from 0 to %d.", int(access.MaxOverlap/time.Second))
		}
	}
	k, secret, err := a.o.Access.Rotate(c, c.grant, old.ID, a.ownerOf(old), time.Duration(seconds)*time.Second)
	if err != nil {
		return 0, nil, err
	}
	c.Response.Header.Set(fasthttp.HeaderLocation, "/v1/keys/"+url.PathEscape(k.ID))
	v := a.viewKey(&k)
	v.Key = secret
	return fasthttp.StatusCreated, v, nil
}

// revokeKey serves DELETE /v1/keys/{id}.
func (a *API) revokeKey(c *call) (int, any, error) {
	k, err := a.keyOfPath(c)
	if err != nil {
		return 0, nil, err
	}
	return fasthttp.StatusNoContent, nil, a.o.Access.Revoke(c, c.grant, k.ID, a.ownerOf(k))
}
