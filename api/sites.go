package api

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"footfall/access"
	"footfall/catalog"
	"footfall/fault"

	"github.com/valyala/fasthttp"
)

// siteRoutes are how it is set up where events come from.
func (a *API) siteRoutes() []Route {
	return []Route{
		{get, "/v1/sites", access.Admin, "Sites", a.answer(a.sites)},
		{post, "/v1/sites", access.Admin, "Make a site", a.act(a.createSite)},
		{get, "/v1/sites/{id}", access.Admin, "A site", a.answer(a.oneSite)},
		{get, "/v1/sites/{id}/installation", access.Read, "Whether the tracker works on a site", a.answer(a.installation)},
		{patch, "/v1/sites/{id}", access.Admin, "Change a site", a.act(a.patchSite)},
	}
}

// siteView is a site on the wire.
type siteView struct {
	ID           uint32   `json:"id"`
	Organization string   `json:"organization_id"`
	Profile      string   `json:"profile_id"`
	Name         string   `json:"name"`
	Origins      []string `json:"allowed_origins"`
	ServerSide   bool     `json:"server_side"`
	TimeZone     string   `json:"time_zone"`
	Consent      string   `json:"consent"`
}

func viewSite(s *catalog.Site) siteView {
	return siteView{s.ID, s.Organization, s.Profile, s.Name, list(s.Origins), s.ServerSide, s.TimeZone, s.Consent}
}

// sites serves GET /v1/sites.
func (a *API) sites(c *call) (any, error) {
	list := []siteView{}
	for _, s := range a.o.Catalog.Sites() {
		if c.grant.CoversSite(s) {
			list = append(list, viewSite(s))
		}
	}
	list, next, err := pageOfRows(a, c, list, func(s *siteView) string { return fmt.Sprintf("%010d", s.ID) })
	return struct {
		Sites []siteView `json:"sites"`
		Next  *string    `json:"next_cursor"`
	}{list, next}, err
}

func (a *API) siteOfPath(c *call) (*catalog.Site, error) {
	id, err := strconv.ParseUint(c.id, 10, 32)
	s, ok := a.o.Catalog.Site(uint32(id))
	if err != nil || !ok || !c.grant.CoversSite(s) {
		return nil, fault.New(fault.NotFound, "There is no such site.")
	}
	return s, nil
}

// oneSite serves GET /v1/sites/{id}.
func (a *API) oneSite(c *call) (any, error) {
	s, err := a.siteOfPath(c)
	if err != nil {
		return nil, err
	}
	return viewSite(s), nil
}

// siteFields are what a request says of a site; nil leaves a field as it is.
type siteFields struct {
	Organization *string   `json:"organization_id"`
	Profile      *string   `json:"profile_id"`
	Name         *string   `json:"name"`
	Origins      *[]string `json:"allowed_origins"`
	ServerSide   *bool     `json:"server_side"`
	TimeZone     *string   `json:"time_zone"`
	Consent      *string   `json:"consent"`
}

func (f *siteFields) set(s *catalog.Site) error {
	setIf(&s.Organization, f.Organization)
	setIf(&s.Profile, f.Profile)
	setIf(&s.Name, f.Name)
	setIf(&s.Origins, f.Origins)
	setIf(&s.ServerSide, f.ServerSide)
	setIf(&s.TimeZone, f.TimeZone)
	setIf(&s.Consent, f.Consent)
	s.Origins = slices.Clone(s.Origins)
	return nil
}

// createSite serves POST /v1/sites.
func (a *API) createSite(c *call) (int, any, error) {
	var in siteFields
	if err := c.readJSON(&in); err != nil {
		return 0, nil, err
	}
	s := catalog.Site{Organization: cmp.Or(c.grant.Organization, catalog.Default), Profile: catalog.Default}
	if err := in.set(&s); err != nil {
		return 0, nil, err
	}
	if _, ok := a.o.Catalog.Organization(s.Organization); !ok || !c.grant.CoversOrganization(s.Organization) {
		return 0, nil, fault.Field(fault.NotFound, "organization_id", "There is no such organization.")
	}
	s.Consent = cmp.Or(s.Consent, a.o.Catalog.Settings(s.Organization).Consent)
	made, err := a.o.Catalog.CreateSite(c, s, a.o.Access.Note(c.grant, "site.create", ""))
	if err != nil {
		return 0, nil, err
	}
	c.Response.Header.Set(fasthttp.HeaderLocation, fmt.Sprintf("/v1/sites/%d", made.ID))
	return fasthttp.StatusCreated, viewSite(made), nil
}

// patchSite serves PATCH /v1/sites/{id}. To another organization a site is moved by the server's own admin key only.
func (a *API) patchSite(c *call) (int, any, error) {
	var in siteFields
	if err := c.readJSON(&in); err != nil {
		return 0, nil, err
	}
	old, err := a.siteOfPath(c)
	if err != nil {
		return 0, nil, err
	}
	detail := ""
	if in.Organization != nil && *in.Organization != old.Organization {
		detail = "moved between organizations"
		if !c.grant.Instance() {
			return 0, nil, fault.Field(fault.Forbidden, "organization_id", "Only the server's own admin key moves a site to another organization.")
		}
		if _, ok := a.o.Catalog.Organization(*in.Organization); !ok {
			return 0, nil, fault.Field(fault.NotFound, "organization_id", "There is no such organization.")
		}
	}
	s, err := a.o.Catalog.ChangeSite(c, old.ID, in.set, a.o.Access.Note(c.grant, "site.change", detail))
	if err != nil {
		return 0, nil, err
	}
	return fasthttp.StatusOK, viewSite(s), nil
}
