package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// browse has a visitor look at two listings, one of them for long, and start a form.
func browse(w *world, session, visitor string) {
	w.beacon(
		sent{"eventType": "page_view", "sessionId": session, "visitorId": visitor, "pageId": "p1", "eventId": session + "1", "durationSeconds": 0,
			"url": "https://agent.example/a?utm_source=mail&x=y#z", "referrerUrl": "https://search.example/find?q=secret", "deviceType": "mobile", "utm_source": "mail"}.ago(4*time.Minute),
		sent{"eventType": "property_view", "sessionId": session, "visitorId": visitor, "pageId": "p1", "propertyId": "deep", "durationSeconds": 0.25}.ago(3*time.Minute),
		sent{"eventType": "scroll_depth", "sessionId": session, "visitorId": visitor, "pageId": "p1", "propertyId": "deep", "durationSeconds": 61.5, "scrollPercentage": 80.26}.ago(2*time.Minute),
		sent{"eventType": "property_view", "sessionId": session, "visitorId": visitor, "pageId": "p2", "propertyId": "shallow", "eventData": map[string]any{"a": []int{1}}}.ago(time.Minute),
		sent{"eventType": "form_start", "sessionId": session, "visitorId": visitor, "pageId": "p2", "durationSeconds": 3}.ago(time.Minute),
	)
}

func TestASessionReadsAsSent(t *testing.T) {
	w := newWorld(t)
	browse(w, "s", "v")
	s := w.got("/v1/sessions/s")
	for name, want := range map[string]any{
		"session_id": "s", "visitor_id": "v", "profile_id": "default", "event_count": 5.0, "visit_count": 1.0,
		"first_visit": "2026-03-10T11:56:00.000Z", "last_visit": "2026-03-10T11:59:00.000Z", "total_duration_seconds": 65.0,
		"form_started": true, "form_completed": false, "converted_to_lead": false, "lead_id": nil,
		"truncated": false, "flagged": false, "conversion_intent": "medium", "behavioral_score": 65.0,
	} {
		if got, ok := s.body[name]; !ok || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"properties_viewed": "[deep shallow]", "deep_engagement_properties": "[deep]", "device_info": "map[type:mobile]",
	} {
		if got := fmt.Sprint(s.body[name]); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if s.at("source", "utm_source") != "mail" || s.at("source", "referrer") != "https://search.example/find" ||
		!strings.HasPrefix(fmt.Sprint(s.at("source", "landing_url")), "https://agent.example/a") {
		t.Errorf("source is %v", s.at("source"))
	}
}

func TestWhatIsUnknownOfASessionIsNull(t *testing.T) {
	w := newWorld(t)
	w.beacon(sent{"eventType": "form_start", "sessionId": "s"})
	s := w.got("/v1/sessions/s")
	for _, name := range []string{"visitor_id", "lead_id"} {
		if got, ok := s.body[name]; !ok || got != nil {
			t.Errorf("%s is %v, want null", name, got)
		}
	}
	for _, part := range []string{`"properties_viewed":[]`, `"deep_engagement_properties":[]`, `"source":{`} {
		if !strings.Contains(s.raw, part) {
			t.Errorf("%s lacks %s", s.raw, part)
		}
	}
	for _, path := range []string{"/v1/sessions/none", "/v1/sessions/none/events", "/v1/visitors/none", "/v1/leads/none"} {
		if res := w.get(path); res.StatusCode != 404 || res.code() != "not_found" {
			t.Errorf("GET %s: %d %s", path, res.StatusCode, res.raw)
		}
	}
}

func TestATimelineGivesEachEventAsSent(t *testing.T) {
	w := newWorld(t)
	browse(w, "s", "v")
	events := w.got("/v1/sessions/s/events").at("events").([]any)
	if len(events) != 5 {
		t.Fatalf("%d events", len(events))
	}
	first, scroll, second := events[0].(map[string]any), events[2].(map[string]any), events[3].(map[string]any)
	for name, want := range map[string]any{
		"event_id": "s1", "event_type": "page_view", "time": "2026-03-10T11:56:00.000Z", "received_at": "2026-03-10T12:00:00.000Z", "page_id": "p1",
		"visitor_id": "v", "device_type": "mobile", "duration_seconds": 0.0, "flagged": false, "utm_source": "mail", "referrer_url": "https://search.example/find",
	} {
		if first[name] != want {
			t.Errorf("%s is %v, want %v", name, first[name], want)
		}
	}
	for _, absent := range []string{"listing_id", "scroll_percentage", "event_data", "title"} {
		if v, ok := first[absent]; ok {
			t.Errorf("%s is there: %v", absent, v)
		}
	}
	if scroll["listing_id"] != "deep" || scroll["duration_seconds"] != 61.5 || scroll["scroll_percentage"] != 80.3 {
		t.Errorf("scroll: %v", scroll)
	}
	if _, ok := second["event_id"]; ok || fmt.Sprint(second["event_data"]) != "map[a:[1]]" {
		t.Errorf("view: %v", second)
	}
}

func TestATimelineIsPagedThroughInPositionOrder(t *testing.T) {
	w := newWorld(t)
	const n = 23
	var want []string
	for chunk := range 4 {
		var events []sent
		for i := chunk * n / 4; i < (chunk+1)*n/4; i++ {
			id := fmt.Sprintf("e%02d", i)
			want = append(want, id)
			events = append(events, sent{"eventType": "page_view", "sessionId": "s", "eventId": id}.ago(time.Duration(n-i)*time.Second))
		}
		w.beacon(events...)
	}
	for _, limit := range []int{1, 2, 5, 22, 23, 24} {
		got, target := []string{}, fmt.Sprintf("/v1/sessions/s/events?limit=%d", limit)
		for next := ""; ; {
			page := w.got(target + next)
			for _, e := range page.at("events").([]any) {
				got = append(got, e.(map[string]any)["event_id"].(string))
			}
			cursor, more := page.at("next_cursor").(string)
			if !more {
				break
			}
			next = "&cursor=" + cursor
		}
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: %v", limit, got)
		}
	}
}

