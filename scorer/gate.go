package scorer

import (
	"fmt"
	"math"
)

// Gate is whether a model says more than the base rate does.
type Gate struct {
	Passed     bool    `json:"passed"`
	LogLoss    float64 `json:"log_loss"`      // out of fold, calibrated by the other folds
	Base       float64 `json:"base_log_loss"` // of the base rate of the same training rows
	Difference float64 `json:"difference"`    // of the two, below 0 where the model is better
	SE         float64 `json:"standard_error"`
	Agreement  float64 `json:"agreement"` // how well log-odds go with outcomes, in standard errors of chance
	Verdict    string  `json:"verdict"`
}

// LeastAgreement is what a model needs besides a gain. Few wins that happen to be well predicted make a gain that is larger
// than its standard error, as that is taken from the same few. What chance alone would do is known better. Of models of
// shuffled outcomes of 50 to 500 rows 2 to 7 % passed by their gain alone, and about 1 % pass both.
const LeastAgreement = 1.75

// States of sufficiency.
const (
	StateNone   = "none"   // fewer than LeastRare of the rarer class
	StateEarly  = "early"  // the gate was not passed
	StateEnough = "enough" // it was
)

// Sufficiency is whether there are labels enough, and what is missing.
type Sufficiency struct {
	Labels int    `json:"labels"`
	Wins   int    `json:"wins"`
	State  string `json:"state"`
	Needs  string `json:"needs"`
}

// gateOf judges margins of out-of-fold rows: the mean log loss must be better than that of the base rates by more than
// one standard error of the paired difference, and the margins must go with the outcomes. parts is the sum over the folds of
// tested by trained rows.
//
// Rows tell less than as many fresh ones, as models of folds share rows (see pooled.calibration): the variance of the mean
// of k folds is (1/k + tested/trained) that of one fold's (Nadeau & Bengio, Machine Learning 52, 2003, equation 9), so it is
// 1 + parts times that of the mean of all rows, 9/4 in five folds.
func gateOf(margin, base, y, w []float64, parts float64) Gate {
	g := Gate{
		LogLoss: weightedMean(w, func(i int) float64 { return marginLoss(margin[i], y[i]) }),
		Base:    weightedMean(w, func(i int) float64 { return marginLoss(base[i], y[i]) }),
	}
	g.Difference, g.SE = PairedLoss(margin, base, y, w)
	g.SE *= math.Sqrt(1 + parts)
	g.Agreement = agreement(margin, base, y, w) / math.Sqrt(1+parts)
	gain, agrees := g.Difference < -g.SE, g.Agreement > LeastAgreement
	g.Passed = gain && agrees
	switch {
	case g.Passed:
		g.Verdict = fmt.Sprintf("passed: log loss %.4f is %.4f better than the base rate's, more than one standard error (%.4f)",
			g.LogLoss, -g.Difference, g.SE)
	case !gain:
		g.Verdict = fmt.Sprintf("not passed: log loss %.4f against the base rate's %.4f, needed is a gain above one standard error (%.4f)",
			g.LogLoss, g.Base, g.SE)
	default:
		g.Verdict = fmt.Sprintf("not passed: log loss %.4f is %.4f better than the base rate's, but it could be chance: predictions go with "+
			"outcomes by %.2f standard errors, needed are %.2f", g.LogLoss, -g.Difference, g.Agreement, LeastAgreement)
	}
	return g
}

// agreement is the score test of a slope: the covariance of outcomes with what margins add to the base rates, over the
// deviation that it would have if each outcome came by chance, at its base rate. It is 0 if the margins add the same to all.
func agreement(margin, base, y, w []float64) float64 {
	added := make([]float64, len(margin))
	for i := range added {
		added[i] = margin[i] - base[i]
	}
	mean := weightedMean(w, func(i int) float64 { return added[i] })
	sum, variance := 0.0, 0.0
	for i := range added {
		p, d := sigmoid(base[i]), w[i]*(added[i]-mean)
		sum += d * (y[i] - p)
		variance += d * d * p * (1 - p)
	}
	if !(variance > 0) {
		return 0
	}
	return sum / math.Sqrt(variance)
}

// sufficiencyOf says what is missing.
func sufficiencyOf(labels, wins int, gate Gate) Sufficiency {
	s := Sufficiency{Labels: labels, Wins: wins, State: StateEnough}
	rare, of := wins, "positive"
	if labels-wins < wins {
		rare, of = labels-wins, "negative"
	}
	switch {
	case rare < LeastRare:
		s.State, s.Needs = StateNone, fmt.Sprintf("%d more %s outcomes", LeastRare-rare, of)
	case !gate.Passed:
		s.State, s.Needs = StateEarly, fmt.Sprintf("more outcomes: with %d, %d of them %s, no model is surely better than the base rate",
			labels, rare, of)
	}
	return s
}
