package ingest

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"footfall/event"
)

func view(session, id string) string {
	return fmt.Sprintf(`{"eventType":"page_view","sessionId":%q,"eventId":%q}`, session, id)
}

func TestABeaconAcceptsEveryFormOfBody(t *testing.T) {
	g := newRig(t)
	for name, body := range map[string]string{
		"one":    view("one", "1"),
		"array":  "[" + view("array", "1") + "," + view("array", "2") + "]",
		"lines":  view("lines", "1") + "\n" + view("lines", "2") + "\n",
		"shared": `{"sessionId":"shared","events":[{"eventType":"page_view"},{"eventType":"form_start"}]}`,
	} {
		want := max(1, strings.Count(body, "eventType"))
		g.want(g.beacon(body, "Content-Type", "text/plain"), 204, "")
		if got := g.events(name); got != want {
			t.Errorf("%s: %d events, want %d", name, got, want)
		}
	}
}

func TestABeaconAcceptsEveryEncoding(t *testing.T) {
	g := newRig(t)
	for i, c := range []struct {
		target, encoding string
		open             func(io.Writer) (io.WriteCloser, error)
	}{
		{"", "gzip", openGzip}, {"", "zstd", openZstd}, {"", "deflate", openZlib}, {"", "deflate", openFlate},
		{"&compression=gzip", "", openGzip}, {"&compression=zstd", "", openZstd}, {"&compression=deflate", "", openZlib},
		{"", "", openGzip}, {"", "", openZstd},
	} {
		session := fmt.Sprint("s", i)
		headers := []string{}
		if c.encoding != "" {
			headers = []string{"Content-Encoding", c.encoding}
		}
		body := compress(t, c.open, strings.NewReader(view(session, "1")))
		g.want(g.post("/v1/events?k="+testKey+c.target, string(body), headers...), 204, "")
		if g.events(session) != 1 {
			t.Errorf("%+v: no event", c)
		}
	}
}

func TestABeaconFindsItsKeyInEachPlace(t *testing.T) {
	g := newRig(t)
	g.want(g.post("/v1/events?k="+testKey, view("a", "1")), 204, "")
	g.want(g.post("/v1/events", view("a", "2"), "X-Footfall-Key", testKey), 204, "")
	g.want(g.post("/v1/events", `{"key":"`+testKey+`","events":[`+view("a", "3")+`]}`), 204, "")
	if got := g.events("a"); got != 3 {
		t.Errorf("%d events, want 3", got)
	}
}

func TestABeaconWithoutAKnownKeyCountsNothing(t *testing.T) {
	g := newRig(t)
	for _, c := range [][3]string{
		{"/v1/events", view("a", "1"), ""},
		{"/v1/events", "not JSON", ""},
		{"/v1/events", "", ""},
		{"/v1/events?k=wk_ffffffffffffffff", view("a", "1"), ""},
		{"/v1/events?k=" + testSecret, view("a", "1"), ""},
		{"/v1/events", view("a", "1"), "wk_ffffffffffffffff"},
		{"/v1/events", `{"key":"wk_ffffffffffffffff","events":[` + view("a", "1") + `]}`, ""},
	} {
		r := g.post(c[0], c[1], "X-Footfall-Key", c[2])
		g.want(r, 401, "unauthorized")
		if r.header.Get("WWW-Authenticate") != "Bearer" {
			t.Error("no WWW-Authenticate")
		}
	}
	if g.events("a") != 0 || len(g.rejected()) != 0 {
		t.Error("something was counted")
	}
}

func TestABeaconSaysWhatWasRejected(t *testing.T) {
	g := newRig(t)
	r := g.beacon("[" + view("a", "1") + `,{"eventType":"page_view"},` + view("a", "2") + "]")
	g.want(r, 200, "")
	if want := `{"accepted":2,"rejected":[{"index":1,"code":"missing_field","message":"sessionId is required."}]}`; r.body != want {
		t.Errorf("got  %s\nwant %s", r.body, want)
	}
	if g.events("a") != 2 {
		t.Error("the others were not taken")
	}
	r = g.beacon(`[{"eventType":"page_view"},{"sessionId":"a"}]`)
	g.want(r, 400, "all_rejected")
	if !strings.Contains(r.body, `"rejected":[{"index":0,"code":"missing_field",`) {
		t.Error(r.body)
	}
}

func TestABeaconIsRefusedWhole(t *testing.T) {
	g := newRig(t)
	many := strings.Repeat(view("a", "")+"\n", event.MaxEvents+1)
	large := `{"eventType":"page_view","sessionId":"a","title":"` + strings.Repeat("x", event.MaxWire) + `"}`
	for _, c := range []struct {
		name, body, encoding string
		status               int
		code                 string
	}{
		{"no JSON", "hello", "", 400, "invalid_json"},
		{"empty", "", "", 400, "no_events"},
		{"too many events", string(compress(t, openGzip, strings.NewReader(many))), "gzip", 413, "too_many_events"},
		{"too large as sent", large, "", 413, "too_large"},
		{"far too large as sent", strings.Repeat(" ", 3<<20), "", 413, "too_large"},
		{"too large decompressed", string(compress(t, openGzip, zeros(event.MaxBody+1))), "gzip", 413, "too_large"},
		{"unknown encoding", view("a", "1"), "br", 415, "unsupported_encoding"},
		{"not compressed", view("a", "1"), "gzip", 400, "invalid_compression"},
	} {
		t.Run(c.name, func(t *testing.T) {
			headers := []string{"Origin", pageOrigin}
			if c.encoding != "" {
				headers = append(headers, "Content-Encoding", c.encoding)
			}
			r := g.beacon(c.body, headers...)
			g.want(r, c.status, c.code)
			if r.header.Get("Access-Control-Allow-Origin") != pageOrigin {
				t.Error("the page cannot read the answer")
			}
		})
	}
	if g.events("a") != 0 {
		t.Error("something was counted")
	}
	if got := len(g.rejected()); got != 8 {
		t.Errorf("the owner sees %d refusals, want 8", got)
	}
}

