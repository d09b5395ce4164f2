package api

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

func TestTheTrackerIsServedForPagesOfEveryOrigin(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct{ path, cached, cors string }{
		{"/ff.js", "public, max-age=3600", ""},
		{"/ff.v1.0.js", "public, max-age=31536000, immutable", "*"},
	} {
		res := w.do("GET", test.path, "", "Origin: https://agent.example")
		h := res.Header
		if res.StatusCode != 200 || h.Get("Content-Type") != "text/javascript; charset=utf-8" || h.Get("Cache-Control") != test.cached ||
			h.Get("Cross-Origin-Resource-Policy") != "cross-origin" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %d %v", test.path, res.StatusCode, h)
		}
		if got := h.Get("Access-Control-Allow-Origin"); got != test.cors {
			t.Errorf("%s: allows the origin %q, not %q", test.path, got, test.cors)
		}
		packed := w.do("GET", test.path, "", "Accept-Encoding: gzip")
		r, err := gzip.NewReader(bytes.NewReader([]byte(packed.raw)))
		if err != nil {
			t.Fatalf("%s: %v", test.path, err)
		}
		if body, err := io.ReadAll(r); err != nil || string(body) != res.raw || packed.Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: gzipped it is something else, %v", test.path, err)
		}
		for _, etag := range []string{h.Get("ETag"), "W/" + h.Get("ETag"), `"other", ` + h.Get("ETag"), "*"} {
			if again := w.do("GET", test.path, "", "If-None-Match: "+etag); again.StatusCode != 304 || again.raw != "" || again.Header.Get("ETag") != h.Get("ETag") {
				t.Errorf("%s, If-None-Match %s: %d", test.path, etag, again.StatusCode)
			}
		}
		if again := w.do("GET", test.path, "", `If-None-Match: "other"`); again.StatusCode != 200 {
			t.Errorf("%s, changed: %d", test.path, again.StatusCode)
		}
	}
	if res := w.do("GET", "/ff.v1.999.js", ""); res.StatusCode != 404 {
		t.Errorf("a release that is not there: %d", res.StatusCode)
	}
}

func TestTheTrackerMayHaveAnotherPath(t *testing.T) {
	w := newWorld(t)
	a := New(Options{Scripts: w.api.o.Scripts, TrackerPath: "/news.js"})
	var paths []string
	for _, r := range a.Routes() {
		if strings.HasSuffix(r.Path, ".js") && !strings.HasPrefix(r.Path, "/app/") {
			paths = append(paths, r.Path)
		}
	}
	if got := strings.Join(paths, " "); got != "/news.js /ff.js /ff.v1.0.js" {
		t.Errorf("served at %s", got)
	}
}
