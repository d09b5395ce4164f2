package learn

import (
	"context"
	"fmt"
	"math"

	"footfall/scorer"
)

// leastUnseen is how many leads that nobody learned from a comparison needs: fewer say nothing.
const leastUnseen = 20

// z90 is the one-sided 90 % point of the normal distribution.
const z90 = 1.2815515655446004

// A model of the same recipe may be worse by this share of the champion's log loss, within the bound: it knows newer leads.
const slack = 0.01

// judge says whether the trained model becomes active, and why.
func (t *trial) judge(ctx context.Context, progress func(float64)) (promoted bool, why string, err error) {
	if !t.version.Gate.Passed {
		return false, t.version.Gate.Verdict, nil
	}
	if t.state.Active == 0 {
		return true, t.version.Gate.Verdict, nil
	}
	champion, err := t.l.load(t.state.Organization, t.state.Active)
	if err != nil { // it scores nobody either
		return true, fmt.Sprintf("%s cannot be read", versionName(t.state.Active)), nil
	}
	fresh := unseen(t.leads, t.known, champion.version.Trained, champion.version.Horizon)
	if len(fresh) < leastUnseen {
		return false, fmt.Sprintf("not compared: %d leads that %s did not learn from, %d are needed", len(fresh), champion.version.Version, leastUnseen), nil
	}
	challenger, err := t.crossed(ctx, fresh, progress)
	if err != nil {
		return false, "", err
	}
	promoted, why = t.compare(fresh, challenger, champion)
	return promoted, why, nil
}

// crossed returns for leads that the champion has not seen the log-odds of models of the same recipe that have not seen
// them either: each half by a model of all other leads.
func (t *trial) crossed(ctx context.Context, fresh []Labelled, progress func(float64)) ([]float64, error) {
	half := foldsOf(fresh, 2, uint64(t.number))
	out := make([]float64, len(fresh))
	for side := range 2 {
		var held []Labelled
		people := map[string]bool{}
		for i, d := range fresh {
			if half[i] == side {
				held = append(held, d)
				people[string(d.Person[:])] = true
			}
		}
		var others []Labelled
		for _, d := range t.known {
			if !people[string(d.Person[:])] {
				others = append(others, d)
			}
		}
		o := t.l.options(ctx, others, uint64(t.number), func(share float64) { progress((float64(side) + share) / 2) })
		o.Gate, o.Alone = false, true
		m, err := scorer.Train(ctx, data(others, uint64(t.number)), o)
		if err != nil {
			return nil, fmt.Errorf("train a model to compare: %w", err)
		}
		odds := newLoaded("", nil, m).logOdds(held)
		for i := range fresh {
			if half[i] == side {
				out[i], odds = odds[0], odds[1:]
			}
		}
	}
	return out, nil
}

func (t *trial) compare(fresh []Labelled, challenger []float64, champion *loaded) (promoted bool, why string) {
	y, w := outcomes(fresh)
	odds := champion.logOdds(fresh)
	mean, se := scorer.PairedLoss(challenger, odds, y, w)
	bound, limit := mean+z90*se, 0.0
	if champion.version.Recipe == t.version.Recipe {
		limit = slack * lossOf(odds, y, w)
	}
	verdict := "not promoted"
	if promoted = bound < limit; promoted {
		verdict = "better"
	}
	return promoted, fmt.Sprintf("%s: on %d leads that neither has seen its log loss is %+.4f against %s, at most %+.4f with 90 %%; the bound is %+.4f",
		verdict, len(fresh), mean, champion.version.Version, bound, limit)
}

func outcomes(known []Labelled) (y, w []float64) {
	y, w = make([]float64, len(known)), make([]float64, len(known))
	for i, d := range known {
		w[i] = d.Weight
		if d.Won {
			y[i] = 1
		}
	}
	return y, w
}

// lossOf is the weighted mean log loss of log-odds.
func lossOf(odds, y, w []float64) float64 {
	p := make([]float64, len(odds))
	for i, m := range odds {
		p[i] = 1 / (1 + math.Exp(-m))
	}
	return scorer.LogLoss(p, y, w)
}
