package api

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestAVisitorAddsUpItsSessions(t *testing.T) {
	w := newWorld(t)
	w.beacon(sent{"eventType": "property_view", "sessionId": "s1", "visitorId": "v", "propertyId": "first", "pageId": "p", "durationSeconds": 10.4}.ago(3 * time.Hour))
	w.beacon(sent{"eventType": "property_view", "sessionId": "s2", "visitorId": "v", "propertyId": "second", "pageId": "p", "durationSeconds": 20.4}.ago(time.Hour))
	w.beacon(sent{"eventType": "property_view", "sessionId": "s2", "visitorId": "v", "propertyId": "first", "pageId": "q"}.ago(time.Hour))
	v := w.got("/v1/visitors/v")
	for name, want := range map[string]any{
		"visitor_id": "v", "visit_count": 2.0, "first_visit": "2026-03-10T09:00:00.000Z", "last_visit": "2026-03-10T11:00:00.000Z",
		"session_count": 2.0, "event_count": 3.0, "total_duration_seconds": 31.0, "converted_to_lead": false,
	} {
		if v.body[name] != want {
			t.Errorf("%s is %v, want %v", name, v.body[name], want)
		}
	}
	if got := fmt.Sprint(v.body["properties_viewed"]); got != "[first second]" {
		t.Errorf("properties_viewed is %s", got)
	}
	if got := fmt.Sprint(names(v, "sessions", "session_id")); got != "[s2 s1]" {
		t.Errorf("sessions are %s, want the newest first", got)
	}
}

func TestLiveVisitorsComeHottestFirst(t *testing.T) {
	w := newWorld(t)
	w.beacon(sent{"eventType": "page_view", "sessionId": "cold", "visitorId": "v"})
	w.beacon(sent{"eventType": "page_view", "sessionId": "other", "visitorId": "u"})
	w.beacon(sent{"eventType": "page_view", "sessionId": "nobody"})
	browse(w, "hot", "v")
	res := w.got("/v1/visitors?active=5m")
	if got := fmt.Sprint(names(res, "visitors", "visitor_id")); got != "[v <nil> u]" {
		t.Fatalf("visitors are %s: %s", got, res.raw)
	}
	v := res.at("visitors").([]any)[0].(map[string]any)
	if v["session_count"] != 2.0 || v["event_count"] != 6.0 || v["behavioral_score"] != 65.0 || v["conversion_intent"] != "medium" {
		t.Errorf("hottest is %v", v)
	}
}

func TestListingsAnswerTheirNumbers(t *testing.T) {
	w := newWorld(t)
	browse(w, "s1", "v1")
	browse(w, "s2", "v2")
	w.beacon(sent{"eventType": "property_view", "sessionId": "s3", "visitorId": "v3", "propertyId": "a,b"})
	w.beacon(sent{"eventType": "property_view", "sessionId": "s3", "visitorId": "v3", "propertyId": "deep"})
	e := w.got("/v1/listings/deep/engagement")
	if e.at("listing_id") != "deep" || e.at("totals", "total_views") != 3.0 || e.at("totals", "unique_views") != 3.0 || fmt.Sprint(names(e, "days", "date")) != "[2026-03-10]" {
		t.Errorf("engagement: %s", e.raw)
	}
	if e := w.got("/v1/listings/deep/engagement?to=2026-03-09"); e.at("totals", "total_views") != 0.0 {
		t.Errorf("engagement until yesterday: %s", e.raw)
	}
	for target, want := range map[string]string{
		"/v1/engagement/listings":                                  "[deep shallow a,b]",
		"/v1/engagement/listings?limit=2":                          "[deep shallow]",
		"/v1/engagement/listings?profile_id=nobody":                "[]",
		"/v1/engagement/listings?from=2026-03-01&to=2026-03-09":    "[]",
		"/v1/engagement/listings?sort=avg_time_on_page&limit=1000": "[deep a,b shallow]",
	} {
		res := w.got(target)
		if got := fmt.Sprint(names(res, "listings", "listing_id")); got != want {
			t.Errorf("GET %s: %s, want %s", target, got, want)
		}
	}
	for query, want := range map[string]string{
		"":                             "[]",
		"?overlaps=shallow,none":       "[map[common:2 listing_id:shallow visitors:2] map[common:0 listing_id:none visitors:0]]",
		"?overlaps=shallow%2Cnone":     "[map[common:2 listing_id:shallow visitors:2] map[common:0 listing_id:none visitors:0]]",
		"?overlaps=a,b&overlaps=":      "[map[common:1 listing_id:a,b visitors:1]]",
		"?overlaps=,&to=2026-03-09":    "[]",
		"?overlaps=deep&to=2026-03-09": "[map[common:0 listing_id:deep visitors:0]]",
	} {
		res := w.got("/v1/listings/deep/audience" + query)
		if got := fmt.Sprint(res.at("overlaps")); got != want {
			t.Errorf("overlaps %q: %s, want %s", query, got, want)
		}
	}
}

