package api

import (
	"cmp"
	"net/url"
	"time"

	"footfall/access"
	"footfall/catalog"
	"footfall/fault"

	"github.com/valyala/fasthttp"
)

// userRoutes are how admins say who may sign in.
func (a *API) userRoutes() []Route {
	return []Route{
		{get, "/v1/users", access.Admin, "Users", a.answer(a.users)},
		{post, "/v1/users", access.Admin, "Make a user", a.act(a.createUser)},
		{get, "/v1/users/{id}", access.Admin, "A user", a.answer(a.user)},
		{patch, "/v1/users/{id}", access.Admin, "Change a user", a.act(a.patchUser)},
		{get, "/v1/invites", access.Admin, "Open invites", a.answer(a.invites)},
		{post, "/v1/invites", access.Admin, "Invite somebody", a.act(a.createInvite)},
		{erase, "/v1/invites/{id}", access.Admin, "Take an invite back", a.act(a.deleteInvite)},
	}
}

// userView is a user as admins and they themselves read them.
type userView struct {
	ID           string     `json:"id"`
	Email        string     `json:"email"`
	Name         string     `json:"name"`
	Role         string     `json:"role"`
	Organization string     `json:"organization_id"`
	Profile      *string    `json:"profile_id"`
	Disabled     bool       `json:"disabled"`
	Created      time.Time  `json:"created_at"`
	SignedIn     *time.Time `json:"signed_in_at"`       // null: never
	AskedReset   *time.Time `json:"reset_requested_at"` // null: not since the server's start, or they have got a link
}

func (a *API) userView(u *access.User) userView {
	return userView{u.ID, u.Email, u.Name, u.Role, u.Organization, known(u.Profile), u.Disabled, u.Created,
		knownTime(u.SignedIn), knownTime(a.o.Access.Asked(u.ID))}
}

// knownTime returns nil, null in JSON, for the zero time.
func knownTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// users serves GET /v1/users.
func (a *API) users(c *call) (any, error) {
	users, next, err := pageOfRows(a, c, a.o.Access.Users(c.grant), func(u *access.User) string { return whenMade(u.Created, u.ID) })
	if err != nil {
		return nil, err
	}
	list := []userView{}
	for _, u := range users {
		list = append(list, a.userView(&u))
	}
	return struct {
		Users []userView `json:"users"`
		Next  *string    `json:"next_cursor"`
	}{list, next}, nil
}

// user serves GET /v1/users/{id}.
func (a *API) user(c *call) (any, error) {
	u, err := a.o.Access.UserByID(c.grant, c.id)
	return a.userView(&u), err
}

// newUser is what a request says of somebody who is to be let in.
type newUser struct {
	Email        string `json:"email"`
	Name         string `json:"name"`
	Role         string `json:"role"`
	Organization string `json:"organization_id"`
	Profile      string `json:"profile_id"`
	Password     string `json:"password"`
}

// readUser reads the body. What it does not say is the grant's organization and, for an agent, its only profile; both
// must be there.
func (a *API) readUser(c *call) (n access.NewUser, err error) {
	var in newUser
	if err := c.readJSON(&in); err != nil {
		return n, err
	}
	n = access.NewUser(in)
	n.Organization = cmp.Or(n.Organization, c.grant.Organization, catalog.Default)
	if _, ok := a.o.Catalog.Organization(n.Organization); !ok || !c.grant.CoversOrganization(n.Organization) {
		return n, fault.Field(fault.NotFound, "organization_id", "There is no such organization.")
	}
	if n.Profile == "" && n.Role == access.AgentRole.String() {
		if only := a.o.Catalog.Profiles(n.Organization); len(only) == 1 {
			n.Profile = only[0].ID
		}
	}
	return n, a.hasProfile(n.Organization, n.Profile)
}

func (a *API) hasProfile(organization, profile string) error {
	if profile != "" && !a.o.Catalog.HasProfile(organization, profile) {
		return fault.Field(fault.InvalidField, "profile_id", "The organization has no such profile.")
	}
	return nil
}

// createUser serves POST /v1/users.
func (a *API) createUser(c *call) (int, any, error) {
	n, err := a.readUser(c)
	if err != nil {
		return 0, nil, err
	}
	u, err := a.o.Access.CreateUser(c, c.grant, n)
	if err != nil {
		return 0, nil, err
	}
	c.Response.Header.Set(fasthttp.HeaderLocation, "/v1/users/"+url.PathEscape(u.ID))
	return fasthttp.StatusCreated, a.userView(&u), nil
}

// patchUser serves PATCH /v1/users/{id}.
func (a *API) patchUser(c *call) (int, any, error) {
	var in struct {
		Name     *string `json:"name"`
		Role     *string `json:"role"`
		Profile  *string `json:"profile_id"`
		Disabled *bool   `json:"disabled"`
	}
	if err := c.readJSON(&in); err != nil {
		return 0, nil, err
	}
	if in.Profile != nil {
		u, err := a.o.Access.UserByID(c.grant, c.id)
		if err != nil {
			return 0, nil, err
		}
		if err := a.hasProfile(u.Organization, *in.Profile); err != nil {
			return 0, nil, err
		}
	}
	u, err := a.o.Access.PatchUser(c, c.grant, c.id, access.UserPatch(in))
	return fasthttp.StatusOK, a.userView(&u), err
}
