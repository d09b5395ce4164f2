package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// lines are the rows of an NDJSON export.
func (r *reply) lines(t *testing.T) (rows []map[string]any) {
	t.Helper()
	for line := range strings.Lines(r.raw) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		rows = append(rows, row)
	}
	return rows
}

func TestExportsHoldEverythingOnce(t *testing.T) {
	w := newWorld(t)
	const n = exportRows + 7
	for i := range n {
		w.beacon(sent{"eventType": "property_view", "sessionId": fmt.Sprint("s", i), "visitorId": fmt.Sprint("v", i), "propertyId": fmt.Sprint("home", i%600)})
		if i%200 == 0 {
			w.must(w.journal.Checkpoint(t.Context()))
		}
	}
	id := w.lead(`{"formData":{"name":"Ada","budget":"5"},"sessionId":"s1","listingId":"home1"}`)
	for name, field := range map[string]string{"events": "session_id", "sessions": "session_id", "listing_days": "listing_id"} {
		res := w.got("/v1/export/" + name)
		if res.Header.Get("Content-Type") != "application/x-ndjson" || res.Header.Get("Content-Disposition") != `attachment; filename="`+name+`.ndjson"` {
			t.Errorf("%s: %v", name, res.Header)
		}
		seen := map[any]int{}
		for _, row := range res.lines(t) {
			seen[row[field]]++
		}
		if len(seen) != n {
			t.Errorf("%s: %d of %d", name, len(seen), n)
		}
		for id, times := range seen {
			if times != 1 {
				t.Errorf("%s: %v comes %d times", name, id, times)
			}
		}
	}
	leads := w.got("/v1/export/leads").lines(t)
	if len(leads) != 1 || leads[0]["id"] != id || leads[0]["name"] != "Ada" || fmt.Sprint(leads[0]["form_data"]) != "map[budget:5 name:Ada]" {
		t.Errorf("leads: %v", leads)
	}
	day := w.got("/v1/export/listing_days?from=2026-03-10&to=2026-03-10").lines(t)
	if len(day) != n || day[0]["date"] != "2026-03-10" || day[0]["total_views"] != 1.0 {
		t.Errorf("%d listing days, the first %v", len(day), day[0])
	}
	for _, name := range []string{"events", "sessions", "leads", "listing_days"} {
		if res := w.got("/v1/export/" + name + "?to=2026-03-09"); res.raw != "" {
			t.Errorf("%s of other days: %.200s", name, res.raw)
		}
	}
	trail := w.do("GET", "/v1/audit?organization_id=default&limit=1", "", bearer).at("audit").([]any)[0].(map[string]any)
	if trail["action"] != "export" || !strings.Contains(fmt.Sprint(trail["detail"]), "2026-03-09") {
		t.Errorf("the trail says %v", trail)
	}
}

// In Santiago 6 September 2026 begins at one o'clock, and what the evening before holds is not of it.
func TestAnExportBeginsWhereItsDayDoes(t *testing.T) {
	w := newWorld(t)
	w.must(w.catalog.EnsureDefault(t.Context(), w.journal, "America/Santiago"))
	night := time.Date(2026, 9, 6, 4, 0, 0, 0, time.UTC)
	for _, id := range []string{"evening", "night"} {
		w.later.Store(int64(night.Sub(now)))
		if id == "evening" {
			w.later.Add(-int64(time.Second))
		}
		w.beacon(sent{"eventType": "page_view", "sessionId": id})
	}
	for day, id := range map[string]string{"2026-09-05": "evening", "2026-09-06": "night"} {
		for _, name := range []string{"sessions", "events"} {
			rows := w.got("/v1/export/" + name + "?from=" + day + "&to=" + day).lines(t)
			if len(rows) != 1 || rows[0]["session_id"] != id {
				t.Errorf("%s of %s: %v", name, day, rows)
			}
		}
	}
}