// lead posts a lead form and returns the lead's id.
func (w *world) lead(body string) string {
	w.t.Helper()
	res := w.do("POST", "/v1/leads?k="+writeKey, body, "Content-Type: application/json")
	if res.StatusCode != 201 {
		w.t.Fatalf("lead: %d %s", res.StatusCode, res.raw)
	}
	return res.at("lead", "id").(string)
}

func TestALeadIsReadListedAndChanged(t *testing.T) {
	w := newWorld(t)
	browse(w, "s", "v")
	id := w.lead(`{"formData":{"name":"Ada","email":"ada@example.com"},"sessionId":"s","listingId":"deep"}`)
	other := w.lead(`{"formData":{"name":"Bea"}}`)

	lead := w.got("/v1/leads/" + id)
	if lead.at("id") != id || lead.at("name") != "Ada" || lead.at("status") != "new" || lead.at("session_id") != "s" || lead.at("listing_id") != "deep" {
		t.Errorf("lead: %s", lead.raw)
	}
	if s := w.got("/v1/sessions/s"); s.at("converted_to_lead") != true || s.at("lead_id") != id || s.at("form_completed") != true {
		t.Errorf("its session: %s", s.raw)
	}
	if v := w.got("/v1/visitors/v"); v.at("converted_to_lead") != true {
		t.Errorf("its visitor: %s", v.raw)
	}
	if got := names(w.got("/v1/leads?listing_id=deep"), "leads", "id"); fmt.Sprint(got) != "["+id+"]" {
		t.Errorf("leads of the listing: %v", got)
	}

	res := w.do("PATCH", "/v1/leads/"+id, `{"status":"contacted","tags":["a","b"],"notes":"called <b>","phone":"1","email":null,"profileId":"p"}`, bearer)
	for name, want := range map[string]any{"status": "contacted", "notes": "called <b>", "phone": "1", "name": "Ada", "profile_id": "p"} {
		if res.StatusCode != 200 || res.body[name] != want {
			t.Errorf("after the patch %s is %v, want %v: %s", name, res.body[name], want, res.raw)
		}
	}
	if _, ok := res.body["email"]; ok || fmt.Sprint(res.body["tags"]) != "[a b]" {
		t.Errorf("after the patch: %s", res.raw)
	}
	if again := w.got("/v1/leads?id=" + id); again.raw != res.raw {
		t.Errorf("read again: %s, want %s", again.raw, res.raw)
	}
	if res := w.do("PATCH", "/v1/leads?id="+id, `{"status":"closed_won","notes":null,"tags":null}`, bearer); res.at("status") != "closed_won" || res.at("notes") != nil || fmt.Sprint(res.at("tags")) != "[]" {
		t.Errorf("a second patch: %s", res.raw)
	}
	if got := names(w.got("/v1/leads"), "leads", "id"); fmt.Sprint(got) != "["+other+"]" {
		t.Errorf("open leads: %v", got)
	}
	if got := names(w.got("/v1/leads?status=closed_won"), "leads", "id"); fmt.Sprint(got) != "["+id+"]" {
		t.Errorf("won leads: %v", got)
	}
}

func TestLeadsArePagedThrough(t *testing.T) {
	w := newWorld(t)
	want := map[string]bool{}
	for i := range 7 {
		want[w.lead(fmt.Sprintf(`{"formData":{"name":"%d"}}`, i))] = true
	}
	for _, sort := range []string{"", "&sort=ml_score", "&sort=created_at", "&sort=activity"} {
		seen := map[string]bool{}
		for next := ""; ; {
			page := w.got("/v1/leads?limit=3" + sort + next)
			for _, id := range names(page, "leads", "id") {
				if seen[id] || !want[id] {
					t.Errorf("%q: %s comes twice or from nowhere", sort, id)
				}
				seen[id] = true
			}
			cursor, more := page.at("next_cursor").(string)
			if !more {
				break
			}
			next = "&cursor=" + cursor
		}
		if len(seen) != len(want) {
			t.Errorf("%q: %d leads, want %d", sort, len(seen), len(want))
		}
	}
}

