package learn

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"footfall/scorer"
)

// Monitoring is how an organization's models have done, by what is known now.
type Monitoring struct {
	Active    string         `json:"active"`
	Since     *time.Time     `json:"active_since"` // null: from the beginning
	AUC       *float64       `json:"model_auc"`    // of the active version, out of fold when it was trained
	Standing  *Standing      `json:"standing"`     // null without a model
	Cohorts   []Cohort       `json:"cohorts"`      // by the UTC month of creation, oldest first
	All       Cohort         `json:"all"`
	Bins      []Bin          `json:"reliability"` // by what was said of leads, from the least on
	Stability *Drift         `json:"stability"`   // null without a model
	Feedback  []Helpful      `json:"feedback"`
	Contact   []FirstContact `json:"first_contact"`
	History   []AUCPoint     `json:"auc_history"` // one a training, oldest first
	Coverage  Coverage       `json:"label_coverage"`
	HitRate   *float64       `json:"cache_hit_rate"` // how often a model was in memory when one was needed, null if never
	Volume
}

// Cohort compares leads that were created in the same month with what was said of them then.
type Cohort struct {
	Month    string   `json:"cohort"`
	Leads    int      `json:"leads"`         // imported ones left out: nobody was shown their score when they came
	Matured  int      `json:"matured"`       // as old as the horizon, and known to have ended or not
	Share    *float64 `json:"matured_share"` // of Leads
	Won      int      `json:"won"`           // of Matured, within the horizon
	Expected float64  `json:"expected"`      // sum of their probabilities
	Ratio    *float64 `json:"observed_over_expected"`
	Low      *float64 `json:"low"`  // exact 95 % bounds
	High     *float64 `json:"high"` // of the ratio
}

// Helpful is how people judged the scores of a priority.
type Helpful struct {
	Band   string   `json:"band"`
	Judged int      `json:"judged"`
	Yes    int      `json:"accurate"`
	Rate   *float64 `json:"rate"`
	Low    *float64 `json:"low"`  // 95 % bounds
	High   *float64 `json:"high"` // by Wilson
}

// FirstContact is how soon somebody turned to the leads of a priority.
type FirstContact struct {
	Band      string   `json:"band"`
	Leads     int      `json:"leads"`
	Contacted int      `json:"contacted"`
	Median    *float64 `json:"median_minutes"`
}

// AUCPoint is the AUC of a version.
type AUCPoint struct {
	Version string     `json:"version"`
	Trained time.Time  `json:"trained_at"`
	AUC     *float64   `json:"auc"`
	Range   [2]float64 `json:"auc_interval"`
}

// bands from most to least urgent.
var bands = []string{scorer.PriorityHigh, scorer.PriorityMedium, scorer.PriorityLow}

// Monitor looks at all leads of an organization.
func (l *Learn) Monitor(organization string) (*Monitoring, error) {
	leads, err := l.o.Leads(organization)
	if err != nil {
		return nil, fmt.Errorf("read the leads to look at: %w", err)
	}
	now, s := l.now(), l.stateOf(organization)
	horizon := l.o.Catalog.Settings(organization).Horizon
	m := &Monitoring{Active: versionName(s.Active), Volume: l.use.volume(organization, now)}
	if !s.Since.IsZero() {
		m.Since = &s.Since
	}
	known, cover := Labels(leads, now, horizon)
	m.Coverage = cover
	m.Cohorts, m.All = cohorts(leads, known, now, horizon)
	m.Bins, m.HitRate = reliability(known, now, horizon), l.models.hitRate(organization)
	m.Feedback, m.Contact = helpful(leads), contacts(leads)
	if m.History, err = l.aucHistory(organization); err != nil {
		return nil, err
	}
	model, err := l.active(organization, &s)
	if err != nil || model == nil {
		return m, err
	}
	m.AUC = model.version.AUC
	standing := standingOf(model, leads, known)
	m.Standing, m.Stability = &standing, driftOf(model, leads)
	return m, nil
}

func (l *Learn) aucHistory(organization string) ([]AUCPoint, error) {
	versions, err := l.Versions(organization)
	points := []AUCPoint{}
	for _, v := range slices.Backward(versions) {
		points = append(points, AUCPoint{v.Version.Version, v.Trained, v.AUC, v.AUCRange})
	}
	return points, err
}

