package api

import (
	"fmt"
	"strings"
	"testing"

	"footfall/access"
	"footfall/leads"
)

// newLead makes a lead as a secret key does and returns its id.
func (w *world) newLead(form string) string {
	w.t.Helper()
	r := w.do("POST", "/v1/leads", `{"formData":`+form+`}`, bearer)
	id, _ := r.at("lead", "id").(string)
	if r.StatusCode != 201 || id == "" {
		w.t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
	return id
}

// posted sends what must be taken with 201.
func (w *world) posted(target, body string, headers ...string) *reply {
	w.t.Helper()
	r := w.do("POST", target, body, append([]string{bearer}, headers...)...)
	if r.StatusCode != 201 {
		w.t.Fatalf("POST %s: %d %s", target, r.StatusCode, r.raw)
	}
	return r
}

func TestALeadsHistoryOverHTTP(t *testing.T) {
	w := newWorld(t)
	lead := "/v1/leads/" + w.newLead(`{"email":"ann@example.com"}`)
	call := w.posted(lead+"/activities", `{"type":"call","note":"no answer"}`)
	if call.at("status") != "contacted" || call.at("type") != "call" || call.Header.Get("Location") != lead+"/activities" {
		t.Errorf("%v %s", call.Header, call.raw)
	}
	second := w.posted(lead+"/activities", `{"type":"email"}`)
	if got := w.got(lead + "/activities?limit=1"); len(got.at("activities").([]any)) != 1 || got.at("next_cursor") == nil {
		t.Errorf("%s", got.raw)
	} else if rest := w.got(lead + "/activities?limit=1&cursor=" + got.at("next_cursor").(string)); !strings.Contains(rest.raw, `"no answer"`) || rest.at("next_cursor") != nil {
		t.Errorf("%s", rest.raw)
	}
	for _, r := range []*reply{call, second} {
		target := fmt.Sprintf("%s/activities/%s", lead, r.at("id"))
		if undo := w.do("DELETE", target, "", bearer); undo.StatusCode != 204 || undo.raw != "" {
			t.Errorf("DELETE %s: %d %s", target, undo.StatusCode, undo.raw)
		}
		if again := w.do("DELETE", target, "", bearer); again.StatusCode != 404 {
			t.Errorf("DELETE %s again: %d %s", target, again.StatusCode, again.raw)
		}
	}
	if got := w.got(lead); got.at("status") != "new" || got.at("contacted_at") != nil {
		t.Errorf("%s", got.raw)
	}
	won := w.posted(lead+"/outcome", `{"outcome":"closed_won","dealValue":12.5,"outcomeDate":"2026-03-10"}`)
	if won.at("deal_value") != 12.5 || won.at("days_to_close") != 0.0 || won.Header.Get("Location") != lead+"/outcomes" {
		t.Errorf("%s", won.raw)
	}
	w.posted(lead+"/outcome", `{"outcome":"closed_lost","loss_reason":"price","deal_value":null}`)
	if got := w.got(lead); got.at("status") != "closed_lost" || got.at("outcome", "loss_reason") != "price" || got.at("days_to_close") != 0.0 {
		t.Errorf("%s", got.raw)
	}
	w.posted(lead+"/feedback", `{"wasAccurate":false,"feedback":"too low"}`)
	if got := w.got(lead + "/outcomes"); len(got.at("outcomes").([]any)) != 2 {
		t.Errorf("%s", got.raw)
	}
	if got := w.got(lead + "/scores"); len(got.at("scores").([]any)) != 1 || !strings.Contains(got.raw, `"ml_score":`) {
		t.Errorf("%s", got.raw)
	}
	history := w.got(lead + "/history")
	if kinds := history.at("history").([]any); len(kinds) != 3 || kinds[0].(map[string]any)["kind"] != "feedback" {
		t.Errorf("%s", history.raw)
	}
}

func TestAnEmptyHistoryIsAnEmptyList(t *testing.T) {
	w := newWorld(t)
	lead := "/v1/leads/" + w.newLead(`{"email":"ann@example.com"}`)
	for path, want := range map[string]string{
		"/activities": `{"activities":[],"next_cursor":null}`, "/outcomes": `{"outcomes":[],"next_cursor":null}`, "/history": `{"history":[],"next_cursor":null}`,
	} {
		if got := w.got(lead + path); got.raw != want {
			t.Errorf("%s: %s", path, got.raw)
		}
	}
}

func TestWhatIsSaidOfALeadIsRefusedWhereItCannotBe(t *testing.T) {
	w := newWorld(t)
	lead := "/v1/leads/" + w.newLead(`{"email":"ann@example.com"}`)
	for _, c := range []struct {
		target, body string
		status       int
		code, field  string
	}{
		{lead + "/activities", `{`, 400, "invalid_json", ""},
		{lead + "/activities", `[]`, 400, "invalid_json", ""},
		{lead + "/activities", `null`, 400, "invalid_json", ""},
		{lead + "/activities", `{}`, 400, "missing_field", "type"},
		{lead + "/activities", `{"type":7}`, 400, "invalid_field", "type"},
		{lead + "/activities", `{"type":"visit"}`, 400, "invalid_field", "type"},
		{lead + "/outcome", `{"outcome":"won"}`, 400, "invalid_field", "outcome"},
		{lead + "/outcome", `{"outcome":"closed_won","deal_value":-1}`, 400, "invalid_field", "deal_value"},
		{lead + "/outcome", `{"outcome":"closed_won","deal_value":true}`, 400, "invalid_field", "deal_value"},
		{lead + "/outcome", `{"outcome":"closed_won","outcome_date":"2026-03-11"}`, 400, "invalid_field", "outcome_date"},
		{lead + "/outcome", `{"outcome":"closed_won","outcome_date":"2026-03-09"}`, 400, "invalid_field", "outcome_date"},
		{lead + "/feedback", `{}`, 400, "missing_field", "was_accurate"},
		{lead + "/feedback", `{"was_accurate":"yes"}`, 400, "invalid_field", "was_accurate"},
		{"/v1/leads/ld_none/activities", `{"type":"call"}`, 404, "not_found", ""},
		{"/v1/leads/ld_none/outcome", `{"outcome":"closed_won"}`, 404, "not_found", ""},
	} {
		r := w.do("POST", c.target, c.body, bearer)
		field, _ := r.at("error", "field").(string)
		if r.StatusCode != c.status || r.code() != c.code || field != c.field {
			t.Errorf("POST %s %s: %d %s", c.target, c.body, r.StatusCode, r.raw)
		}
	}
	for _, path := range []string{"/activities", "/outcomes", "/scores", "/history"} {
		if r := w.get("/v1/leads/ld_none" + path); r.StatusCode != 404 {
			t.Errorf("GET %s: %d %s", path, r.StatusCode, r.raw)
		}
	}
	other := w.newLead(`{"email":"bob@example.com"}`)
	w.posted(lead+"/activities", `{"type":"call"}`)
	if r := w.do("DELETE", "/v1/leads/"+other+"/activities/1", "", bearer); r.StatusCode != 404 {
		t.Errorf("another lead's activity: %d %s", r.StatusCode, r.raw)
	}
}

func TestAnIdempotencyKeyAddsToAHistoryOnce(t *testing.T) {
	w := newWorld(t)
	lead := "/v1/leads/" + w.newLead(`{"email":"ann@example.com"}`)
	other := "/v1/leads/" + w.newLead(`{"email":"bob@example.com"}`)
	for path, body := range map[string]string{
		"/activities": `{"type":"call","was_accurate":true}`, "/outcome": `{"outcome":"nurturing","was_accurate":true}`, "/feedback": `{"was_accurate":true}`,
	} {
		key := "Idempotency-Key: k" + path
		first, again := w.posted(lead+path, body, key), w.posted(lead+path, body, key)
		if first.raw != again.raw {
			t.Errorf("%s: %s, then %s", path, first.raw, again.raw)
		}
		for _, target := range []string{other + path, lead + "/feedback"} {
			if r := w.do("POST", target, body+" ", bearer, key); r.StatusCode != 422 || r.code() != "idempotency_mismatch" {
				t.Errorf("%s: %d %s", target, r.StatusCode, r.raw)
			}
		}
	}
	if got := w.got(lead + "/history"); len(got.at("history").([]any)) != 3 {
		t.Errorf("%s", got.raw)
	}
}

func TestAnActivityIsFoundWithTheLeadInTheQuery(t *testing.T) {
	w := newWorld(t)
	id := w.newLead(`{"email":"ann@example.com"}`)
	w.posted("/v1/leads/activities?id="+id, `{"type":"call"}`)
	w.posted("/v1/leads/-/activities?id="+id, `{"type":"text"}`)
	for i, path := range []string{"/v1/leads/-/activities/1?id=", "/v1/leads/activities/2?id="} {
		if r := w.do("DELETE", path+id, "", bearer); r.StatusCode != 204 {
			t.Errorf("%d: %d %s", i, r.StatusCode, r.raw)
		}
	}
}

func TestWhatWasWrittenIsHiddenFromThoseWhoSeeNoContacts(t *testing.T) {
	for masked, want := range map[bool]leads.Text{true: hidden, false: "her number is 555 0100"} {
		c := &call{grant: access.Grant{Masked: masked}}
		note, none := leads.Text("her number is 555 0100"), leads.Text("")
		c.hideText(&note)
		c.hideText(&none)
		if note != want || none != "" {
			t.Errorf("masked %v: %q, %q", masked, note, none)
		}
	}
}
