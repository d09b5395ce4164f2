package market

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"footfall/journal"
	"footfall/leads"
	"footfall/sessionize"
	"footfall/store"

	"pgregory.net/rapid"
)

// recounted is a lead as the raw records of the journal tell of it.
type recounted struct {
	site     uint32
	id       string
	profile  string
	status   string // it came with
	created  time.Time
	entries  []recountedEntry
	priority string
}

type recountedEntry struct {
	Number   uint64 `json:"n"`
	At       int64  `json:"at"`
	Undated  bool   `json:"undated"`
	Activity string `json:"activity"`
	Status   string `json:"status"`
	Outcome  *struct {
		Outcome string `json:"outcome"`
		Day     int    `json:"day"`
		Days    int64  `json:"days"`
	} `json:"outcome"`
	Undo *struct {
		Number uint64 `json:"n"`
	} `json:"undo"`
	Profile string `json:"profile_id"`
	Lead    string `json:"lead"`
}

// recount reads every record of leads. It shares nothing with what is tried but the clock's zones.
func recount(t testing.TB, w *agency) (all []*recounted) {
	byID := map[string]*recounted{}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for r, err := range w.journal.Read(0) {
		must(err)
		switch r.Kind {
		case journal.KindLead:
			_, rest, err := sessionize.DecodeLeadLink(r.Body)
			must(err)
			var d struct {
				Status string
				Lead   struct {
					ID       string    `json:"id"`
					Created  time.Time `json:"created_at"`
					Profile  string    `json:"profile_id"`
					Priority string    `json:"ml_priority"`
				} `json:"lead"`
			}
			must(json.Unmarshal(rest[1:], &d))
			if d.Status == "" {
				d.Status = "new"
			}
			byID[d.Lead.ID] = &recounted{site: r.Site, id: d.Lead.ID, profile: d.Lead.Profile, status: d.Status,
				created: d.Lead.Created.In(w.site(r.Site).Zone()), priority: d.Lead.Priority}
			all = append(all, byID[d.Lead.ID])
		case journal.KindPatch, journal.KindActivity, journal.KindOutcome:
			var e recountedEntry
			must(json.Unmarshal(r.Body[1:], &e))
			l := byID[e.Lead]
			if l == nil {
				continue
			}
			if e.Profile != "" {
				l.profile = e.Profile
			}
			if e.Undo != nil {
				for i := range l.entries {
					if l.entries[i].Number == e.Undo.Number {
						l.entries = append(l.entries[:i:i], l.entries[i+1:]...)
						break
					}
				}
			} else if e.Activity != "" || e.Status != "" || e.Outcome != nil {
				l.entries = append(l.entries, e)
			}
		case journal.KindErase:
			targets, err := journal.DecodeErase(r.Body)
			must(err)
			gone := map[store.ID]bool{}
			for _, target := range targets {
				gone[target.ID] = gone[target.ID] || target.Kind == journal.EraseLead
			}
			kept := all[:0:0]
			for _, l := range all {
				if l.site == r.Site && gone[w.db.ID(l.id)] {
					delete(byID, l.id)
				} else {
					kept = append(kept, l)
				}
			}
			all = kept
		}
	}
	return all
}

// story tells what became of a lead.
func (l *recounted) story() (moved, qualified, won, open bool, contacted int64, last *recountedEntry) {
	status := l.status
	see := func(s string, at int64) {
		if s != "new" && !moved {
			moved, contacted = true, at
		}
		qualified = qualified || s == "qualified" || s == "closed_won"
		status = s
	}
	see(status, 0)
	for i := range l.entries {
		e := &l.entries[i]
		at := e.At
		if e.Undated {
			at = 0
		}
		switch {
		case e.Status != "":
			see(e.Status, at)
		case e.Outcome != nil:
			see(e.Outcome.Outcome, at)
			last = e
		case status == "new":
			see("contacted", at)
		}
	}
	won = last != nil && last.Outcome.Outcome == "closed_won"
	return moved, qualified, won, strings.Contains(" new contacted qualified nurturing ", " "+status+" "), contacted, last
}

// exactMean rounds sum/n·per half up to two decimals, as exact arithmetic on decimals does; "null" for nothing.
func exactMean(sum, n int64, per *big.Rat) string {
	if n == 0 {
		return "null"
	}
	r := new(big.Rat).Mul(big.NewRat(sum, n), per)
	r.Mul(r, big.NewRat(100, 1)).Add(r, big.NewRat(1, 2))
	whole := new(big.Int).Div(r.Num(), r.Denom())
	f, _ := new(big.Rat).SetFrac(whole, big.NewInt(100)).Float64()
	b, _ := json.Marshal(f)
	return string(b)
}

// figuresOf is the JSON of Figures of leads.
func figuresOf(all []*recounted) string {
	var contacted, qualified, closed, open, timed, ms, days int64
	by := map[string]int64{}
	for _, l := range all {
		moved, q, won, isOpen, at, last := l.story()
		for is, n := range map[*int64]bool{&contacted: moved, &qualified: q, &closed: won, &open: isOpen} {
			if n {
				*is++
			}
		}
		by[l.priority]++
		if at != 0 {
			timed++
			ms += max(at-l.created.UnixMilli(), 0)
		}
		if won {
			days += last.Outcome.Days
		}
	}
	return fmt.Sprintf(`"total_leads":%d,"contacted_leads":%d,"qualified_leads":%d,"closed_deals":%d,"open_leads":%d,`+
		`"avg_days_to_contact":%s,"avg_minutes_to_contact":%s,"avg_days_to_close":%s,"conversion_rate":%s,"priorities":{"high":%d,"medium":%d,"low":%d}`,
		len(all), contacted, qualified, closed, open, exactMean(ms, timed, big.NewRat(1, 86_400_000)), exactMean(ms, timed, big.NewRat(1, 60_000)),
		exactMean(days, closed, big.NewRat(1, 1)), exactMean(closed, int64(len(all)), big.NewRat(100, 1)), by["high"], by["medium"], by["low"])
}

