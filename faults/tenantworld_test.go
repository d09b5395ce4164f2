package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"footfall/api"
	"footfall/server"
)

// logged is a log that tests read.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
	object map[string]any // the body, if it is one
}

// text returns what stands under a name, "" if it is no text.
func (a *answer) text(name string) string {
	s, _ := a.object[name].(string)
	return s
}

const staffPassword = "teal otter argues loudly"

// newTenants serves two organizations that have everything under the same ids.
func newTenants(t *testing.T, r *rand.Rand) *tenants {
	w := &tenants{t: t, r: r, log: &logged{}, client: &http.Client{
		Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	s, err := server.Open(t.Context(), server.Options{
		Data: t.TempDir(), Listen: "127.0.0.1:0", OpsListen: "127.0.0.1:0", WriteKey: writeKey, AdminKey: secretKey, QueueBytes: 8 << 20,
		ShutdownGrace: 10 * time.Second, Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	w.must(err)
	public, err := s.Listen()
	w.must(err)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, public) }()
	w.close = sync.OnceFunc(func() {
		w.client.CloseIdleConnections()
		stop()
		w.must(<-served)
		w.must(s.Close())
	})
	t.Cleanup(w.close)
	w.public, w.ops = "http://"+public.Addr().String(), "http://"+s.OpsAddr().String()
	for _, route := range s.Routes() {
		if route.Scope != api.Public || strings.HasPrefix(route.Path, "/v1/") && bodies[route.Method+" "+route.Path] != nil {
			w.routes = append(w.routes, route)
		}
	}
	for i, name := range []string{"elm", "oak"} {
		w.both[i] = w.tenant(name)
	}
	return w
}

func (w *tenants) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// tenant makes an organization and fills it. Numbers in names tell rounds apart.
func (w *tenants) tenant(name string) *tenant {
	number := fmt.Sprintf("%08x", w.r.Uint32())
	u := &tenant{id: name + "-" + number, canary: "canary" + name + number, ids: map[string][]string{}, needed: map[string]bool{}, shared: map[string]bool{}}
	u.marks = map[string]bool{u.id: true}
	root := &asker{"the server", "Authorization", "Bearer " + secretKey}
	make := func(path, format string, args ...any) *answer {
		got := w.as(root, http.MethodPost, path, fmt.Sprintf(format, args...))
		if got.status >= 300 {
			w.t.Fatalf("POST %s: %d %s", path, got.status, got.body)
		}
		u.learn(got)
		return got
	}
	make("/v1/organizations", `{"id":%q,"name":%q}`, u.id, u.canary)
	for _, id := range []string{"ann", "ben"} {
		make("/v1/profiles", `{"id":%q,"organization_id":%q,"full_name":%q,"email":"%s@homes.example","service_areas":[%q]}`, id, u.id, u.canary, u.canary, u.canary)
	}
	u.site = fmt.Sprint(make("/v1/sites", `{"organization_id":%q,"profile_id":"ben","name":%q,"allowed_origins":["https://%s.example"]}`, u.id, u.canary, u.canary).object["id"])
	u.write = make("/v1/keys", `{"kind":"write","site_id":%s,"name":%q}`, u.site, u.canary).text("key")
	for _, key := range []struct{ name, rest string }{
		{"an admin key", `"scopes":["read","write","admin"]`}, {"a writing key", `"scopes":["read","write"]`}, {"a reading key", `"scopes":["read"]`},
		{"a profile's key", `"scopes":["read","write"],"profile_id":"ann"`}, {"a revoked key", `"scopes":["read","write","admin"]`},
	} {
		made := make("/v1/keys", `{"kind":"secret","organization_id":%q,"name":%q,%s}`, u.id, u.canary, key.rest)
		u.asks = append(u.asks, asker{key.name, "Authorization", "Bearer " + made.text("key")})
		if key.name == "a revoked key" {
			w.as(root, http.MethodDelete, "/v1/keys/"+made.text("id"), "")
		}
	}
	for _, role := range []string{"admin", "agent", "viewer"} {
		email := role + "@" + u.canary + ".example"
		make("/v1/users", `{"email":%q,"name":%q,"role":%q,"organization_id":%q,"profile_id":"ann","password":%q}`, email, u.canary, role, u.id, staffPassword)
		in := w.as(&asker{"nobody", "Origin", w.public}, http.MethodPost, "/v1/login", fmt.Sprintf(`{"email":%q,"password":%q}`, email, staffPassword))
		cookie, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
		if in.status != http.StatusOK || cookie == "" {
			w.t.Fatalf("sign in: %d %s", in.status, in.body)
		}
		u.asks = append(u.asks, asker{"the role " + role, "Cookie", cookie})
	}
	w.happen(u)
	u.learn(w.as(&u.asks[0], http.MethodDelete, "/v1/visitors/nobody?site_id="+u.site, "")) // a job
	for _, some := range u.ids {
		for _, id := range some {
			u.needed[id] = true
		}
	}
	u.needed["v"], u.needed["s"], u.needed["t"] = true, true, true
	u.needed["gone"] = name == "oak" // elm erases the one whom oak has too
	u.ids["visitors"] = append(u.ids["visitors"], "v", "gone")
	u.ids["sessions"], u.ids["listings"], u.ids["parts"] = []string{"s", "t"}, []string{"home", "other"}, []string{"1", "x"}
	return u
}

// happen lets people come to a tenant's site, and staff write about them.
func (w *tenants) happen(u *tenant) {
	events := `[{"eventType":"page_view","sessionId":%q,"visitorId":%q,"profileId":%q,"eventId":"e1","pageId":"p","url":"https://%[4]s.example/%[4]s","title":%[5]q,"referrerUrl":"https://%[4]s.example/","utm_source":%[5]q,"eventData":{"note":%[5]q}},
		{"eventType":"property_view","sessionId":%[1]q,"visitorId":%[2]q,"profileId":%[3]q,"eventId":"e2","pageId":"p","propertyId":%[6]q}]`
	origin := &asker{"a browser", "Origin", "https://" + u.canary + ".example"}
	for _, v := range [][4]string{{"s", "v", "ben", "home"}, {"t", "v", "ann", "home"}, {"u", "gone", "ann", "other"}} {
		got := w.as(origin, http.MethodPost, "/v1/events?k="+u.write, fmt.Sprintf(events, v[0], v[1], v[2], u.canary, u.canary, v[3]))
		if got.status != http.StatusNoContent {
			w.t.Fatalf("%d %s", got.status, got.body)
		}
	}
	w.as(origin, http.MethodPost, "/v1/events?k="+u.write, fmt.Sprintf(`{"eventType":"page_view","sessionId":"s","scrollPercentage":200,"title":%q}`, u.canary))
	for _, session := range []string{"s", "t"} {
		a := &attempt{us: u, them: u, who: &u.asks[0], method: http.MethodPost, path: "/v1/leads"}
		a.body = fmt.Sprintf(`{"formData":{"email":"ada@homes.example","name":%q,"phone":%[1]q,"wish":%[1]q},"sessionId":%[2]q,"listingId":"home"}`, u.canary, session)
		lead, _ := w.ask(a).object["lead"].(map[string]any)
		id, _ := lead["id"].(string)
		if id == "" {
			w.t.Fatalf("no lead: %v", lead)
		}
		u.add("leads", id)
		for path, body := range map[string]string{
			"/activities": `{"type":"note","note":%q}`, "/outcome": `{"outcome":"closed_lost","loss_reason":"price","notes":%q}`, "/feedback": `{"was_accurate":true,"feedback":%q}`,
		} {
			if got := w.as(a.who, http.MethodPost, "/v1/leads/"+id+path, fmt.Sprintf(body, u.canary)); got.status != http.StatusCreated {
				w.t.Fatalf("%s: %d %s", path, got.status, got.body)
			}
		}
	}
}

// bodies are what routes take, with the asker's canary in whatever is text: what is written on the wrong side shows in
// the next answer there. Routes that are not named get an empty object.
var bodies = map[string]func(w *tenants, a *attempt) string{
	"POST /v1/events": func(w *tenants, a *attempt) string {
		return fmt.Sprintf(`{"eventType":"property_view","sessionId":%q,"visitorId":"v","propertyId":"home","title":%q}`, pick(w.r, "s", "t"), a.us.canary)
	},
	"POST /v1/leads": func(w *tenants, a *attempt) string { // may be erased, and nobody else with it
		return fmt.Sprintf(`{"formData":{"email":"%x@homes.example","name":%q},"listingId":"home","profileId":%q}`, w.r.Uint32(), a.us.canary, pick(w.r, "ann", "ben"))
	},
	"POST /v1/password-resets": func(w *tenants, a *attempt) string {
		return fmt.Sprintf(`{"email":"viewer@%s.example"}`, w.whose(a.us, a.them).canary)
	},
	"PATCH /v1/leads/{id}": func(w *tenants, a *attempt) string {
		return pick(w.r, fmt.Sprintf(`{"notes":%q,"tags":[%[1]q]}`, a.us.canary), `{"profile_id":"ann"}`, `{"profile_id":"ben"}`)
	},
	"POST /v1/leads/{id}/activities": func(_ *tenants, a *attempt) string {
		return fmt.Sprintf(`{"type":"note","note":%q}`, a.us.canary)
	},
	"POST /v1/leads/{id}/outcome": func(_ *tenants, a *attempt) string {
		return fmt.Sprintf(`{"outcome":"closed_lost","loss_reason":"price","notes":%q}`, a.us.canary)
	},
	"POST /v1/leads/{id}/feedback": func(_ *tenants, a *attempt) string {
		return fmt.Sprintf(`{"was_accurate":true,"feedback":%q}`, a.us.canary)
	},
	"POST /v1/import": func(_ *tenants, a *attempt) string {
		return fmt.Sprintf(`{"eventType":"page_view","sessionId":"s","visitorId":"v","ts":1700000000000,"title":%q}`, a.us.canary)
	},
	"POST /v1/organizations":       named("name"),
	"PATCH /v1/organizations/{id}": named("name"),
	"PATCH /v1/organizations/{id}/settings": func(w *tenants, _ *attempt) string {
		return pick(w.r, `{"stories":true}`, `{"stories":false}`)
	},
	"POST /v1/profiles":       named("full_name"),
	"PATCH /v1/profiles/{id}": named("full_name"),
	"POST /v1/sites": func(w *tenants, a *attempt) string {
		return fmt.Sprintf(`{"name":%q,"organization_id":%q,"profile_id":"ben"}`, a.us.canary, w.whose(a.us, a.them).id)
	},
	"PATCH /v1/sites/{id}": named("name"),
	"POST /v1/keys": func(w *tenants, a *attempt) string {
		if w.r.IntN(2) == 0 {
			return fmt.Sprintf(`{"kind":"write","site_id":%s,"name":%q}`, w.whose(a.us, a.them).site, a.us.canary)
		}
		return fmt.Sprintf(`{"kind":"secret","organization_id":%q,"name":%q,"scopes":["read"]}`, w.whose(a.us, a.them).id, a.us.canary)
	},
	"POST /v1/users": func(w *tenants, a *attempt) string {
		return fmt.Sprintf(`{"email":"%x@%s.example","name":%[2]q,"role":"viewer","organization_id":%[3]q}`, w.r.Uint64(), a.us.canary, w.whose(a.us, a.them).id)
	},
	"PATCH /v1/users/{id}": named("name"),
	"POST /v1/invites": func(w *tenants, a *attempt) string {
		return fmt.Sprintf(`{"role":"viewer","organization_id":%q}`, w.whose(a.us, a.them).id)
	},
}

func named(field string) func(*tenants, *attempt) string {
	return func(_ *tenants, a *attempt) string { return fmt.Sprintf(`{%q:%q}`, field, a.us.canary) }
}

func (w *tenants) bodyOf(a *attempt) string {
	if a.method == http.MethodGet || a.method == http.MethodDelete {
		return ""
	}
	make := bodies[a.method+" "+a.route.Path]
	if make == nil {
		return "{}"
	}
	if a.route.Scope == api.Public && w.r.IntN(2) == 0 {
		a.query.Set("k", a.us.write)
		a.who = &asker{"a browser", "Origin", "https://" + a.us.canary + ".example"}
	}
	return make(w, a)
}

// as makes a call that is not part of the round.
func (w *tenants) as(who *asker, method, target, body string) *answer {
	w.t.Helper()
	return w.send(who, method, w.public+target, body)
}

func (w *tenants) fetch(target string) *answer {
	return w.send(&asker{"nobody", "Accept", "*/*"}, http.MethodGet, target, "")
}

func (w *tenants) ask(a *attempt) *answer {
	return w.send(a.who, a.method, w.public+a.path+"?"+a.query.Encode(), a.body)
}

// streamFor is how long an answer that never ends is listened to.
const streamFor = 100 * time.Millisecond

func (w *tenants) send(who *asker, method, target, body string) *answer {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	w.must(err)
	req.Header.Set("Content-Type", "application/json")
	if who.header == "Cookie" {
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	req.Header.Set(who.header, who.value)
	res, err := w.client.Do(req)
	w.must(err)
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		time.AfterFunc(streamFor, cancel)
	}
	text, err := io.ReadAll(res.Body)
	if ctx.Err() == nil {
		w.must(err)
	}
	got := &answer{res.StatusCode, res.Header, string(text), nil}
	_ = json.Unmarshal(text, &got.object) // some are no objects
	return got
}
