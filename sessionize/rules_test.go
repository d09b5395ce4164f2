package sessionize

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"footfall/event"

	"github.com/cockroachdb/datadriven"
)

// answers is what both sides of these tests give: the world, which is the real fold, and the oracle.
type answers interface {
	add(c *event.Chunk)
	session(id string) Analytics
	visitor(id string) VisitorTotals
	listingDays(listing string) []ListingTotals
	pageDays() []PageDay
}

// The files of testdata/rules are worked out by hand from the meaning of the numbers, so both sides must print them:
//
//	new                          forget everything
//	send                         one event a line, folded in the order of lines; one chunk for as long as neither
//	                             session, visitor, flag nor time of receipt changes
//	session [id] · visitor id    print every number of it
//	listing id                   a row a day
//
// An event is `key=value` pairs: t (since 2026-03-01T12:00:00Z, may be negative), type, page, listing, clock (s),
// scroll (%), id, interaction, session (s1), visitor (none), recv (t, and never before the chunk before it), zone (0h:
// what the day of the site is ahead of UTC), flagged, imported and anonymous (words alone). With n=9 the line stands for nine
// events, every= after one another, in which %d counts from 1. The result of send is empty: nothing is refused.
func TestRulesOfTheNumbers(t *testing.T) {
	sides := []struct {
		name string
		new  func(t *testing.T) answers
	}{
		{"oracle", func(*testing.T) answers { return newOracle() }},
		{"world", func(t *testing.T) answers { return newWorld(t) }},
	}
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			datadriven.Walk(t, "testdata/rules", func(t *testing.T, path string) {
				r := &rules{answers: side.new(t)}
				datadriven.RunTest(t, path, func(st *testing.T, d *datadriven.TestData) string {
					if d.Cmd == "new" {
						r = &rules{answers: side.new(t)}
						return ""
					}
					return r.run(st, d)
				})
			})
		})
	}
}

var rulesBase = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli()

type rules struct {
	answers
	received int64 // of the last chunk
}

func (r *rules) run(t *testing.T, d *datadriven.TestData) string {
	id := "s1"
	if len(d.CmdArgs) > 0 {
		id = d.CmdArgs[0].Key
	}
	switch d.Cmd {
	case "send":
		r.send(t, d.Input)
		return ""
	case "session":
		return showSession(r.session(id))
	case "visitor":
		v := r.visitor(id)
		return fmt.Sprintf("visits=%d first=%s last=%s\n", v.VisitCount, showTime(v.FirstVisit), showTime(v.LastVisit))
	case "listing":
		return showDays(r.listingDays(id))
	}
	t.Fatalf("unknown command %s", d.Cmd)
	return ""
}

func (r *rules) send(t *testing.T, lines string) {
	var c *event.Chunk
	flush := func() {
		if c != nil {
			r.add(c)
		}
	}
	for line := range strings.Lines(lines) {
		repeat, every := 1, int64(0)
		for f := range strings.FieldsSeq(line) {
			if v, ok := strings.CutPrefix(f, "n="); ok {
				repeat = int(number(t, v))
			}
			if v, ok := strings.CutPrefix(f, "every="); ok {
				every = duration(t, v)
			}
		}
		for i := range repeat {
			next := parseRule(t, strings.ReplaceAll(line, "%d", strconv.Itoa(i+1)), int64(i)*every)
			next.Received = max(next.Received, r.received)
			r.received = next.Received
			if c != nil && c.Session == next.Session && c.Visitor == next.Visitor && c.Flags == next.Flags && c.Received == next.Received {
				c.Events = append(c.Events, next.Events...)
				continue
			}
			flush()
			c = next
		}
	}
	flush()
}

func parseRule(t *testing.T, line string, later int64) *event.Chunk {
	c := &event.Chunk{Session: "s1", Received: -1}
	e := event.Event{Clock: event.None, Scroll: event.None}
	zone := int64(0)
	for f := range strings.FieldsSeq(line) {
		key, v, _ := strings.Cut(f, "=")
		switch key {
		case "t":
			e.At = rulesBase + duration(t, v) + later
		case "type":
			if e.Type = event.TypeOf(v); e.Type == event.Custom {
				e.Name = v
			}
		case "page":
			e.Page = v
		case "listing":
			e.Listing = v
		case "clock":
			e.Clock = int32(number(t, v) * 1000)
		case "scroll":
			e.Scroll = int16(number(t, v)*10 + 0.5)
		case "id":
			e.ID = v
		case "interaction":
			e.Attrs = []event.Attr{{Key: event.AttrInteraction, Value: v}}
		case "session":
			c.Session = v
		case "visitor":
			c.Visitor = v
		case "recv":
			c.Received = rulesBase + duration(t, v)
		case "zone":
			zone = duration(t, v)
		case "flagged":
			c.Flags |= event.Flagged
		case "imported":
			c.Flags |= event.Imported
		case "anonymous":
			c.Flags |= event.Anonymous
		case "n", "every":
		default:
			t.Fatalf("unknown key %s in %s", key, line)
		}
	}
	e.Day = event.UTCDay(e.At + zone)
	if c.Received < 0 {
		c.Received = e.At
	}
	c.Events = []event.Event{e}
	return c
}

func number(t *testing.T, s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func duration(t *testing.T, s string) int64 {
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d.Milliseconds()
}

func showSession(a Analytics) string {
	visitor := a.VisitorID
	if visitor == "" {
		visitor = "none"
	}
	return fmt.Sprintf("visitor=%s events=%d visits=%d first=%s last=%s\n", visitor, a.EventCount, a.VisitCount, showTime(a.FirstVisit), showTime(a.LastVisit)) +
		fmt.Sprintf("duration=%s viewed=%s deep=%s started=%t completed=%t\n", showMillis(a.TotalDuration),
			showList(a.PropertiesViewed), showList(a.Deep), a.FormStarted, a.FormCompleted) +
		fmt.Sprintf("intent=%s score=%d truncated=%t flagged=%t\n", a.Intent, a.Score, a.Truncated, a.Flagged)
}

func showDays(days []ListingTotals) string {
	if len(days) == 0 {
		return "none\n"
	}
	var b strings.Builder
	for _, d := range days {
		fmt.Fprintf(&b, "%s views=%d unique=%d dwell=%s/%d scroll=%.1f%%/%d shares=%d inquiries=%d\n",
			time.Unix(int64(d.Day)*86_400, 0).UTC().Format(time.DateOnly), d.Views, d.Unique, showMillis(d.Dwell), d.DwellViews,
			float64(d.Scroll)/10, d.ScrollViews, d.Shares, d.Inquiries)
	}
	return b.String()
}

func showTime(ms int64) string {
	if ms == 0 {
		return "none"
	}
	return showMillis(ms - rulesBase)
}

func showMillis(ms int64) string { return (time.Duration(ms) * time.Millisecond).String() }

// showList prints a list; of a long one its length and its ends.
func showList(ids []string) string {
	if len(ids) > 8 {
		return fmt.Sprintf("%d[%s..%s]", len(ids), ids[0], ids[len(ids)-1])
	}
	return "[" + strings.Join(ids, " ") + "]"
}
