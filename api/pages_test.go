package api

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"footfall/web/pages"
)

const asForm = "Content-Type: application/x-www-form-urlencoded"

func (b *browser) submit(target string, fields ...string) *reply {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.send("POST", target, form.Encode(), ourPage, "Origin: null", asForm)
}

func TestEveryPageKeepsToItself(t *testing.T) {
	w := newWorld(t)
	for _, r := range w.api.Routes() {
		if !strings.HasPrefix(r.Path, "/app/") {
			continue
		}
		a := w.browser().send(r.Method, r.Path, "")
		for name, want := range map[string]string{
			"Content-Security-Policy": pages.Policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "",
			"Access-Control-Allow-Origin": "",
		} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s %s: %s is %q", r.Method, r.Path, name, got)
			}
		}
		if a.Header.Get("X-Request-Id") == "" || a.Header.Get("Cache-Control") != "no-store" && !strings.Contains(r.Path, ".") {
			t.Errorf("%s %s: %v", r.Method, r.Path, a.Header)
		}
	}
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(pages.Policy, part) {
			t.Errorf("the policy lacks %s", part)
		}
	}
}

func TestPeopleSignInAndOutByForms(t *testing.T) {
	w := newWorld(t)
	w.hire("ada@homes.example", "admin")
	b := w.browser()
	if r := b.send("GET", "/app/", ""); r.StatusCode != 303 || r.Header.Get("Location") != "/app/sign-in" {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	if r := b.submit("/app/sign-in", "email", "ada@homes.example", "password", otherPassword); r.StatusCode != 401 || b.set != nil ||
		!strings.Contains(r.raw, "is not right") || !strings.Contains(r.raw, `value="ada@homes.example"`) || strings.Contains(r.raw, otherPassword) {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
	if r := b.submit("/app/sign-in", "email", "ada@homes.example", "password", goodPassword); r.StatusCode != 303 || r.Header.Get("Location") != "/app/" || b.set == nil {
		t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
	if r := b.send("GET", "/app/", ""); r.StatusCode != 200 || !strings.Contains(r.raw, "ada@homes.example") {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
	if r := b.submit("/app/sign-out"); r.StatusCode != 303 || len(b.cookies) != 0 {
		t.Errorf("%d %v", r.StatusCode, b.cookies)
	}
	for name, r := range map[string]*reply{
		"another site": b.send("POST", "/app/sign-in", "email=ada%40homes.example", "Sec-Fetch-Site: cross-site", asForm),
		"nothing said": b.send("POST", "/app/sign-in", "email=ada%40homes.example", asForm),
	} {
		if r.StatusCode != 403 {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
	}
	if r := b.send("POST", "/app/sign-in", "{}", ourPage, asJSON); r.StatusCode != 415 {
		t.Errorf("JSON: %d", r.StatusCode)
	}
}

func TestLinksWorkInFormsWholeOrAsWhatIsBehindTheHash(t *testing.T) {
	w := newWorld(t)
	r := w.do("POST", "/v1/invites", `{"role":"admin"}`, bearer, asJSON)
	b := w.browser()
	fields := []string{"token", fmt.Sprint(" ", r.at("link")), "email", "ada@homes.example", "name", `<b>Ada</b>`, "password", "short"}
	if r := b.submit("/app/invite", fields...); r.StatusCode != 400 || !strings.Contains(r.raw, "12 to 128") || !strings.Contains(r.raw, "&lt;b&gt;Ada") {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
	fields[len(fields)-1] = goodPassword
	if r := b.submit("/app/invite", fields...); r.StatusCode != 303 || r.Header.Get("Location") != "/app/" || b.set == nil {
		t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
	if r := b.submit("/app/invite", fields...); r.StatusCode != 404 {
		t.Errorf("a second time: %d", r.StatusCode)
	}
	r = w.do("POST", "/v1/password-resets", `{"email":"ada@homes.example"}`, bearer, asJSON)
	if r := b.submit("/app/reset", "token", fmt.Sprint(r.at("token")), "password", otherPassword); r.StatusCode != 303 || r.Header.Get("Location") != "/app/sign-in?done=reset" {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
	if r := b.send("GET", "/app/sign-in?done=reset", ""); !strings.Contains(r.raw, "is changed") {
		t.Errorf("%s", r.raw)
	}
	if r := b.send("GET", "/app/", ""); r.StatusCode != 303 {
		t.Errorf("a login goes on: %d", r.StatusCode)
	}
}
