package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"footfall/event"
)

// past returns lines of n events of one session, a second apart, that ended an hour ago.
func past(session string, n int) string {
	var b strings.Builder
	for i := range n {
		at := now.Add(-time.Hour - time.Duration(n-i)*time.Second).UnixMilli()
		fmt.Fprintf(&b, `{"eventType":"property_view","sessionId":%q,"propertyId":"p%d","ts":%d}`+"\n", session, i%3, at)
	}
	return b.String()
}

// last returns the last line of a streamed answer.
func last(t *testing.T, r reply) (p struct {
	Progress
	Done  bool
	Error *errorBody
}) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(r.body), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &p); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
	return p
}

func TestAnImportTakesEventsAndRepeatingItChangesNothing(t *testing.T) {
	g := newRig(t)
	body := past("a", 2500) + past("b", 10)
	for range 2 {
		r := g.post("/v1/import", body)
		g.want(r, 200, "")
		if p := last(t, r); !p.Done || !p.Progress.is(Progress{Lines: 2510, Accepted: 2510}) {
			t.Errorf("%s", r.body)
		}
		if a, b := g.events("a"), g.events("b"); a != 2500 || b != 10 {
			t.Fatalf("%d and %d events", a, b)
		}
	}
	for i, e := range g.timeline("b") {
		if want := now.Add(-time.Hour - time.Duration(10-i)*time.Second).UnixMilli(); e.At != want {
			t.Errorf("event %d at %d, want %d", i, e.At, want)
		}
	}
}

func TestAnImportOwnsItsAgent(t *testing.T) {
	g := newRig(t)
	g.want(g.post("/v1/import", past("a", 1), "User-Agent", "Googlebot/2.1"), 200, "")
	if e := g.timeline("a")[0]; e.Flagged || e.Device != event.DeviceUnknown {
		t.Errorf("%+v", e)
	}
}

func TestAnImportReadsEncodings(t *testing.T) {
	g := newRig(t)
	for name, c := range map[string]struct {
		encoding string
		open     func(io.Writer) (io.WriteCloser, error)
	}{"gzip": {"gzip", openGzip}, "zstd": {"zstd", openZstd}, "told by its bytes": {"", openGzip}} {
		headers := []string{}
		if c.encoding != "" {
			headers = append(headers, "Content-Encoding", c.encoding)
		}
		body := compress(t, c.open, strings.NewReader(past(name, 700)))
		r := g.sendFrom("POST", "/v1/import", io.MultiReader(bytes.NewReader(body)), headers...) // chunked
		g.want(r, 200, "")
		if p := last(t, r); !p.Done || p.Accepted != 700 || g.events(name) != 700 {
			t.Errorf("%s: %s", name, r.body)
		}
	}
	g.want(g.post("/v1/import", past("a", 1), "Content-Encoding", "br"), 415, "unsupported_encoding")
	g.want(g.post("/v1/import", past("a", 1), "Content-Encoding", "gzip"), 400, "invalid_compression")
}

func TestBadLinesOfAnImportSpoilThemselvesOnly(t *testing.T) {
	g := newRig(t)
	body := strings.Join([]string{
		"not JSON",
		`{"eventType":"page_view","sessionId":"a"}`,
		`{"eventType":"page_view","sessionId":"a","ts":946684799999}`,
		fmt.Sprintf(`{"eventType":"page_view","sessionId":"a","ts":%d}`, now.UnixMilli()+1),
		fmt.Sprintf(`{"eventType":"page_view","sessionId":"a","ts":%d,"title":%q}`, now.UnixMilli(), strings.Repeat("x", maxLine)),
		"",
		fmt.Sprintf(`{"eventType":"page_view","sessionId":"a","ts":%d}`, now.UnixMilli()),
		`{"eventType":"page_view","sessionId":"a","ts":946684800000}`, // and no line end
	}, "\n")
	r := g.post("/v1/import", body)
	g.want(r, 200, "")
	if p := last(t, r); !p.Done || !p.Progress.is(Progress{Lines: 7, Accepted: 2, Rejected: 5}) {
		t.Errorf("%s", r.body)
	}
	if got := g.events("a"); got != 2 {
		t.Errorf("%d events", got)
	}
	codes := map[string]int{}
	for _, row := range g.rejected() {
		codes[string(row.Code)+" "+row.Field]++
	}
	if fmt.Sprint(codes) != "map[invalid_field ts:2 invalid_json :1 missing_field ts:1 too_large :1]" {
		t.Error(codes)
	}
}

