package api

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

func (w *world) put(target, body string, headers ...string) *reply {
	w.t.Helper()
	if headers == nil {
		headers = []string{bearer}
	}
	return w.do("PUT", target, body, append(headers, asJSON)...)
}

func TestAListingIsPutReadListedAndTakenOut(t *testing.T) {
	w := newWorld(t)
	browse(w, "s", "v")
	body := `{"price":450000,"address":"1 Elm St","city":"Oak Park","property_type":"single_family","beds":3,"baths":2.5,"sqft":1500,"status":"active",
		"description":"<b>Sunny</b>","listed_at":"2026-03-01"}`
	if res := w.put("/v1/listings/deep", body); res.StatusCode != 201 || res.Header.Get("Location") != "/v1/listings/deep" {
		t.Fatalf("%d %s", res.StatusCode, res.raw)
	}
	if res := w.put("/v1/listings/deep", body); res.StatusCode != 200 {
		t.Errorf("put again: %d %s", res.StatusCode, res.raw)
	}
	w.later.Add(int64(time.Hour))
	if res := w.put("/v1/listings/deep", strings.Replace(body, "450000", "440000", 1)); res.StatusCode != 200 || res.at("price") != 440000.0 {
		t.Errorf("%d %s", res.StatusCode, res.raw)
	}
	got := w.got("/v1/listings/deep")
	for name, want := range map[string]any{
		"id": "deep", "site_id": 1.0, "profile_id": "default", "status": "active", "price": 440000.0, "price_range": "250000-500000", "address": "1 Elm St",
		"city": "Oak Park", "property_type": "single_family", "beds": 3.0, "baths": 2.5, "sqft": 1500.0, "description": "<b>Sunny</b>",
		"listed_at": "2026-03-01T05:00:00Z", "closed_at": nil, "days_on_market": 9.0, "created_at": "2026-03-10T12:00:00Z", "updated_at": "2026-03-10T13:00:00Z",
		"history": []any{
			map[string]any{"time": "2026-03-10T12:00:00Z", "price": 450000.0, "status": "active"},
			map[string]any{"time": "2026-03-10T13:00:00Z", "price": 440000.0, "status": "active"},
		},
	} {
		if fmt.Sprint(got.body[name]) != fmt.Sprint(want) {
			t.Errorf("%s is %v, want %v", name, got.body[name], want)
		}
	}
	if res := w.got("/v1/listings?city=oak%20park&status=active"); fmt.Sprint(names(res, "listings", "id")) != "[deep]" || res.body["next_cursor"] != nil {
		t.Errorf("list: %s", res.raw)
	}
	if res := w.do("DELETE", "/v1/listings/deep", "", bearer); res.StatusCode != 204 {
		t.Errorf("%d %s", res.StatusCode, res.raw)
	}
	for _, method := range []string{"GET", "DELETE"} {
		if res := w.do(method, "/v1/listings/deep", "", bearer); res.StatusCode != 404 || res.code() != "not_found" {
			t.Errorf("%s of what is gone: %d", method, res.StatusCode)
		}
	}
	if res := w.got("/v1/listings"); res.raw != `{"listings":[],"next_cursor":null}` {
		t.Errorf("list: %s", res.raw)
	}
	if w.got("/v1/listings/deep/engagement").at("totals", "total_views") != 1.0 {
		t.Error("the engagement went with the listing")
	}
}

func TestIdsOfListingsMayHoldAnything(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"a/b", "..", "%", "listings:batch", "é ?&=#", "'\"<>", "-", strings.Repeat("x", 255)} {
		path := "/v1/listings/" + url.PathEscape(id)
		if id == ".." || id == "-" {
			path = "/v1/listings?id=" + url.QueryEscape(id)
		}
		if res := w.put(path, `{"price":1}`); res.StatusCode != 201 {
			t.Errorf("%q: %d %s", id, res.StatusCode, res.raw)
		}
		for _, path := range []string{path, "/v1/listings/-?id=" + url.QueryEscape(id)} {
			if res := w.get(path); res.StatusCode != 200 || res.at("id") != id {
				t.Errorf("%s: %d %s", path, res.StatusCode, res.raw)
			}
		}
	}
	if res := w.put("/v1/listings/"+strings.Repeat("x", 256), `{}`); res.StatusCode != 400 || res.at("error", "field") != "id" {
		t.Errorf("a long id: %d %s", res.StatusCode, res.raw)
	}
}

