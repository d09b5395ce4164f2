package api

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"footfall/catalog"
	"footfall/event"
	"footfall/leads"
	"footfall/market"
	"footfall/sessionize"
)

// Columns of CSV. What a row has beside them is in NDJSON alone.
var (
	eventColumns = []string{
		"site_id", "session_id", "visitor_id", "profile_id", "event_id", "event_type", "time", "received_at", "page_id", "listing_id", "device_type",
		"duration_seconds", "scroll_percentage", "url", "referrer", "title", "flagged", "event_data",
	}
	sessionColumns = []string{
		"site_id", "session_id", "visitor_id", "profile_id", "event_count", "visit_count", "first_visit", "last_visit", "total_duration_seconds",
		"properties_viewed", "deep_engagement_properties", "form_started", "form_completed", "conversion_intent", "behavioral_score",
		"converted_to_lead", "lead_id", "device_info", "source", "truncated", "flagged",
	}
	leadColumns = []string{
		"site_id", "id", "created_at", "updated_at", "status", "profile_id", "listing_id", "session_id", "visitor_id", "name", "email", "phone", "message",
		"form_data", "tags", "notes", "behavioral_score", "visited_count", "total_engagement_time", "properties_viewed", "ml_score", "ml_priority",
		"ml_recommended_action", "conversion_probability", "model_version", "contacted_at", "outcome", "source",
	}
	listingDayColumns = []string{
		"site_id", "listing_id", "date", "total_views", "unique_views", "avg_time_on_page", "avg_scroll_depth", "inquiry_count", "share_count", "inquiry_rate",
	}
)

// add encodes one row.
func (e *export) add(row any) error {
	text, err := json.Marshal(row)
	if err != nil {
		return err
	}
	if !e.csv {
		e.buf = append(append(e.buf, text...), '\n')
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	cells := make([]string, len(e.columns))
	for i, column := range e.columns {
		cells[i] = cell(fields[column])
	}
	e.line(cells)
	return nil
}

func (e *export) header() { e.line(e.columns) }

// line appends a line of CSV, as RFC 4180 has it.
func (e *export) line(cells []string) {
	b := bytes.NewBuffer(e.buf)
	w := csv.NewWriter(b)
	w.UseCRLF = true
	_ = w.Write(cells) // a buffer takes everything
	w.Flush()
	e.buf = b.Bytes()
}

var plainNumber = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// cell returns the text of a JSON value: of lists and objects their JSON. What a spreadsheet would take for a formula gets an
// apostrophe.
func cell(value json.RawMessage) string {
	text := string(value)
	switch {
	case len(value) == 0 || text == "null":
		return ""
	case value[0] == '"':
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
	}
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) && !plainNumber.MatchString(text) {
		return "'" + text
	}
	return text
}

// exportEvents reads events by their local day. Those of a day were received from the day before on: zones differ, and
// imports bring what is old.
func exportEvents(a *API, site *catalog.Site, in days) func() ([]any, bool, error) {
	place := sessionize.EventPlace{Day: in.from - min(in.from, 1)}
	return func() (rows []any, more bool, err error) {
		events, next, more, err := a.o.Sessions.EventsAfter(site.ID, place, exportRows)
		place = next
		for i := range events {
			e := &events[i]
			if e.Day < int32(in.from) || e.Day > int32(in.to) {
				continue
			}
			row := newTimelineEvent(&e.TimelineEvent)
			row["site_id"], row["session_id"], row["profile_id"] = site.ID, e.Session, leads.Text(e.Profile)
			rows = append(rows, row)
		}
		return rows, more, err
	}
}

// exportSessions reads sessions by the local day of their last event.
func exportSessions(a *API, site *catalog.Site, in days) func() ([]any, bool, error) {
	from, to := in.moments(site)
	var place sessionize.SessionPlace
	return func() (rows []any, more bool, err error) {
		sessions, last, more, err := a.o.Sessions.SessionsAfter(site.ID, place, exportRows)
		place = last
		for i := range sessions {
			if s := &sessions[i]; s.LastVisit >= from && s.LastVisit < to {
				rows = append(rows, newSession(site, s))
			}
		}
		return rows, more, err
	}
}

// exportLeads reads leads by the local day of their creation.
func exportLeads(a *API, site *catalog.Site, in days) func() ([]any, bool, error) {
	from, to := in.moments(site)
	var after []byte
	return func() (rows []any, more bool, err error) {
		views, next, err := a.o.Leads.CreatedAfter(site.ID, from, to, after, exportRows)
		after = next
		for _, v := range views {
			row, err := leadRow(v)
			if err != nil {
				return nil, false, err
			}
			rows = append(rows, row)
		}
		return rows, next != nil, err
	}
}

// leadRow returns a lead with its form in one place, whatever its fields are called.
func leadRow(v *leads.View) (row map[string]json.RawMessage, err error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &row); err != nil {
		return nil, err
	}
	form := map[string]json.RawMessage{}
	for _, f := range v.Form {
		form[f.Name] = f.Value
	}
	row["form_data"], err = json.Marshal(form)
	return row, err
}

type listingDayRow struct {
	SiteID  uint32 `json:"site_id"`
	Listing string `json:"listing_id"`
	Date    string `json:"date"`
	market.Numbers
}

func exportListingDays(a *API, site *catalog.Site, in days) func() ([]any, bool, error) {
	var after []byte
	return func() (rows []any, more bool, err error) {
		list, next, err := a.o.Sessions.ListingDaysAfter(site.ID, after, in.from, in.to, exportRows)
		after = next
		for _, d := range list {
			date := time.UnixMilli(int64(d.Day) * event.MsPerDay).UTC().Format(time.DateOnly)
			rows = append(rows, listingDayRow{site.ID, d.Listing, date, market.DayNumbers(d)})
		}
		return rows, next != nil, err
	}
}

// moments returns when a range of local days begins, and when the day after it does, ms.
func (d days) moments(site *catalog.Site) (from, to int64) {
	at := func(day int) int64 { return site.When(time.Date(1970, 1, 1+day, 0, 0, 0, 0, time.UTC)).UnixMilli() }
	return at(int(d.from)), at(int(d.to) + 1)
}