func TestAnImportThatBreaksOffKeepsWhatCameAndSaysSo(t *testing.T) {
	g := newRig(t)
	body := compress(t, openGzip, strings.NewReader(past("a", 5000)))
	r := g.post("/v1/import", string(body[:len(body)-20]), "Content-Encoding", "gzip")
	g.want(r, 200, "")
	p := last(t, r)
	if p.Done || p.Error == nil || p.Error.Code != "bad_request" || p.Error.RequestID != r.header.Get("X-Request-Id") {
		t.Errorf("%s", r.body)
	}
	if got := int64(g.events("a")); got == 0 || got != p.Accepted {
		t.Errorf("%d events, told %d", got, p.Accepted)
	}
}

// is compares but for the reasons.
func (p Progress) is(want Progress) bool {
	p.Reasons = nil
	return reflect.DeepEqual(p, want)
}

func TestAnImportTellsWhyLinesWereRejected(t *testing.T) {
	g := newRig(t)
	p := last(t, g.post("/v1/import", past("a", 1)+strings.Repeat(`{"eventType":"page_view","sessionId":"a"}`+"\n", 1200)+"{}\n"))
	want := []Reason{
		{"missing_field", "ts", "ts is required in an import: the event's time in ms since 1970.", 1200},
		{"missing_field", "eventType", "eventType is required.", 1},
	}
	if !reflect.DeepEqual(p.Reasons, want) {
		t.Errorf("%+v", p.Reasons)
	}
}

func TestImportLinesTellsProgress(t *testing.T) {
	g := newRig(t)
	g.step.Store(int64(time.Second))
	site, _ := g.catalog.OnlySite()
	var told []int64
	sum, err := g.in.ImportLines(context.Background(), site, strings.NewReader(past("a", 2500)), func(p Progress) { told = append(told, p.Lines) })
	if err != nil || !sum.is(Progress{Lines: 2500, Accepted: 2500}) {
		t.Errorf("%+v, %v", sum, err)
	}
	if fmt.Sprint(told) != "[1000 2000]" {
		t.Error(told)
	}
}

func TestAnImportEndsWithItsContext(t *testing.T) {
	g := newRig(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	site, _ := g.catalog.OnlySite()
	if sum, err := g.in.ImportLines(ctx, site, strings.NewReader(past("a", 10)), nil); err == nil || sum.Accepted != 0 {
		t.Errorf("%+v, %v", sum, err)
	}
}

func TestAnImportOverHTTPTellsProgress(t *testing.T) {
	g := newRig(t)
	g.step.Store(int64(time.Second))
	r := g.post("/v1/import", past("a", 2500))
	g.want(r, 200, "")
	want := `{"lines":1000,"accepted":1000,"rejected":0}
{"lines":2000,"accepted":2000,"rejected":0}
{"lines":2500,"accepted":2500,"rejected":0,"done":true}
`
	if r.body != want {
		t.Errorf("got\n%swant\n%s", r.body, want)
	}
}

func TestAnImporterThatGoesAwayHarmsNobody(t *testing.T) {
	g := newRig(t)
	for range 20 {
		body, out := io.Pipe()
		ctx, cancel := context.WithCancel(context.Background())
		r, err := http.NewRequestWithContext(ctx, "POST", "http://footfall.test/v1/import", body)
		g.must(err)
		done := make(chan struct{})
		go func() {
			defer close(done)
			if res, err := g.client.Do(r); err == nil {
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
			}
		}()
		_, err = io.WriteString(out, past("gone", 1200))
		g.must(err)
		cancel()
		_ = out.Close()
		<-done
		g.want(g.beacon(view("a", "")), 204, "")
	}
	if got := g.events("a"); got != 20 {
		t.Errorf("%d events, want 20", got)
	}
}