func TestAChunkedBodyIsLimitedToo(t *testing.T) {
	g := newRig(t)
	g.want(g.sendFrom("POST", "/v1/events?k="+testKey, io.MultiReader(strings.NewReader(view("a", "1")))), 204, "")
	g.want(g.sendFrom("POST", "/v1/events?k="+testKey, io.MultiReader(strings.NewReader(strings.Repeat(" ", event.MaxWire+1)))), 413, "too_large")
}

func TestADuplicateIsAcceptedAndCountsNothing(t *testing.T) {
	g := newRig(t)
	for range 3 {
		g.want(g.beacon(view("a", "same")), 204, "")
	}
	if got := g.events("a"); got != 1 {
		t.Errorf("%d events, want 1", got)
	}
}

func TestRobotsAndWebdriversAreFlagged(t *testing.T) {
	g := newRig(t)
	g.want(g.beacon(view("bot", "1"), "User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), 204, "")
	g.want(g.beacon(`{"eventType":"page_view","sessionId":"driver","webdriver":true}`), 204, "")
	g.want(g.beacon(view("person", "1")), 204, "")
	for session, flagged := range map[string]bool{"bot": true, "driver": true, "person": false} {
		if got := g.timeline(session)[0].Flagged; got != flagged {
			t.Errorf("%s: flagged %v", session, got)
		}
	}
}

func TestTheDeviceIsTakenFromTheUserAgentUnlessSaid(t *testing.T) {
	g := newRig(t)
	phone := "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
	g.want(g.beacon(view("a", "1"), "User-Agent", phone), 204, "")
	g.want(g.beacon(`{"eventType":"page_view","sessionId":"b","deviceType":"tablet"}`, "User-Agent", phone), 204, "")
	if a, b := g.timeline("a")[0].Device, g.timeline("b")[0].Device; a != event.Mobile || b != event.Tablet {
		t.Errorf("%v and %v", a, b)
	}
}

func TestAnUnknownProfileIsNotedAndReplaced(t *testing.T) {
	g := newRig(t)
	g.want(g.beacon(`{"eventType":"page_view","sessionId":"a","profileId":"stranger"}`), 204, "")
	g.want(g.beacon(`{"eventType":"page_view","sessionId":"a","profileId":"default"}`), 204, "")
	if g.events("a") != 2 {
		t.Error("not accepted")
	}
	rows := g.rejected()
	if len(rows) != 1 || rows[0].Code != unknownProfile || rows[0].Field != "profileId" {
		t.Errorf("%+v", rows)
	}
}

func TestAClosedJournalIsUnavailable(t *testing.T) {
	g := newRig(t)
	g.must(g.journal.Close())
	r := g.beacon(view("a", "1"))
	g.want(r, 503, "unavailable")
	if after := r.header.Get("Retry-After"); after < "1" || after > "5" || len(after) != 1 {
		t.Errorf("Retry-After %q", after)
	}
}

func TestPageDurationsBecomeEvents(t *testing.T) {
	g := newRig(t)
	g.want(g.post("/api/analytics/page-duration", `{"sessionId":"a","duration":12.3456}`, "Content-Type", "text/plain"), 204, "")
	e := g.timeline("a")[0]
	if e.Type != event.PageDuration || e.Clock != 12346 {
		t.Errorf("%+v", e.Event)
	}
	g.want(g.post("/api/analytics/page-duration", `{"sessionId":"a"}`), 400, "missing_field")
	g.want(g.post("/api/analytics/page-duration", `[]`), 400, "invalid_json")
	g.want(g.post("/api/analytics/page-duration", `{"duration":3}`), 400, "all_rejected")
	g.restrict()
	g.want(g.post("/api/analytics/page-duration", `{"sessionId":"a","duration":3}`, "Origin", pageOrigin), 204, "")
	g.want(g.post("/api/analytics/page-duration", `{"sessionId":"a","duration":3}`, "Origin", "https://other.example"), 403, "origin_not_allowed")
}

// The bodies have the same length, so that what a later request leaves in lent memory fits exactly over what an earlier
// one should have kept for itself.
func TestNothingIsKeptOfWhatWasLent(t *testing.T) {
	g := newRig(t)
	body := func(i int) string {
		return fmt.Sprintf(`{"eventType":"property_view","sessionId":"s%03d","visitorId":"v%03d","propertyId":"p%03d"}`, i, i, i)
	}
	for i := range 200 {
		g.want(g.beacon(body(i)), 204, "")
	}
	for i := range 200 {
		a, found, err := g.sessions.Session(1, fmt.Sprintf("s%03d", i))
		if err != nil || !found || a.VisitorID != fmt.Sprintf("v%03d", i) || fmt.Sprint(a.PropertiesViewed) != fmt.Sprintf("[p%03d]", i) {
			t.Fatalf("%d: %+v, %v", i, a, err)
		}
	}
}