func TestListingsOfOneIDInTwoTenantsAreTwo(t *testing.T) {
	w := newWorld(t)
	elm, oak := w.tenant("elm"), w.tenant("oak")
	for i, tn := range []*tenant{elm, oak} {
		if res := w.put("/v1/listings/home", fmt.Sprintf(`{"price":%d,"profile_id":"ann"}`, i+1), tn.admin); res.StatusCode != 201 {
			t.Fatalf("%d %s", res.StatusCode, res.raw)
		}
	}
	w.put("/v1/listings/bens", `{"price":3}`, oak.admin)
	for _, tt := range []struct {
		key, method, path, body string
		status                  int
	}{
		{elm.read, "GET", "/v1/listings/home", "", 200},
		{elm.read, "GET", "/v1/listings/bens", "", 404},
		{elm.admin, "DELETE", "/v1/listings/bens", "", 404},
		{elm.admin, "GET", fmt.Sprint("/v1/listings/home?site_id=", oak.site), "", 404},
		{elm.admin, "PUT", fmt.Sprint("/v1/listings/home?site_id=", oak.site), "{}", 404},
		{oak.name, "GET", "/v1/listings/bens", "", 404},
		{oak.name, "PUT", "/v1/listings/bens", "{}", 404},
		{oak.name, "DELETE", "/v1/listings/bens", "", 404},
		{oak.name, "PUT", "/v1/listings/anns", `{"profile_id":"ben"}`, 400},
		{oak.name, "PUT", "/v1/listings/anns", `{}`, 201},
		{oak.name, "GET", "/v1/listings/home/engagement", "", 200},
		{oak.name, "GET", "/v1/listings/bens/engagement", "", 404},
		{bearer, "GET", "/v1/listings/home", "", 409},
		{bearer, "PUT", "/v1/listings/home", "{}", 409},
		{bearer, "GET", fmt.Sprint("/v1/listings/home?site_id=", oak.site), "", 200},
		{bearer, "PUT", "/v1/listings/new", "{}", 400},
		{bearer, "PUT", "/v1/listings/bens", `{"price":4}`, 200}, // the site that has it
		{elm.read, "PUT", "/v1/listings/home", "{}", 403},
	} {
		if res := w.do(tt.method, tt.path, tt.body, tt.key, asJSON); res.StatusCode != tt.status {
			t.Errorf("%s %s: %d %s, want %d", tt.method, tt.path, res.StatusCode, res.raw, tt.status)
		}
	}
	for key, want := range map[string]string{elm.read: "[home]", oak.name: "[anns home]"} {
		res := w.do("GET", "/v1/listings", "", key)
		if got := fmt.Sprint(names(res, "listings", "id")); got != want && got != "[home anns]" {
			t.Errorf("list: %s, want %s", got, want)
		}
	}
	if res := w.do("GET", "/v1/listings?profile_id=ben", "", oak.name); fmt.Sprint(names(res, "listings", "id")) != "[]" {
		t.Errorf("ann's key asks for ben's: %s", res.raw)
	}
}

func TestEngagementIsOfWhoeverTheCatalogSays(t *testing.T) {
	w := newWorld(t)
	elm := w.tenant("elm")
	w.fill(elm)
	if res := w.do("GET", "/v1/engagement/listings", "", elm.name); len(res.at("listings").([]any)) != 0 {
		t.Fatalf("ann has none: %s", res.raw)
	}
	w.put("/v1/listings/home", `{"profile_id":"ann"}`, elm.admin)
	for key, want := range map[string]int{elm.name: 1, elm.read: 1} {
		if res := w.do("GET", "/v1/engagement/listings?profile_id=ann", "", key); len(res.at("listings").([]any)) != want {
			t.Errorf("of ann: %s", res.raw)
		}
	}
	if res := w.do("GET", "/v1/engagement/listings?profile_id=ben", "", elm.read); len(res.at("listings").([]any)) != 0 {
		t.Errorf("of ben: %s", res.raw)
	}
}