// A cell that a spreadsheet would take for a formula gets an apostrophe; numbers stay numbers. A comma, a quote and a line
// break stay within their cell.
func TestCellsOfCSVAreHarmlessAndWhole(t *testing.T) {
	w := newWorld(t)
	values := map[string]string{
		"=HYPERLINK(\"x\")": "'=HYPERLINK(\"x\")", "+1 555": "'+1 555", "-2+3": "'-2+3", "@x": "'@x", "\tx": "'\tx", "-5": "-5", "+4.5e3": "+4.5e3",
		"a,b \"c\"\nd": "a,b \"c\"\nd", "1": "1",
	}
	want := map[string]bool{}
	for value, shown := range values {
		form, err := json.Marshal(map[string]any{"formData": map[string]string{"name": value, "x": "y"}})
		w.must(err)
		w.lead(string(form))
		want[shown] = true
	}
	res := w.got("/v1/export/leads?format=csv")
	if res.Header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(res.raw, strings.Join(leadColumns, ",")+"\r\n") {
		t.Errorf("%v %.200q", res.Header, res.raw)
	}
	rows, err := csv.NewReader(strings.NewReader(res.raw)).ReadAll()
	w.must(err)
	for _, row := range rows[1:] {
		delete(want, row[slices.Index(leadColumns, "name")])
	}
	if len(rows) != len(values)+1 || len(want) > 0 {
		t.Errorf("%d rows; not there: %v in %s", len(rows), want, res.raw)
	}
	for value, shown := range map[string]string{"\"\\r=1\"": "'\r=1", "null": "", "[\"=a\"]": `["=a"]`, "-1.5": "-1.5", "\"\\n\"": "'\n"} {
		if got := cell(json.RawMessage(value)); got != shown {
			t.Errorf("%s is %q, want %q", value, got, shown)
		}
	}
}

func TestExportsAreForAdminsOfWholeOrganizations(t *testing.T) {
	w := newWorld(t)
	elm, oak := w.tenant("elm"), w.tenant("oak")
	w.fill(elm)
	w.fill(oak)
	w.hire("eve@homes.example", "viewer")
	w.hire("al@homes.example", "agent")
	for _, name := range []string{"events", "sessions", "leads", "listing_days"} {
		path := "/v1/export/" + name
		for _, email := range []string{"eve@homes.example", "al@homes.example"} {
			if res := w.browser().signedIn(email).send("GET", path, ""); res.StatusCode != 403 {
				t.Errorf("%s by %s: %d", name, email, res.StatusCode)
			}
		}
		res := w.do("GET", path, "", elm.admin)
		if res.StatusCode != 200 || strings.Contains(res.raw, "oak") || len(res.lines(t)) == 0 {
			t.Errorf("%s: %d %s", name, res.StatusCode, res.raw)
		}
		if res := w.do("GET", fmt.Sprintf("%s?site_id=%d", path, oak.site), "", elm.admin); res.StatusCode != 404 {
			t.Errorf("%s of the neighbour: %d", name, res.StatusCode)
		}
		if res := w.do("GET", path+"?format=xml", "", elm.admin); res.StatusCode != 400 {
			t.Errorf("%s as xml: %d", name, res.StatusCode)
		}
		if res := w.do("HEAD", path, "", elm.admin); res.StatusCode != 200 || res.raw != "" {
			t.Errorf("%s HEAD: %d %s", name, res.StatusCode, res.raw)
		}
	}
	w.api.exports <- struct{}{}
	w.api.exports <- struct{}{}
	if res := w.get("/v1/export/leads"); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("a third: %d", res.StatusCode)
	}
	<-w.api.exports
	w.got("/v1/export/leads")
	<-w.api.exports
}

// Who was forgotten is in no export, also while the bytes are there still.
func TestExportsLeaveOutTheForgotten(t *testing.T) {
	w := newWorld(t)
	w.api.o.Purge = func(context.Context) error { return nil } // the bytes stay
	browse(w, "s", "canary")
	w.lead(`{"formData":{"name":"canary"},"sessionId":"s"}`)
	if res := w.do("DELETE", "/v1/visitors/canary", "", bearer); res.StatusCode != 202 {
		t.Fatal(res.raw)
	}
	for _, name := range []string{"events", "sessions", "leads", "listing_days"} {
		if res := w.got("/v1/export/" + name); strings.Contains(res.raw, "canary") || strings.Contains(res.raw, `"s"`) {
			t.Errorf("%s: %s", name, res.raw)
		}
	}
}

// An export that fails in the middle does not look like a whole one.
func TestAnExportThatFailsEndsVisibly(t *testing.T) {
	w := newWorld(t)
	w.api.exports <- struct{}{}
	calls := 0
	rows := func() ([]any, bool, error) {
		if calls++; calls > 1 {
			return nil, false, errors.New("the disk is gone")
		}
		return []any{map[string]int{"n": 1}}, true, nil
	}
	e := &export{a: w.api, parts: []func() ([]any, bool, error){rows}, id: "id"}
	got, err := io.ReadAll(e)
	if err == nil || !strings.HasPrefix(string(got), "{\"n\":1}\n{\"error\":{\"code\":\"internal\"") || strings.Contains(string(got), "disk") {
		t.Errorf("%q %v", got, err)
	}
	w.must(e.Close())
	w.must(e.Close())
}
