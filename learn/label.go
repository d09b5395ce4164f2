package learn

import (
	"slices"
	"sort"
	"time"
)

// A profile's leads that have no outcome when they are old enough count as lost only where at least this share of such
// leads has one: elsewhere silence says that nobody wrote it down.
const leastCoverage = 0.6

// leastShare bounds what a rare early outcome can weigh.
const leastShare = 0.05

// Labelled is a lead of which it is known whether it closed in time. Weight makes up for the leads of which that is not
// known yet: what ends early is seen sooner.
type Labelled struct {
	*Lead
	Won    bool
	Weight float64
}

// Coverage tells how many leads that are old enough have an outcome.
type Coverage struct {
	Matured     int      `json:"matured"`
	WithOutcome int      `json:"with_outcome"`
	Share       *float64 `json:"share"`        // null without any
	AssumedLost int      `json:"assumed_lost"` // without an outcome, of profiles that record them
	Dropped     int      `json:"dropped"`      // without an outcome, of profiles that do not
	Below       []string `json:"profiles_below"`
}

// Labels returns the leads that teach, as known at a moment: those created until then, by what was recorded until then.
//
//	closed_won within the horizon                              won
//	closed_won later, closed_lost, unresponsive                lost
//	open, nurturing, younger than the horizon                  unknown: weighs nothing, and is left out
//	open, nurturing, as old as the horizon                     lost, if the profile's coverage is enough, else dropped
//
// The weight is 1 / max(.05, share of leads that are at least as old as the lead was when it ended, at most the horizon).
func Labels(leads []Lead, now time.Time, horizon int) (known []Labelled, c Coverage) {
	var ages []float64
	by := map[string]*Coverage{}
	for i := range leads {
		d := &leads[i]
		age := d.age(now)
		if age < 0 {
			continue
		}
		ages = append(ages, age)
		if age >= float64(horizon) {
			p := by[d.Profile]
			if p == nil {
				p = new(Coverage)
				by[d.Profile] = p
			}
			p.Matured++
			if d.latest(now).Was != Unresolved {
				p.WithOutcome++
			}
		}
	}
	slices.Sort(ages)
	c.Below = []string{}
	for profile, p := range by {
		c.Matured, c.WithOutcome = c.Matured+p.Matured, c.WithOutcome+p.WithOutcome
		if !p.covered() {
			c.Below = append(c.Below, profile)
		}
	}
	slices.Sort(c.Below)
	if c.Matured > 0 {
		share := float64(c.WithOutcome) / float64(c.Matured)
		c.Share = &share
	}
	for i := range leads {
		d := &leads[i]
		age := d.age(now)
		if age < 0 {
			continue
		}
		end := d.latest(now)
		after := float64(min(end.Days, horizon))
		switch {
		case end.Was != Unresolved:
		case age < float64(horizon):
			continue
		case !by[d.Profile].covered():
			c.Dropped++
			continue
		default:
			c.AssumedLost++
			after = float64(horizon)
		}
		known = append(known, Labelled{
			Lead: d, Won: end.Was == Won && end.Days <= horizon, Weight: 1 / max(leastShare, olderShare(ages, after)),
		})
	}
	return known, c
}

func (c *Coverage) covered() bool { return float64(c.WithOutcome) >= leastCoverage*float64(c.Matured) }

// olderShare is the share of ages, which are sorted, of at least so many days. A lead that ended counts the day of its
// end whole, so its own age may be less than a day short of it.
func olderShare(ages []float64, days float64) float64 {
	younger := sort.SearchFloat64s(ages, days)
	return float64(len(ages)-younger) / float64(len(ages))
}

// counts returns how many leads are labelled and how many of them won.
func counts(known []Labelled) (labels, wins int) {
	for _, d := range known {
		if d.Won {
			wins++
		}
	}
	return len(known), wins
}

// unseen returns those of known that nobody can have learned from at an earlier moment, of people who taught nothing
// then either.
func unseen(leads []Lead, known []Labelled, then time.Time, horizon int) []Labelled {
	before, _ := Labels(heardOf(leads, then), then, horizon)
	taught := map[string]bool{}
	for _, d := range before {
		taught[string(d.Person[:])] = true
	}
	return slices.DeleteFunc(slices.Clone(known), func(d Labelled) bool { return taught[string(d.Person[:])] })
}
