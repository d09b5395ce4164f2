package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// withoutScripts keeps pages from running any from now on; the protocol still looks at them.
func (b *tab) withoutScripts() {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		return call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}))
}

// press presses the page's button, which in the dashboard is that to sign out, and waits for the page that it leads to.
func (b *tab) press(path, says string) {
	b.t.Helper()
	b.run(`(document.querySelector("form[action='/app/sign-out'] button") ?? document.querySelector("button")).click()`)
	b.until(fmt.Sprintf(`location.pathname === %q && document.readyState === "complete" && document.body.textContent.includes(%q)`, path, says))
}

// link asks as an admin for a link.
func (b *backend) link(path, body string) string {
	b.t.Helper()
	var v struct{ Link string }
	b.post(path, body, &v)
	if !strings.HasPrefix(v.Link, b.url+"/app/") {
		b.t.Fatalf("the link is %q", v.Link)
	}
	return v.Link
}

// An admin's first minutes: the link, a name and a password, out and in again, a new password. With and without scripts,
// on pages whose policy permits no more than they need.
func TestPeopleSignInWithAndWithoutScripts(t *testing.T) {
	for name, scripts := range map[string]bool{"with scripts": true, "without scripts": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, s := newTab(t), newBackend(t)
			if !scripts {
				b.withoutScripts()
			}
			follow := func(link, path string) {
				b.open(link)
				if scripts {
					b.until(`location.hash === "" && document.getElementById("link").hidden`)
				} else {
					b.fill("token", link)
				}
				if got := eval[string](b, `location.pathname`); got != path {
					t.Fatalf("the link leads to %s", got)
				}
			}
			follow(s.link("/v1/invites", `{"role":"admin"}`), "/app/invite")
			b.fill("email", "ada@homes.example")
			b.fill("name", "Ada")
			b.fill("password", "password1234")
			b.press("/app/invite", "first that others would try")
			b.fill("password", "teal otter argues loudly")
			b.press("/app/", "Signed in as Ada, ada@homes.example (admin)")
			b.press("/app/sign-in", "E-mail address")
			b.fill("email", "ada@homes.example")
			b.fill("password", "teal otter argues")
			b.press("/app/sign-in", "is not right")
			b.fill("password", "teal otter argues loudly")
			b.press("/app/", "Signed in as Ada")

			follow(s.link("/v1/password-resets", `{"email":"ada@homes.example"}`), "/app/reset")
			b.fill("password", "copper kettle sings at dusk")
			b.press("/app/sign-in", "Your password is changed")
			b.open(s.url + "/app/")
			if got := eval[string](b, `location.pathname`); got != "/app/sign-in" {
				t.Errorf("the login goes on: %s", got)
			}
		})
	}
}

// A page of another site cannot act as who is signed in, neither by a form nor by a script.
func TestAnotherSitesPageCannotActForWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newBackend(t)
	b.open(s.link("/v1/invites", `{"role":"admin"}`))
	b.fill("email", "ada@homes.example")
	b.fill("name", "Ada")
	b.fill("password", "teal otter argues loudly")
	b.press("/app/", "Signed in as Ada")

	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<form method=post action="%s/app/sign-out"><button>out</button></form>`, s.url)
	}))
	t.Cleanup(evil.Close)
	b.open(strings.Replace(evil.URL, "127.0.0.1", "localhost", 1))
	b.run(`fetch("%s/v1/users", { credentials: "include", mode: "no-cors", method: "POST", body: '{"email":"eve@homes.example","role":"admin","password":"teal otter argues loudly"}' })`, s.url)
	b.press("/app/sign-out", "another site")
	b.open(s.url + "/app/")
	b.until(`document.body.textContent.includes("Signed in as Ada")`)
	var all struct{ Users []struct{ Email string } }
	s.get("/v1/users", &all)
	if len(all.Users) != 1 {
		t.Errorf("there are %+v", all.Users)
	}
}

// post sends JSON with the admin key through the front, and reads the answer.
func (b *backend) post(path, body string, v any) {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminKey)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(v); err != nil || res.StatusCode >= 300 {
		b.t.Fatalf("POST %s: %d, %v", path, res.StatusCode, err)
	}
}
