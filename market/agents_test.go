package market

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"footfall/event"
	"footfall/journal"
	"footfall/leads"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// The file tells what happened, a line each, and asks. A line is a local time of site 1, or with "site=2" of site 2, then
//
//	lead NAME PROFILE | status NAME WORD | call NAME | undo NAME | end NAME OUTCOME [DATE] | give NAME PROFILE |
//	erase NAME | views PROFILE N
func TestAgentsFiguresAsWorkedByHand(t *testing.T) {
	w := newAgency(t, time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC))
	ids := map[string]string{}
	datadriven.RunTest(t, "testdata/agents", func(t *testing.T, d *datadriven.TestData) string {
		w.t = t
		site := uint32(1)
		if d.HasArg("site") {
			d.ScanArgs(t, "site", &site)
		}
		sites := w.catalog.Sites()
		if d.HasArg("only") {
			sites = sites[:1]
		}
		show := func(v any, err error) string {
			w.must(err)
			b, err := json.Marshal(v)
			w.must(err)
			var out bytes.Buffer
			w.must(json.Indent(&out, b, "", " "))
			return out.String() + "\n"
		}
		text := func(name string) (s string) {
			d.ScanArgs(t, name, &s)
			return s
		}
		day := func(name string) uint16 {
			at, err := time.Parse(time.DateOnly, text(name))
			w.must(err)
			return uint16(dayOf(at))
		}
		switch d.Cmd {
		case "story":
			for line := range strings.Lines(d.Input) {
				w.tell(site, ids, strings.Fields(line))
			}
			return ""
		case "performance":
			months := 1
			d.ScanArgs(t, "months", &months)
			return show(w.agents.Performance(sites, text("of"), months, w.clock()))
		case "days":
			return show(w.agents.Days("default", sites, day("from"), day("to")))
		case "leaderboard":
			at, err := time.Parse("2006-01", text("month"))
			w.must(err)
			return show(w.agents.Leaderboard("default", sites, MonthOf(at)))
		}
		t.Fatalf("unknown command %s", d.Cmd)
		return ""
	})
}

func (w *agency) tell(site uint32, ids map[string]string, f []string) {
	w.t.Helper()
	at, err := time.ParseInLocation("2006-01-02T15:04", f[0], w.site(site).Zone())
	w.must(err)
	w.now.Store(at.UnixMilli())
	switch id := ids[f[2]]; f[1] {
	case "lead":
		ids[f[2]] = w.lead(site, f[3])
	case "status":
		w.patch(site, id, leads.Patch{Status: &f[3]})
	case "call":
		w.act(site, id)
	case "undo":
		w.undo(site, id)
	case "end":
		w.end(site, id, f[3], strings.Join(f[4:], ""))
	case "give":
		w.patch(site, id, leads.Patch{Profile: &f[3]})
	case "erase":
		w.erase(site, id)
	case "views":
		n := 0
		_, err := fmt.Sscan(f[3], &n)
		w.must(err)
		w.views(site, strings.TrimPrefix(f[2], "-"), n)
	default:
		w.t.Fatalf("unknown line %v", f)
	}
}

// views is a session that looks at pages of a profile.
func (w *agency) views(site uint32, profile string, n int) {
	w.t.Helper()
	w.n++
	c := &event.Chunk{Session: fmt.Sprint("s", w.n), Visitor: fmt.Sprint("v", w.n), Profile: profile, Received: w.now.Load()}
	day := dayOf(w.clock().In(w.site(site).Zone()))
	for range n {
		c.Events = append(c.Events, event.Event{Type: event.PageView, At: w.now.Load(), Day: int32(day), Clock: event.None, Scroll: event.None})
	}
	_, err := w.journal.Submit(w.t.Context(), journal.Record{Kind: journal.KindChunk, Site: site, Session: c.Session, Chunk: c, At: w.clock()})
	w.must(err)
}

func TestDaysOfAnOrganizationAreARecountOfTheJournal(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		run := &scope{TB: t}
		defer run.end()
		w := newAgency(run, time.Date(2025, 9, 30, 20, 0, 0, 0, time.UTC))
		w.live(rt)
		all := recount(t, w)
		start := dayOf(time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC))
		from := uint16(start + rapid.IntRange(0, 200).Draw(rt, "from"))
		to := from + uint16(rapid.IntRange(0, 200).Draw(rt, "days"))
		got, err := w.agents.Days("default", w.catalog.Sites(), from, to)
		w.must(err)
		type key struct {
			day   int
			agent string
		}
		closed, made := map[key]int64{}, map[key]int64{}
		deals := map[int]int64{}
		for _, l := range all {
			day := dayOf(l.created)
			_, _, won, _, _, last := l.story()
			made[key{day, l.profile}]++
			if won {
				closed[key{day, l.profile}]++
				deals[last.Outcome.Day]++
			}
		}
		rows := map[Date]OrganizationSums{}
		for _, d := range got.Days {
			rows[d.Date] = d.OrganizationSums
		}
		var sum OrganizationSums
		for day := int(from); day <= int(to); day++ {
			want, best := OrganizationSums{Closed: deals[day]}, ""
			for _, agent := range []string{"ann", "ben", "default"} {
				k := key{day, agent}
				want.Leads += made[k]
				want.Conversions += closed[k]
				b := key{day, best}
				if made[k] > 0 && (best == "" || closed[k] > closed[b] || closed[k] == closed[b] && made[k] > made[b]) {
					best = agent
				}
			}
			row, found := rows[Date(day)]
			if found != (want.Leads > 0 || want.Closed > 0) || row.Leads != want.Leads || row.Conversions != want.Conversions || row.Closed != want.Closed ||
				(row.Best == nil) != (best == "") || row.Best != nil && *row.Best != best {
				rt.Fatalf("%s: %+v, want %+v and best %q", Date(day), row, want, best)
			}
			sum.Leads, sum.Conversions, sum.Closed = sum.Leads+want.Leads, sum.Conversions+want.Conversions, sum.Closed+want.Closed
		}
		if got.Totals.Leads != sum.Leads || got.Totals.Conversions != sum.Conversions || got.Totals.Closed != sum.Closed {
			rt.Fatalf("totals %+v, want %+v", got.Totals, sum)
		}
	})
}
