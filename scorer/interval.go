package scorer

import "math"

// Interval holds the bounds within which the rate of rows scored alike lies with 90 % probability.
type Interval struct{ Low, High float64 }

// IntervalLevel is the probability of an Interval.
const IntervalLevel = 0.9

// Interval returns the bounds for a margin: its log-odds have the variance of slope and shift (Laplace), and that of the
// level from fold to fold. It is about the rate of many rows with that margin, not about one row.
func (c *Calibration) Interval(m float64) Interval {
	x := m - c.Centre
	variance := x*x*c.Variance[0] + 2*x*c.Variance[1] + c.Variance[2] + c.Between
	half := z90 * math.Sqrt(max(0, variance))
	at := c.LogOdds(m)
	return Interval{sigmoid(at - half), sigmoid(at + half)}
}
