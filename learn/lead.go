package learn

import (
	"time"

	"footfall/scorer"
	"footfall/store"
)

// Lead is a lead as learning sees it: no word of what its person wrote.
type Lead struct {
	ID          string
	Profile     string   // now
	Person      store.ID // the same for leads of the same person
	Created     int64    // ms
	Arrived     int64    // when it was first heard of, ms: of an imported lead the import
	Imported    bool     // made elsewhere, earlier: its score was not shown when it came
	Features    scorer.Features
	Points      int     // of the rules, uncapped
	Priority    string  // at creation, like the next three
	Score       float64 // exact
	Probability float64
	Model       string
	Contacted   int64       // first change from new, ms, 0: never, or it is not known when
	Ends        []End       // in the order in which they were recorded
	Judged      []Judgement // of its score, by people
}

// End is how a lead ended, for now.
type End struct {
	At    int64 // recorded, ms; of an imported lead, for which that is not known, the end of the day it ended
	Heard int64 // when we were told, ms; At but for imported leads
	Days  int   // from the lead's local day of creation until then
	Was   Ended
}

// Ended says what an End means for the question whether a lead closes.
type Ended int8

// What an End may be.
const (
	Unresolved Ended = iota // nurturing, or opened again
	Lost                    // closed_lost, unresponsive
	Won                     // closed_won
)

// age is how old a lead is, in days.
func (d *Lead) age(now time.Time) float64 {
	return float64(now.UnixMilli()-d.Created) / float64(24*time.Hour/time.Millisecond)
}

// latest returns how the lead has ended by what was recorded until now, an Unresolved one if it did not.
func (d *Lead) latest(now time.Time) (e End) {
	for _, r := range d.Ends {
		if r.At <= now.UnixMilli() {
			e = r
		}
	}
	return e
}

// heardOf returns the leads as this directory knew them at an earlier moment.
func heardOf(leads []Lead, then time.Time) []Lead {
	var out []Lead
	for _, d := range leads {
		if d.Arrived > then.UnixMilli() {
			continue
		}
		var ends []End
		for _, e := range d.Ends {
			if e.Heard <= then.UnixMilli() {
				ends = append(ends, e)
			}
		}
		d.Ends = ends
		out = append(out, d)
	}
	return out
}

// Judgement is whether somebody found a score right, and what priority was shown to them. It never trains.
type Judgement struct {
	Accurate bool
	Band     string
}
