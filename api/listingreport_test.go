package api

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"footfall/web/pages"
)

// reported makes a listing that people looked at, and a link to its report.
func reported(w *world) (path string) {
	w.t.Helper()
	browse(w, "session canary", "visitor canary")
	w.lead(`{"formData":{"name":"Ada canary","email":"canary@example.com"},"sessionId":"session canary","listingId":"deep"}`)
	w.put("/v1/listings/deep", `{"price":450000,"address":"1 <b>Elm</b> St","city":"Oak Park","property_type":"single_family","beds":3,"baths":2.5,"sqft":1500}`)
	for i := range 5 {
		w.put(fmt.Sprint("/v1/listings/like", i), `{"price":300000,"city":"Oak Park","property_type":"single_family","sqft":1500}`)
	}
	res := w.do("POST", "/v1/listings/deep/report-links", `{"expires_in":3600}`, bearer, asJSON)
	if res.StatusCode != 201 || res.at("expires_at") != "2026-03-10T13:00:00Z" || len(fmt.Sprint(res.at("token"))) != 43 ||
		res.at("link") != "http://footfall/r/"+fmt.Sprint(res.at("token")) {
		w.t.Fatalf("%d %s", res.StatusCode, res.raw)
	}
	return "/r/" + fmt.Sprint(res.at("token"))
}

func TestAReportShowsNumbersAndNobody(t *testing.T) {
	w := newWorld(t)
	path := reported(w)
	res := w.do("GET", path, "")
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/html; charset=utf-8" || res.Header.Get("Content-Security-Policy") != pages.Policy ||
		res.Header.Get("Referrer-Policy") != "no-referrer" || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("X-Robots-Tag") == "" ||
		res.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	for _, want := range []string{
		"1 &lt;b&gt;Elm&lt;/b&gt; St", "$450,000", "single family", "3 beds", "2.5 baths", "1,500 sq ft", "2026-02-09 to 2026-03-10",
		"<dt>Views</dt><dd>1</dd>", "<dt>Inquiries</dt><dd>1</dd>", "<dt>Inquiry rate</dt><dd>100 %</dd>",
		`<th scope="row" class="date">2026-03-10</th><td>1</td><td>1</td><td>1</td><td>0</td>`, "2026-03-10: 1</title>",
		`<th scope="row">Dollars a square foot</th><td>300</td><td>216.67</td>`, "6 in Oak Park", "$250,000 to $500,000",
		`<th scope="row" class="date">2026-03-10</th><td>$450,000</td><td>active</td>`, "until 2026-03-10 09:00 EDT",
	} {
		if !strings.Contains(res.raw, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if n := strings.Count(res.raw, `<rect class="bar"`); n != 30 {
		t.Errorf("%d bars", n)
	}
	for _, never := range []string{"canary", "<script", "key:", "site_id", "Look at"} {
		if strings.Contains(res.raw, never) {
			t.Errorf("the report shows %q:\n%s", never, res.raw)
		}
	}
	if found := regexp.MustCompile(`(?i)<style|style=|\son\w+=|(?:src|href|action)="(?:https?:)?//`).FindString(res.raw); found != "" {
		t.Errorf("the policy would not permit %q", found)
	}
}

func TestALinkToAReportReadsNothingElseAndEnds(t *testing.T) {
	w := newWorld(t)
	path := reported(w)
	token := strings.TrimPrefix(path, "/r/")
	for _, other := range []string{"/v1/listings/deep", "/v1/listings/deep/engagement", "/v1/leads"} {
		if res := w.do("GET", other, "", "Authorization: Bearer "+token); res.StatusCode != 401 {
			t.Errorf("%s: %d", other, res.StatusCode)
		}
	}
	gone := func(name, path string) {
		t.Helper()
		if res := w.do("GET", path, ""); res.StatusCode != 404 || !strings.Contains(res.raw, "not good") || strings.Contains(res.raw, "Elm") ||
			res.Header.Get("Content-Security-Policy") != pages.Policy {
			t.Errorf("%s: %d %s", name, res.StatusCode, res.raw)
		}
	}
	other := "A"
	if token[0] == 'A' {
		other = "B"
	}
	gone("another token", "/r/"+other+token[1:])
	gone("a shorter one", path[:len(path)-1])
	list := w.got("/v1/listings/deep/report-links")
	links := list.at("report_links").([]any)
	if len(links) != 1 || strings.Contains(list.raw, token) {
		t.Fatalf("%s", list.raw)
	}
	gone("its id", "/r/"+fmt.Sprint(links[0].(map[string]any)["id"]))
	w.later.Store(int64(time.Hour))
	gone("an hour later", path)
	w.later.Store(0)
	if w.do("GET", path, "").StatusCode != 200 {
		t.Fatal("before that it is good")
	}
	id := fmt.Sprint(links[0].(map[string]any)["id"])
	if res := w.do("DELETE", "/v1/listings/like0/report-links/"+id, "", bearer); res.StatusCode != 404 {
		t.Errorf("under another listing: %d", res.StatusCode)
	}
	if res := w.do("DELETE", "/v1/listings/deep/report-links/"+id, "", bearer); res.StatusCode != 204 {
		t.Errorf("%d %s", res.StatusCode, res.raw)
	}
	gone("revoked", path)
	trail := w.got("/v1/audit?organization_id=default&limit=2").at("audit").([]any)
	for i, want := range []string{"report_link.revoke", "report_link.create"} {
		if got := trail[i].(map[string]any); got["action"] != want || got["detail"] != "deep" || strings.Contains(fmt.Sprint(got), token) {
			t.Errorf("the trail's row %d is %v", i, got)
		}
	}
}

func TestLinksToReportsAreMadeByWhoeverMayPutTheListing(t *testing.T) {
	w := newWorld(t)
	elm, oak := w.tenant("elm"), w.tenant("oak")
	w.put("/v1/listings/anns", `{"profile_id":"ann"}`, elm.admin)
	w.put("/v1/listings/bens", `{}`, elm.admin)
	for _, tt := range []struct {
		key, id, body string
		status        int
	}{
		{elm.name, "anns", ``, 201}, {elm.name, "bens", ``, 404}, {elm.read, "anns", ``, 403}, {oak.admin, "anns", ``, 404},
		{elm.admin, "anns", `{"expires_in":59}`, 400}, {elm.admin, "anns", `{"expires_in":"367d"}`, 400}, {elm.admin, "anns", `{"expires_in":"soon"}`, 400},
		{elm.admin, "anns", `{"expires_in":"90m"}`, 201}, {elm.admin, "anns", `{"expiresIn":"7d"}`, 201}, {elm.admin, "anns", `{"expires_in":1e3}`, 400},
	} {
		res := w.do("POST", "/v1/listings/"+tt.id+"/report-links", tt.body, tt.key, asJSON)
		if res.StatusCode != tt.status || tt.status == 400 && res.at("error", "field") != "expires_in" {
			t.Errorf("%s %s: %d %s, want %d", tt.id, tt.body, res.StatusCode, res.raw, tt.status)
		}
	}
	if res := w.do("GET", "/v1/listings/anns/report-links", "", elm.read); len(res.at("report_links").([]any)) != 3 {
		t.Errorf("%s", res.raw)
	}
}
