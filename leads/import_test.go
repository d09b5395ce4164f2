package leads

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"footfall/fault"
	"footfall/scorer"
)

// exported makes a row as a CRM exports it: names and texts.
func exported(pairs ...string) (fields []Field) {
	for i := 0; i < len(pairs); i += 2 {
		value, _ := json.Marshal(pairs[i+1]) // a string always encodes
		fields = append(fields, Field{pairs[i], value})
	}
	return fields
}

func TestExportsOfCRMsAreRead(t *testing.T) {
	for _, tt := range []struct {
		name string
		row  []Field
		want map[string]string
	}{
		{"HubSpot", exported("Record ID", "51", "First Name", "Ann", "Last Name", "Lee", "Email", "ann@example.com", "Phone Number", "312-555-0100",
			"Create Date", "2023-05-01 10:22", "Close Date", "2023-06-15 09:00", "Deal Stage", "Closed Won", "Amount", "$12,500.50", "Contact owner", "Bob",
			"is_mobile", "Yes", "referrer_is_social", "FALSE"),
			map[string]string{
				"features.is_mobile": `1`, "features.referrer_is_social": `0`,
				"name": `"Ann Lee"`, "email": `"ann@example.com"`, "phone": `"312-555-0100"`, "external_id": `"51"`, "status": `"closed_won"`,
				"created_at": `"2023-05-01T15:22:00.000Z"`, "days_to_close": `45`, "outcome.outcome_date": `"2023-06-15"`,
				"outcome.deal_value": `12500.5`, "imported": `true`, "Contact owner": `null`, "contacted_at": `null`,
				"updated_at": `"2024-01-01T20:30:00.000Z"`,
			}},
		{"Salesforce", exported("Id", "00Q5", "FirstName", "Ann", "LastName", "Lee", "Email", "ann@example.com", "MobilePhone", "1", "LeadSource", "Zillow",
			"CreatedDate", "2023-05-01T10:22:33.000+0000", "Status", "Closed - Converted", "StageName", "Closed Lost", "CloseDate", "6/15/2023",
			"Closed Lost Reason", "Went with another agent"),
			map[string]string{
				"created_at": `"2023-05-01T10:22:33.000Z"`, "status": `"closed_lost"`, "outcome.loss_reason": `"competitor"`,
				"outcome.notes": `"Went with another agent"`, "outcome.outcome_date": `"2023-06-15"`, "source.utm_source": `"Zillow"`,
			}},
		{"Salesforce, a lead alone", exported("Id", "00Q6", "CreatedDate", "5/1/2023, 10:22 AM", "Status", "Working - Contacted"),
			map[string]string{"status": `"contacted"`, "outcome": `null`, "contacted_at": `null`, "created_at": `"2023-05-01T15:22:00.000Z"`}},
		{"Follow Up Boss", exported("ID", "7", "First Name", "Ann", "Email 1", "ann@example.com", "Phone 1", "3125550100", "Created", "2023-05-01 10:22:33",
			"Stage", "Nurture", "Lead Source", "Website", "Background", "likes gardens"),
			map[string]string{"status": `"nurturing"`, "outcome.outcome": `"nurturing"`, "outcome.notes": `"likes gardens"`, "name": `"Ann"`}},
		{"our own", append(exported("external_id", "a", "created_at", "2023-05-01", "outcome", "closed_won", "outcome_date", "2023-05-03",
			"profile_id", "bob", "listing_id", "home-1", "notes", "n"), form("formData", `{"email":"ann@example.com","budget":500}`, "deal_value", `100.25`,
			"visited_count", `3`, "total_engagement_time", `200`, "properties_viewed", `["a","b"]`, "deep_engagement_properties_count", `1`, "is_mobile", `true`)...),
			map[string]string{
				"profile_id": `"bob"`, "listing_id": `"home-1"`, "budget": `500`, "outcome.deal_value": `100.25`, "outcome.notes": `"n"`,
				"visited_count": `3`, "total_engagement_time": `200`, "properties_viewed": `["a","b"]`,
				// 50, three visits 15, 200 s 10, two listings 10, one deep 5, two fields 4.
				"behavioral_score": `94`, "features.behavioral_score": `94`, "features.is_mobile": `1`, "features.avg_time_per_property": `100`,
				"features.is_returning_visitor": `1`, "features.hour_of_day": `null`, "features.day_of_week": `0`, "basis": `"rules"`,
			}},
		{"nothing known", exported("email", "ann@example.com", "created_at", "2023-05-01 10:00"),
			map[string]string{
				"status": `"new"`, "features.visited_count": `null`, "features.behavioral_score": `null`, "features.hour_of_day": `10`,
				"features.form_completion_rate": `0.16666666666666666`, "session_id": `null`, "consent": `"granted"`,
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			results, err := w.leads.Import(t.Context(), Import{Site: w.site()}, [][]Field{tt.row})
			w.must(err)
			if results[0].Status != ImportCreated {
				t.Fatalf("%+v", results)
			}
			lead := w.get(results[0].ID)
			for name, want := range tt.want {
				outer, inner, nested := strings.Cut(name, ".")
				got := lead[outer]
				if nested {
					got = got.(map[string]any)[inner]
				}
				same(t, name, got, want)
			}
		})
	}
}