// live lets a year pass in which anything may happen to leads.
func (w *agency) live(rt *rapid.T) {
	type known struct {
		site uint32
		id   string
	}
	var all []known
	for range rapid.IntRange(1, 40).Draw(rt, "steps") {
		// The steps reach over midnights, ends of months, and hours that a clock leaves out or shows twice.
		w.now.Add(rapid.SampledFrom([]int64{1, 61_000, 30 * 60_000, 3 * 3_600_000, 86_400_000, 9 * 86_400_000, 26 * 86_400_000}).Draw(rt, "pass"))
		site := rapid.SampledFrom([]uint32{1, 1, 2}).Draw(rt, "site")
		what := rapid.SampledFrom(strings.Fields("lead lead lead lead import act act act undo status status end end give erase")).Draw(rt, "what")
		if what == "lead" || len(all) == 0 {
			all = append(all, known{site, w.lead(site, rapid.SampledFrom([]string{"ann", "ann", "ben", ""}).Draw(rt, "whose"))})
			continue
		}
		i := rapid.IntRange(0, len(all)-1).Draw(rt, "of")
		l := all[i]
		switch what {
		case "import":
			w.imports(site, rapid.SampledFrom([]string{"New", "Contacted", "Closed Won", "Closed Lost", "Nurture"}).Draw(rt, "stage"))
		case "act":
			w.act(l.site, l.id)
		case "undo":
			w.undo(l.site, l.id)
		case "status":
			s := rapid.SampledFrom(strings.Fields("new contacted qualified nurturing unresponsive closed_won closed_lost")).Draw(rt, "status")
			w.patch(l.site, l.id, leads.Patch{Status: &s})
		case "end":
			w.end(l.site, l.id, rapid.SampledFrom(strings.Fields("closed_won closed_won closed_lost nurturing unresponsive")).Draw(rt, "outcome"), "")
		case "give":
			p := rapid.SampledFrom([]string{"ann", "ben"}).Draw(rt, "to")
			w.patch(l.site, l.id, leads.Patch{Profile: &p})
		case "erase":
			w.erase(l.site, l.id)
			all = append(all[:i:i], all[i+1:]...)
		}
	}
}

// imports imports a lead of ann's that was made some time ago.
func (w *agency) imports(site uint32, stage string) {
	w.t.Helper()
	w.n++
	text := func(format string, args ...any) []byte {
		b, err := json.Marshal(fmt.Sprintf(format, args...))
		w.must(err)
		return b
	}
	at := w.clock().Add(-time.Duration(w.n%90) * 24 * time.Hour).UTC().Format(time.RFC3339)
	results, err := w.leads.Import(w.t.Context(), leads.Import{Site: w.site(site)}, [][]leads.Field{{
		{Name: "external_id", Value: text("x%d", w.n)}, {Name: "email", Value: text("x%d@example.com", w.n)},
		{Name: "created_at", Value: text("%s", at)}, {Name: "stage", Value: text("%s", stage)}, {Name: "profile_id", Value: text("ann")},
	}})
	w.must(err)
	w.must(results[0].Err)
}

// scope ends with one run of a property, so that no world outlives it.
type scope struct {
	testing.TB
	cleanups []func()
}

func (s *scope) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *scope) end() {
	for i := len(s.cleanups) - 1; i >= 0; i-- {
		s.cleanups[i]()
	}
}

func TestPerformanceIsARecountOfTheJournalLiveAndRebuilt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		run := &scope{TB: t}
		defer run.end()
		w := newAgency(run, time.Date(2025, 9, 30, 20, 0, 0, 0, time.UTC))
		w.live(rt)
		w.sameAsRecounted(rt)
		w.rebuild()
		w.sameAsRecounted(rt)
	})
}

func (w *agency) sameAsRecounted(rt *rapid.T) {
	all := recount(w.t, w)
	here, there := w.clock().In(w.site(1).Zone()), w.clock().In(w.site(2).Zone())
	newest := here
	if there.Format("2006-01") > here.Format("2006-01") {
		newest = there
	}
	months := rapid.IntRange(1, 14).Draw(rt, "months")
	for _, profile := range []string{"ann", "ben", "default", "nobody"} {
		var want []string
		for i := range months {
			first := time.Date(newest.Year(), newest.Month()-time.Month(i), 1, 12, 0, 0, 0, time.UTC)
			var of []*recounted
			for _, l := range all {
				if l.profile == profile && l.created.Format("2006-01") == first.Format("2006-01") {
					of = append(of, l)
				}
			}
			want = append(want, fmt.Sprintf(`{"period_start":%q,"period_end":%q,%s}`, first.Format("2006-01-02"),
				first.AddDate(0, 1, -1).Format("2006-01-02"), figuresOf(of)))
		}
		got, err := json.Marshal(w.performance(profile, months))
		w.must(err)
		if want := fmt.Sprintf(`{"profile_id":%q,"months":[%s]}`, profile, strings.Join(want, ",")); string(got) != want {
			rt.Fatalf("%s\ngot  %s\nwant %s", profile, got, want)
		}
	}
}