func TestACursorOfOneListOpensNoOther(t *testing.T) {
	w := newWorld(t)
	for _, s := range []string{"s", "t"} {
		w.beacon(sent{"eventType": "page_view", "sessionId": s, "visitorId": s}, sent{"eventType": "page_view", "sessionId": s})
	}
	cursor := w.got("/v1/sessions/s/events?limit=1").at("next_cursor").(string)
	for _, target := range []string{
		"/v1/sessions/t/events?cursor=", "/v1/sessions?cursor=", "/v1/leads?cursor=", "/v1/rejects?cursor=", "/v1/visitors?cursor=",
		"/v1/sessions/s/events?x=y&cursor=", "/v1/sessions/s/events?cursor=A",
	} {
		if res := w.get(target + cursor); res.StatusCode != 400 || res.code() != "invalid_cursor" {
			t.Errorf("GET %s…: %d %s", target, res.StatusCode, res.raw)
		}
	}
	if res := w.get("/v1/sessions/s/events?cursor=" + strings.Repeat("A", 8000)); res.StatusCode != 400 || res.code() != "invalid_cursor" {
		t.Errorf("a long cursor: %d %s", res.StatusCode, res.raw)
	}
	w.got("/v1/sessions/-/events?limit=7&id=s&cursor=" + cursor)
}

// names returns a field of every row of a list.
func names(r *reply, list, field string) (got []string) {
	for _, row := range r.at(list).([]any) {
		got = append(got, fmt.Sprint(row.(map[string]any)[field]))
	}
	return got
}

func TestLiveSessionsComeHottestOrNewestFirst(t *testing.T) {
	w := newWorld(t)
	browse(w, "hot", "v1")
	w.beacon(sent{"eventType": "page_view", "sessionId": "b", "visitorId": "v2"})
	w.beacon(sent{"eventType": "page_view", "sessionId": "a"})
	for target, want := range map[string]string{
		"/v1/sessions":                       "[hot a b]",
		"/v1/sessions?sort=score":            "[hot a b]",
		"/v1/sessions?sort=recent&active=1m": "[a b hot]", // received at one time: by id
	} {
		res := w.got(target)
		if got := fmt.Sprint(names(res, "sessions", "session_id")); got != want || res.at("next_cursor") != nil || res.at("warming") != false {
			t.Errorf("GET %s: %s, want %s", target, res.raw, want)
		}
		var paged []string
		for next := "limit=1"; next != ""; {
			sep := "?"
			if strings.Contains(target, "?") {
				sep = "&"
			}
			page := w.got(target + sep + next)
			paged = append(paged, names(page, "sessions", "session_id")...)
			next = ""
			if cursor, more := page.at("next_cursor").(string); more {
				next = "limit=1&cursor=" + cursor
			}
		}
		if fmt.Sprint(paged) != want {
			t.Errorf("GET %s by ones: %v, want %s", target, paged, want)
		}
	}
}

func TestAnEmptyListIsNotNull(t *testing.T) {
	w := newWorld(t)
	for path, list := range map[string]string{
		"/v1/sessions": "sessions", "/v1/visitors": "visitors", "/v1/leads": "leads", "/v1/rejects": "rejects",
		"/v1/engagement/listings": "listings", "/v1/listings/l/engagement": "days", "/v1/listings/l/audience": "overlaps",
	} {
		if res := w.got(path); !strings.Contains(res.raw, `"`+list+`":[]`) {
			t.Errorf("GET %s: %s", path, res.raw)
		}
	}
}
