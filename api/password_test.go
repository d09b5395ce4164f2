package api

import (
	"fmt"
	"testing"
)

func TestWhoIsSignedInChangesTheirPasswordAndEndsTheirOtherLogins(t *testing.T) {
	w := newWorld(t)
	w.hire("vic@homes.example", "viewer")
	here, there := w.browser().signedIn("vic@homes.example"), w.browser().signedIn("vic@homes.example")
	stranger := w.browser().signedIn(func() string { w.hire("eve@homes.example", "viewer"); return "eve@homes.example" }())
	change := func(old, password string) *reply {
		return here.post("/v1/me/password", map[string]any{"oldPassword": old, "password": password})
	}
	for what, try := range map[string]struct {
		old, password, want string
	}{
		"a wrong password":      {otherPassword, otherPassword, "403 forbidden old_password"},
		"no old one":            {"", otherPassword, "400 missing_field old_password"},
		"no new one":            {goodPassword, "", "400 missing_field password"},
		"a new one that is bad": {goodPassword, "password1234", "400 invalid_field password"},
	} {
		res := change(try.old, try.password)
		if got := fmt.Sprintf("%d %s %v", res.StatusCode, res.code(), res.at("error", "field")); got != try.want || here.set != nil {
			t.Errorf("%s: %s, cookie %v", what, got, here.set)
		}
	}
	before := here.cookies["footfall"]
	if res := change(goodPassword, otherPassword); res.StatusCode != 204 || res.raw != "" || here.set == nil || here.cookies["footfall"] == before {
		t.Fatalf("%d %s, cookie %v", res.StatusCode, res.raw, here.set)
	}
	for what, c := range map[string]struct {
		b    *browser
		want int
	}{"this browser": {here, 200}, "the other one": {there, 401}, "somebody else's": {stranger, 200}} {
		if res := c.b.send("GET", "/v1/me", ""); res.StatusCode != c.want {
			t.Errorf("%s: %d", what, res.StatusCode)
		}
	}
	stolen := w.browser()
	if stolen.cookies["footfall"] = before; stolen.send("GET", "/v1/me", "").StatusCode != 401 {
		t.Error("the cookie from before is still good")
	}
	if res := w.browser().signIn("vic@homes.example", goodPassword); res.StatusCode != 401 {
		t.Errorf("the old password: %d", res.StatusCode)
	}
	if res := w.browser().signIn("vic@homes.example", otherPassword); res.StatusCode != 200 {
		t.Errorf("the new password: %d", res.StatusCode)
	}
	rows := w.got("/v1/audit?organization_id=default&limit=20").at("audit").([]any)
	found := false
	for _, row := range rows {
		found = found || row.(map[string]any)["action"] == "password.change"
	}
	if !found {
		t.Errorf("the trail: %v", rows)
	}
}

// Whoever finds a browser signed in guesses no faster than at the door.
func TestGuessingTheOldPasswordIsDelayedLikeSigningIn(t *testing.T) {
	w := newWorld(t)
	w.hire("vic@homes.example", "viewer")
	b := w.browser().signedIn("vic@homes.example")
	for range 7 {
		if res := b.post("/v1/me/password", map[string]any{"old_password": otherPassword, "password": otherPassword}); res.StatusCode != 403 {
			t.Fatalf("%d %s", res.StatusCode, res.raw)
		}
	}
	if w.paused.Load() == 0 {
		t.Error("nobody waited")
	}
}

func TestThePasswordIsChangedByNoKeyAndByNoPageOfOthers(t *testing.T) {
	w := newWorld(t)
	w.hire("vic@homes.example", "viewer")
	b := w.browser().signedIn("vic@homes.example")
	body := fmt.Sprintf(`{"old_password":%q,"password":%q}`, goodPassword, otherPassword)
	if res := w.do("POST", "/v1/me/password", body, bearer, asJSON); res.StatusCode != 403 {
		t.Errorf("by a key: %d %s", res.StatusCode, res.raw)
	}
	for what, headers := range map[string][]string{
		"of another site": {"Sec-Fetch-Site: cross-site", asJSON}, "of nowhere": {asJSON}, "another origin": {"Origin: https://evil.example", asJSON},
	} {
		if res := b.send("POST", "/v1/me/password", body, headers...); res.StatusCode != 403 {
			t.Errorf("a page %s: %d %s", what, res.StatusCode, res.raw)
		}
	}
	if res := w.browser().signIn("vic@homes.example", goodPassword); res.StatusCode != 200 {
		t.Errorf("the password is another one now: %d", res.StatusCode)
	}
}
