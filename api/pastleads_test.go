package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"footfall/leads"
)

const hubspot = "\ufeff" + `Record ID,First Name,Last Name,Email,Create Date,Deal Stage,Close Date,Amount,Contact owner
51,Dora,May,dora@example.com,2025-05-01 10:22,Closed Won,2025-06-15 09:00,"$12,500.50",Bob
52,Eli,Roe,eli@example.com,soon,Closed Lost,,,Bob
53,Fay,"Ng, Dr.",fay@example.com,2025-05-01 10:22,Closed Lost,2025-06-15
54,Gus,Orr,gus@example.com,2025-05-01 10:22,Closed Lost,,,Bob,too,many
`

// statuses returns what became of each row.
func statuses(r *reply) (s []string) {
	results, _ := r.at("results").([]any)
	for _, one := range results {
		s = append(s, fmt.Sprint(one.(map[string]any)["status"]))
	}
	return s
}

func TestPastLeadsAreImportedFromACRMsTable(t *testing.T) {
	w := newWorld(t)
	dry := w.do("POST", "/v1/leads?dry_run=true", hubspot, bearer, "Content-Type: text/csv; charset=utf-8")
	wet := w.posted("/v1/leads?format=csv", hubspot)
	again := w.do("POST", "/v1/leads?format=csv", strings.ReplaceAll(hubspot[3:], ",", ","), bearer)
	for what, try := range map[string]struct {
		r    *reply
		want string
	}{
		"dry": {dry, "[created rejected created rejected]"}, "wet": {wet, "[created rejected created rejected]"},
		"again": {again, "[exists rejected exists rejected]"},
	} {
		if got := fmt.Sprint(statuses(try.r)); got != try.want {
			t.Errorf("%s: %d %s, want %s", what, try.r.StatusCode, try.r.raw, try.want)
		}
	}
	if dry.StatusCode != 200 || again.StatusCode != 200 || dry.at("columns", "Deal Stage") != "stage" || dry.at("columns", "Contact owner") != nil {
		t.Errorf("%d %d %s", dry.StatusCode, again.StatusCode, dry.raw)
	}
	if wet.at("created") != 2.0 || wet.at("rejected") != 2.0 || again.at("existing") != 2.0 {
		t.Errorf("%s\n%s", wet.raw, again.raw)
	}
	id := wet.at("results").([]any)[0].(map[string]any)["id"].(string)
	lead := w.got("/v1/leads/" + id)
	if lead.at("name") != "Dora May" || lead.at("days_to_close") != 45.0 || lead.at("imported") != true || lead.at("Contact owner") != nil {
		t.Errorf("%s", lead.raw)
	}
}

func TestPastLeadsComeInEveryFormat(t *testing.T) {
	const one, two = `{"external_id":"1","formData":{"email":"a@example.com"},"created_at":"2025-05-01T10:00:00Z","outcome":"closed_won"}`,
		`{"external_id":"2","email":"b@example.com","createdAt":1746093600000,"status":"qualified","visited_count":2}`
	semicolons := "id;E-Mail;created\n1;a@example.com;2025-05-01\n2;b@example.com;2025-05-01\n"
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte("[" + one + "," + two + "]")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]struct{ query, body, header string }{
		"an array":             {"", "[" + one + "," + two + "]", "Content-Type: application/json"},
		"an array, compressed": {"", zipped.String(), "Content-Encoding: gzip"},
		"lines":                {"", one + "\n\n" + two + "\n", "Content-Type: application/x-ndjson"},
		"lines by name":        {"?format=ndjson", one + "\r\n" + two, "Content-Type: text/plain"},
		"one of a list":        {"?format=csv", semicolons, "X-Nothing: at all"},
		"tabs":                 {"?format=csv", strings.ReplaceAll(semicolons, ";", "\t"), "X-Nothing: at all"},
	} {
		w := newWorld(t)
		r := w.posted("/v1/leads"+try.query, try.body, try.header)
		if got := fmt.Sprint(statuses(r)); got != "[created created]" {
			t.Errorf("%s: %s", name, r.raw)
		}
	}
}