func TestRowsThatCannotBeTakenSpoilNoOther(t *testing.T) {
	w := newWorld(t)
	const created = "2023-05-01T10:00:00Z"
	base := func(pairs ...string) []Field {
		return append(exported("email", "a@example.com"), exported(pairs...)...)
	}
	for i, tt := range []struct {
		row   []Field
		code  fault.Code
		field string
	}{
		{base(), fault.MissingField, "created_at"},
		{base("created_at", "yesterday"), fault.InvalidField, "created_at"},
		{base("created_at", "31/12/2023"), fault.InvalidField, "created_at"},
		{base("created_at", "1999-12-31"), fault.InvalidField, "created_at"},
		{base("created_at", "2024-01-01T20:30:01Z"), fault.InvalidField, "created_at"},
		{base("created_at", created, "Stage", "Banana"), fault.InvalidField, "stage"},
		{base("created_at", created, "outcome", "contacted"), fault.InvalidField, "outcome"},
		{base("created_at", created, "outcome", "closed_won", "outcome_date", "2023-04-30"), fault.InvalidField, "outcome_date"},
		{base("created_at", created, "outcome", "closed_won", "outcome_date", "2024-01-02"), fault.InvalidField, "outcome_date"},
		{base("created_at", created, "outcome", "closed_won", "deal_value", "lots"), fault.InvalidField, "deal_value"},
		{base("created_at", created, "outcome", "closed_won", "loss_reason", "price"), fault.InvalidField, "loss_reason"},
		{base("created_at", created, "visited_count", "-1"), fault.InvalidField, "visited_count"},
		{base("created_at", created, "behavioral_score", "101"), fault.InvalidField, "behavioral_score"},
		{base("created_at", created, "visited_count", "2.5"), fault.InvalidField, "visited_count"},
		{base("created_at", created, "is_mobile", "perhaps"), fault.InvalidField, "is_mobile"},
		{base("created_at", created, "visited_count", "NaN"), fault.InvalidField, "visited_count"},
		{base("created_at", created, "profile_id", strings.Repeat("x", 256)), fault.InvalidField, "profile_id"},
		{base("created_at", created, "consent", "denied"), fault.InvalidField, "consent"},
		{exported("created_at", created), fault.MissingField, "formData"},
		{append(base("created_at", created), form("formData", `[]`)...), fault.InvalidField, "formData"},
		{append(base("created_at", created), form("properties_viewed", `[1]`)...), fault.InvalidField, "properties_viewed"},
	} {
		good := exported("external_id", fmt.Sprint("good ", i), "created_at", created)
		results := w.imports(tt.row, good)
		refused(t, mustJSON(t, tt.row), results[0].Err, tt.code, tt.field)
		if results[0].Status != ImportRejected || results[0].ID != "" || results[1].Status == ImportRejected {
			t.Errorf("%s: %+v", mustJSON(t, tt.row), results)
		}
	}
}

func TestImportingAgainChangesNothingButForNews(t *testing.T) {
	w := newWorld(t)
	rows := [][]Field{
		exported("external_id", "a", "email", "a@example.com", "created_at", "2023-05-01 10:00", "stage", "Contacted"),
		exported("email", "b@example.com", "created_at", "2023-05-01 10:00", "outcome", "closed_won"),
		exported("email", "b@example.com", "created_at", "2023-05-01 10:00", "outcome", "closed_won"),
	}
	statuses := func(rows ...[]Field) (s []string) {
		for _, r := range w.imports(rows...) {
			s = append(s, r.Status)
		}
		return s
	}
	if got := statuses(rows...); !slices.Equal(got, words("created created exists")) {
		t.Fatalf("first: %v", got)
	}
	before := w.everything()
	w.now.Add(3 * aDay)
	if got := statuses(rows...); !slices.Equal(got, words("exists exists exists")) || w.everything() != before {
		t.Errorf("again: %v\n%s\n%s", got, before, w.everything())
	}
	rows[0] = exported("external_id", "a", "created_at", "2023-05-01 10:00", "stage", "Closed Lost", "close date", "2023-08-01")
	if got := statuses(rows...); !slices.Equal(got, words("updated exists exists")) {
		t.Errorf("with news: %v", got)
	}
	id := w.imports(rows[0])[0].ID
	same(t, "email", w.get(id)["email"], `"a@example.com"`)
	same(t, "status", w.get(id)["status"], `"closed_lost"`)
	w.end(id, Result{Outcome: "closed_won"}) // overturned by hand
	if got := statuses(rows[0]); !slices.Equal(got, words("exists")) || w.get(id)["status"] != "closed_won" {
		t.Errorf("after a change by hand: %v, %v", got, w.get(id)["status"])
	}
}

