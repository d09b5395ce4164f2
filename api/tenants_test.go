package api

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"footfall/access"
	"footfall/catalog"
)

// tenant is an organization with a site and keys of each kind.
type tenant struct {
	organization      string
	site              uint32
	write             string
	admin, read, name string // headers of secret keys: everything, reading only, of the profile "ann" only
}

var everything = access.Grant{Actor: "key:test", Scopes: access.Read | access.Write | access.Admin}

// tenant makes an organization with a site, two profiles (ann and ben, the site's own is ben) and keys.
func (w *world) tenant(organization string) *tenant {
	w.t.Helper()
	ctx := w.t.Context()
	w.must(w.catalog.CreateOrganization(ctx, catalog.Organization{ID: organization, Name: organization}))
	for _, id := range []string{"ann", "ben"} {
		_, err := w.catalog.CreateProfile(ctx, catalog.Profile{ID: id, Organization: organization, FullName: id})
		w.must(err)
	}
	t := &tenant{organization: organization, site: w.site(organization)}
	key := func(n access.NewKey) string {
		_, secret, err := w.access.Create(ctx, everything, n)
		w.must(err)
		return secret
	}
	t.write = key(access.NewKey{Kind: access.KindWrite, Site: t.site, SiteOwner: organization})
	secret := func(profile string, scopes access.Scope) string {
		return "Authorization: Bearer " + key(access.NewKey{Kind: access.KindSecret, Organization: organization, Profile: profile, Scopes: scopes})
	}
	t.admin, t.read, t.name = secret("", access.Read|access.Write|access.Admin), secret("", access.Read), secret("ann", access.Read|access.Write)
	return t
}

func (w *world) site(organization string) uint32 {
	w.t.Helper()
	s, err := w.catalog.CreateSite(w.t.Context(), catalog.Site{Name: organization, Organization: organization, Profile: "ben"})
	w.must(err)
	return s.ID
}

// fill sends what every tenant has under the same ids: one session of ben's and one of ann's, and a lead of each.
func (w *world) fill(t *tenant) (leads map[string]string) {
	w.t.Helper()
	leads = map[string]string{}
	for profile, session := range map[string]string{"ben": "s", "ann": "of ann"} {
		body := fmt.Sprintf(`[{"eventType":"page_view","sessionId":%q,"visitorId":"v","profileId":%q,"url":"https://%s.example/"},
			{"eventType":"property_view","sessionId":%[1]q,"visitorId":"v","profileId":%[2]q,"propertyId":"home"}]`, session, profile, t.organization)
		if res := w.do("POST", "/v1/events?k="+t.write, body); res.StatusCode != 204 {
			w.t.Fatalf("%s: %d %s", t.organization, res.StatusCode, res.raw)
		}
		form := fmt.Sprintf(`{"formData":{"email":"ada@%s.example","name":"Ada of %[1]s"},"sessionId":%q,"listingId":"home","profileId":%q}`, t.organization, session, profile)
		res := w.do("POST", "/v1/leads", form, t.admin, "Content-Type: application/json")
		if res.StatusCode != 201 {
			w.t.Fatalf("%s: %d %s", t.organization, res.StatusCode, res.raw)
		}
		leads[profile] = fmt.Sprint(res.at("lead", "id"))
	}
	return leads
}

// pathsOf are calls that tell of one site's people, listings and leads.
func pathsOf(leads map[string]string, profile, session string) []string {
	lead := leads[profile]
	return []string{
		"/v1/sessions", "/v1/sessions?sort=recent", "/v1/sessions/" + session, "/v1/sessions/" + session + "/events",
		"/v1/visitors", "/v1/visitors/v", "/v1/leads", "/v1/leads?sort=ml_score", "/v1/leads?sort=activity", "/v1/leads/" + lead,
		"/v1/leads/" + lead + "/activities", "/v1/leads/" + lead + "/outcomes", "/v1/leads/" + lead + "/scores", "/v1/leads/" + lead + "/history",
	}
}

