package api

import (
	"net/url"
	"strings"

	"footfall/access"
	"footfall/fault"
	"footfall/ingest"
	"footfall/web/pages"

	"github.com/valyala/fasthttp"
)

const (
	homePath   = "/app/"
	signInPath = "/app/sign-in"
)

// pageRoutes are the pages for people on which they sign in, which work without scripts: forms that are answered with a
// page again.
func (a *API) pageRoutes() []Route {
	return []Route{
		{get, signInPath, Public, "Page to sign in", a.page(pages.SignIn, "Sign in")},
		{post, signInPath, Public, "Form to sign in", a.form(pages.SignIn, "Sign in", a.submitSignIn)},
		{post, "/app/sign-out", Public, "Form to sign out", a.form(pages.SignIn, "Sign in", a.submitSignOut)},
		{get, "/app/invite", Public, "Page to accept an invite", a.page(pages.Invite, "You are invited")},
		{post, "/app/invite", Public, "Form to accept an invite", a.form(pages.Invite, "You are invited", a.submitInvite)},
		{get, "/app/reset", Public, "Page to set a new password", a.page(pages.Reset, "New password")},
		{post, "/app/reset", Public, "Form to set a new password", a.form(pages.Reset, "New password", a.submitReset)},
		{get, "/app/pages.css", Public, "Style of the pages", a.asset("text/css; charset=utf-8", pages.Style())},
		{get, "/app/pages.js", Public, "Script of the pages", a.asset("text/javascript; charset=utf-8", pages.Script())},
	}
}

// pageHeaders keep a page to itself: in no frame, with nothing of other origins, and out of caches.
func (a *API) pageHeaders(c *call) {
	h := &c.Response.Header
	h.Set("Content-Security-Policy", pages.Policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Request-Id", ingest.RequestID(c.RequestCtx))
	if a.o.Ingest.Secure(c.RequestCtx) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// render answers with a page.
func (a *API) render(c *call, status int, page string, d pages.Data) {
	b, err := pages.Render(page, d)
	if err != nil {
		ingest.WriteError(c.RequestCtx, err)
		return
	}
	a.pageHeaders(c)
	c.SetContentType("text/html; charset=utf-8")
	c.SetStatusCode(status)
	c.SetBody(b)
}

// seeOther sends a browser on to another page of ours.
func (a *API) seeOther(c *call, path string) {
	a.pageHeaders(c)
	c.Response.Header.Set(fasthttp.HeaderLocation, path)
	c.SetStatusCode(fasthttp.StatusSeeOther)
}

// page makes a handler of a page that anybody may see.
func (a *API) page(page, title string) func(*call) {
	return func(c *call) {
		d := pages.Data{Title: title}
		if page == pages.SignIn && c.param("done") == "reset" {
			d.Note = "Your password is changed. Sign in with it."
		}
		a.render(c, fasthttp.StatusOK, page, d)
	}
}

func (a *API) asset(kind string, body []byte) func(*call) {
	return func(c *call) {
		a.pageHeaders(c)
		c.Response.Header.Set("Cache-Control", "no-cache")
		c.SetContentType(kind)
		c.SetBody(body)
	}
}

// form makes a handler of a form: submit returns the page to go on to, or why it is the form again.
func (a *API) form(page, title string, submit func(c *call, form url.Values) (next string, err error)) func(*call) {
	return func(c *call) {
		form, err := a.readForm(c)
		next := ""
		if err == nil {
			next, err = submit(c, form)
		}
		if err == nil {
			a.seeOther(c, next)
			return
		}
		f := fault.From(err)
		if f.Code == fault.Internal || f.Code == fault.DataCorrupt {
			a.o.Log.Error("request failed", "request_id", ingest.RequestID(c.RequestCtx), "error", err)
		}
		ingest.SetFaultHeaders(&c.Response.Header, f)
		a.render(c, f.Code.Status(), page, pages.Data{Title: title, Error: f.Message,
			Email: form.Get("email"), Name: form.Get("name"), Token: form.Get("token")})
	}
}

// readForm reads what a page of ours sends.
func (a *API) readForm(c *call) (url.Values, error) {
	if err := a.o.Ingest.Limit(c.RequestCtx); err != nil {
		return nil, err
	}
	if err := fromOurPage(c, mustSay); err != nil {
		return nil, err
	}
	body, err := c.body()
	if err != nil || len(body) == 0 {
		return nil, err
	}
	if err := wantType(c, "application/x-www-form-urlencoded"); err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fault.Wrap(fault.BadRequest, err, "The form cannot be read.")
	}
	return form, nil
}

// tokenOf returns the token of a link, or of what stands behind its #.
func tokenOf(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '#')+1:]
}

func (a *API) submitSignIn(c *call, form url.Values) (string, error) {
	_, err := a.signIn(c, form.Get("email"), form.Get("password"))
	return homePath, err
}

func (a *API) submitSignOut(c *call, _ url.Values) (string, error) { return signInPath, a.signOut(c) }

func (a *API) submitInvite(c *call, form url.Values) (string, error) {
	_, err := a.accept(c, tokenOf(form.Get("token")),
		access.Acceptance{Email: form.Get("email"), Name: form.Get("name"), Password: form.Get("password")})
	return homePath, err
}

func (a *API) submitReset(c *call, form url.Values) (string, error) {
	_, err := a.o.Access.Reset(c, tokenOf(form.Get("token")), form.Get("password"))
	return signInPath + "?done=reset", err
}
