package leads

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"footfall/catalog"
	"footfall/event"
	"footfall/fault"
	"footfall/store"
)

var buyer = form("name", `"Ann"`, "email", `"ann@example.com"`, "phone", `" "`, "message", `"hello"`, "priceRange", `"500k"`,
	"newsletter", `false`, "_hp", `"x"`)

func TestALeadCarriesWhatItsVisitorDid(t *testing.T) {
	w := newWorld(t)
	w.browse("s1", "v1")
	id, lead := w.create(Create{Form: buyer, Session: "s1", Listing: "home-2"})
	if !regexp.MustCompile(`^ld_[a-z2-7]{20}$`).MatchString(id) {
		t.Errorf("id %q", id)
	}
	// 50, one visit 0, 130.499 s +10, five listings +20, two deep (home-2 for 40 s, home-3 for 50 s) +10, four fields +8.
	for name, want := range map[string]string{
		"status": `"new"`, "created_at": `"2024-01-01T20:30:00.000Z"`, "updated_at": `"2024-01-01T20:30:00.000Z"`,
		"contacted_at": `null`, "profile_id": `"default"`, "listing_id": `"home-2"`, "session_id": `"s1"`,
		"visitor_id": `"v1"`, "consent": `"granted"`, "behavioral_score": `98`, "visited_count": `1`,
		"total_engagement_time": `130`, "properties_viewed": `["home-1","home-2","home-3","home-4","home-5"]`,
		"deep_engagement_properties": `["home-2","home-3"]`,
		"metadata":                   `{"device_type":"mobile","engagement_score":98,"first_visit":"2024-01-01T20:20:00.000Z","referrer":"https://l.instagram.com/"}`,
		"source": `{"fbclid":null,"gclid":null,"landing_url":"https://homes.example/","referrer":"https://l.instagram.com/",` +
			`"utm_campaign":null,"utm_content":null,"utm_id":null,"utm_medium":null,"utm_source":"spring","utm_term":null}`,
		// Intent before this form: 30 for two deep, 20 for the time, 20 for three listings.
		"ml_score": `80`, "ml_priority": `"high"`, "ml_recommended_action": `"Call within 1 hour - high conversion probability"`,
		"ml_confidence": `0.9`, "ml_scored_at": `"2024-01-01T20:30:00.000Z"`, "conversion_probability": `0.015`,
		"assumed": `true`, "basis": `"rules"`, "model_version": `"rules-1"`, "tags": `[]`, "notes": `null`, "erased": `false`,
		"activity": `{"current_listing":"home-5","last_seen":"2024-01-01T20:22:10.000Z","online":true,"score_now":90,"trend_7d":40,"views_7d":5,"visits_7d":1}`,
		"outcome":  `null`, "days_to_close": `null`, "last_activity": `null`, "inquiries": `[]`, "imported": `false`,
		"features": `{"avg_time_per_property":26.0998,"behavioral_score":98,"day_of_week":0,"deep_engagement_properties_count":2,` +
			`"form_completion_rate":0.6666666666666666,"hour_of_day":14,"is_mobile":1,"is_returning_visitor":0,"price_range_match_score":null,` +
			`"properties_viewed_count":5,"referrer_is_social":1,"scroll_depth_avg":40.5,"total_engagement_time":130.499,"visited_count":1}`,
		"name": `"Ann"`, "phone": `" "`, "priceRange": `"500k"`, "newsletter": `false`,
	} {
		same(t, name, lead[name], want)
	}
	if _, ok := lead["_hp"]; ok {
		t.Error("a field for the form's own machinery was kept")
	}
	var texts []string
	for _, r := range lead["reasons"].([]any) {
		texts = append(texts, r.(map[string]any)["text"].(string))
	}
	same(t, "reasons", texts, `["2 minutes on the site","Viewed 5 listings","2 listings looked at closely","4 form fields filled"]`)
	same(t, "the stored lead", w.get(id)["reasons"], mustJSON(t, lead["reasons"]))
	a, _, err := w.sessions.Session(1, "s1")
	w.must(err)
	if a.Lead != id || !a.FormCompleted || a.Intent != "high" {
		t.Errorf("session after the lead: %+v", a)
	}
}

func TestTheWholeAnswerIsTheStoredLead(t *testing.T) {
	w := newWorld(t)
	w.browse("s1", "v1")
	id, lead := w.create(Create{Form: buyer, Session: "s1"})
	stored := w.get(id)
	delete(lead, "activity") // the lead itself moved the session's score
	delete(stored, "activity")
	same(t, "the answer", lead, mustJSON(t, stored))
}

func TestAWriteKeyLearnsNothingItDidNotSend(t *testing.T) {
	w := newWorld(t)
	w.browse("s1", "v1")
	answer, id, _, err := w.leads.Create(context.Background(), Create{Site: w.site(), Form: buyer, Session: "s1"})
	w.must(err)
	want := `{"success":true,"lead":{"id":"` + id + `","status":"new","created_at":"2024-01-01T20:30:00.000Z"}}`
	if string(answer) != want {
		t.Errorf("got %s", answer)
	}
}

