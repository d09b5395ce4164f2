package api

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestAnInstallationSaysWhatToDo(t *testing.T) {
	w := newWorld(t)
	elm, oak := w.tenant("elm"), w.tenant("oak")
	path := fmt.Sprintf("/v1/sites/%d/installation", elm.site)
	ask := func() *reply { return w.do("GET", path, "", elm.read) }
	if got := ask(); got.at("state") != "waiting" || got.at("first_event") != nil || len(got.at("problems").([]any)) != 1 {
		t.Errorf("before anything came: %d %s", got.StatusCode, got.raw)
	}
	event := `{"eventType":"page_view","sessionId":"s"}`
	send := func(body, origin string) int {
		return w.do("POST", "/v1/events?k="+elm.write, body, "Origin: "+origin).StatusCode
	}
	if got := send(event, "https://Elm.example"); got != 204 {
		t.Fatal(got)
	}
	got := ask()
	if got.at("state") != "ok" || got.at("first_event") != "2026-03-10T12:00:00Z" || got.at("last_event") != got.at("first_event") {
		t.Errorf("after an event: %s", got.raw)
	}
	if keys := got.at("write_keys").([]any); len(keys) != 1 || keys[0].(map[string]any)["last_used_at"] == nil || strings.Contains(got.raw, elm.write) {
		t.Errorf("the key that was used: %s", got.raw)
	}
	if res := w.do("PATCH", fmt.Sprint("/v1/sites/", elm.site), `{"allowed_origins":["https://elm.example"]}`, elm.admin, asJSON); res.StatusCode != 200 {
		t.Fatal(res.raw)
	}
	if got := send(event, "https://staging.example"); got != 403 {
		t.Fatal(got)
	}
	if got := send(`{"eventType":"page_view"}`, "https://elm.example"); got != 400 {
		t.Fatal(got)
	}
	got = ask()
	if got.at("state") != "problems" || !strings.Contains(got.raw, "Add the origin of the page") || !strings.Contains(got.raw, `"code":"missing_field","count":1`) {
		t.Errorf("after refusals: %s", got.raw)
	}
	origins := map[string]string{}
	for _, o := range got.at("origins").([]any) {
		m := o.(map[string]any)
		origins[m["origin"].(string)] = fmt.Sprint(m["allowed"], m["accepted"], m["refused"])
	}
	if fmt.Sprint(origins) != "map[https://elm.example:true 1 0 https://staging.example:false 0 1]" {
		t.Errorf("%v", origins)
	}
	w.later.Add(int64(25 * time.Hour))
	if got := ask(); got.at("state") != "ok" || len(got.at("rejects").([]any)) != 2 {
		t.Errorf("a day later: %s", got.raw)
	}
	w.later.Add(int64(7 * 24 * time.Hour))
	if got := ask(); got.at("state") != "problems" || !strings.Contains(got.raw, "No event has come for a week") {
		t.Errorf("a week later: %s", got.raw)
	}
	for key, want := range map[string]int{oak.admin: 404, elm.name: 403, bearer: 200} {
		if res := w.do("GET", path, "", key); res.StatusCode != want {
			t.Errorf("%s: %d %s", key, res.StatusCode, res.raw)
		}
	}
}

func TestRejectsAreOfAllSitesOfAKey(t *testing.T) {
	w := newWorld(t)
	elm, oak := w.tenant("elm"), w.tenant("oak")
	for _, key := range []string{elm.write, oak.write, writeKey, elm.write} {
		if res := w.do("POST", "/v1/events?k="+key, `{"eventType":"page_view"}`); res.StatusCode != 400 {
			t.Fatal(res.raw)
		}
		w.later.Add(int64(time.Second))
	}
	for _, try := range []struct {
		path, key, want string
	}{
		{"/v1/rejects", elm.read, fmt.Sprint([]uint32{elm.site, elm.site})},
		{"/v1/rejects", bearer, fmt.Sprint([]uint32{elm.site, 1, oak.site, elm.site})},
		{fmt.Sprint("/v1/rejects?site_id=", oak.site), bearer, fmt.Sprint([]uint32{oak.site})},
	} {
		var sites []uint32
		for next := any(""); next != nil; {
			sep := "?"
			if strings.Contains(try.path, "?") {
				sep = "&"
			}
			res := w.do("GET", fmt.Sprint(try.path, sep, "limit=1&cursor=", next), "", try.key)
			for _, r := range res.at("rejects").([]any) {
				sites = append(sites, uint32(r.(map[string]any)["site_id"].(float64)))
			}
			next = res.at("next_cursor")
		}
		if got := fmt.Sprint(sites); got != try.want {
			t.Errorf("%s: %s, want %s", try.path, got, try.want)
		}
	}
	if res := w.do("GET", fmt.Sprint("/v1/rejects?site_id=", oak.site), "", elm.read); res.StatusCode != 404 {
		t.Errorf("the neighbour's: %d %s", res.StatusCode, res.raw)
	}
}
