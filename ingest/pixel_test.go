package ingest

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
)

func TestAPixelTakesAnEventAndAnswersAPicture(t *testing.T) {
	g := newRig(t)
	if len(pixel) != 43 {
		t.Fatalf("%d bytes", len(pixel))
	}
	for _, e := range []string{
		url.QueryEscape(view("a", "1")),
		base64.RawURLEncoding.EncodeToString([]byte(view("a", "2"))),
		base64.URLEncoding.EncodeToString([]byte(view("a", "33"))),
	} {
		r := g.send("GET", "/v1/p?k="+testKey+"&e="+e, "", "Origin", pageOrigin)
		g.want(r, 200, "")
		if r.body != string(pixel) || r.header.Get("Content-Type") != "image/gif" || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%q %v", r.body, r.header)
		}
		if r.header.Get("Access-Control-Allow-Origin") != "" {
			t.Error("a pixel needs no CORS")
		}
	}
	if got := g.events("a"); got != 3 {
		t.Errorf("%d events, want 3", got)
	}
}

func TestAPixelSaysWhatIsWrong(t *testing.T) {
	g := newRig(t)
	for _, c := range []struct {
		query  string
		status int
		code   string
	}{
		{"e=" + url.QueryEscape(view("a", "1")), 401, "unauthorized"},
		{"k=" + testKey, 400, "no_events"},
		{"k=" + testKey + "&e=%7B%7D", 400, "all_rejected"},
		{"k=" + testKey + "&e=!!", 400, "invalid_field"},
		{"k=" + testKey + "&e=" + url.QueryEscape(view("a", "1")+"\n"+view("a", "2")), 413, "too_many_events"},
	} {
		r := g.send("GET", "/v1/p?"+c.query, "")
		g.want(r, c.status, c.code)
		if !strings.HasPrefix(r.header.Get("Content-Type"), "application/json") {
			t.Error(r.header)
		}
	}
	if g.events("a") != 0 {
		t.Error("something was counted")
	}
}
