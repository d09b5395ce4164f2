package api

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"footfall/access"
)

// who asks, with what they may do.
type asker struct {
	header string
	scopes access.Scope
}

func TestEveryRouteTakesTheScopesThatItsRowNames(t *testing.T) {
	w := newWorld(t)
	elm := w.tenant("elm")
	w.fill(elm)
	k, revoked, err := w.access.Create(t.Context(), everything, access.NewKey{Kind: access.KindSecret, Organization: "elm", Scopes: access.Read})
	w.must(err)
	w.must(w.access.Revoke(t.Context(), everything, k.ID, "elm"))
	askers := map[string]asker{
		"nobody":                 {},
		"a revoked key":          {header: "Authorization: Bearer " + revoked},
		"a write key":            {header: "Authorization: Bearer " + elm.write},
		"a reading key":          {elm.read, access.Read},
		"a profile's key":        {elm.name, access.Read | access.Write},
		"an organization's key":  {elm.admin, access.Read | access.Write | access.Admin},
		"the server's admin key": {bearer, access.Read | access.Write | access.Admin},
	}
	for _, r := range w.api.Routes() {
		if r.Scope == Public {
			continue
		}
		for name, who := range askers {
			headers := []string{"Content-Type: application/json"}
			if who.header != "" {
				headers = append(headers, who.header)
			}
			res := w.do(r.Method, pathOf(r, "x"), "", headers...)
			refused := res.StatusCode == 401 || res.StatusCode == 403
			switch {
			case who.scopes == 0 && res.StatusCode != 401:
				t.Errorf("%s %s, %s: %d", r.Method, r.Path, name, res.StatusCode)
			case who.scopes != 0 && !who.scopes.Has(r.Scope) && res.StatusCode != 403:
				t.Errorf("%s %s, %s lacks the scope: %d", r.Method, r.Path, name, res.StatusCode)
			case who.scopes.Has(r.Scope) && refused && !forWhole(r, name):
				t.Errorf("%s %s, %s: %d %s", r.Method, r.Path, name, res.StatusCode, res.raw)
			}
		}
	}
}

// forWhole says whether a route refuses an asker for another reason than scopes: it is about more than they see.
func forWhole(r Route, asker string) bool {
	switch r.Method + " " + r.Path {
	case "GET /v1/rejects", "POST /v1/import":
		return asker == "a profile's key"
	case "POST /v1/organizations":
		return asker == "an organization's key"
	case "POST /v1/me/password": // a key has none
		return strings.HasSuffix(asker, "key")
	}
	return false
}

func TestAnOrganizationsAdminStaysWithinIt(t *testing.T) {
	w := newWorld(t)
	elm, oak := w.tenant("elm"), w.tenant("oak")
	json := "Content-Type: application/json"
	for _, try := range []struct{ method, path, body string }{
		{"GET", "/v1/organizations/oak", ""},
		{"PATCH", "/v1/organizations/oak", `{"name":"mine"}`},
		{"GET", "/v1/organizations/oak/settings", ""},
		{"PATCH", "/v1/organizations/oak/settings", `{"stories":true}`},
		{"GET", "/v1/profiles?organization_id=oak", ""},
		{"POST", "/v1/profiles", `{"organization_id":"oak","full_name":"Eve"}`},
		{"GET", "/v1/profiles/ben?organization_id=oak", ""},
		{"PATCH", "/v1/profiles/ben?organization_id=oak", `{"full_name":"Eve"}`},
		{"POST", "/v1/sites", `{"organization_id":"oak"}`},
		{"GET", fmt.Sprint("/v1/sites/", oak.site), ""},
		{"PATCH", fmt.Sprint("/v1/sites/", oak.site), `{"name":"mine"}`},
		{"POST", "/v1/keys", fmt.Sprintf(`{"kind":"write","site_id":%d}`, oak.site)},
		{"POST", "/v1/keys", `{"kind":"secret","organization_id":"oak","scopes":["read"]}`},
		{"GET", "/v1/audit?organization_id=oak", ""},
	} {
		if res := w.do(try.method, try.path, try.body, elm.admin, json); res.StatusCode != 404 {
			t.Errorf("%s %s: %d %s", try.method, try.path, res.StatusCode, res.raw)
		}
	}
	for _, k := range w.access.Keys() {
		if k.Organization == "elm" || k.Site == elm.site {
			continue
		}
		if res := w.do("DELETE", "/v1/keys/"+k.ID, "", elm.admin); res.StatusCode != 404 {
			t.Errorf("the key %s of %q: %d", k.ID, k.Organization, res.StatusCode)
		}
		if res := w.do("POST", "/v1/keys/"+k.ID+"/rotate", "", elm.admin); res.StatusCode != 404 {
			t.Errorf("the key %s of %q: %d", k.ID, k.Organization, res.StatusCode)
		}
	}
	for path, list := range map[string]string{"/v1/organizations": "organizations", "/v1/sites": "sites", "/v1/profiles": "profiles", "/v1/keys": "keys"} {
		for _, row := range w.do("GET", path, "", elm.admin).at(list).([]any) {
			m := row.(map[string]any)
			if m["organization_id"] != "elm" && m["id"] != "elm" {
				t.Errorf("%s tells of %v", path, m)
			}
		}
	}
	if res := w.do("PATCH", fmt.Sprint("/v1/sites/", elm.site), `{"organization_id":"oak"}`, elm.admin, json); res.StatusCode != 403 {
		t.Errorf("moved a site: %d %s", res.StatusCode, res.raw)
	}
	if res := w.do("PATCH", fmt.Sprint("/v1/sites/", elm.site), `{"organization_id":"oak"}`, bearer, json); res.StatusCode != 200 {
		t.Errorf("the server's admin moves sites: %d %s", res.StatusCode, res.raw)
	}
}