func TestADryRunWritesNothing(t *testing.T) {
	w := newWorld(t)
	row := exported("external_id", "a", "created_at", "2023-05-01")
	before := w.journal.Applied()
	results, err := w.leads.Import(t.Context(), Import{Site: w.site(), Dry: true}, [][]Field{row, exported()})
	w.must(err)
	if results[0].Status != ImportCreated || results[1].Status != ImportRejected || w.journal.Applied() != before {
		t.Errorf("%+v", results)
	}
	if wet := w.imports(row); wet[0].ID != results[0].ID {
		t.Errorf("%s became %s", results[0].ID, wet[0].ID)
	}
}

func TestLeadsOfWhichLittleIsKnownSayNothingOfTheRankOfOthers(t *testing.T) {
	w := newWorld(t)
	for i := range 30 {
		w.imports(exported("external_id", string(rune('a'+i)), "created_at", "2023-05-01"))
	}
	if points, _, _, _ := w.leads.past.of("default"); len(points) != 0 {
		t.Errorf("ranked by %v", points)
	}
	known := exported("external_id", "known", "created_at", "2023-05-01", "visited_count", "1", "total_engagement_time", "0",
		"properties_viewed", "5", "deep_engagement_properties", "0", "outcome", "closed_won")
	w.imports(known)
	points, wins, resolved, _ := w.leads.past.of("default")
	if !slices.Equal(points, []int{70}) || wins != 1 || resolved != 1 {
		t.Errorf("ranked by %v, %d of %d won", points, wins, resolved)
	}
}

func TestARetiredImportGivesItsPlaceInTheRankBack(t *testing.T) {
	w := newWorld(t)
	for range scorer.PastLeads {
		w.create(Create{})
	}
	for i := range 3 {
		w.imports(exported("external_id", fmt.Sprint(i), "created_at", "2013-05-01", "visited_count", "1", "total_engagement_time", "0",
			"properties_viewed", "5", "deep_engagement_properties", "0"))
	}
	w.must(w.leads.Retire(t.Context(), uint16(start/aDay)))
	points, _, _, _ := w.leads.past.of("default")
	if len(points) != scorer.PastLeads || slices.Contains(points, 70) {
		t.Errorf("%d leads give the rank: %v", len(points), points)
	}
}

func TestAnImportedInquiryCountsOnItsDay(t *testing.T) {
	w := newWorld(t)
	w.imports(exported("external_id", "a", "created_at", "2023-05-02T02:00:00Z", "listing_id", "home-1"))
	days, err := w.sessions.ListingDays(1, "home-1", 0, 65535)
	w.must(err)
	if len(days) != 1 || dayText(int32(days[0].Day)) != "2023-05-01" || days[0].Inquiries != 1 {
		t.Errorf("listing days %+v", days)
	}
}

// In Santiago clocks went from 23:59:59 on 2 September 2023 to 01:00.
func TestADateWithoutAMidnightIsStillThatDay(t *testing.T) {
	w := newWorld(t)
	w.must(w.catalog.EnsureDefault(t.Context(), w.journal, "America/Santiago"))
	for i, created := range []string{"2023-09-03", "2023-09-03 00:30", "2023-09-03T12:00:00Z", "9/3/2023"} {
		id := fmt.Sprint(i)
		results := w.imports(exported("external_id", id, "created_at", created, "listing_id", "home-"+id, "outcome", "closed_won", "outcome_date", "2023-09-03"))
		if results[0].Status != ImportCreated {
			t.Errorf("%s: %+v", created, results[0])
			continue
		}
		days, err := w.sessions.ListingDays(1, "home-"+id, 0, 65535)
		w.must(err)
		if len(days) != 1 || dayText(int32(days[0].Day)) != "2023-09-03" {
			t.Errorf("%s: listing days %+v", created, days)
		}
		same(t, created, w.get(results[0].ID)["days_to_close"], "0")
	}
}
