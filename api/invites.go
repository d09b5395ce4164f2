package api

import (
	"net/url"
	"time"

	"footfall/access"

	"github.com/valyala/fasthttp"
)

// inviteView is an open invite, without its link.
type inviteView struct {
	ID           string    `json:"id"`
	Email        *string   `json:"email"` // null: whoever has the link says it
	Role         string    `json:"role"`
	Organization string    `json:"organization_id"`
	Profile      *string   `json:"profile_id"`
	By           string    `json:"created_by"`
	Created      time.Time `json:"created_at"`
	Expires      time.Time `json:"expires_at"`
}

func viewOfInvite(i *access.Invite) inviteView {
	return inviteView{i.ID, known(i.Email), i.Role, i.Organization, known(i.Profile), i.By, i.Created, i.Expires}
}

// invites serves GET /v1/invites.
func (a *API) invites(c *call) (any, error) {
	open, next, err := pageOfRows(a, c, a.o.Access.Invites(c.grant), func(i *access.Invite) string { return whenMade(i.Created, i.ID) })
	if err != nil {
		return nil, err
	}
	list := []inviteView{}
	for _, i := range open {
		list = append(list, viewOfInvite(&i))
	}
	return struct {
		Invites []inviteView `json:"invites"`
		Next    *string      `json:"next_cursor"`
	}{list, next}, nil
}

// createInvite serves POST /v1/invites. The link is in this answer and in no other.
func (a *API) createInvite(c *call) (int, any, error) {
	n, err := a.readUser(c)
	if err != nil {
		return 0, nil, err
	}
	i, token, err := a.o.Access.CreateInvite(c, c.grant, n)
	if err != nil {
		return 0, nil, err
	}
	c.Response.Header.Set(fasthttp.HeaderLocation, "/v1/invites/"+url.PathEscape(i.ID))
	link := a.link(c, "/app/invite", token, i.Expires)
	return fasthttp.StatusCreated, struct {
		inviteView
		Token string `json:"token"`
		Link  string `json:"link"`
	}{viewOfInvite(&i), link.Token, link.Link}, nil
}

// deleteInvite serves DELETE /v1/invites/{id}.
func (a *API) deleteInvite(c *call) (int, any, error) {
	return fasthttp.StatusNoContent, nil, a.o.Access.DeleteInvite(c, c.grant, c.id)
}

// acceptInvite serves POST /v1/invites/{token}/accept. Whoever accepts is signed in.
func (a *API) acceptInvite(c *call) (int, any, error) {
	var in struct{ Email, Name, Password string }
	if err := c.readJSON(&in); err != nil {
		return 0, nil, err
	}
	u, err := a.accept(c, c.id, access.Acceptance(in))
	if err != nil {
		return 0, nil, err
	}
	c.Response.Header.Set(fasthttp.HeaderLocation, "/v1/users/"+url.PathEscape(u.ID))
	return fasthttp.StatusCreated, a.userView(&u), nil
}

func (a *API) accept(c *call, token string, p access.Acceptance) (u access.User, err error) {
	if err := a.setCookie(c, ""); err != nil { // not where the cookie would not be safe
		return u, err
	}
	u, cookie, err := a.o.Access.AcceptInvite(c, token, p)
	if err != nil {
		c.Response.Header.DelAllCookies()
		return u, err
	}
	return u, a.setCookie(c, cookie)
}
