package api

import (
	"cmp"
	"encoding/json"
	"net/url"
	"time"

	"footfall/access"
	"footfall/catalog"
	"footfall/fault"

	"github.com/valyala/fasthttp"
)

// organizationRoutes are how it is set up who is a tenant here, and what they decide for themselves.
func (a *API) organizationRoutes() []Route {
	return []Route{
		{get, "/v1/organizations", access.Admin, "Organizations", a.answer(a.organizations)},
		{post, "/v1/organizations", access.Admin, "Make an organization", a.act(a.createOrganization)},
		{get, "/v1/organizations/{id}", access.Admin, "An organization", a.answer(a.organization)},
		{patch, "/v1/organizations/{id}", access.Admin, "Rename an organization", a.act(a.patchOrganization)},
		{get, "/v1/organizations/{id}/settings", access.Admin, "An organization's settings", a.answer(a.settings)},
		{patch, "/v1/organizations/{id}/settings", access.Admin, "Change an organization's settings", a.act(a.patchSettings)},
		{get, "/v1/audit", access.Admin, "Who did what, newest first", a.answer(a.audit)},
	}
}

// organizationView is an organization on the wire.
type organizationView struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Created *time.Time `json:"created_at"` // null: the first one
}

func viewOrganization(o *catalog.Organization) organizationView {
	return organizationView{o.ID, cmp.Or(o.Name, o.ID), knownTime(o.Created)}
}

// organizations serves GET /v1/organizations.
func (a *API) organizations(c *call) (any, error) {
	list := []organizationView{}
	for _, o := range a.o.Catalog.Organizations() {
		if c.grant.CoversOrganization(o.ID) {
			list = append(list, viewOrganization(&o))
		}
	}
	list, next, err := pageOfRows(a, c, list, func(o *organizationView) string { return o.ID })
	return struct {
		Organizations []organizationView `json:"organizations"`
		Next          *string            `json:"next_cursor"`
	}{list, next}, err
}

// organizationOf returns the organization that the path names, if the key sees it.
func (a *API) organizationOf(c *call) (*catalog.Organization, error) {
	o, ok := a.o.Catalog.Organization(c.id)
	if !ok || !c.grant.CoversOrganization(o.ID) {
		return nil, fault.New(fault.NotFound, "There is no such organization.")
	}
	return &o, c.whole()
}

// organization serves GET /v1/organizations/{id}.
func (a *API) organization(c *call) (any, error) {
	o, err := a.organizationOf(c)
	if err != nil {
		return nil, err
	}
	return viewOrganization(o), nil
}

// createOrganization serves POST /v1/organizations.
func (a *API) createOrganization(c *call) (int, any, error) {
	if !c.grant.Instance() {
		return 0, nil, fault.New(fault.Forbidden, "Only the server's own admin key makes organizations.")
	}
	var in struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	if err := c.readJSON(&in); err != nil {
		return 0, nil, err
	}
	if in.ID == "" {
		var err error
		if in.ID, err = a.o.Access.NewID("o_"); err != nil {
			return 0, nil, err
		}
	}
	o := catalog.Organization{ID: in.ID, Name: in.Name, Created: a.o.Now().UTC().Truncate(time.Millisecond)}
	if err := a.o.Catalog.CreateOrganization(c, o, a.o.Access.Note(c.grant, "organization.create", "")); err != nil {
		return 0, nil, err
	}
	c.Response.Header.Set(fasthttp.HeaderLocation, "/v1/organizations/"+url.PathEscape(o.ID))
	return fasthttp.StatusCreated, viewOrganization(&o), nil
}

// patchOrganization serves PATCH /v1/organizations/{id}.
func (a *API) patchOrganization(c *call) (int, any, error) {
	if _, err := a.organizationOf(c); err != nil {
		return 0, nil, err
	}
	var in struct {
		Name *string `json:"name"`
	}
	if err := c.readJSON(&in); err != nil {
		return 0, nil, err
	}
	o, err := a.o.Catalog.ChangeOrganization(c, c.id, func(o *catalog.Organization) error {
		o.Name = cmp.Or(o.Name, o.ID)
		if in.Name != nil {
			o.Name = *in.Name
		}
		return nil
	}, a.o.Access.Note(c.grant, "organization.change", ""))
	if err != nil {
		return 0, nil, err
	}
	return fasthttp.StatusOK, viewOrganization(&o), nil
}

// plainNames writes the names in a JSON object, and in those within it, in snake_case. What is no object it leaves to
// whoever reads it.
func plainNames(body []byte) []byte {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil || object == nil {
		return body
	}
	plain := make(map[string]json.RawMessage, len(object))
	for name, value := range object {
		if as := snake(name); plain[as] == nil || as == name {
			plain[as] = plainNames(value)
		}
	}
	b, err := json.Marshal(plain)
	if err != nil {
		return body
	}
	return b
}

// settings serves GET /v1/organizations/{id}/settings.
func (a *API) settings(c *call) (any, error) {
	if _, err := a.organizationOf(c); err != nil {
		return nil, err
	}
	return a.o.Catalog.Settings(c.id), nil
}

// patchSettings serves PATCH /v1/organizations/{id}/settings. It answers with all settings.
func (a *API) patchSettings(c *call) (int, any, error) {
	if _, err := a.organizationOf(c); err != nil {
		return 0, nil, err
	}
	body, err := c.body()
	if err != nil {
		return 0, nil, err
	}
	if _, err := parseObject(body); err != nil {
		return 0, nil, err
	}
	_, err = a.o.Catalog.ChangeOrganization(c, c.id, func(o *catalog.Organization) (err error) {
		o.Name = cmp.Or(o.Name, o.ID)
		o.Settings, err = o.Settings.Merge(plainNames(body))
		return err
	}, a.o.Access.Note(c.grant, "settings.change", ""))
	if err != nil {
		return 0, nil, err
	}
	return fasthttp.StatusOK, a.o.Catalog.Settings(c.id), nil
}
