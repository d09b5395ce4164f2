package api

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"footfall/access"
	"footfall/catalog"
	"footfall/fault"
	"footfall/ingest"

	"github.com/valyala/fasthttp"
)

// loginRoutes are how people sign in and out, and how they get to where they can.
func (a *API) loginRoutes() []Route {
	return []Route{
		{post, "/v1/login", Public, "Sign in", a.door(a.login)},
		{post, "/v1/logout", Public, "Sign out", a.door(a.logout)},
		{get, "/v1/me", access.Read, "Who asks", a.answer(a.me)},
		{post, "/v1/me/password", access.Read, "Change one's own password", a.act(a.changePassword)},
		{post, "/v1/invites/{id}/accept", Public, "Accept an invite", a.door(a.acceptInvite)},
		{post, "/v1/password-resets", Public, "Ask for a new password", a.door(a.askReset)},
		{post, "/v1/password-resets/{id}", Public, "Set a new password", a.door(a.reset)},
	}
}

// door makes a handler of a call that asks for no key: it is held to its sender's rate, and refused if a page of another
// site makes it. What it answers is on disk.
func (a *API) door(open func(c *call) (status int, v any, err error)) func(*call) {
	return func(c *call) {
		err := a.o.Ingest.Limit(c.RequestCtx)
		if err == nil {
			err = fromOurPage(c, maySay)
		}
		if err == nil && c.Request.Header.ContentLength() != 0 {
			err = wantJSON(c)
		}
		if err != nil {
			ingest.WriteError(c.RequestCtx, err)
			return
		}
		a.act(open)(c)
	}
}

// act makes a handler of what changes something. An answer without a body has none of its own.
func (a *API) act(do func(c *call) (status int, v any, err error)) func(*call) {
	return func(c *call) {
		status, v, err := do(c)
		if late := a.vouch(c); late != nil {
			err = late
		}
		switch {
		case err != nil:
			ingest.WriteError(c.RequestCtx, err)
		case v == nil:
			ingest.WriteEmpty(c.RequestCtx, status)
		default:
			ingest.WriteJSON(c.RequestCtx, status, v)
		}
	}
}

// readJSON reads the body, one JSON object, into v. Its names may be written in camelCase too; unknown ones are refused.
func (c *call) readJSON(v any) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return fault.Wrap(fault.InvalidJSON, err, "The body is not one JSON object.")
	}
	plain := make(map[string]json.RawMessage, len(object))
	for name, value := range object {
		plain[snake(name)] = value
	}
	if body, err = json.Marshal(plain); err != nil {
		return err
	}
	return catalog.DecodeStrict(body, v)
}

// snake returns a name in camelCase as snake_case; any other as it is.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// login serves POST /v1/login.
func (a *API) login(c *call) (int, any, error) {
	var in struct{ Email, Password string }
	if err := c.readJSON(&in); err != nil {
		return 0, nil, err
	}
	u, err := a.signIn(c, in.Email, in.Password)
	if err != nil {
		return 0, nil, err
	}
	return fasthttp.StatusOK, a.userView(&u), nil
}

// signIn signs somebody in and gives their browser its cookie. Where that would not be safe it does not ask whether the
// password is right.
func (a *API) signIn(c *call, email, password string) (u access.User, err error) {
	if err := a.setCookie(c, ""); err != nil {
		return u, err
	}
	defer func() {
		if err != nil { // whoever is signed in stays so
			c.Response.Header.DelAllCookies()
		}
	}()
	u, cookie, err := a.o.Access.SignIn(c, access.Credentials{
		Email: email, Password: password, From: a.o.Ingest.Address(c.RequestCtx), Cookie: a.cookie(c),
	})
	if err != nil {
		return u, err
	}
	return u, a.setCookie(c, cookie)
}

// logout serves POST /v1/logout. Whoever is not signed in is out already.
func (a *API) logout(c *call) (int, any, error) { return fasthttp.StatusNoContent, nil, a.signOut(c) }

func (a *API) signOut(c *call) error {
	cookie := a.cookie(c)
	if cookie == "" {
		return nil
	}
	if err := fromOurPage(c, mustSay); err != nil {
		return err
	}
	if err := a.o.Access.SignOut(c, cookie); err != nil {
		return err
	}
	return a.setCookie(c, "")
}

