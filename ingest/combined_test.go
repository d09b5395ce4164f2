package ingest

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"footfall/event"
	"footfall/sessionize"
)

func readLog(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/access.log")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCombinedLinesAreRead(t *testing.T) {
	for _, c := range []struct {
		line string
		want LogLine
	}{
		{
			`10.0.0.1 - - [17/May/2015:10:05:03 +0200] "GET /a?b=c HTTP/1.1" 200 512 "http://example.com/x" "Mozilla/5.0"`,
			LogLine{"10.0.0.1", time.Date(2015, 5, 17, 8, 5, 3, 0, time.UTC), "GET", "/a?b=c", 200, "http://example.com/x", "Mozilla/5.0"},
		},
		{
			`::1 - Jane Doe [17/May/2015:10:05:03 +0000] "GET / HTTP/1.0" 304 - "-" "-" "extra"`,
			LogLine{"::1", time.Date(2015, 5, 17, 10, 5, 3, 0, time.UTC), "GET", "/", 304, "", ""},
		},
		{
			`h - - [17/May/2015:10:05:03 +0000] "GET /a b" 200 1 "-" "say \"hi\" \\"`,
			LogLine{"h", time.Date(2015, 5, 17, 10, 5, 3, 0, time.UTC), "GET", "/a b", 200, "", `say "hi" \\`},
		},
	} {
		got, err := ParseCombined([]byte(c.line))
		got.Time = got.Time.UTC()
		if err != nil || got != c.want {
			t.Errorf("got  %+v, %v\nwant %+v", got, err, c.want)
		}
	}
}

func TestLinesThatAreNotCombinedAreRefused(t *testing.T) {
	for _, line := range []string{
		"", "hello", `10.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 512`,
		`10.0.0.1 - - [17/Foo/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 512 "-" "-"`,
		`10.0.0.1 - - [17/May/2015:10:05:03 +0000] "\x16\x03" 400 512 "-" "-"`,
		`10.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" abc 512 "-" "-"`,
		`10.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 512 "-" "no end`,
	} {
		if l, err := ParseCombined([]byte(line)); err == nil {
			t.Errorf("%s: %+v", line, l)
		}
	}
}

func FuzzCombined(f *testing.F) {
	for line := range strings.Lines(readLog(f)) {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		l, err := ParseCombined(line)
		if err != nil {
			return
		}
		if l.Address == "" || l.Method == "" || l.Target == "" || l.Status < 100 || l.Status > 999 {
			t.Errorf("%+v", l)
		}
		l.isPageView()
	})
}

// importLog imports a log whose pages under /blog/ stand for listings.
func (g *rig) importLog(log string, o LogOptions) Progress {
	g.t.Helper()
	if o.Pattern == nil {
		o.Pattern = regexp.MustCompile(`^/blog/(.+)`)
	}
	site, _ := g.catalog.OnlySite()
	p, err := g.in.ImportLog(context.Background(), site, strings.NewReader(log), o, func(Progress) {})
	g.must(err)
	return p
}

// everySession returns the events of every session, through the journal.
func (g *rig) everySession() map[string][]sessionize.TimelineEvent {
	g.t.Helper()
	all := map[string][]sessionize.TimelineEvent{}
	for r, err := range g.journal.Read(0) {
		g.must(err)
		if r.Chunk != nil && all[r.Session] == nil {
			all[r.Session] = g.timeline(r.Session)
		}
	}
	return all
}