func TestTenantsWithTheSameIDsNeverMeet(t *testing.T) {
	w := newWorld(t)
	elm, oak := w.tenant("elm"), w.tenant("oak")
	elmLeads, oakLeads := w.fill(elm), w.fill(oak)
	for _, key := range []string{elm.admin, elm.read} {
		for _, path := range append(pathsOf(elmLeads, "ben", "s"), "/v1/listings/home/engagement", "/v1/engagement/listings", "/v1/listings/home/audience?overlaps=home", "/v1/rejects") {
			res := w.do("GET", path, "", key)
			if res.StatusCode != 200 || strings.Contains(res.raw, "oak") {
				t.Errorf("%s: %d %s", path, res.StatusCode, res.raw)
			}
		}
		for _, path := range []string{"/v1/leads/" + oakLeads["ben"], "/v1/leads/" + oakLeads["ann"] + "/history"} {
			if res := w.do("GET", path, "", key); res.StatusCode != 404 {
				t.Errorf("the neighbour's %s: %d %s", path, res.StatusCode, res.raw)
			}
		}
		for _, path := range []string{"/v1/sessions", "/v1/sessions/s", "/v1/visitors", "/v1/visitors/v", "/v1/leads", "/v1/listings/home/engagement", "/v1/engagement/listings", "/v1/rejects"} {
			if res := w.do("GET", fmt.Sprintf("%s?site_id=%d", path, oak.site), "", key); res.StatusCode != 404 {
				t.Errorf("%s of the neighbour's site: %d %s", path, res.StatusCode, res.raw)
			}
		}
	}
	if sessions := w.do("GET", "/v1/sessions", "", elm.admin).at("sessions"); len(sessions.([]any)) != 2 {
		t.Errorf("elm has two sessions: %v", sessions)
	}
	if res := w.do("DELETE", "/v1/visitors/v", "", elm.admin); res.StatusCode != 202 {
		t.Errorf("%d %s", res.StatusCode, res.raw)
	}
	if res := w.do("GET", "/v1/visitors/v", "", oak.admin); res.StatusCode != 200 {
		t.Errorf("elm erased a visitor, and oak's is gone: %d %s", res.StatusCode, res.raw)
	}
	if res := w.do("GET", "/v1/leads", "", oak.admin); len(res.at("leads").([]any)) != 2 {
		t.Errorf("elm erased a visitor, and oak lost leads: %s", res.raw)
	}
}

func TestAKeyOfOneProfileSeesNothingOfItsNeighbours(t *testing.T) {
	w := newWorld(t)
	elm := w.tenant("elm")
	leads := w.fill(elm)
	for _, path := range pathsOf(leads, "ann", "of%20ann") {
		res := w.do("GET", path, "", elm.name)
		if res.StatusCode != 200 || strings.Contains(res.raw, leads["ben"]) || strings.Contains(res.raw, `"profile_id":"ben"`) {
			t.Errorf("%s: %d %s", path, res.StatusCode, res.raw)
		}
	}
	for _, path := range []string{
		"/v1/sessions/s", "/v1/sessions/s/events", "/v1/leads/" + leads["ben"], "/v1/leads/" + leads["ben"] + "/history", "/v1/listings/home/engagement",
	} {
		if res := w.do("GET", path, "", elm.name); res.StatusCode != 404 {
			t.Errorf("%s: %d %s", path, res.StatusCode, res.raw)
		}
	}
	if res := w.do("GET", "/v1/leads?profile_id=ben", "", elm.name); len(res.at("leads").([]any)) != 0 {
		t.Errorf("by asking for the neighbour: %s", res.raw)
	}
	if res := w.do("PATCH", "/v1/leads/"+leads["ben"], `{"status":"qualified"}`, elm.name); res.StatusCode != 404 {
		t.Errorf("%d %s", res.StatusCode, res.raw)
	}
	for _, try := range [][2]string{{"GET", "/v1/rejects"}, {"POST", "/v1/import"}, {"DELETE", "/v1/visitors/v"}} {
		if res := w.do(try[0], try[1], "", elm.name); res.StatusCode != 403 {
			t.Errorf("%s %s: %d %s", try[0], try[1], res.StatusCode, res.raw)
		}
	}
}

