package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"footfall/access"
	"footfall/api/openapitest"
)

const (
	goodPassword  = "teal otter argues loudly"
	otherPassword = "copper kettle sings at dusk"
	ourPage       = "Sec-Fetch-Site: same-origin"
	asJSON        = "Content-Type: application/json"
)

// browser is somebody's browser on this machine, with its cookies.
type browser struct {
	*world
	host    string
	cookies map[string]string
	set     *http.Cookie // that the last answer set
}

func (w *world) browser() *browser {
	return &browser{world: w, host: "localhost:8080", cookies: map[string]string{}}
}

// send sends a request with the browser's cookies and no other header than is given.
func (b *browser) send(method, target, body string, headers ...string) *reply {
	b.t.Helper()
	lines := append([]string{method + " " + target + " HTTP/1.1", "Host: " + b.host, fmt.Sprintf("Content-Length: %d", len(body))}, headers...)
	for name, value := range b.cookies {
		lines = append(lines, "Cookie: "+name+"="+value)
	}
	r := b.world.send(strings.Join(lines, "\r\n") + "\r\n\r\n" + body)
	b.world.check(&openapitest.Exchange{Method: method, Target: target, Header: parseHeader(headers), Body: []byte(body), AnyQuery: true,
		Status: r.StatusCode, Reply: r.Header, ReplyBody: []byte(r.raw)})
	b.set = nil
	for _, c := range r.Cookies() {
		b.set = c
		if b.cookies[c.Name] = c.Value; c.Value == "" {
			delete(b.cookies, c.Name)
		}
	}
	return r
}

// post sends JSON as a page of ours does.
func (b *browser) post(target string, body map[string]any) *reply {
	b.t.Helper()
	text, err := json.Marshal(body)
	b.must(err)
	return b.send("POST", target, string(text), ourPage, asJSON)
}

func (b *browser) signIn(email, password string) *reply {
	b.t.Helper()
	return b.post("/v1/login", map[string]any{"email": email, "password": password})
}