// lines returns the JSON of each line of an answer.
func lines(t *testing.T, r *reply) (all []map[string]any) {
	t.Helper()
	for s := bufio.NewScanner(strings.NewReader(r.raw)); s.Scan(); {
		var m map[string]any
		if err := json.Unmarshal(s.Bytes(), &m); err != nil {
			t.Fatalf("%v in %q", err, s.Text())
		}
		all = append(all, m)
	}
	return all
}

func TestABatchTellsWhatBecameOfEachLineAndMayBeRepeated(t *testing.T) {
	w := newWorld(t)
	body := strings.Join([]string{
		`{"id":"a","price":1}`, ``, `{"id":"b","price":"x"}`, `not JSON`, `{"ListingKey":"c","ListPrice":3}`, `{"id":"a","price":1}`,
		`{"id":"a","price":2}`, `{"id":"d","description":"` + strings.Repeat("x", 70_000) + `"}`, `{"id":"e"}`,
	}, "\n")
	want := []string{"1 a created", "2 b rejected price", "3 <nil> rejected", "4 c created", "5 a unchanged", "6 a updated", "7 <nil> rejected", "8 e created"}
	for round := range 2 {
		res := w.do("POST", "/v1/listings:batch", body, bearer)
		all := lines(t, res)
		if res.StatusCode != 200 || len(all) != len(want)+1 {
			t.Fatalf("%d %s", res.StatusCode, res.raw)
		}
		for i, line := range all[:len(want)] {
			got := fmt.Sprint(line["line"], " ", line["id"], " ", line["result"])
			if e, ok := line["error"].(map[string]any); ok && e["field"] != nil {
				got += " " + fmt.Sprint(e["field"])
			}
			expected := want[i]
			if round > 0 {
				expected = strings.NewReplacer("1 a created", "1 a updated", "created", "unchanged", "5 a unchanged", "5 a unchanged").Replace(expected)
			}
			if got != expected {
				t.Errorf("round %d: %s, want %s", round, got, expected)
			}
		}
		last := all[len(want)]
		if last["done"] != true || last["lines"] != 8.0 || last["accepted"] != 5.0 || last["rejected"] != 3.0 {
			t.Errorf("the last line is %v", last)
		}
	}
	if res := w.got("/v1/listings/a"); len(res.body["history"].([]any)) != 4 {
		t.Errorf("1, 2, 1, 2: %s", res.raw)
	}
	var many strings.Builder
	for i := range 1200 {
		fmt.Fprintf(&many, "{\"id\":\"L%d\",\"price\":%d,\"description\":%q}\n", i, i+1, strings.Repeat("y", 100))
	}
	before := w.journal.Applied()
	for _, want := range []string{"created", "unchanged"} {
		res := w.do("POST", "/v1/listings:batch", many.String(), bearer)
		all := lines(t, res)
		if last := all[len(all)-1]; last["done"] != true || last[want] != 1200.0 || len(all) != 1203 {
			t.Fatalf("%d lines, the last is %v", len(all), last)
		}
	}
	if n := w.journal.Applied() - before; n != 1200 {
		t.Errorf("%d records", n)
	}
}

func TestABatchThatBreaksOffKeepsWhatCame(t *testing.T) {
	w := newWorld(t)
	for name, header := range map[string]string{"another encoding": "Content-Encoding: br", "no gzip": "Content-Encoding: gzip"} {
		if res := w.do("POST", "/v1/listings:batch", `{"id":"a"}`, bearer, header); res.StatusCode != 415 && res.StatusCode != 400 {
			t.Errorf("%s: %d %s", name, res.StatusCode, res.raw)
		}
	}
	if res := w.do("POST", "/v1/listings:batch", "", bearer); res.StatusCode != 200 || lines(t, res)[0]["done"] != true {
		t.Errorf("empty: %d %s", res.StatusCode, res.raw)
	}
	elm := w.tenant("elm")
	res := w.do("POST", "/v1/listings:batch", `{"id":"x"}`+"\n"+`{"id":"y","profile_id":"ben"}`, elm.name)
	if all := lines(t, res); all[0]["result"] != "created" || all[1]["result"] != "rejected" {
		t.Errorf("a profile's batch: %s", res.raw)
	}
	if res := w.do("POST", "/v1/listings:batch", `{"id":"x"}`, bearer); res.StatusCode != 400 || res.at("error", "field") != "site_id" {
		t.Errorf("onto no site: %d %s", res.StatusCode, res.raw)
	}
}
