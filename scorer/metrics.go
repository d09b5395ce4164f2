package scorer

import (
	"cmp"
	"math"
	"slices"
)

// z95 is the two-sided 95 % point of the normal distribution, z90 the 90 % one.
const (
	z95 = 1.959963984540054
	z90 = 1.6448536269514722
)

// AUC is the chance that a row with outcome 1 has the higher score of two, ties counting half, with the bounds of its
// 95 % interval (DeLong, DeLong & Clarke-Pearson, Biometrics 44, 1988). All are NaN where one class is missing.
type AUC struct{ Value, Low, High float64 }

// AUCOf returns the AUC of scores for outcomes y, 0 or 1, with weights.
func AUCOf(score, y, w []float64) AUC {
	order := byValue(score)
	var total [2]float64
	for i := range y {
		total[int(y[i])] += w[i]
	}
	// place[i] is the share of the other class that a row is on the right side of.
	place := make([]float64, len(score))
	var seen [2]float64
	eachTie(score, order, func(tie []int) {
		var here [2]float64
		for _, i := range tie {
			here[int(y[i])] += w[i]
		}
		for _, i := range tie {
			if y[i] == 1 {
				place[i] = (seen[0] + here[0]/2) / total[0]
			} else {
				place[i] = (total[1] - seen[1] - here[1]/2) / total[1]
			}
		}
		seen[0], seen[1] = seen[0]+here[0], seen[1]+here[1]
	})
	value := 0.0
	for i := range y {
		if y[i] == 1 {
			value += w[i] * place[i] / total[1]
		}
	}
	variance := 0.0
	for i := range y {
		d := w[i] / total[int(y[i])] * (place[i] - value)
		variance += d * d
	}
	if total[0] == 0 || total[1] == 0 {
		return AUC{math.NaN(), math.NaN(), math.NaN()}
	}
	margin := z95 * math.Sqrt(variance)
	return AUC{value, max(0, value-margin), min(1, value+margin)}
}

func byValue(v []float64) []int {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(v[a], v[b]) })
	return order
}

// eachTie calls f with each run of rows of equal value.
func eachTie(v []float64, order []int, f func(tie []int)) {
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && v[order[to]] == v[order[from]] {
			to++
		}
		f(order[from:to])
		from = to
	}
}

// LogLoss is the weighted mean of −log of the probability given to what happened.
func LogLoss(p, y, w []float64) float64 {
	return weightedMean(w, func(i int) float64 { return marginLoss(logOdds(p[i]), y[i]) })
}

// Brier is the weighted mean of (p − y)².
func Brier(p, y, w []float64) float64 {
	return weightedMean(w, func(i int) float64 { return (p[i] - y[i]) * (p[i] - y[i]) })
}

func weightedMean(w []float64, f func(i int) float64) float64 {
	sum, total := 0.0, 0.0
	for i, wi := range w {
		if wi > 0 {
			sum += wi * f(i)
			total += wi
		}
	}
	return sum / total
}

// CalibrationError is the mean over bins of equal count of |rate − mean p|, weighted by the bins (ECE).
func CalibrationError(p, y, w []float64, bins int) float64 {
	order := byValue(p)
	sum, total := 0.0, 0.0
	for b := range bins {
		gap := 0.0
		for _, i := range order[b*len(order)/bins : (b+1)*len(order)/bins] {
			gap += w[i] * (y[i] - p[i])
			total += w[i]
		}
		sum += math.Abs(gap)
	}
	return sum / total
}

// CalibrationSlope returns slope and shift of the logistic regression of outcomes on log-odds: 1 and 0 where the
// probabilities are right, a slope below 1 where they are too far apart.
func CalibrationSlope(margin, y, w []float64) (slope, shift float64) {
	c := fitAffine(margin, y, w, 0, affinePrior{slope: math.Inf(1), shift: math.Inf(1)})
	return c.Slope, c.Shift
}

// Lift is the rate of the best part of the rows, by score, over the rate of all; part is 0 to 1. Rows that tie at the
// border count in part.
func Lift(score, y, w []float64, part float64) float64 {
	order := byValue(score)
	slices.Reverse(order)
	total, wins := 0.0, 0.0
	for i := range y {
		total += w[i]
		wins += w[i] * y[i]
	}
	left, top := part*total, 0.0
	eachTie(score, order, func(tie []int) {
		weight, won := 0.0, 0.0
		for _, i := range tie {
			weight += w[i]
			won += w[i] * y[i]
		}
		if weight > 0 && left > 0 {
			share := min(1, left/weight)
			top += share * won
			left -= share * weight
		}
	})
	return top / (part * total) / (wins / total)
}

// PairedLoss compares two sets of log-odds for the same rows: the weighted mean of the first's log loss less the
// second's, and the standard error of that mean.
func PairedLoss(first, second, y, w []float64) (mean, se float64) {
	difference := func(i int) float64 { return marginLoss(first[i], y[i]) - marginLoss(second[i], y[i]) }
	mean = weightedMean(w, difference)
	sum, total := 0.0, 0.0
	for i := range w {
		if w[i] > 0 {
			d := w[i] * (difference(i) - mean)
			sum += d * d
			total += w[i]
		}
	}
	return mean, math.Sqrt(sum) / total
}