// hire makes a user with goodPassword, over HTTP, and returns their id.
func (w *world) hire(email, role string) (id string) {
	w.t.Helper()
	body := fmt.Sprintf(`{"email":%q,"name":"Somebody","role":%q,"profileId":"default","password":%q}`, email, role, goodPassword)
	r := w.do("POST", "/v1/users", body, bearer, asJSON)
	if r.StatusCode != 201 || r.Header.Get("Location") != "/v1/users/"+fmt.Sprint(r.at("id")) {
		w.t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
	return fmt.Sprint(r.at("id"))
}

func (b *browser) signedIn(email string) *browser {
	b.t.Helper()
	if r := b.signIn(email, goodPassword); r.StatusCode != 200 {
		b.t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
	return b
}

func TestSigningInGivesACookieThatOpensTheAPI(t *testing.T) {
	w := newWorld(t)
	id := w.hire("ada@homes.example", "admin")
	b := w.browser()
	r := b.signIn("Ada@Homes.example", goodPassword)
	if r.StatusCode != 200 || r.at("id") != id || r.at("email") != "ada@homes.example" || strings.Contains(r.raw, "argon2") {
		t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
	c := b.set
	if c == nil || c.Name != plainCookie || len(c.Value) != 43 || !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("the cookie is %+v", c)
	}
	if n := strings.Count(w.log.String(), "plain HTTP"); n != 1 {
		t.Errorf("%d warnings that there is no TLS", n)
	}
	r = b.send("GET", "/v1/me", "")
	if r.StatusCode != 200 || r.at("actor") != "user:"+id || r.at("role") != "admin" || r.at("organization_id") != "default" {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
	if r = b.send("GET", "/v1/leads", ""); r.StatusCode != 200 {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
	if r = w.get("/v1/me"); r.StatusCode != 200 || r.at("organization_id") != nil || r.at("email") != nil {
		t.Errorf("of a key: %d %s", r.StatusCode, r.raw)
	}
}

func TestARoleOpensWhatItsScopesOpen(t *testing.T) {
	w := newWorld(t)
	for role, want := range map[string][3]int{"viewer": {200, 403, 403}, "agent": {200, 404, 403}, "admin": {200, 404, 200}} {
		w.hire(role+"@homes.example", role)
		b := w.browser().signedIn(role + "@homes.example")
		got := [3]int{
			b.send("GET", "/v1/leads", "").StatusCode,
			b.send("PATCH", "/v1/leads/none", `{"status":"contacted"}`, ourPage, asJSON).StatusCode,
			b.send("GET", "/v1/users", "").StatusCode,
		}
		if got != want {
			t.Errorf("%s: %v, want %v", role, got, want)
		}
	}
}

// A page of another site makes a browser send the cookie; it must not come of it.
func TestPagesOfOtherSitesCannotWriteWithACookie(t *testing.T) {
	w := newWorld(t)
	w.hire("ada@homes.example", "admin")
	b := w.browser().signedIn("ada@homes.example")
	for _, c := range []struct {
		site, origin, host string
		ok                 bool
	}{
		{"same-origin", "", "localhost:8080", true},
		{"none", "", "localhost:8080", true},
		{"same-origin", "http://localhost:8080", "localhost:8080", true},
		{"same-origin", "null", "localhost:8080", true}, // of a form on a page without referrer
		{"cross-site", "", "localhost:8080", false},
		{"cross-site", "http://localhost:8080", "localhost:8080", false},
		{"same-site", "http://localhost:8080", "localhost:8080", false},
		{"", "http://localhost:8080", "localhost:8080", true},
		{"", "https://LOCALHOST:8080", "localhost:8080", true},
		{"", "http://localhost", "localhost:80", true},
		{"", "http://localhost", "localhost", true},
		{"", "http://localhost:8081", "localhost:8080", false},
		{"", "http://localhost", "localhost:8080", false},
		{"", "http://127.0.0.1:8080", "localhost:8080", false},
		{"", "https://evil.example", "localhost:8080", false},
		{"", "https://localhost.evil.example:8080", "localhost:8080", false},
		{"", "http://localhost:8080.evil.example", "localhost:8080", false},
		{"", "http://localhost:8080/", "localhost:8080", false},
		{"", "http://evil@localhost:8080", "localhost:8080", false},
		{"", "null", "localhost:8080", false},
		{"", "", "localhost:8080", false},
	} {
		headers := []string{asJSON}
		if c.site != "" {
			headers = append(headers, "Sec-Fetch-Site: "+c.site)
		}
		if c.origin != "" {
			headers = append(headers, "Origin: "+c.origin)
		}
		b.host = c.host
		want := map[bool]int{true: 404, false: 403}[c.ok]
		r := b.send("PATCH", "/v1/leads/none", `{"status":"contacted"}`, headers...)
		if r.StatusCode != want {
			t.Errorf("%+v: %d %s", c, r.StatusCode, r.raw)
		}
		if r := b.send("GET", "/v1/leads", "", headers...); r.StatusCode != 200 {
			t.Errorf("%+v: reading: %d %s", c, r.StatusCode, r.raw)
		}
		if c.site == "" && c.origin == "" {
			continue // no browser: without a cookie that harms nobody
		}
		stranger := w.browser()
		stranger.host = c.host
		r = stranger.send("POST", "/v1/login", `{"email":"ada@homes.example","password":"wrong password it is"}`, headers...)
		if want := map[bool]int{true: 401, false: 403}[c.ok]; r.StatusCode != want {
			t.Errorf("%+v: signing in: %d %s", c, r.StatusCode, r.raw)
		}
	}
	if r := b.send("PATCH", "/v1/leads/none", `{}`, asJSON, ourPage, "Sec-Fetch-Site: same-origin"); r.StatusCode != 403 {
		t.Errorf("said twice: %d", r.StatusCode)
	}
}

func TestACookieTakesJSONAloneAndNoBearerBesideIt(t *testing.T) {
	w := newWorld(t)
	w.hire("ada@homes.example", "admin")
	b := w.browser().signedIn("ada@homes.example")
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""} {
		if r := b.send("PATCH", "/v1/leads/none", `{}`, ourPage, "Content-Type: "+kind); r.StatusCode != 415 {
			t.Errorf("%q: %d %s", kind, r.StatusCode, r.raw)
		}
		if r := w.browser().send("POST", "/v1/login", `{}`, ourPage, "Content-Type: "+kind); r.StatusCode != 415 {
			t.Errorf("signing in, %q: %d %s", kind, r.StatusCode, r.raw)
		}
	}
	if r := b.send("PATCH", "/v1/leads/none", `{"status":"contacted"}`, ourPage, "Content-Type: Application/JSON; charset=utf-8"); r.StatusCode != 404 {
		t.Errorf("with a charset: %d %s", r.StatusCode, r.raw)
	}
	if r := b.send("GET", "/v1/leads", "", bearer); r.StatusCode != 400 {
		t.Errorf("cookie and Bearer: %d %s", r.StatusCode, r.raw)
	}
	if r := b.send("POST", "/v1/events?k="+writeKey, `{"eventType":"page_view","sessionId":"s"}`, "Sec-Fetch-Site: cross-site"); r.StatusCode != 204 {
		t.Errorf("a write key beside a cookie: %d %s", r.StatusCode, r.raw)
	}
	if r := b.send("POST", "/v1/leads", `{"formData":{"a":"b"}}`, ourPage, asJSON); r.StatusCode != 401 {
		t.Errorf("a lead form without a key, beside a cookie: %d %s", r.StatusCode, r.raw)
	}
}

// Over TLS the cookie is another one, and the one that plain HTTP gives counts for nothing: any page on a neighbouring
// name could have set it.
func TestACookieCountsOnlyWhereItIsGiven(t *testing.T) {
	for host, name := range map[string]string{
		"localhost": plainCookie, "localhost:8080": plainCookie, "127.0.0.1:8080": plainCookie, "127.9.9.9": plainCookie, "[::1]:8080": plainCookie,
		"ff.localhost:80": plainCookie, "homes.example": "", "localhost.homes.example": "", "10.0.0.7:8080": "", "[2001:db8::1]:80": "", "notlocalhost": "",
	} {
		w := newWorld(t)
		w.hire("ada@homes.example", "admin")
		b := w.browser()
		b.host = host
		r := b.signIn("ada@homes.example", goodPassword)
		if name == "" {
			if r.StatusCode != 403 || !strings.Contains(r.raw, "HTTPS") || b.set != nil {
				t.Errorf("%s: %d %s", host, r.StatusCode, r.raw)
			}
			continue
		}
		if r.StatusCode != 200 || b.set.Name != name {
			t.Errorf("%s: %d %s, %+v", host, r.StatusCode, r.raw, b.set)
		}
		b.cookies = map[string]string{secureCookie: b.cookies[name]}
		if r := b.send("GET", "/v1/me", ""); r.StatusCode != 401 {
			t.Errorf("%s: under the other name: %d", host, r.StatusCode)
		}
	}
}

func TestALoginIsRotatedEndsAndExpires(t *testing.T) {
	w := newWorld(t)
	id := w.hire("ada@homes.example", "agent")
	b := w.browser().signedIn("ada@homes.example")
	old := b.cookies[plainCookie]
	b.signedIn("ada@homes.example")
	opens := func(cookie string) int {
		stolen := w.browser()
		stolen.cookies[plainCookie] = cookie
		return stolen.send("GET", "/v1/me", "").StatusCode
	}
	if b.cookies[plainCookie] == old || opens(old) != 401 || opens(b.cookies[plainCookie]) != 200 {
		t.Error("the old cookie is as good as the new one")
	}
	last := b.cookies[plainCookie]
	if r := b.send("POST", "/v1/logout", "", "Sec-Fetch-Site: cross-site"); r.StatusCode != 403 || opens(last) != 200 {
		t.Errorf("signed out by another site: %d", r.StatusCode)
	}
	if r := b.send("POST", "/v1/logout", "", ourPage); r.StatusCode != 204 || b.set == nil || b.set.Value != "" || opens(last) != 401 {
		t.Errorf("signed out: %d, %+v", r.StatusCode, b.set)
	}
	if r := b.send("POST", "/v1/logout", "", ourPage); r.StatusCode != 204 {
		t.Errorf("signed out again: %d", r.StatusCode)
	}
	b.signedIn("ada@homes.example")
	if r := w.do("PATCH", "/v1/users/"+id, `{"role":"viewer"}`, bearer, asJSON); r.StatusCode != 200 || r.at("role") != "viewer" {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
	if r := b.send("GET", "/v1/me", ""); r.StatusCode != 401 {
		t.Errorf("after another role: %d", r.StatusCode)
	}
	b.signedIn("ada@homes.example")
	w.later.Add(int64(access.LoginIdle))
	if r := b.send("GET", "/v1/me", ""); r.StatusCode != 401 {
		t.Errorf("after 12 idle hours: %d", r.StatusCode)
	}
}

func TestWrongPasswordsDelayAndLockNobodyOut(t *testing.T) {
	w := newWorld(t)
	w.hire("ada@homes.example", "viewer")
	for _, email := range []string{"ada@homes.example", "nobody@homes.example"} {
		w.paused.Store(0)
		for range 7 {
			r := w.browser().signIn(email, otherPassword)
			if r.StatusCode != 401 || r.code() != "unauthorized" || len(r.Cookies()) > 0 {
				t.Fatalf("%d %s", r.StatusCode, r.raw)
			}
		}
		if n := w.paused.Load(); n != 2 {
			t.Errorf("%s: made to wait %d times", email, n)
		}
	}
	w.browser().signedIn("ada@homes.example")
}

func TestAnInviteMakesAUserOnceOverHTTP(t *testing.T) {
	w := newWorld(t)
	invite := func(body string) *reply { return w.do("POST", "/v1/invites", body, bearer, asJSON) }
	r := invite(`{"email":"ada@homes.example","role":"agent"}`)
	token, link := fmt.Sprint(r.at("token")), fmt.Sprint(r.at("link"))
	if r.StatusCode != 201 || link != "http://footfall/app/invite#"+token || r.at("profile_id") != "default" {
		t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
	if list := w.got("/v1/invites"); strings.Contains(list.raw, token) || !strings.Contains(list.raw, fmt.Sprint(r.at("id"))) {
		t.Errorf("%s", list.raw)
	}
	b := w.browser()
	accept := "/v1/invites/" + token + "/accept"
	if r := b.post(accept, map[string]any{"name": "Ada", "password": "password1234"}); r.StatusCode != 400 || r.at("error", "field") != "password" || b.set != nil {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
	if r := b.post(accept, map[string]any{"name": "Ada", "password": goodPassword}); r.StatusCode != 201 || r.at("role") != "agent" {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
	if r := b.send("GET", "/v1/me", ""); r.StatusCode != 200 || r.at("name") != "Ada" {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
	if r := w.browser().post(accept, map[string]any{"name": "Eve", "password": goodPassword}); r.StatusCode != 404 {
		t.Errorf("a second time: %d %s", r.StatusCode, r.raw)
	}
	if r := invite(`{"email":"ada@homes.example","role":"viewer"}`); r.StatusCode != 409 {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
	if r := b.post("/v1/invites", map[string]any{"role": "viewer"}); r.StatusCode != 403 {
		t.Errorf("an agent invites: %d %s", r.StatusCode, r.raw)
	}
	r = invite(`{"role":"viewer"}`)
	if r := w.do("DELETE", "/v1/invites/"+fmt.Sprint(r.at("id")), "", bearer); r.StatusCode != 204 {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
	if r := b.post("/v1/invites/"+fmt.Sprint(r.at("token"))+"/accept", map[string]any{"email": "bob@homes.example", "password": goodPassword}); r.StatusCode != 404 {
		t.Errorf("what was taken back: %d %s", r.StatusCode, r.raw)
	}
	for body, field := range map[string]string{
		`{"role":"owner"}`: "role", `{"role":"viewer","organization_id":"none"}`: "organization_id",
		`{"role":"agent","profile_id":"none"}`: "profile_id", `{"role":"viewer","email":"x"}`: "email",
	} {
		if r := invite(body); r.at("error", "field") != field {
			t.Errorf("%s: %d %s", body, r.StatusCode, r.raw)
		}
	}
}

func TestAResetTellsNobodyWhoIsKnownAndGivesAdminsTheLink(t *testing.T) {
	w := newWorld(t)
	id := w.hire("ada@homes.example", "agent")
	b := w.browser()
	known := b.post("/v1/password-resets", map[string]any{"email": "ada@homes.example"})
	unknown := b.post("/v1/password-resets", map[string]any{"email": "nobody@homes.example"})
	if known.StatusCode != 202 || unknown.StatusCode != 202 || known.raw != unknown.raw || known.raw != "{}" {
		t.Errorf("%d %s, %d %s", known.StatusCode, known.raw, unknown.StatusCode, unknown.raw)
	}
	if r := w.got("/v1/users/" + id); r.at("reset_requested_at") != "2026-03-10T12:00:00Z" {
		t.Errorf("%s", r.raw)
	}
	agent := w.browser().signedIn("ada@homes.example")
	if r := agent.post("/v1/password-resets", map[string]any{"email": "ada@homes.example"}); r.raw != "{}" {
		t.Errorf("an agent gets %s", r.raw)
	}
	r := w.do("POST", "/v1/password-resets", `{"email":"ada@homes.example"}`, bearer, asJSON)
	token := fmt.Sprint(r.at("token"))
	if r.StatusCode != 202 || r.at("link") != "http://footfall/app/reset#"+token || r.at("expires_at") != "2026-03-10T12:30:00Z" {
		t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
	if r := w.do("POST", "/v1/password-resets", `{"email":"ada@homes.example"}`, "Authorization: Bearer sk_0123456789abcdeX"); r.StatusCode != 401 && r.StatusCode != 415 {
		t.Errorf("with a wrong key: %d %s", r.StatusCode, r.raw)
	}
	if r := b.post("/v1/password-resets/"+token, map[string]any{"password": otherPassword}); r.StatusCode != 200 || r.at("id") != id || b.set != nil {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
	if r := b.post("/v1/password-resets/"+token, map[string]any{"password": otherPassword}); r.StatusCode != 404 {
		t.Errorf("a second time: %d %s", r.StatusCode, r.raw)
	}
	if r := agent.send("GET", "/v1/me", ""); r.StatusCode != 401 {
		t.Errorf("a login goes on: %d", r.StatusCode)
	}
	if r := b.signIn("ada@homes.example", otherPassword); r.StatusCode != 200 {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
}

// Whatever is read, nothing changes: no record comes of it.
func TestGETChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.hire("ada@homes.example", "admin")
	b := w.browser().signedIn("ada@homes.example")
	before := w.journal.Applied()
	for _, r := range w.api.Routes() {
		if r.Method == get {
			b.send("GET", strings.ReplaceAll(r.Path, "{id}", url.PathEscape("any")), "")
		}
	}
	time.Sleep(10 * time.Millisecond)
	if after := w.journal.Applied(); after != before {
		t.Errorf("reading wrote %d records", after-before)
	}
}