func TestAnIDThatSeveralSitesKnowIsAmbiguous(t *testing.T) {
	w := newWorld(t)
	elm := w.tenant("elm")
	second := w.site("elm")
	_, write, err := w.access.Create(t.Context(), everything, access.NewKey{Kind: access.KindWrite, Site: second, SiteOwner: "elm"})
	w.must(err)
	for _, key := range []string{elm.write, write} {
		res := w.do("POST", "/v1/events?k="+key, `[{"eventType":"property_view","sessionId":"s","visitorId":"v","propertyId":"home"}]`)
		if res.StatusCode != 204 {
			t.Fatalf("%d %s", res.StatusCode, res.raw)
		}
	}
	w.must(w.api.o.Sessions.Checkpoint())
	names := fmt.Sprintf("%d, %d", elm.site, second)
	for _, path := range []string{"/v1/sessions/s", "/v1/sessions/s/events", "/v1/visitors/v", "/v1/listings/home/engagement", "/v1/listings/home/audience?overlaps=x"} {
		res := w.do("GET", path, "", elm.read)
		if res.StatusCode != 409 || res.code() != "ambiguous" || res.at("error", "field") != "site_id" || !strings.Contains(res.raw, names) {
			t.Errorf("%s: %d %s", path, res.StatusCode, res.raw)
		}
		u, err := url.Parse(path)
		w.must(err)
		q := u.Query()
		q.Set("site_id", fmt.Sprint(second))
		if res := w.do("GET", u.Path+"?"+q.Encode(), "", elm.read); res.StatusCode != 200 {
			t.Errorf("%s?%s: %d %s", path, q.Encode(), res.StatusCode, res.raw)
		}
	}
	seen := map[any]bool{}
	for next := any(""); next != nil; {
		res := w.do("GET", "/v1/sessions?limit=1&cursor="+next.(string), "", elm.read)
		for _, s := range res.at("sessions").([]any) {
			seen[s.(map[string]any)["site_id"]] = true
		}
		next = res.at("next_cursor")
	}
	if len(seen) != 2 {
		t.Errorf("page by page, both sites are seen: %v", seen)
	}
	if ranked := w.do("GET", "/v1/engagement/listings", "", elm.read).at("listings").([]any); len(ranked) != 2 {
		t.Errorf("ranked over both sites: %v", ranked)
	}
	if res := w.do("POST", "/v1/import", "", elm.admin); res.StatusCode != 400 || res.at("error", "field") != "site_id" {
		t.Errorf("an import into no site: %d %s", res.StatusCode, res.raw)
	}
}

func TestACursorIsGoodForTheKeyThatItWasGivenToOnly(t *testing.T) {
	w := newWorld(t)
	elm, oak := w.tenant("elm"), w.tenant("oak")
	w.fill(elm)
	w.fill(oak)
	next := fmt.Sprint(w.do("GET", "/v1/leads?limit=1", "", elm.admin).at("next_cursor"))
	for name, key := range map[string]string{"another key of the organization": elm.read, "the neighbour's": oak.admin, "a profile's": elm.name} {
		if res := w.do("GET", "/v1/leads?limit=1&cursor="+next, "", key); res.StatusCode != 400 || res.code() != "invalid_cursor" {
			t.Errorf("%s: %d %s", name, res.StatusCode, res.raw)
		}
	}
}

func TestALeadIsOfAProfileOfItsOrganization(t *testing.T) {
	w := newWorld(t)
	elm := w.tenant("elm")
	_, err := w.catalog.CreateProfile(t.Context(), catalog.Profile{ID: "stranger", Organization: catalog.Default, FullName: "Stranger"})
	w.must(err)
	form := func(profile string) string {
		return fmt.Sprintf(`{"formData":{"email":"a@b.example"},"profileId":%q}`, profile)
	}
	for named, want := range map[string]string{"ann": "ann", "stranger": "ben", "": "ben"} {
		res := w.do("POST", "/v1/leads?k="+elm.write, form(named), "Content-Type: application/json")
		id := fmt.Sprint(res.at("lead", "id"))
		if got := w.do("GET", "/v1/leads/"+id, "", elm.read).at("profile_id"); res.StatusCode != 201 || got != want {
			t.Errorf("a form that names %q: %d, the lead is %v's", named, res.StatusCode, got)
		}
	}
	for named, want := range map[string]int{"ann": 201, "": 201, "ben": 400} {
		res := w.do("POST", "/v1/leads", form(named), elm.name, "Content-Type: application/json")
		if res.StatusCode != want || want == 201 && res.at("lead", "profile_id") != "ann" {
			t.Errorf("ann's key, naming %q: %d %s", named, res.StatusCode, res.raw)
		}
	}
}

func TestSettingsMayBeNamedInCamelCase(t *testing.T) {
	w := newWorld(t)
	const settings = "/v1/organizations/default/settings"
	r := w.do("PATCH", settings, `{"horizonDays":90,"quotas":{"newListingsPerDay":7},"consentDefault":"anonymous"}`, bearer)
	if r.StatusCode != 200 || r.at("horizon_days") != 90.0 || r.at("quotas", "new_listings_per_day") != 7.0 || r.at("consent_default") != "anonymous" {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
	if r := w.do("PATCH", settings, `{"horizonDays":1,"horizon_days":120}`, bearer); r.at("horizon_days") != 120.0 {
		t.Errorf("the plain name comes first: %s", r.raw)
	}
	for _, bad := range []string{`{"horizonYears":1}`, `[]`, `null`, `{`, `{"horizonDays":null}x`} {
		if r := w.do("PATCH", settings, bad, bearer); r.StatusCode != 400 {
			t.Errorf("%s: %d %s", bad, r.StatusCode, r.raw)
		}
	}
}
