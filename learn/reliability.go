package learn

import (
	"cmp"
	"slices"
	"time"

	"footfall/scorer"
)

// How many leads a bin of the reliability plot has at least, and how many bins there are at most.
const (
	leastInBin = 20
	maxBins    = 10
)

// Bin is leads of which much the same was said when they came, and how many of them won.
type Bin struct {
	From     float64 `json:"from"` // smallest and largest probability
	To       float64 `json:"to"`
	Expected float64 `json:"expected"` // mean probability
	Observed float64 `json:"observed"` // share that won within the horizon
	Low      float64 `json:"low"`      // 95 % bounds
	High     float64 `json:"high"`     // of it, by Wilson
	Leads    int     `json:"leads"`
	Won      int     `json:"won"`
}

// reliability deals leads that are as old as the horizon to bins of equal count, by what was said of them; leads of which
// the same was said stay together. Too few make no bin.
func reliability(known []Labelled, now time.Time, horizon int) []Bin {
	var mature []Labelled
	for _, d := range known {
		if !d.Imported && d.age(now) >= float64(horizon) {
			mature = append(mature, d)
		}
	}
	slices.SortStableFunc(mature, func(a, b Labelled) int { return cmp.Compare(a.Probability, b.Probability) })
	bins := []Bin{}
	for n := min(len(mature)/leastInBin, maxBins); n > 0 && len(mature) > 0; n-- {
		end := max((len(mature)+n-1)/n, 1)
		for end < len(mature) && (n == 1 || mature[end].Probability == mature[end-1].Probability) {
			end++
		}
		bins = append(bins, newBin(mature[:end]))
		mature = mature[end:]
	}
	return bins
}

func newBin(leads []Labelled) Bin {
	b := Bin{From: leads[0].Probability, To: leads[len(leads)-1].Probability, Leads: len(leads)}
	for _, d := range leads {
		b.Expected += d.Probability / float64(len(leads))
		if d.Won {
			b.Won++
		}
	}
	b.Observed = float64(b.Won) / float64(b.Leads)
	b.Low, b.High = scorer.Wilson(b.Won, b.Leads)
	return b
}
