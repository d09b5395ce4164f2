package api

import (
	"strings"
	"testing"

	"footfall/access"
)

// A viewer reads everything of the organization but what people wrote and what was written about them, and changes
// nothing.
func TestAViewerReadsNoContactOnAnyRouteAndChangesNothing(t *testing.T) {
	const canary = "canary"
	w := newWorld(t)
	browse(w, "s", "v")
	id := w.lead(`{"formData":{"name":"Ada canary","email":"canary@example.com","phone":"+1 canary","budget":"canary"},"sessionId":"s","listingId":"deep"}`)
	for target, body := range map[string]string{
		"PATCH /v1/leads/":             `{"notes":"canary"}`,
		"POST /v1/leads/{}/activities": `{"type":"note","note":"canary"}`,
		"POST /v1/leads/{}/outcome":    `{"outcome":"closed_lost","loss_reason":"price","notes":"canary"}`,
		"POST /v1/leads/{}/feedback":   `{"was_accurate":true,"feedback":"canary"}`,
	} {
		method, path, _ := strings.Cut(target, " ")
		if path = strings.Replace(path, "{}", id, 1); strings.HasSuffix(path, "/") {
			path += id
		}
		if res := w.do(method, path, body, bearer, asJSON); res.StatusCode >= 300 {
			t.Fatalf("%s: %d %s", target, res.StatusCode, res.raw)
		}
	}
	bad := `{"eventType":"page_view","sessionId":"s","scrollPercentage":200,"eventData":{"email":"canary@example.com"}}`
	if res := w.do("POST", "/v1/events?k="+writeKey, bad); res.StatusCode != 400 {
		t.Fatalf("%d %s", res.StatusCode, res.raw)
	}
	w.hire("eve@homes.example", "viewer")
	viewer := w.browser().signedIn("eve@homes.example")
	asked, masked := 0, 0
	for _, r := range w.api.Routes() {
		if r.Scope == Public {
			continue
		}
		for _, name := range []string{id, "s", "v", "deep"} {
			path := strings.Replace(pathOf(r, name), "{part}", "x", 1)
			if r.Method != get {
				// A prediction is posted, and changes nothing; a login and a password are their own.
				if path == "/v1/logout" || r.Scope == access.Read {
					continue
				}
				if res := viewer.send(r.Method, path, `{}`, ourPage, asJSON); res.StatusCode != 403 {
					t.Errorf("%s %s: %d %s", r.Method, path, res.StatusCode, res.raw)
				}
				continue
			}
			for _, query := range []string{"", "?status=closed_lost"} {
				res := viewer.send(r.Method, path+query, "")
				asked++
				if strings.Contains(res.raw, canary) {
					t.Errorf("%s %s shows %s", path, query, res.raw)
				}
				if strings.Contains(res.raw, "•••") {
					masked++
				}
			}
		}
	}
	if asked < 50 || masked < 4 {
		t.Errorf("%d answers, %d of them masked: the test does not reach what it is about", asked, masked)
	}
	for _, path := range []string{"/v1/leads/" + id, "/v1/leads/" + id + "/activities", "/v1/rejects"} {
		if res := w.get(path); !strings.Contains(res.raw, canary) {
			t.Errorf("an admin does not read it either: %s: %s", path, res.raw)
		}
	}
}
