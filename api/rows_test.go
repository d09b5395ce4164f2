package api

import (
	"fmt"
	"slices"
	"testing"
)

func TestListsOfWhatAdminsSetUpArePaged(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.tenant(fmt.Sprint("elm", i))
		w.hire(fmt.Sprintf("u%d@homes.example", i), "viewer")
		if r := w.do("POST", "/v1/invites", `{"role":"viewer"}`, bearer, asJSON); r.StatusCode != 201 {
			t.Fatal(r.raw)
		}
	}
	for _, name := range []string{"organizations", "profiles", "sites", "users", "invites", "keys"} {
		ids := func(r *reply) (ids []string) {
			for _, row := range r.at(name).([]any) {
				m := row.(map[string]any)
				ids = append(ids, fmt.Sprint(m["organization_id"], "/", m["id"]))
			}
			return ids
		}
		whole := w.got("/v1/" + name)
		want := ids(whole)
		if len(want) < 5 || whole.at("next_cursor") != nil {
			t.Fatalf("%s: %v", name, want)
		}
		var paged []string
		target := "/v1/" + name + "?limit=2"
		for next := ""; ; {
			r := w.got(target + next)
			page := ids(r)
			if paged = append(paged, page...); len(page) == 0 || len(page) > 2 {
				t.Errorf("%s: a page of %d", name, len(page))
			}
			if r.at("next_cursor") == nil || len(paged) > len(want) {
				break
			}
			next = fmt.Sprint("&cursor=", r.at("next_cursor"))
		}
		if !slices.Equal(paged, want) {
			t.Errorf("%s: %v, want %v", name, paged, want)
		}
		for _, bad := range []string{"?limit=0", "?limit=1001", "?cursor=x"} {
			if r := w.get("/v1/" + name + bad); r.StatusCode != 400 {
				t.Errorf("%s%s: %d", name, bad, r.StatusCode)
			}
		}
	}
}