func TestAKeyMadeOverHTTPWorksUntilItIsRevoked(t *testing.T) {
	w := newWorld(t)
	elm := w.tenant("elm")
	res := w.do("POST", "/v1/keys", `{"kind":"secret","profile_id":"ann","scopes":["read"]}`, elm.admin, "Content-Type: application/json")
	key := "Authorization: Bearer " + fmt.Sprint(res.at("key"))
	if res.StatusCode != 201 || res.at("organization_id") != "elm" || w.do("GET", "/v1/leads", "", key).StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, res.raw)
	}
	path := res.Header.Get("Location")
	if res := w.do("DELETE", path, "", elm.admin); res.StatusCode != 204 {
		t.Fatalf("%d %s", res.StatusCode, res.raw)
	}
	if res := w.do("GET", "/v1/leads", "", key); res.StatusCode != 401 {
		t.Errorf("revoked: %d", res.StatusCode)
	}
	trail := w.do("GET", "/v1/audit?limit=2", "", elm.admin).at("audit").([]any)
	for i, want := range []string{"key.revoke", "key.create"} {
		if got := trail[i].(map[string]any)["action"]; got != want {
			t.Errorf("the trail's row %d is %v", i, got)
		}
	}
}

// Of people the role says the scopes; they come with a cookie.
func TestEveryRouteTakesTheRolesWhoseScopesItsRowNames(t *testing.T) {
	w := newWorld(t)
	for _, who := range []struct {
		role, like string // like: the key of forWhole that sees as much
		scopes     access.Scope
	}{
		{"viewer", "", access.Read},
		{"agent", "a profile's key", access.Read | access.Write},
		{"admin", "an organization's key", access.Read | access.Write | access.Admin},
	} {
		email := who.role + "@homes.example"
		w.hire(email, who.role)
		b := w.browser().signedIn(email)
		for _, r := range w.api.Routes() {
			if r.Scope == Public || r.Path == "/v1/logout" { // which would end the round
				continue
			}
			res := b.send(r.Method, pathOf(r, "x"), "", ourPage, asJSON)
			refused := res.StatusCode == 401 || res.StatusCode == 403
			switch {
			case !who.scopes.Has(r.Scope) && res.StatusCode != 403:
				t.Errorf("%s %s, the role %s lacks the scope: %d", r.Method, r.Path, who.role, res.StatusCode)
			case who.scopes.Has(r.Scope) && refused && !forWhole(r, who.like):
				t.Errorf("%s %s, the role %s: %d %s", r.Method, r.Path, who.role, res.StatusCode, res.raw)
			}
		}
	}
}

// The scopes stand in testdata/policy.txt a second time, for whoever reviews a change of them.
func TestTheScopesOfRoutesAreThoseOfThePolicy(t *testing.T) {
	var rows []string
	for _, r := range newWorld(t).api.Routes() {
		scope := "public"
		if r.Scope != Public {
			scope = strings.Join(r.Scope.Names(), " ")
		}
		rows = append(rows, fmt.Sprintf("%-8s %-7s %s\n", scope, r.Method, r.Path))
	}
	slices.Sort(rows)
	want, err := os.ReadFile("testdata/policy.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows, ""); got != string(want) {
		t.Errorf("the routes ask for other scopes than the policy says; the routes:\n%s", got)
	}
}