func TestAnAccessLogBecomesSessions(t *testing.T) {
	g := newRig(t)
	address := regexp.MustCompile(`10\.[0-9]`) // every client of the log has one
	log := readLog(t)
	if p := g.importLog(log, LogOptions{}); !p.is(Progress{Lines: 14, Accepted: 10, Skipped: 4}) {
		t.Errorf("%+v", p)
	}
	var pages, views, flagged, total int
	all := g.everySession()
	for id, events := range all {
		if !strings.HasPrefix(id, "log_") || !strings.HasPrefix(id, events[0].Visitor+"_") {
			t.Errorf("session %s of visitor %s", id, events[0].Visitor)
		}
		for _, e := range events {
			total++
			if e.Type == event.PageView {
				pages++
			} else if e.Type == event.PropertyView && e.Listing != "" {
				views++
			}
			if e.Flagged {
				flagged++
			}
			if e.Page == "" || address.MatchString(id+" "+e.ID+" "+e.Page) {
				t.Errorf("%+v", e)
			}
		}
	}
	// Six pages lie under /blog/, one page is a crawler's and one with its view a feed reader's, and one visitor came
	// twice, an hour apart.
	if pages != 10 || views != 6 || flagged != 3 || total != 16 || len(all) != 6 {
		t.Errorf("%d pages, %d views, %d flagged, %d in all, %d sessions", pages, views, flagged, total, len(all))
	}
}

func TestImportingALogAgainOrGrownCountsNothingTwice(t *testing.T) {
	g := newRig(t)
	lines := strings.SplitAfter(readLog(t), "\n")
	count := func() (n int) {
		for _, events := range g.everySession() {
			n += len(events)
		}
		return n
	}
	g.importLog(strings.Join(lines[:9], ""), LogOptions{})
	g.importLog(strings.Join(lines, ""), LogOptions{})
	if got := count(); got != 16 {
		t.Errorf("%d events after it grew", got)
	}
	g.importLog(strings.Join(lines, ""), LogOptions{})
	if got := count(); got != 16 {
		t.Errorf("%d events after it came again", got)
	}
}

func TestALogKeepsCampaignsAndNothingElseOfAQuery(t *testing.T) {
	g := newRig(t)
	g.importLog(`10.9.8.7 - - [17/May/2015:10:05:03 +0000] "GET /blog/a%20b?token=x&utm_source=mail HTTP/1.1" 200 1 "http://example.com/x?q=secret" "Mozilla/5.0 (iPad)"`,
		LogOptions{Shift: 24 * time.Hour})
	for _, events := range g.everySession() {
		e := events[1]
		if e.Attr(event.AttrURL) != "/blog/a%20b?utm_source=mail" || e.Attr(event.AttrUTMSource) != "mail" ||
			e.Attr(event.AttrReferrer) != "http://example.com/x" || e.Listing != "a b" || e.Device != event.Tablet {
			t.Errorf("%+v", e)
		}
		if want := time.Date(2015, 5, 18, 10, 5, 3, 0, time.UTC).UnixMilli(); e.At != want {
			t.Errorf("at %d, want %d", e.At, want)
		}
	}
}

func TestALogComesOverHTTPToo(t *testing.T) {
	g := newRig(t)
	r := g.post("/v1/import?format=combined&listing_pattern=%5E%2Fblog%2F(.%2B)&shift=1h", readLog(t)+"nonsense\n")
	g.want(r, 200, "")
	if p := last(t, r); !p.Done || !p.Progress.is(Progress{Lines: 15, Accepted: 10, Rejected: 1, Skipped: 4}) {
		t.Errorf("%s", r.body)
	}
	if rows := g.rejected(); len(rows) != 1 || string(rows[0].Event) != "null" {
		t.Errorf("%+v", rows)
	}
	g.want(g.post("/v1/import?format=combined&listing_pattern=(", ""), 400, "invalid_field")
	g.want(g.post("/v1/import?format=combined&shift=soon", ""), 400, "invalid_field")
	g.want(g.post("/v1/import?format=xml", ""), 400, "invalid_field")
}

func TestRecentForgetsWhatNobodyTouched(t *testing.T) {
	var r recent[int]
	key := func(i int) (k [16]byte) {
		k[0], k[1], k[2] = byte(i), byte(i>>8), byte(i>>16)
		return k
	}
	for i := range 3 * maxRecent {
		r.put(key(i), i)
		if v, ok := r.get(key(0)); ok {
			r.put(key(0), v)
		}
	}
	if _, ok := r.get(key(0)); !ok {
		t.Error("what was in use is gone")
	}
	if _, ok := r.get(key(1)); ok {
		t.Error("what nobody touched is still there")
	}
	if n := len(r.new) + len(r.old); n > 2*maxRecent {
		t.Errorf("it holds %d", n)
	}
}