func TestAPatchThatCannotBeIsRefusedWhole(t *testing.T) {
	w := newWorld(t)
	id := w.lead(`{"formData":{"name":"Ada"}}`)
	before := w.got("/v1/leads/" + id).raw
	for body, want := range map[string]string{
		``:                                   "400 invalid_json",
		`[]`:                                 "400 invalid_json",
		`null`:                               "400 invalid_json",
		`{"notes":"x"`:                       "400 invalid_json",
		`{"notes":"x"} {}`:                   "400 invalid_json",
		`{"notes":"x"}]`:                     "400 invalid_json",
		`{"notes":"x",}`:                     "400 invalid_json",
		"{\"notes\":\"\xff\"}":               "400 invalid_json",
		`{"a":` + strings.Repeat("[", 20000): "400 invalid_json",
		`{"notes":"x","status":"sold"}`:      "400 invalid_field",
		`{"notes":"x","status":null}`:        "400 invalid_field",
		`{"notes":"x","profile_id":7}`:       "400 invalid_field",
		`{"notes":"x","tags":"a"}`:           "400 invalid_field",
		`{"notes":"x","tags":["a",null]}`:    "400 invalid_field",
		`{"notes":{}}`:                       "400 invalid_field",
		`{"notes":"x","ml_score":99}`:        "400 invalid_field",
		`{"notes":"` + strings.Repeat("x", 65<<10) + `"}`: "413 too_large",
	} {
		res := w.do("PATCH", "/v1/leads/"+id, body, bearer)
		if got := fmt.Sprintf("%d %s", res.StatusCode, res.code()); got != want {
			t.Errorf("%.40s: %s, want %s: %s", body, got, want, res.raw)
		}
	}
	if after := w.got("/v1/leads/" + id).raw; after != before {
		t.Errorf("something was changed: %s", after)
	}
	if res := w.do("PATCH", "/v1/leads/none", `{"notes":"x"}`, bearer); res.StatusCode != 404 {
		t.Errorf("a lead that is not there: %d %s", res.StatusCode, res.raw)
	}
}

func TestRejectedEventsAreListedNewestFirst(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		body := fmt.Sprintf(`{"eventType":"page_view","sessionId":"s","scrollPercentage":%d}`, 200+i)
		if res := w.do("POST", "/v1/events?k="+writeKey, body); res.StatusCode != 400 {
			t.Fatalf("%d %s", res.StatusCode, res.raw)
		}
	}
	var got []string
	for next := ""; ; {
		page := w.got("/v1/rejects?limit=2" + next)
		for _, row := range page.at("rejects").([]any) {
			row := row.(map[string]any)
			if row["code"] != "invalid_field" || row["message"] == "" || row["field"] != "scrollPercentage" || row["time"] != "2026-03-10T12:00:00Z" {
				t.Errorf("row %v", row)
			}
			got = append(got, fmt.Sprint(row["event"].(map[string]any)["scrollPercentage"]))
		}
		cursor, more := page.at("next_cursor").(string)
		if !more {
			break
		}
		next = "&cursor=" + cursor
	}
	if fmt.Sprint(got) != "[204 203 202 201 200]" {
		t.Errorf("rejects are %v", got)
	}
}

func TestAnImportIsReadBack(t *testing.T) {
	w := newWorld(t)
	line := fmt.Sprintf(`{"eventType":"page_view","sessionId":"past","ts":%d}`, now.AddDate(-1, 0, 0).UnixMilli())
	res := w.do("POST", "/v1/import", line+"\n", bearer)
	if res.StatusCode != 200 || !strings.Contains(res.raw, `"done":true`) {
		t.Fatalf("%d %s", res.StatusCode, res.raw)
	}
	if s := w.got("/v1/sessions/past"); s.at("first_visit") != "2025-03-10T12:00:00.000Z" {
		t.Errorf("the session: %s", s.raw)
	}
	if live := w.got("/v1/sessions?active=24h"); fmt.Sprint(live.at("sessions")) != "[]" {
		t.Errorf("an import made a session live: %s", live.raw)
	}
}
