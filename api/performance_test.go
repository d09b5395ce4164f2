package api

import (
	"fmt"
	"strings"
	"testing"
)

// decide is a visit whose intent is high, and the lead that it ends with.
func (w *world) decide(t *tenant, profile, session string) string {
	w.t.Helper()
	body := `{"sessionId":%[1]q,"visitorId":%[1]q,"profileId":%[2]q,"pageId":"p","events":[{"eventType":"page_view"},
		{"eventType":"property_view","propertyId":"a","durationSeconds":0},{"eventType":"property_view","propertyId":"b","durationSeconds":60},
		{"eventType":"property_view","propertyId":"c","durationSeconds":120},{"eventType":"form_start","durationSeconds":180}]}`
	if res := w.do("POST", "/v1/events?k="+t.write, fmt.Sprintf(body, session, profile)); res.StatusCode != 204 {
		w.t.Fatalf("%d %s", res.StatusCode, res.raw)
	}
	form := fmt.Sprintf(`{"formData":{"email":"%s@canary.example","name":"canary"},"sessionId":%[1]q,"profileId":%q}`, session, profile)
	res := w.do("POST", "/v1/leads", form, t.admin, asJSON)
	if res.StatusCode != 201 || res.at("lead", "ml_priority") != "high" {
		w.t.Fatalf("%d %s", res.StatusCode, res.raw)
	}
	return fmt.Sprint(res.at("lead", "id"))
}

func (w *world) ended(t *tenant, lead, outcome string) {
	w.t.Helper()
	body := fmt.Sprintf(`{"outcome":%q,"deal_value":12500,"notes":"canary"}`, outcome)
	if res := w.do("POST", "/v1/leads/"+lead+"/outcome", body, t.admin, asJSON); res.StatusCode != 201 {
		w.t.Fatalf("%d %s", res.StatusCode, res.raw)
	}
}

func TestPerformanceIsOfTheMonthsAskedForNewestFirst(t *testing.T) {
	w := newWorld(t)
	elm := w.tenant("elm")
	w.ended(elm, w.decide(elm, "ann", "s1"), "closed_won")
	w.decide(elm, "ann", "s2")
	months := w.do("GET", "/v1/profiles/ann/performance", "", elm.read).at("months").([]any)
	if len(months) != 6 {
		t.Fatalf("%d months", len(months))
	}
	for i, want := range []map[string]any{
		{"period_start": "2026-03-01", "period_end": "2026-03-31", "total_leads": 2.0, "contacted_leads": 1.0, "qualified_leads": 1.0,
			"closed_deals": 1.0, "open_leads": 1.0, "avg_days_to_contact": 0.0, "avg_days_to_close": 0.0, "conversion_rate": 50.0},
		{"period_start": "2026-02-01", "period_end": "2026-02-28", "total_leads": 0.0, "conversion_rate": nil, "avg_days_to_contact": nil},
	} {
		got := months[i].(map[string]any)
		for name, v := range want {
			if is, there := got[name]; !there || is != v {
				t.Errorf("month %d: %s is %v, want %v", i, name, is, v)
			}
		}
	}
	for _, bad := range []string{"0", "121", "x", "-1"} {
		if res := w.do("GET", "/v1/profiles/ann/performance?months="+bad, "", elm.read); res.StatusCode != 400 || res.at("error", "field") != "months" {
			t.Errorf("months=%s: %d %s", bad, res.StatusCode, res.raw)
		}
	}
}

