package ingest

import (
	"context"
	"testing"

	"footfall/catalog"
)

// wantCORS checks what every answer to a page says, and whose page may read it.
func wantCORS(t *testing.T, r reply, origin string) {
	t.Helper()
	for name, want := range map[string]string{
		"Vary": "Origin", "Access-Control-Allow-Credentials": "true",
		"Access-Control-Expose-Headers": "Retry-After, X-Request-Id", "Access-Control-Allow-Origin": origin,
	} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%d: %s is %q, want %q", r.status, name, got, want)
		}
	}
}

func TestEveryAnswerToAPageCarriesCORS(t *testing.T) {
	g := newRig(t)
	g.restrict()
	other := "https://other.example"
	for _, c := range []struct {
		name, method, target, body, origin string
		status                             int
		allowed                            bool
	}{
		{"accepted", "POST", "/v1/events?k=" + testKey, view("a", "1"), pageOrigin, 204, true},
		{"some rejected", "POST", "/v1/events?k=" + testKey, view("a", "1") + "\n{}", pageOrigin, 200, true},
		{"bad body", "POST", "/v1/events?k=" + testKey, "x", pageOrigin, 400, true},
		{"unknown key", "POST", "/v1/events?k=wk_ffffffffffffffff", view("a", "1"), other, 401, true},
		{"no key", "POST", "/v1/events", view("a", "1"), other, 401, true},
		{"origin not allowed", "POST", "/v1/events?k=" + testKey, view("a", "1"), other, 403, false},
		{"key in the body, allowed", "POST", "/v1/events", `{"key":"` + testKey + `","events":[` + view("a", "1") + `]}`, pageOrigin, 204, true},
		{"key in the body, not allowed", "POST", "/v1/events", `{"key":"` + testKey + `","events":[` + view("a", "1") + `]}`, other, 403, false},
		{"preflight", "OPTIONS", "/v1/events?k=" + testKey, "", pageOrigin, 204, true},
		{"preflight without a key", "OPTIONS", "/v1/events", "", other, 204, true},
		{"preflight not allowed", "OPTIONS", "/v1/events?k=" + testKey, "", other, 204, false},
		{"lead", "POST", "/v1/leads?k=" + testKey, `{"formData":{"name":"A"}}`, pageOrigin, 201, true},
		{"lead not allowed", "POST", "/v1/leads?k=" + testKey, `{"formData":{"name":"A"}}`, other, 403, false},
		{"lead without a key", "POST", "/v1/leads", `{"formData":{"name":"A"}}`, other, 401, true},
		{"bad lead", "POST", "/v1/leads?k=" + testKey, `{}`, pageOrigin, 400, true},
		{"page duration", "POST", "/api/analytics/page-duration", `{"sessionId":"a","duration":1}`, pageOrigin, 204, true},
		{"page duration preflight", "OPTIONS", "/api/analytics/page-duration", "", pageOrigin, 204, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := g.send(c.method, c.target, c.body, "Origin", c.origin)
			g.want(r, c.status, "")
			want := ""
			if c.allowed {
				want = c.origin
			}
			wantCORS(t, r, want)
		})
	}
}

func TestAPreflightSaysWhatMayBeSent(t *testing.T) {
	g := newRig(t)
	r := g.send("OPTIONS", "/v1/events?k="+testKey, "", "Origin", pageOrigin, "Access-Control-Request-Method", "POST")
	g.want(r, 204, "")
	for _, name := range []string{"Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age"} {
		if r.header.Get(name) == "" {
			t.Error("no", name)
		}
	}
}

func TestOriginsAreExact(t *testing.T) {
	g := newRig(t)
	g.restrict()
	for _, c := range []struct {
		origin, referer string
		status          int
	}{
		{pageOrigin, "", 204},
		{"HTTPS://Agent.Example", "", 204},
		{"", pageOrigin + "/listings/1?x=1", 204},
		{"", "", 403},
		{"", "https://other.example/" + pageOrigin, 403},
		{"null", "", 403},
		{"null", pageOrigin + "/", 403},
		{"http://agent.example", "", 403},
		{"https://agent.example:8443", "", 403},
		{"https://agent.example.evil.com", "", 403},
		{"https://evil-agent.example", "", 403},
		{"https://user@agent.example", "", 403},
	} {
		headers := []string{}
		if c.origin != "" {
			headers = append(headers, "Origin", c.origin)
		}
		if c.referer != "" {
			headers = append(headers, "Referer", c.referer)
		}
		if r := g.beacon(view("a", ""), headers...); r.status != c.status {
			t.Errorf("origin %q, referer %q: %d, want %d", c.origin, c.referer, r.status, c.status)
		}
	}
}

func TestServersMaySendWithoutOriginIfTheSiteSaysSo(t *testing.T) {
	g := newRig(t)
	g.restrict(func(s *catalog.Site) { s.ServerSide = true })
	g.want(g.beacon(view("a", "1")), 204, "")
	g.want(g.beacon(view("a", "2"), "Origin", "https://other.example"), 403, "origin_not_allowed")
}

func TestPageDurationsOfSeveralSitesGoByOrigin(t *testing.T) {
	g := newRig(t)
	g.must(g.catalog.Put(context.Background(), g.journal, catalog.Site{
		ID: 2, Organization: "default", Profile: "p2", Origins: []string{"https://two.example"},
	}))
	g.want(g.post("/api/analytics/page-duration", `{"sessionId":"a","duration":1}`, "Origin", "https://two.example"), 204, "")
	g.want(g.post("/api/analytics/page-duration", `{"sessionId":"a","duration":1}`, "Origin", pageOrigin), 401, "unauthorized")
	if events, _, err := g.sessions.Timeline(2, "a", 0, -1, 10); err != nil || len(events) != 1 {
		t.Errorf("%d events, %v", len(events), err)
	}
}
