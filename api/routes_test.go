package api

import (
	"net/http"
	"strings"
	"testing"
)

// pathOf fills the {id} of a route.
func pathOf(r Route, id string) string { return strings.Replace(r.Path, idSegment, id, 1) }

func TestEveryRouteThatIsNotPublicAsksForASecretKey(t *testing.T) {
	w := newWorld(t)
	flipped := secretKey[:len(secretKey)-1] + "0"
	for _, r := range w.api.Routes() {
		if r.Scope == Public {
			continue
		}
		path := pathOf(r, "x")
		for name, try := range map[string]struct {
			query  string
			header string
		}{
			"no key":                     {},
			"another key":                {header: "Authorization: Bearer sk_fedcba9876543210"},
			"last character flipped":     {header: "Authorization: Bearer " + flipped},
			"key cut short":              {header: "Authorization: Bearer " + secretKey[:len(secretKey)-1]},
			"key with more":              {header: "Authorization: Bearer " + secretKey + "0"},
			"empty key":                  {header: "Authorization: Bearer "},
			"no scheme":                  {header: "Authorization: " + secretKey},
			"another scheme":             {header: "Authorization: Basic " + secretKey},
			"write key":                  {header: "Authorization: Bearer " + writeKey},
			"write key in the query":     {query: "?k=" + writeKey},
			"secret key in the query":    {query: "?k=" + secretKey},
			"secret key in both":         {query: "?k=" + secretKey, header: bearer},
			"secret key as another name": {query: "?key=" + secretKey},
			"beacon's header":            {header: "X-Footfall-Key: " + secretKey},
		} {
			headers := []string{}
			if try.header != "" {
				headers = append(headers, try.header)
			}
			res := w.do(r.Method, path+try.query, "", headers...)
			if res.StatusCode != 401 || res.code() != "unauthorized" {
				t.Errorf("%s %s, %s: %d %s", r.Method, path, name, res.StatusCode, res.raw)
			}
			if got := res.Header.Get("WWW-Authenticate"); got != "Bearer" {
				t.Errorf("%s %s, %s: WWW-Authenticate %q", r.Method, path, name, got)
			}
			if res.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s %s, %s: sends CORS headers", r.Method, path, name)
			}
		}
		if path == "/v1/me/password" { // which no key has
			continue
		}
		if res := w.do(r.Method, path, "", bearer); res.StatusCode == 401 || res.StatusCode == 403 {
			t.Errorf("%s %s: the key is refused: %d %s", r.Method, path, res.StatusCode, res.raw)
		}
	}
}

func TestAKeyThatLacksTheScopeAnswers403(t *testing.T) {
	w := newWorld(t)
	const unheardOf = 1 << 7 // no key has it
	for i := range w.api.routes {
		r := &w.api.routes[i]
		if r.Scope == Public {
			continue
		}
		r.Scope |= unheardOf
		if res := w.do(r.Method, pathOf(*r, "x"), "", bearer); res.StatusCode != 403 || res.code() != "forbidden" {
			t.Errorf("%s %s: %d %s", r.Method, r.Path, res.StatusCode, res.raw)
		}
	}
}

func TestWithoutAKeyNothingIsToldOfPaths(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{
		"/v1", "/v1/", "/v1/nothing", "/v1/sessions/x/nothing", "/v1/../etc/passwd", "/v1/%zz", "/v1/%2e%2e", "/v1/leads/%", "/v1/debug/pprof",
	} {
		if res := w.do("GET", path, ""); res.StatusCode != 401 {
			t.Errorf("GET %s: %d %s", path, res.StatusCode, res.raw)
		}
	}
	for _, method := range []string{"PUT", "DELETE", "OPTIONS", "TRACE", "NONSENSE"} {
		if res := w.do(method, "/v1/sessions", ""); res.StatusCode != 401 {
			t.Errorf("%s /v1/sessions: %d %s", method, res.StatusCode, res.raw)
		}
	}
}

