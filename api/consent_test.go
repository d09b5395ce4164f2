package api

import (
	"strings"
	"testing"
)

// sendAs sends events of a browser with this User-Agent and header lines.
func (w *world) sendAs(agent, body string, headers ...string) {
	w.t.Helper()
	headers = append(headers, "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 "+agent)
	if r := w.do("POST", "/v1/events?k="+writeKey, body, headers...); r.StatusCode != 204 {
		w.t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
}

const viewOfHome = `"eventType":"property_view","listingId":"home","visitorId":"v"`

func TestWhoIsAnonymousIsCountedAndIsNobody(t *testing.T) {
	for _, how := range []struct{ what, consent, header string }{
		{"by the event", `"anonymous"`, "X-Nothing: 1"},
		{"by Global Privacy Control", `"granted"`, "Sec-GPC: 1"},
	} {
		t.Run(how.what, func(t *testing.T) {
			w := newWorld(t)
			send := func(agent, session string) {
				w.sendAs(agent, `{`+viewOfHome+`,"sessionId":"`+session+`","consent":`+how.consent+`}`, how.header)
			}
			send("Firefox/136.0", "one")
			send("Firefox/136.0", "two")
			send("Firefox/137.0", "three")
			totals := w.got("/v1/listings/home/engagement")
			if totals.at("totals", "total_views") != 3.0 || totals.at("totals", "unique_views") != 2.0 {
				t.Errorf("counted: %s", totals.raw)
			}
			s := w.got("/v1/sessions/one")
			if s.at("visitor_id") != nil || s.at("behavioral_score") != 0.0 || s.at("visit_count") != 1.0 || s.at("event_count") != 1.0 {
				t.Errorf("the session: %s", s.raw)
			}
			if r := w.get("/v1/visitors/v"); r.StatusCode != 404 {
				t.Errorf("the visitor that the events named: %d %s", r.StatusCode, r.raw)
			}
			for _, path := range []string{"/v1/sessions", "/v1/visitors", "/v1/sessions/one", "/v1/sessions/one/events", "/v1/rejects"} {
				if r := w.got(path); strings.Contains(r.raw, "anon:") || strings.Contains(r.raw, `"v"`) {
					t.Errorf("GET %s tells who it was: %s", path, r.raw)
				}
			}
			r := w.do("POST", "/v1/leads", `{"sessionId":"one","formData":{"email":"a@example.com"}}`, bearer)
			if r.StatusCode != 201 || r.at("lead", "session_id") != nil || r.at("lead", "visitor_id") != nil || r.at("lead", "total_engagement_time") != 0.0 {
				t.Errorf("a lead of the session: %s", r.raw)
			}
		})
	}
}

// Once a session was anonymous it is never linked, even if consent is given later on.
func TestConsentThatComesLaterLinksNoPast(t *testing.T) {
	w := newWorld(t)
	w.sendAs("Firefox", `{`+viewOfHome+`,"sessionId":"s","consent":"anonymous"}`)
	w.sendAs("Firefox", `{`+viewOfHome+`,"sessionId":"s","consent":"granted"}`)
	r := w.do("POST", "/v1/leads", `{"sessionId":"s","consent":"granted","formData":{"email":"a@example.com"}}`, bearer)
	if r.StatusCode != 201 || r.at("lead", "session_id") != nil {
		t.Errorf("%d %s", r.StatusCode, r.raw)
	}
}

func TestOfDeniedConsentNothingIsKept(t *testing.T) {
	w := newWorld(t)
	w.sendAs("Firefox", `{`+viewOfHome+`,"sessionId":"s","consent":"denied"}`)
	w.sendAs("Firefox", `[{`+viewOfHome+`,"sessionId":"s","consent":"denied","durationSeconds":-1},{`+viewOfHome+`,"sessionId":"t"}]`)
	if r := w.get("/v1/sessions/s"); r.StatusCode != 404 {
		t.Errorf("a session: %s", r.raw)
	}
	if r := w.got("/v1/rejects"); !strings.Contains(r.raw, `"rejects":[]`) {
		t.Errorf("the rejects: %s", r.raw)
	}
	w.got("/v1/sessions/t")
}

func TestAFormUnderGlobalPrivacyControlIsNotLinked(t *testing.T) {
	w := newWorld(t)
	w.sendAs("Firefox", `{`+viewOfHome+`,"sessionId":"s"}`)
	body := `{"sessionId":"s","consent":"granted","formData":{"email":"a@example.com","consent_text":"I agree","consent_version":"3"}}`
	if r := w.do("POST", "/v1/leads?k="+writeKey, body, "Sec-GPC: 1"); r.StatusCode != 201 {
		t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
	r := w.got("/v1/leads")
	for _, want := range []string{`"consent":"anonymous"`, `"session_id":null`, `"consent_text":"I agree"`, `"consent_version":"3"`} {
		if !strings.Contains(r.raw, want) {
			t.Errorf("the lead lacks %s: %s", want, r.raw)
		}
	}
	if strings.Contains(r.raw, "2 form fields") || strings.Contains(r.raw, "3 form fields") {
		t.Errorf("what was agreed to counts as filled in: %s", r.raw)
	}
}