func TestAnImportAnswersLineByLineWhereThatIsAskedFor(t *testing.T) {
	w := newWorld(t)
	var body strings.Builder
	const n = 2*leads.ImportAtOnce + 7
	for i := range n {
		fmt.Fprintf(&body, `{"external_id":"%d","created_at":"2025-05-01T10:00:00Z"}`+"\n", i)
	}
	body.WriteString("{\n")
	r := w.do("POST", "/v1/leads?format=ndjson", body.String(), bearer, "Accept: application/x-ndjson")
	lines := strings.Split(strings.TrimSpace(r.raw), "\n")
	if r.StatusCode != 200 || len(lines) != n+2 || r.Header.Get("Content-Type") != "application/x-ndjson" {
		t.Fatalf("%d, %d lines, %v", r.StatusCode, len(lines), r.Header)
	}
	for i, text := range lines[:n+1] {
		var one pastResult
		if err := json.Unmarshal([]byte(text), &one); err != nil || one.Index != i || (one.Status == "created") != (i < n) {
			t.Fatalf("line %d: %s", i, text)
		}
	}
	var last struct {
		Done              bool
		Created, Rejected int
	}
	if err := json.Unmarshal([]byte(lines[n+1]), &last); err != nil || !last.Done || last.Created != n || last.Rejected != 1 {
		t.Errorf("%s", lines[n+1])
	}
}

func TestImportsThatAreRefusedWhole(t *testing.T) {
	w := newWorld(t)
	many := "[" + strings.Repeat(`{},`, maxPastRows) + "{}]"
	for _, c := range []struct {
		query, body, header string
		status              int
		code                string
	}{
		{"", "[", bearer, 400, "invalid_json"},
		{"", "[]", bearer, 400, "missing_field"},
		{"", many, bearer, 413, "too_large"},
		{"?format=xml", "[]", bearer, 400, "invalid_field"},
		{"?format=csv", "", bearer, 400, "bad_request"},
		{"?format=csv", "\xff", bearer, 400, "invalid_field"},
		{"?site_id=77", "[{}]", bearer, 404, "not_found"},
		{"", "[{}]", "Authorization: Bearer sk_fedcba9876543210", 401, "unauthorized"},
		{"?k=" + writeKey, "[{}]", "X-Nothing: at all", 400, "invalid_json"},
		{"", `{"formData":{"a":"` + strings.Repeat("x", 64<<10) + `"}}`, bearer, 413, "too_large"},
	} {
		if r := w.do("POST", "/v1/leads"+c.query, c.body, c.header); r.StatusCode != c.status || r.code() != c.code {
			t.Errorf("%s %.30s: %d %.200s", c.query, c.body, r.StatusCode, r.raw)
		}
	}
}

// Whatever stands in a file, it is read or refused.
func FuzzParsePast(f *testing.F) {
	f.Add("csv", []byte(hubspot))
	f.Add("csv", []byte("a;b\n\"1;2\n"))
	f.Add("json", []byte(`[{"a":1},2]`))
	f.Add("ndjson", []byte("{\"a\":{}}\n{"))
	f.Fuzz(func(t *testing.T, format string, body []byte) {
		table, err := parsePast(format, body)
		if err != nil {
			return
		}
		for _, r := range table.rows {
			for _, field := range r.fields {
				if r.err == nil && !json.Valid(field.Value) {
					t.Errorf("%q holds %q", field.Name, field.Value)
				}
			}
		}
		if again, err := parsePast(format, body); err != nil || len(again.rows) != len(table.rows) || !reflect.DeepEqual(again.columns, table.columns) {
			t.Errorf("read again it is another: %v", err)
		}
	})
}
