package scorer

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// AssumedRate is what is taken for the share of an organization's leads that close while no model says more, with the
// bounds within which it lies with 90 % probability.
func AssumedRate(wins, resolved int) (p float64, bounds Interval) {
	b := distuv.Beta{Alpha: priorWins + float64(wins), Beta: priorLosses + float64(resolved-wins)}
	return b.Mean(), Interval{b.Quantile(0.05), b.Quantile(0.95)}
}

// ObservedOverExpected returns wins over how many were expected, with exact 95 % bounds of a Poisson count. All are NaN
// if none were expected.
func ObservedOverExpected(wins int, expected float64) (ratio, low, high float64) {
	if !(expected > 0) {
		return math.NaN(), math.NaN(), math.NaN()
	}
	o := float64(wins)
	if wins > 0 {
		low = distuv.ChiSquared{K: 2 * o}.Quantile(0.025) / 2
	}
	high = distuv.ChiSquared{K: 2*o + 2}.Quantile(0.975) / 2
	return o / expected, low / expected, high / expected
}

// Wilson returns the 95 % bounds of a share of which yes of n were seen (Wilson, JASA 22, 1927); NaN without any.
func Wilson(yes, n int) (low, high float64) {
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	m, p := float64(n), float64(yes)/float64(n)
	centre := p + z95*z95/(2*m)
	half := z95 * math.Sqrt(p*(1-p)/m+z95*z95/(4*m*m))
	scale := 1 + z95*z95/m
	return max(0, (centre-half)/scale), min(1, (centre+half)/scale)
}

// Stability compares how values are spread now with how they were.
type Stability struct {
	PSI   float64 `json:"psi"`
	Limit float64 `json:"limit"` // what chance alone stays under, 999 times of 1,000
	Bins  int     `json:"bins"`
	Alarm bool    `json:"alarm"`
}

// StabilityOf is the population stability index of counts in the same bins, then and now. Bins that are empty on one
// side count half a row. It alarms only above .1, and above what counts of this size give by chance.
func StabilityOf(then, now []int) (s Stability) {
	total := func(counts []int) (n float64) {
		for _, c := range counts {
			n += max(float64(c), 0.5)
		}
		return n
	}
	n, m := total(then), total(now)
	for i := range then {
		if then[i] == 0 && now[i] == 0 {
			continue
		}
		s.Bins++
		p, q := max(float64(then[i]), 0.5)/n, max(float64(now[i]), 0.5)/m
		s.PSI += (q - p) * math.Log(q/p)
	}
	if s.Bins < 2 {
		return s
	}
	s.Limit = (1/n + 1/m) * distuv.ChiSquared{K: float64(s.Bins - 1)}.Quantile(0.999)
	s.Alarm = s.PSI > 0.1 && s.PSI > s.Limit
	return s
}
