package api

import (
	"encoding/json"
	"strings"

	"footfall/fault"
	"footfall/ingest"
	"footfall/web/pages"

	"github.com/valyala/fasthttp"
)

// appRoutes are the pages of the dashboard: one document, which looks at its own address, and what it loads. Every page has
// a row, so that other addresses stay 404.
func (a *API) appRoutes() []Route {
	rows := []Route{{get, "/app/files/{id}", Public, "A file of the dashboard", a.appFile}}
	for _, view := range []struct{ path, summary string }{
		{homePath, "The dashboard: whom to call today"},
		{"/app/leads/{id}", "The dashboard: a lead"},
		{"/app/live", "The dashboard: who is on the site"},
		{"/app/listings", "The dashboard: listings"},
		{"/app/listings/{id}", "The dashboard: a listing"},
		{"/app/performance", "The dashboard: an agent's months"},
		{"/app/market", "The dashboard: listings and their market"},
		{"/app/setup", "The dashboard: sites, people, keys, past leads"},
		{"/app/brokerage", "The dashboard: agents side by side"},
		{"/app/model", "The dashboard: how good the scores are"},
	} {
		rows = append(rows, Route{get, view.path, Public, view.summary, a.dashboard})
	}
	return rows
}

// todayAsks is what the page Today asks for first (web/app/today.ts). Browsers ask for it while the scripts are on their way.
var todayAsks = []string{"/v1/leads?sort=activity&limit=4", "/v1/leads?priority=high&status=new&sort=ml_score&limit=8"}

// dashboard serves the document of every page. What it shows it asks for like any other client, with the cookie.
func (a *API) dashboard(c *call) {
	grant, ok := a.o.Access.Login(a.cookie(c), a.o.Now())
	if !ok {
		a.seeOther(c, signInPath)
		return
	}
	me, err := a.viewMe(grant)
	if err != nil {
		a.seeOther(c, signInPath)
		return
	}
	b, err := json.Marshal(me)
	if err != nil {
		ingest.WriteError(c.RequestCtx, err)
		return
	}
	d := pages.Data{Title: "Footfall", Email: me.Email, Name: me.Name, Role: me.Role, Me: string(b), Files: a.begin}
	if string(c.Path()) == homePath {
		d.Asks = todayAsks
	}
	a.render(c, fasthttp.StatusOK, pages.Home, d)
}

// appFile serves GET /app/files/{name}. It holds nothing of anybody, so it asks for no cookie.
func (a *API) appFile(c *call) {
	for i := range a.o.App {
		s := &a.o.App[i]
		if s.Name != c.id {
			continue
		}
		a.pageHeaders(c)
		h := &c.Response.Header
		h.Set("Cache-Control", "no-cache")
		if s.Frozen {
			h.Set("Cache-Control", "private, max-age=31536000, immutable")
		}
		kind := "text/javascript; charset=utf-8"
		if strings.HasSuffix(s.Name, ".css") {
			kind = "text/css; charset=utf-8"
		}
		sendScript(c, s, kind)
		return
	}
	a.pageHeaders(c)
	ingest.WriteError(c.RequestCtx, fault.New(fault.NotFound, "The dashboard has no such file. It may be of an older version: load the page again."))
}