// meView is who asks, and what they may do.
type meView struct {
	Actor        string     `json:"actor"`
	ID           string     `json:"id"`
	Organization *string    `json:"organization_id"` // null: every one
	Profile      *string    `json:"profile_id"`      // null: every one of the organization
	Scopes       []string   `json:"scopes"`
	Masked       bool       `json:"masked"`
	Email        string     `json:"email,omitempty"`
	Name         string     `json:"name,omitempty"`
	Role         string     `json:"role,omitempty"`
	SignedIn     *time.Time `json:"signed_in_at,omitempty"`
}

// me serves GET /v1/me.
func (a *API) me(c *call) (any, error) { return a.viewMe(c.grant) }

func (a *API) viewMe(g access.Grant) (*meView, error) {
	_, id, _ := strings.Cut(g.Actor, ":")
	v := &meView{Actor: g.Actor, ID: id, Organization: known(g.Organization), Profile: known(g.Profile), Scopes: g.Scopes.Names(), Masked: g.Masked}
	if g.UserID() == "" {
		return v, nil
	}
	u, err := a.o.Access.UserByID(g, g.UserID())
	if err != nil {
		return nil, err
	}
	v.Email, v.Name, v.Role, v.SignedIn, v.Profile = u.Email, u.Name, u.Role, &u.SignedIn, known(u.Profile)
	return v, nil
}

// changePassword serves POST /v1/me/password. Whoever asks stays signed in, by a new cookie, on this browser alone.
func (a *API) changePassword(c *call) (int, any, error) {
	id := c.grant.UserID()
	if id == "" {
		return 0, nil, fault.New(fault.Forbidden, "A key has no password: this is for people who are signed in.")
	}
	var in struct {
		Old string `json:"old_password"`
		New string `json:"password"`
	}
	if err := c.readJSON(&in); err != nil {
		return 0, nil, err
	}
	for name, value := range map[string]string{"old_password": in.Old, "password": in.New} {
		if value == "" {
			return 0, nil, fault.Field(fault.MissingField, name, "%s is required.", name)
		}
	}
	cookie, err := a.o.Access.ChangePassword(c, id, access.PasswordChange{Old: in.Old, New: in.New, From: a.o.Ingest.Address(c.RequestCtx)})
	if err != nil {
		return 0, nil, err
	}
	return fasthttp.StatusNoContent, nil, a.setCookie(c, cookie)
}

// known returns nil, null in JSON, for an empty text.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// askReset serves POST /v1/password-resets. It answers alike whoever asks for whom; an admin gets the link.
func (a *API) askReset(c *call) (int, any, error) {
	var in struct{ Email string }
	if err := c.readJSON(&in); err != nil {
		return 0, nil, err
	}
	if len(c.Request.Header.Peek(fasthttp.HeaderAuthorization)) > 0 || a.cookie(c) != "" {
		if err := a.authenticate(c); err != nil {
			return 0, nil, err
		}
	}
	v := linkView{}
	if !c.grant.Has(access.Admin) {
		a.o.Access.AskReset(in.Email)
		return fasthttp.StatusAccepted, v, nil
	}
	token, expires, err := a.o.Access.CreateReset(c, c.grant, in.Email)
	if err == nil && token != "" {
		v = a.link(c, "/app/reset", token, expires)
	}
	return fasthttp.StatusAccepted, v, err
}

// linkView is a link that is shown once.
type linkView struct {
	Token   string     `json:"token,omitempty"`
	Link    string     `json:"link,omitempty"`
	Expires *time.Time `json:"expires_at,omitempty"`
}

// link returns a link to a page of ours. The token stands behind its #, which browsers send to nobody.
func (a *API) link(c *call, path, token string, expires time.Time) linkView {
	return linkView{token, a.origin(c) + path + "#" + token, &expires}
}

// origin is where browsers find us, or else as whoever asks has reached us.
func (a *API) origin(c *call) string {
	if a.o.PublicURL != "" {
		return a.o.PublicURL
	}
	scheme := "http"
	if a.o.Ingest.Secure(c.RequestCtx) {
		scheme = "https"
	}
	return scheme + "://" + string(c.Host())
}

// reset serves POST /v1/password-resets/{token}.
func (a *API) reset(c *call) (int, any, error) {
	var in struct{ Password string }
	if err := c.readJSON(&in); err != nil {
		return 0, nil, err
	}
	u, err := a.o.Access.Reset(c, c.id, in.Password)
	return fasthttp.StatusOK, a.userView(&u), err
}
