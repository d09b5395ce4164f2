package scorer

import "math"

// Probabilities closer to 0 or 1 than this are taken for it where a logarithm is needed.
const smallestP = 1e-15

// sigmoid is the probability of log-odds.
func sigmoid(m float64) float64 { return 1 / (1 + math.Exp(-m)) }

// logOdds is the log-odds of a probability, finite for 0 and 1 too.
func logOdds(p float64) float64 {
	p = min(max(p, smallestP), 1-smallestP)
	return math.Log(p) - math.Log1p(-p)
}

// softplus is log(1 + exp(m)) without overflow.
func softplus(m float64) float64 {
	if m > 0 {
		return m + math.Log1p(math.Exp(-m))
	}
	return math.Log1p(math.Exp(m))
}

// marginLoss is the log loss of an outcome y, 0 or 1, for log-odds m.
func marginLoss(m, y float64) float64 { return softplus(m) - y*m }