func TestAnAnonymousLeadIsNotLinkedButItsInquiryCounts(t *testing.T) {
	w := newWorld(t)
	w.browse("s1", "v1")
	_, lead := w.create(Create{Session: "s1", Listing: "home-1", Consent: "anonymous"})
	for name, want := range map[string]string{
		"session_id": `null`, "visitor_id": `null`, "consent": `"anonymous"`, "visited_count": `1`, "total_engagement_time": `0`,
		"properties_viewed": `[]`, "deep_engagement_properties": `[]`, "behavioral_score": `52`, "ml_score": `25`,
	} {
		same(t, name, lead[name], want)
	}
	features := lead["features"].(map[string]any)
	for _, name := range words("visited_count total_engagement_time properties_viewed_count is_mobile is_returning_visitor referrer_is_social scroll_depth_avg") {
		same(t, name, features[name], `null`)
	}
	a, _, err := w.sessions.Session(1, "s1")
	w.must(err)
	if a.Lead != "" || a.FormCompleted {
		t.Errorf("the session knows of the lead: %+v", a)
	}
	days, err := w.sessions.ListingDays(1, "home-1", 0, 65535)
	w.must(err)
	if len(days) != 1 || days[0].Inquiries != 1 {
		t.Errorf("listing days %+v", days)
	}
}

func TestAnonymousIsTheDefaultWhereTheSiteSaysSo(t *testing.T) {
	w := newWorld(t)
	s := *w.site()
	s.Consent = catalog.ConsentAnonymous
	w.must(w.catalog.Put(context.Background(), w.journal, s))
	w.browse("s1", "v1")
	_, lead := w.create(Create{Session: "s1"})
	same(t, "session_id", lead["session_id"], `null`)
	_, lead = w.create(Create{Session: "s1", Consent: "granted"})
	same(t, "session_id", lead["session_id"], `"s1"`)
}

func TestALeadOfAnUnknownSessionIsAcceptedWithoutFigures(t *testing.T) {
	w := newWorld(t)
	id, lead := w.create(Create{Session: "later"})
	for name, want := range map[string]string{
		"session_id": `"later"`, "visitor_id": `null`, "visited_count": `1`, "total_engagement_time": `0`,
		"behavioral_score": `52`, "ml_score": `25`, "ml_confidence": `0.5`,
	} {
		same(t, name, lead[name], want)
	}
	w.browse("later", "v1")
	a, _, err := w.sessions.Session(1, "later")
	w.must(err)
	if a.Lead != id || !a.FormCompleted {
		t.Errorf("the session was not marked: %+v", a)
	}
	same(t, "properties_viewed", w.get(id)["properties_viewed"], `[]`)
}

func TestVisitsAreTheVisitors(t *testing.T) {
	w := newWorld(t)
	w.browse("s1", "v1")
	w.now.Add(24 * 3600 * 1000)
	w.browse("s2", "v1")
	_, lead := w.create(Create{Session: "s2"})
	same(t, "visited_count", lead["visited_count"], `2`)
	same(t, "is_returning_visitor", lead["features"].(map[string]any)["is_returning_visitor"], `1`)
}

func TestTheInquiryCountsOnTheSitesLocalDay(t *testing.T) {
	w := newWorld(t)
	w.now.Store(start + 4*3600*1000) // 00:30 UTC on the 2nd, 18:30 in Chicago on the 1st
	w.create(Create{Listing: "home-1"})
	days, err := w.sessions.ListingDays(1, "home-1", 0, 65535)
	w.must(err)
	if len(days) != 1 || int32(days[0].Day) != event.UTCDay(start) || days[0].Inquiries != 1 {
		t.Errorf("listing days %+v", days)
	}
}

func TestScoresComeFromRankOnceTwentyLeadsAreThere(t *testing.T) {
	w := newWorld(t)
	for range 19 {
		w.create(Create{})
	}
	_, lead := w.create(Create{})
	same(t, "score of the 20th", lead["ml_score"], `25`)
	_, lead = w.create(Create{}) // among 20 equals: rank .5
	same(t, "score of the 21st", lead["ml_score"], `41`)
	_, lead = w.create(Create{Form: form("a", "1", "b", "2")}) // above all
	same(t, "score of the best", lead["ml_score"], `100`)
}

func TestTheProbabilityFollowsWhatBecameOfLeads(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for range 4 {
		id, _ := w.create(Create{})
		ids = append(ids, id)
	}
	w.setStatus(ids[0], "closed_won")
	w.setStatus(ids[1], "closed_lost")
	w.setStatus(ids[2], "unresponsive")
	w.setStatus(ids[3], "nurturing")
	_, lead := w.create(Create{})
	same(t, "conversion_probability", lead["conversion_probability"], mustJSON(t, 1.75/53))
	w.setStatus(ids[2], "contacted") // overturned
	w.close()
	w.open()
	_, lead = w.create(Create{})
	same(t, "conversion_probability after reopening", lead["conversion_probability"], mustJSON(t, 1.75/52))
}

func TestFormsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	many := make([]Field, maxFields+1)
	for i := range many {
		many[i] = form(fmt.Sprintf("f%d", i), `1`)[0]
	}
	for _, tt := range []struct {
		name  string
		c     Create
		code  fault.Code
		field string
	}{
		{"no fields", Create{}, fault.MissingField, "formData"},
		{"nothing filled", Create{Form: form("a", `""`, "b", `null`, "c", `false`, "d", `0`, "_e", `"x"`)}, fault.MissingField, "formData"},
		{"too many fields", Create{Form: many}, fault.InvalidField, "formData"},
		{"a long value", Create{Form: form("a", `"`+strings.Repeat("x", maxValue+1)+`"`)}, fault.InvalidField, "a"},
		{"a value that is no JSON", Create{Form: form("a", `{`)}, fault.InvalidField, "a"},
		{"a value that is no text", Create{Form: form("a", "\"\xff\"")}, fault.InvalidField, "a"},
		{"a long name", Create{Form: form(strings.Repeat("x", maxFieldName+1), `1`)}, fault.InvalidField, "formData"},
		{"no name", Create{Form: form("", `1`)}, fault.InvalidField, "formData"},
		{"a long session", Create{Form: buyer, Session: strings.Repeat("x", 256)}, fault.InvalidField, "sessionId"},
		{"a listing with NUL", Create{Form: buyer, Listing: "a\x00"}, fault.InvalidField, "listingId"},
		{"a profile that is no text", Create{Form: buyer, Profile: "\xff"}, fault.InvalidField, "profileId"},
		{"denied consent", Create{Form: buyer, Consent: "denied"}, fault.InvalidField, "consent"},
		{"a long key", Create{Form: buyer, IdempotencyKey: strings.Repeat("x", 256)}, fault.InvalidField, "Idempotency-Key"},
	} {
		tt.c.Site = w.site()
		_, _, _, err := w.leads.Create(context.Background(), tt.c)
		refused(t, tt.name, err, tt.code, tt.field)
	}
	page, _, err := w.leads.List(1, Query{})
	w.must(err)
	if len(page) != 0 {
		t.Errorf("refused forms made %d leads", len(page))
	}
}

func TestFormsAtTheirLimitsAreAccepted(t *testing.T) {
	w := newWorld(t)
	most := form(strings.Repeat("n", maxFieldName), `"`+strings.Repeat("x", maxValue)+`"`)
	for i := range maxFields - 1 {
		most = append(most, form(fmt.Sprintf("f%d", i), `1`)...)
	}
	_, lead := w.create(Create{Form: most})
	same(t, "behavioral_score", lead["behavioral_score"], `70`)
}

func TestALeadsOwnNamesWinOverTheForms(t *testing.T) {
	w := newWorld(t)
	_, lead := w.create(Create{Form: form("id", `"mine"`, "ml_score", `100`, "notes", `"n"`, "city", `"a"`, "city", `"b"`)})
	same(t, "ml_score", lead["ml_score"], `25`)
	same(t, "notes", lead["notes"], `null`)
	same(t, "city", lead["city"], `"b"`)
	if !strings.HasPrefix(lead["id"].(string), "ld_") {
		t.Errorf("id %v", lead["id"])
	}
}

func TestPersonalDataStandsInTheFormsSpaceOnly(t *testing.T) {
	w := newWorld(t)
	const secret = "findme-4711"
	id, _ := w.create(Create{Form: form("name", `"`+secret+`"`)})
	w.patch(id, Patch{Notes: ptr(secret), Tags: &[]string{secret}, Form: form("phone", `"`+secret+`"`), Status: ptr("contacted")})
	for _, space := range store.Spaces {
		lo, hi := space.Space.Span()
		found := false
		w.must(w.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(k, v []byte) error {
			found = found || strings.Contains(string(k)+string(v), secret)
			return nil
		}))
		if found != (space.Space == store.LeadForms) {
			t.Errorf("in %s: %v", space.Name, found)
		}
	}
}

func TestCompletionCountsTheSixFieldsEitherWay(t *testing.T) {
	for _, tt := range []struct {
		form []Field
		want float64
	}{
		{nil, 0},
		{form("name", `"a"`, "email", `"a"`, "phone", `"a"`, "message", `"a"`, "price_range", `"a"`, "timeline", `"a"`), 1},
		{form("price_range", `""`, "priceRange", `"1"`), 1.0 / 6},
		{form("first_name", `"a"`, "name", `"  "`), 0},
	} {
		if got := completion(tt.form); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.form, got, tt.want)
		}
	}
}

func TestFilled(t *testing.T) {
	for value, want := range map[string]bool{
		`"x"`: true, `"0"`: true, `"false"`: true, `1`: true, `-0.5`: true, `true`: true, `[]`: true, `{"a":1}`: true, `1e999`: true,
		`""`: false, `" \n\u00a0"`: false, `null`: false, `false`: false, `0`: false, `-0.0`: false, `0e9`: false, ` 0 `: false,
	} {
		if f := form("a", value)[0]; f.filled() != want {
			t.Errorf("%s is filled: %v", value, !want)
		}
	}
}