func TestHowAgentsDoIsForThoseWhoMaySeeIt(t *testing.T) {
	w := newWorld(t)
	elm, oak := w.tenant("elm"), w.tenant("oak")
	w.ended(elm, w.decide(elm, "ben", "s1"), "closed_won")
	w.decide(elm, "ann", "s2")
	for _, try := range []struct {
		path, key string
		want      int
	}{
		{"/v1/profiles/ann/performance", elm.name, 200},
		{"/v1/profiles/ben/performance", elm.name, 404},
		{"/v1/profiles/ben/performance", elm.read, 200},
		{"/v1/profiles/ben/performance?organization_id=elm", oak.admin, 404},
		{"/v1/profiles/ben/performance", bearer, 409}, // elm and oak have one
		{"/v1/profiles/ben/performance?organization_id=elm", bearer, 200},
		{"/v1/profiles/nobody/performance", elm.read, 404},
		{"/v1/organizations/elm/analytics", elm.read, 200},
		{"/v1/organizations/elm/analytics", elm.name, 403},
		{"/v1/organizations/elm/analytics", oak.admin, 404},
		{"/v1/organizations/elm/leaderboard", oak.admin, 404},
		{"/v1/organizations/elm/stories", oak.admin, 404},
		{"/v1/organizations/elm/leaderboard?month=2026-3", elm.read, 400},
		{"/v1/organizations/elm/analytics?from=2026-03-11&to=2026-03-10", elm.read, 400},
	} {
		if res := w.do("GET", try.path, "", try.key); res.StatusCode != try.want {
			t.Errorf("%s: %d %s", try.path, res.StatusCode, res.raw)
		}
	}
	if n := w.do("GET", "/v1/profiles/ben/performance", "", oak.read).at("months").([]any)[0].(map[string]any)["total_leads"]; n != 0.0 {
		t.Errorf("oak's Ben has %v leads, which are elm's", n)
	}
	days := w.do("GET", "/v1/organizations/elm/analytics", "", elm.read)
	if len(days.at("days").([]any)) != 1 || days.at("totals", "total_leads") != 2.0 || days.at("totals", "total_profile_views") != 2.0 ||
		days.at("totals", "total_conversions") != 1.0 || days.at("totals", "top_performing_agent_id") != "ben" {
		t.Errorf("%s", days.raw)
	}
	var all []string
	for _, row := range w.do("GET", "/v1/organizations/elm/leaderboard", "", elm.read).at("agents").([]any) {
		all = append(all, fmt.Sprint(row.(map[string]any)["profile_id"]))
	}
	if got := strings.Join(all, " "); got != "ben ann default" {
		t.Errorf("ranked: %s", got)
	}
	own := w.do("GET", "/v1/organizations/elm/leaderboard?month=2026-03", "", elm.name)
	if rows := own.at("agents").([]any); len(rows) != 1 || rows[0].(map[string]any)["profile_id"] != "ann" || rows[0].(map[string]any)["rank"] != 2.0 {
		t.Errorf("Ann sees %s", own.raw)
	}
}

func TestStoriesAreOfOrganizationsThatOptInAndTellOfNoPerson(t *testing.T) {
	w := newWorld(t)
	elm := w.tenant("elm")
	of := map[string]string{}
	for i, profile := range []string{"ann", "ben", "ann"} {
		of[profile] = w.decide(elm, profile, fmt.Sprint("s", i))
		w.ended(elm, of[profile], "closed_won")
	}
	lost := w.decide(elm, "ann", "lost")
	w.ended(elm, lost, "closed_won")
	w.ended(elm, lost, "closed_lost")
	low := fmt.Sprint(w.do("POST", "/v1/leads", `{"formData":{"name":"x"},"profileId":"ann"}`, elm.admin, asJSON).at("lead", "id"))
	w.ended(elm, low, "closed_won")
	path := "/v1/organizations/elm/stories"
	if res := w.do("GET", path, "", elm.admin); res.StatusCode != 200 || len(res.at("stories").([]any)) != 0 || res.at("opted_in") != false {
		t.Errorf("without the setting: %d %s", res.StatusCode, res.raw)
	}
	if res := w.do("PATCH", "/v1/organizations/elm/settings", `{"stories":true}`, elm.admin, asJSON); res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, res.raw)
	}
	res := w.do("GET", path, "", elm.read)
	if stories := res.at("stories").([]any); len(stories) != 3 || strings.Contains(res.raw, "canary") || !strings.Contains(res.raw, of["ben"]) {
		t.Errorf("%s", res.raw)
	}
	for _, want := range []string{`"ml_score":80`, `"deal_value":12500`, `"full_name":"ann"`, `"outcome_date":"2026-03-10"`} {
		if !strings.Contains(res.raw, want) {
			t.Errorf("no %s in %s", want, res.raw)
		}
	}
	if res := w.do("GET", path, "", elm.name); len(res.at("stories").([]any)) != 3 || strings.Contains(res.raw, of["ben"]) || !strings.Contains(res.raw, of["ann"]) {
		t.Errorf("Ann sees the stories of all and her own leads: %s", res.raw)
	}
	seen := 0
	for next := any(""); next != nil; seen++ {
		page := w.do("GET", path+"?limit=1&cursor="+next.(string), "", elm.read)
		if len(page.at("stories").([]any)) != 1 || seen > 3 {
			t.Fatalf("page %d: %s", seen, page.raw)
		}
		next = page.at("next_cursor")
	}
	if seen != 3 {
		t.Errorf("%d pages", seen)
	}
}