func cohorts(leads []Lead, known []Labelled, now time.Time, horizon int) (months []Cohort, all Cohort) {
	by := map[string]*Cohort{}
	all.Month = "all"
	month := func(d *Lead) *Cohort {
		name := time.UnixMilli(d.Created).UTC().Format("2006-01")
		if by[name] == nil {
			by[name] = &Cohort{Month: name}
		}
		return by[name]
	}
	for i := range leads {
		if d := &leads[i]; !d.Imported {
			month(d).Leads++
			all.Leads++
		}
	}
	for _, d := range known {
		if d.Imported || d.age(now) < float64(horizon) {
			continue
		}
		for _, c := range []*Cohort{month(d.Lead), &all} {
			c.Matured++
			c.Expected += d.Probability
			if d.Won {
				c.Won++
			}
		}
	}
	months = []Cohort{}
	for _, c := range by {
		months = append(months, c.done())
	}
	slices.SortFunc(months, func(a, b Cohort) int { return strings.Compare(a.Month, b.Month) })
	return months, all.done()
}

func (c Cohort) done() Cohort {
	if c.Leads > 0 {
		share := float64(c.Matured) / float64(c.Leads)
		c.Share = &share
	}
	ratio, low, high := scorer.ObservedOverExpected(c.Won, c.Expected)
	c.Ratio, c.Low, c.High = known64(ratio), known64(low), known64(high)
	return c
}

func helpful(leads []Lead) (list []Helpful) {
	for _, band := range bands {
		h := Helpful{Band: band}
		for _, d := range leads {
			for _, j := range d.Judged {
				if j.Band == band {
					h.Judged++
					if j.Accurate {
						h.Yes++
					}
				}
			}
		}
		if h.Judged > 0 {
			h.Rate = known64(float64(h.Yes) / float64(h.Judged))
		}
		low, high := scorer.Wilson(h.Yes, h.Judged)
		h.Low, h.High = known64(low), known64(high)
		list = append(list, h)
	}
	return list
}

func contacts(leads []Lead) (list []FirstContact) {
	for _, band := range bands {
		f := FirstContact{Band: band}
		var minutes []float64
		for _, d := range leads {
			if d.Imported || d.Priority != band {
				continue
			}
			if f.Leads++; d.Contacted > 0 {
				minutes = append(minutes, float64(d.Contacted-d.Created)/60_000)
			}
		}
		if f.Contacted = len(minutes); f.Contacted > 0 {
			slices.Sort(minutes)
			f.Median = known64((minutes[(len(minutes)-1)/2] + minutes[len(minutes)/2]) / 2)
		}
		list = append(list, f)
	}
	return list
}

// Drift compares the leads that came after the training of a model with those before.
type Drift struct {
	Before   int                         `json:"leads_before"`
	After    int                         `json:"leads_after"`
	Alarm    bool                        `json:"alarm"` // of any below
	Score    scorer.Stability            `json:"score"`
	Features map[string]scorer.Stability `json:"features"`
}

// driftBins is how many bins of equal count the leads before are dealt to.
const driftBins = 10

// driftOf returns nil as long as there are no leads on either side.
func driftOf(m *loaded, leads []Lead) *Drift {
	var sides [2][]Labelled
	for i := range leads {
		side := 0
		if leads[i].Created > m.version.Trained.UnixMilli() {
			side = 1
		}
		sides[side] = append(sides[side], Labelled{Lead: &leads[i]})
	}
	d := &Drift{Before: len(sides[0]), After: len(sides[1]), Features: map[string]scorer.Stability{}}
	if d.Before == 0 || d.After == 0 {
		return nil
	}
	d.Score = stability(m.logOdds(sides[0]), m.logOdds(sides[1]))
	d.Alarm = d.Score.Alarm
	for j, name := range scorer.FeatureNames {
		var values [2][]float64
		for side, list := range sides {
			for _, k := range list {
				values[side] = append(values[side], k.Features[j])
			}
		}
		s := stability(values[0], values[1])
		d.Features[name] = s
		d.Alarm = d.Alarm || s.Alarm
	}
	return d
}

// stability counts values in bins of equal count of those before; what is not known has a bin of its own.
func stability(before, after []float64) scorer.Stability {
	sorted := slices.DeleteFunc(slices.Clone(before), math.IsNaN)
	slices.Sort(sorted)
	var edges []float64
	for b := 1; b < driftBins && len(sorted) > 0; b++ {
		edges = append(edges, sorted[b*(len(sorted)-1)/driftBins])
	}
	edges = slices.Compact(edges)
	count := func(values []float64) []int {
		counts := make([]int, len(edges)+2)
		for _, v := range values {
			if math.IsNaN(v) {
				counts[len(counts)-1]++
			} else {
				counts[sort.Search(len(edges), func(i int) bool { return edges[i] >= v })]++
			}
		}
		return counts
	}
	return scorer.StabilityOf(count(before), count(after))
}
