package api

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// condos puts listings that are alike on a tenant's site.
func (w *world) condos(t *tenant, n int, says string) {
	w.t.Helper()
	var body strings.Builder
	for i := range n {
		fmt.Fprintf(&body, `{"id":"c%d","property_type":"condo","city":"Oak Park","price":1000000,"sqft":2000%s}`+"\n", i, says)
	}
	if res := w.do("POST", "/v1/listings:batch", body.String(), t.admin); !strings.Contains(res.raw, `"done":true`) || strings.Contains(res.raw, "error") {
		w.t.Fatalf("%d %s", res.StatusCode, res.raw)
	}
}

func TestBenchmarksAreOfOnesOwnOrganizationAndPageByPage(t *testing.T) {
	w := newWorld(t)
	elm, oak := w.tenant("elm"), w.tenant("oak")
	w.condos(elm, 6, `,"listed_at":"2026-01-01","closed_at":"2026-02-01","status":"sold"`)
	w.condos(oak, 4, "")
	res := w.do("GET", "/v1/benchmarks?price_range=1000000%2B&market_area=national&metric_type=avg_price_per_sqft", "", elm.read)
	want := `{"benchmarks":[{"property_type":"condo","price_range":"1000000+","market_area":"national","metric_type":"avg_price_per_sqft","metric_value":500,` +
		`"sample_size":6,"interval":{"low":500,"high":500,"level":0.9},"scope":"organization","organizations":1,"calculation_date":"2026-03-10"}],"next_cursor":null}`
	if res.raw != want {
		t.Errorf("%s\nwant\n%s", res.raw, want)
	}
	if plus := w.do("GET", "/v1/benchmarks?price_range=1000000+&market_area=national&metric_type=avg_price_per_sqft", "", elm.read); plus.raw != want {
		t.Errorf("a plus that is a space: %s", plus.raw)
	}
	if agent := w.do("GET", "/v1/benchmarks?market_area=OAK%20PARK", "", elm.name); len(agent.at("benchmarks").([]any)) != 2 {
		t.Errorf("an agent: %s", agent.raw)
	}
	seen := 0
	for next := any(""); next != nil; seen++ {
		res := w.do("GET", "/v1/benchmarks?limit=1&cursor="+next.(string), "", elm.read)
		if next = res.at("next_cursor"); len(res.at("benchmarks").([]any)) != 1 {
			t.Fatalf("%s", res.raw)
		}
	}
	if seen != 4 {
		t.Errorf("%d benchmarks page by page", seen)
	}
	for path, status := range map[string]int{
		"/v1/benchmarks?organization_id=oak": 404, "/v1/benchmarks?metric_type=luck": 400, "/v1/benchmarks?price_range=low": 400, "/v1/benchmarks?limit=0": 400,
	} {
		if res := w.do("GET", path, "", elm.read); res.StatusCode != status {
			t.Errorf("%s: %d %s", path, res.StatusCode, res.raw)
		}
	}
	for path, want := range map[string]int{"/v1/benchmarks": 0, "/v1/benchmarks?organization_id=elm": 4, "/v1/benchmarks?organization_id=oak": 0} {
		if res := w.get(path); len(res.at("benchmarks").([]any)) != want {
			t.Errorf("the server's admin, %s: %s", path, res.raw)
		}
	}
}

// Five leads close 0, 1, 2, 3 and 4 days after they came; a sixth was lost.
func TestTheTimeToCloseIsOfTheLeadsThatNameAListing(t *testing.T) {
	w := newWorld(t)
	w.put("/v1/listings/home", `{"property_type":"condo","price":300000,"city":"Elgin"}`)
	for i := range 6 {
		id := w.lead(fmt.Sprintf(`{"formData":{"email":"p%d@example.com"},"listingId":"home"}`, i))
		outcome := fmt.Sprintf(`{"outcome":"closed_won","outcome_date":"2026-03-%d"}`, 10+i)
		if i == 5 {
			outcome = `{"outcome":"closed_lost"}`
		}
		w.later.Store(int64(time.Duration(i) * 24 * time.Hour))
		if res := w.do("POST", "/v1/leads/"+id+"/outcome", outcome, bearer, asJSON); res.StatusCode != 201 {
			t.Fatalf("%d %s", res.StatusCode, res.raw)
		}
		w.later.Store(0)
	}
	w.later.Store(int64(10 * 24 * time.Hour))
	res := w.got("/v1/benchmarks?metric_type=avg_time_to_close&market_area=elgin")
	rows := res.at("benchmarks").([]any)
	if len(rows) != 1 || rows[0].(map[string]any)["metric_value"] != 2.0 || rows[0].(map[string]any)["sample_size"] != 5.0 {
		t.Errorf("%s", res.raw)
	}
}

func TestAComparisonIsOfAListingThatTheKeySees(t *testing.T) {
	w := newWorld(t)
	elm, oak := w.tenant("elm"), w.tenant("oak")
	w.condos(elm, 6, `,"profile_id":"ann"`)
	w.put("/v1/listings/bens", `{"price":2000000,"sqft":1000,"property_type":"condo","listed_at":"2026-03-01"}`, elm.admin)
	res := w.do("GET", "/v1/listings/bens/comparison", "", elm.read)
	metrics, _ := res.at("metrics").([]any)
	if res.StatusCode != 200 || len(metrics) != 3 || res.at("segment", "market_area") != "national" || fmt.Sprint(res.at("missing"), res.at("suggestions")) != "[] []" {
		t.Fatalf("%d %s", res.StatusCode, res.raw)
	}
	m := metrics[2].(map[string]any)
	if m["value"] != 2000.0 || m["position"] != "above" || m["benchmark"].(map[string]any)["sample_size"] != 7.0 {
		t.Errorf("%v", m)
	}
	for key, want := range map[string]map[string]int{elm.name: {"c0": 200, "bens": 404}, oak.admin: {"c0": 404, "bens": 404}} {
		for id, status := range want {
			if res := w.do("GET", "/v1/listings/"+id+"/comparison", "", key); res.StatusCode != status {
				t.Errorf("%s: %d %s, want %d", id, res.StatusCode, res.raw, status)
			}
		}
	}
}
