package api

import (
	"fmt"
	"testing"

	"footfall/catalog"
)

// What is left out makes no key to everything.
func TestAKeyToEveryOrganizationNeedsTheWord(t *testing.T) {
	w := newWorld(t)
	ask := func(header, body string) string {
		res := w.do("POST", "/v1/keys", body, header, asJSON)
		if res.StatusCode != 201 {
			return fmt.Sprintf("%d %s %v", res.StatusCode, res.code(), res.at("error", "field"))
		}
		return fmt.Sprint(res.at("organization_id"), " ", res.at("profile_id"))
	}
	if got := ask(bearer, `{"kind":"secret","scopes":["read"]}`); got != "default <nil>" {
		t.Errorf("where there is one organization: %s", got)
	}
	elm := w.tenant("elm")
	w.tenant("oak")
	_, err := w.catalog.CreateProfile(t.Context(), catalog.Profile{ID: "only", Organization: "elm", FullName: "Only"})
	w.must(err)
	for _, try := range []struct{ header, body, want string }{
		{bearer, `{"kind":"secret","scopes":["read"]}`, "400 missing_field organization_id"},
		{bearer, `{"kind":"secret","scopes":["read"],"organization_id":""}`, "400 missing_field organization_id"},
		{bearer, `{"kind":"secret","scopes":["read"],"instance":false}`, "400 missing_field organization_id"},
		{bearer, `{"kind":"secret","scopes":["read"],"instance":true}`, "<nil> <nil>"},
		{bearer, `{"kind":"secret","scopes":["read"],"instance":true,"organization_id":"elm"}`, "400 invalid_field instance"},
		{bearer, `{"kind":"secret","scopes":["read"],"instance":true,"profile_id":"ann"}`, "400 invalid_field instance"},
		{bearer, `{"kind":"secret","scopes":["read"],"organization_id":"elm"}`, "elm <nil>"},
		{bearer, `{"kind":"secret","scopes":["read"],"organization_id":"none"}`, "404 not_found organization_id"},
		{bearer, `{"kind":"secret","scopes":["read"],"profile_id":"only"}`, "elm only"},
		{bearer, `{"kind":"secret","scopes":["read"],"profile_id":"ann"}`, "400 missing_field organization_id"},
		{bearer, `{"kind":"secret","scopes":["read"],"profile_id":"nobody"}`, "400 invalid_field profile_id"},
		{bearer, fmt.Sprintf(`{"kind":"write","site_id":%d,"instance":true}`, elm.site), "400 invalid_field instance"},
		{elm.admin, `{"kind":"secret","scopes":["read"]}`, "elm <nil>"},
		{elm.admin, `{"kind":"secret","scopes":["read"],"instance":true}`, "403 forbidden <nil>"},
		{elm.admin, `{"kind":"secret","scopes":["read"],"organization_id":"oak"}`, "404 not_found organization_id"},
		{elm.admin, `{"kind":"secret","scopes":["read"],"profile_id":"nobody"}`, "400 invalid_field profile_id"},
	} {
		if got := ask(try.header, try.body); got != try.want {
			t.Errorf("%s: %s, want %s", try.body, got, try.want)
		}
	}
}
