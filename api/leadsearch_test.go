package api

import (
	"net/url"
	"testing"
)

// Whoever looks for somebody finds only leads that they see, by what they may read of them.
func TestLeadsAreFoundByWhoMayReadThem(t *testing.T) {
	w := newWorld(t)
	w.hire("eve@homes.example", "viewer")
	w.lead(`{"formData":{"name":"Ada Byron","email":"ada@example.com","phone":"+1 555 0100"},"listingId":"elm-1"}`)
	elm := w.tenant("elm")
	w.fill(elm)
	viewer := w.browser().signedIn("eve@homes.example")
	for _, tt := range []struct {
		find string
		by   func(path string) *reply
		want int
	}{
		{"ada", w.got, 3},
		{"ada byron", w.got, 1},
		{"5550100", w.got, 1},
		{"ada", func(path string) *reply { return w.do("GET", path, "", elm.read) }, 2},
		{"ada", func(path string) *reply { return w.do("GET", path, "", elm.name) }, 1},
		{"byron", func(path string) *reply { return w.do("GET", path, "", elm.admin) }, 0},
		{"byron", func(path string) *reply { return viewer.send("GET", path, "") }, 0},
		{"elm-1", func(path string) *reply { return viewer.send("GET", path, "") }, 1},
	} {
		res := tt.by("/v1/leads?q=" + url.QueryEscape(tt.find))
		if leads, _ := res.at("leads").([]any); res.StatusCode != 200 || len(leads) != tt.want {
			t.Errorf("%q: %d leads, want %d: %d %.300s", tt.find, len(leads), tt.want, res.StatusCode, res.raw)
		}
	}
	if res := w.get("/v1/leads?q=%FF"); res.StatusCode != 400 || res.at("error", "field") != "q" {
		t.Errorf("%d %s", res.StatusCode, res.raw)
	}
}