func TestUnknownPathsAnswer404(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{
		"/", "/nothing", "/debug/pprof", "/metrics", "/../etc/passwd", "/v1/nothing", "/v1/", "/v1/sessions/", "/v1/sessions/x/", "/v1//sessions",
		"/v1/sessions/x/events/y", "/V1/sessions", "//v1/sessions", "/v1/events/",
	} {
		res := w.get(path)
		if res.StatusCode != 404 || res.code() != "not_found" {
			t.Errorf("GET %s: %d %s", path, res.StatusCode, res.raw)
		}
		if res.at("error", "request_id") != res.Header.Get("X-Request-Id") || res.Header.Get("X-Request-Id") == "" {
			t.Errorf("GET %s: request id %q in %s", path, res.Header.Get("X-Request-Id"), res.raw)
		}
	}
}

func TestOtherMethodsAnswer405WithAllow(t *testing.T) {
	w := newWorld(t)
	for _, try := range []struct{ method, path, allow string }{
		{"POST", "/v1/sessions", "GET, HEAD"},
		{"DELETE", "/v1/sessions/x", "GET, HEAD"},
		{"OPTIONS", "/v1/sessions/x", "GET, HEAD"},
		{"PUT", "/v1/leads", "GET, HEAD, OPTIONS, POST"},
		{"PUT", "/v1/leads?id=x", "DELETE, GET, HEAD, OPTIONS, PATCH, POST"},
		{"PUT", "/v1/leads/x", "DELETE, GET, HEAD, PATCH"},
		{"GET", "/v1/import", "POST"},
	} {
		res := w.do(try.method, try.path, "", bearer)
		if res.StatusCode != 405 || res.code() != "method_not_allowed" || res.Header.Get("Allow") != try.allow {
			t.Errorf("%s %s: %d, Allow %q, %s", try.method, try.path, res.StatusCode, res.Header.Get("Allow"), res.raw)
		}
	}
	res := w.do("GET", "/v1/events?k="+writeKey, "", "Origin: https://agent.example")
	if res.StatusCode != 405 || res.Header.Get("Allow") != "OPTIONS, POST" {
		t.Errorf("GET /v1/events without a key: %d, Allow %q, %s", res.StatusCode, res.Header.Get("Allow"), res.raw)
	}
	if got := res.Header.Get("Access-Control-Allow-Origin"); got != "https://agent.example" {
		t.Errorf("the page cannot read the refusal of GET /v1/events: %q", got)
	}
}

func TestHeadAnswersLikeGetWithoutABody(t *testing.T) {
	w := newWorld(t)
	w.beacon(sent{"eventType": "page_view", "sessionId": "s"})
	want := w.got("/v1/sessions/s")
	res := w.do("HEAD", "/v1/sessions/s", "", bearer)
	if res.StatusCode != 200 || res.raw != "" || res.ContentLength != int64(len(want.raw)) {
		t.Errorf("HEAD: %d, length %d, want %d, body %q", res.StatusCode, res.ContentLength, len(want.raw), res.raw)
	}
	if res := w.do("HEAD", "/v1/sessions/none", "", bearer); res.StatusCode != 404 || res.raw != "" {
		t.Errorf("HEAD of nothing: %d %q", res.StatusCode, res.raw)
	}
	if res := w.do("HEAD", "/v1/sessions/s", ""); res.StatusCode != 401 {
		t.Errorf("HEAD without a key: %d", res.StatusCode)
	}
}

func TestAnswersAreNotForCaches(t *testing.T) {
	w := newWorld(t)
	for _, res := range []*reply{
		w.got("/v1/sessions"), w.get("/v1/sessions/none"), w.do("GET", "/v1/sessions", ""), w.get("/nothing"), w.send("nonsense\r\n\r\n"),
	} {
		if res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%d: %v", res.StatusCode, res.Header)
		}
	}
}

func TestTheTableHasNoRowTwiceAndSaysWhatEachDoes(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range newWorld(t).api.Routes() {
		row := r.Method + " " + r.Path
		if seen[row] {
			t.Errorf("%s stands there twice", row)
		}
		seen[row] = true
		if r.Summary == "" || r.Path[0] != '/' || r.Method == http.MethodHead || strings.Count(r.Path, "{") > 2 {
			t.Errorf("row %+v", r)
		}
	}
}
