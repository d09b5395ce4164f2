package api

import (
	"encoding/json"
	"html"
	"regexp"
	"strings"
	"testing"
)

func TestTheDashboardIsToldWhoIsSignedIn(t *testing.T) {
	w := newWorld(t)
	w.hire("ann@homes.example", "agent")
	b := w.browser().signedIn("ann@homes.example")
	for _, path := range []string{"/app/", "/app/leads/ld_x", "/app/live", "/app/setup"} {
		r := b.send("GET", path, "")
		m := regexp.MustCompile(`data-me="([^"]*)"`).FindStringSubmatch(r.raw)
		if r.StatusCode != 200 || m == nil {
			t.Fatalf("%s: %d %s", path, r.StatusCode, r.raw)
		}
		var me struct {
			Email, Role string
			Scopes      []string
			Masked      bool
		}
		if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &me); err != nil || me.Email != "ann@homes.example" || me.Role != "agent" ||
			strings.Join(me.Scopes, " ") != "read write" || me.Masked {
			t.Errorf("%s: %+v, %v", path, me, err)
		}
	}
	if r := b.send("GET", "/app/nowhere", ""); r.StatusCode != 404 {
		t.Errorf("an address without a page: %d", r.StatusCode)
	}
	if r := w.browser().send("GET", "/app/leads/ld_x", ""); r.StatusCode != 303 || r.Header.Get("Location") != "/app/sign-in" {
		t.Errorf("nobody is signed in: %d %v", r.StatusCode, r.Header)
	}
}

func TestFilesOfTheDashboardAreKeptByTheBrowser(t *testing.T) {
	w := newWorld(t)
	page := w.browser().send("GET", "/app/files/app.js", "", "Accept-Encoding: gzip")
	if page.StatusCode != 200 || page.Header.Get("Cache-Control") != "no-cache" || page.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%d %v", page.StatusCode, page.Header)
	}
	if r := w.browser().send("GET", "/app/files/app.js", "", "If-None-Match: "+page.Header.Get("ETag")); r.StatusCode != 304 || len(r.raw) > 0 {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
	for _, f := range w.api.o.App {
		if r := w.browser().send("GET", "/app/files/"+f.Name, ""); r.raw != string(f.Body) || strings.Contains(r.Header.Get("Cache-Control"), "immutable") != f.Frozen {
			t.Errorf("%s: %d %v", f.Name, r.StatusCode, r.Header)
		}
	}
	if r := w.browser().send("GET", "/app/files/app-of-yesterday.js", ""); r.StatusCode != 404 || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
}

// A table comes with a cookie only as JSON, from a page of ours, and from those who may write.
func TestWhoIsSignedInImportsPastLeads(t *testing.T) {
	w := newWorld(t)
	w.hire("ada@homes.example", "admin")
	w.hire("vic@homes.example", "viewer")
	ada, vic := w.browser().signedIn("ada@homes.example"), w.browser().signedIn("vic@homes.example")
	table := "email,created_at,outcome\ndora@example.com,2025-05-01,closed_won\n"
	quoted, err := json.Marshal(table)
	w.must(err)
	const to = "/v1/leads?format=csv&dry_run=true"
	for name, try := range map[string]struct {
		b       *browser
		to      string
		body    string
		headers []string
		want    int
	}{
		"as it should":        {ada, to, string(quoted), []string{ourPage, asJSON}, 200},
		"a bare table":        {ada, to, table, []string{ourPage, "Content-Type: text/csv"}, 415},
		"no string":           {ada, to, table, []string{ourPage, asJSON}, 400},
		"another site's page": {ada, to, string(quoted), []string{"Sec-Fetch-Site: cross-site", asJSON}, 403},
		"from nowhere":        {ada, to, string(quoted), []string{asJSON}, 403},
		"a viewer":            {vic, to, string(quoted), []string{ourPage, asJSON}, 403},
		"nobody":              {w.browser(), to, string(quoted), []string{ourPage, asJSON}, 401},
		"a form, whoever is signed in": {ada, "/v1/leads?k=wk_not_known_at_all", `{"formData":{"email":"x@example.com"}}`,
			[]string{ourPage, asJSON}, 401},
	} {
		if r := try.b.send("POST", try.to, try.body, try.headers...); r.StatusCode != try.want {
			t.Errorf("%s: %d %s", name, r.StatusCode, r.raw)
		}
	}
	r := ada.send("POST", "/v1/leads?format=csv", string(quoted), ourPage, asJSON, "Accept: application/x-ndjson")
	if r.StatusCode != 200 || !strings.Contains(r.raw, `"created":1`) || !strings.Contains(r.raw, `"done":true`) {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
}
