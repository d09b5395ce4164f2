package api

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"footfall/access"
	"footfall/catalog"
	"footfall/fault"

	"github.com/valyala/fasthttp"
)

// profileRoutes are how it is set up who the agents are.
func (a *API) profileRoutes() []Route {
	return []Route{
		{get, "/v1/profiles", access.Admin, "Profiles", a.answer(a.profiles)},
		{post, "/v1/profiles", access.Admin, "Make a profile", a.act(a.createProfile)},
		{get, "/v1/profiles/{id}", access.Admin, "A profile", a.answer(a.profile)},
		{patch, "/v1/profiles/{id}", access.Admin, "Change a profile", a.act(a.patchProfile)},
	}
}

// profileView is a profile on the wire.
type profileView struct {
	ID           string     `json:"id"`
	Organization string     `json:"organization_id"`
	FullName     string     `json:"full_name"`
	Email        *string    `json:"email"`
	TimeZone     string     `json:"time_zone"`
	ServiceAreas []string   `json:"service_areas"`
	Specialties  []string   `json:"specialties"`
	Created      *time.Time `json:"created_at"` // null: the first one
}

func viewProfile(p *catalog.Profile) profileView {
	return profileView{p.ID, p.Organization, cmp.Or(p.FullName, p.ID), known(p.Email), cmp.Or(p.TimeZone, "UTC"),
		list(p.ServiceAreas), list(p.Specialties), knownTime(p.Created)}
}

// organizationsOf returns the organizations that a call is about: those that the key covers or, of them, the one that
// organization_id names.
func (a *API) organizationsOf(c *call) (ids []string, err error) {
	named := c.param("organization_id")
	for _, o := range a.o.Catalog.Organizations() {
		if c.grant.CoversOrganization(o.ID) && (named == "" || o.ID == named) {
			ids = append(ids, o.ID)
		}
	}
	if len(ids) == 0 && named != "" {
		return nil, fault.Field(fault.NotFound, "organization_id", "There is no such organization.")
	}
	return ids, nil
}

// profiles serves GET /v1/profiles.
func (a *API) profiles(c *call) (any, error) {
	organizations, err := a.organizationsOf(c)
	if err != nil {
		return nil, err
	}
	list := []profileView{}
	for _, o := range organizations {
		for _, p := range a.o.Catalog.Profiles(o) {
			list = append(list, viewProfile(&p))
		}
	}
	list, next, err := pageOfRows(a, c, list, func(p *profileView) string { return p.Organization + "\x00" + p.ID })
	return struct {
		Profiles []profileView `json:"profiles"`
		Next     *string       `json:"next_cursor"`
	}{list, next}, err
}

// profileOfPath returns the profile that the path names. Organizations may have profiles of one id.
func (a *API) profileOfPath(c *call) (*catalog.Profile, error) {
	organizations, err := a.organizationsOf(c)
	if err != nil {
		return nil, err
	}
	var found []catalog.Profile
	var in []string
	for _, o := range organizations {
		if p, ok := a.o.Catalog.Profile(o, c.id); ok && c.grant.CoversProfile(p.ID) {
			found, in = append(found, p), append(in, o)
		}
	}
	switch len(found) {
	case 0:
		return nil, fault.New(fault.NotFound, "There is no such profile.")
	case 1:
		return &found[0], nil
	}
	return nil, fault.Field(fault.Ambiguous, "organization_id", "Several organizations have a profile of this id: %s. Name one by organization_id.", strings.Join(in, ", "))
}

// profile serves GET /v1/profiles/{id}.
func (a *API) profile(c *call) (any, error) {
	p, err := a.profileOfPath(c)
	if err != nil {
		return nil, err
	}
	return viewProfile(p), nil
}

// profileFields are what a request says of a profile; nil leaves a field as it is.
type profileFields struct {
	ID           string    `json:"id"`
	Organization string    `json:"organization_id"`
	FullName     *string   `json:"full_name"`
	Email        *string   `json:"email"`
	TimeZone     *string   `json:"time_zone"`
	ServiceAreas *[]string `json:"service_areas"`
	Specialties  *[]string `json:"specialties"`
}

func (f *profileFields) set(p *catalog.Profile) error {
	setIf(&p.FullName, f.FullName)
	setIf(&p.Email, f.Email)
	setIf(&p.TimeZone, f.TimeZone)
	setIf(&p.ServiceAreas, f.ServiceAreas)
	setIf(&p.Specialties, f.Specialties)
	return nil
}

func setIf[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// createProfile serves POST /v1/profiles.
func (a *API) createProfile(c *call) (int, any, error) {
	var in profileFields
	if err := c.readJSON(&in); err != nil {
		return 0, nil, err
	}
	organization := cmp.Or(in.Organization, c.grant.Organization, catalog.Default)
	if _, ok := a.o.Catalog.Organization(organization); !ok || !c.grant.CoversOrganization(organization) {
		return 0, nil, fault.Field(fault.NotFound, "organization_id", "There is no such organization.")
	}
	p := catalog.Profile{ID: in.ID, Organization: organization, Created: a.o.Now().UTC().Truncate(time.Millisecond)}
	if p.ID == "" {
		var err error
		if p.ID, err = a.o.Access.NewID("p_"); err != nil {
			return 0, nil, err
		}
	}
	if err := in.set(&p); err != nil {
		return 0, nil, err
	}
	p, err := a.o.Catalog.CreateProfile(c, p, a.o.Access.Note(c.grant, "profile.create", ""))
	if err != nil {
		return 0, nil, err
	}
	c.Response.Header.Set(fasthttp.HeaderLocation, "/v1/profiles/"+url.PathEscape(p.ID))
	return fasthttp.StatusCreated, viewProfile(&p), nil
}

// patchProfile serves PATCH /v1/profiles/{id}.
func (a *API) patchProfile(c *call) (int, any, error) {
	var in profileFields
	if err := c.readJSON(&in); err != nil {
		return 0, nil, err
	}
	old, err := a.profileOfPath(c)
	if err != nil {
		return 0, nil, err
	}
	if in.ID != "" && in.ID != old.ID || in.Organization != "" && in.Organization != old.Organization {
		return 0, nil, fault.Field(fault.InvalidField, "id", "A profile keeps its id and its organization.")
	}
	p, err := a.o.Catalog.ChangeProfile(c, old.Organization, old.ID, in.set, a.o.Access.Note(c.grant, "profile.change", ""))
	if err != nil {
		return 0, nil, err
	}
	return fasthttp.StatusOK, viewProfile(&p), nil
}
