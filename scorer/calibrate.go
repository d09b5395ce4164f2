package scorer

import "math"

// Calibration maps a margin m to log-odds: Centre + Slope · (m − Centre) + Shift. Only such a line keeps reasons exact.
type Calibration struct {
	Centre float64 `json:"centre"` // log-odds of the base rate, so that a slope does not move the mean
	Slope  float64 `json:"slope"`
	Shift  float64 `json:"shift"`
	// Variance is the Laplace covariance of slope and shift: of slope, of both, of shift.
	Variance [3]float64 `json:"variance"`
	// Between is the variance of the shift from fold to fold, beyond what chance explains.
	Between float64 `json:"between"`
}

// LogOdds returns the calibrated log-odds of a margin.
func (c *Calibration) LogOdds(m float64) float64 { return c.Centre + c.Slope*(m-c.Centre) + c.Shift }

// affinePrior holds the deviations of the normal priors around slope 1 and shift 0; infinite for none.
type affinePrior struct{ slope, shift float64 }

func calibrationPrior() affinePrior { return affinePrior{slope: 0.3, shift: 0.25} }

// FitCalibration fits slope ~ N(1, 0.3²) and shift ~ N(0, 0.25²) to margins of rows that the margins were not fitted on.
func FitCalibration(margin, y, w []float64, centre float64) Calibration {
	return fitAffine(margin, y, w, centre, calibrationPrior())
}

// fitAffine finds the most probable slope and shift by Newton's method, halving steps that make it worse; the function
// is convex. A slope below 0 is no calibration but a wrong model, so it ends at 0.
func fitAffine(margin, y, w []float64, centre float64, prior affinePrior) Calibration {
	bySlope, byShift := 1/(prior.slope*prior.slope), 1/(prior.shift*prior.shift)
	loss := func(c Calibration) float64 {
		sum := bySlope*(c.Slope-1)*(c.Slope-1)/2 + byShift*c.Shift*c.Shift/2
		for i, m := range margin {
			sum += w[i] * marginLoss(c.LogOdds(m), y[i])
		}
		return sum
	}
	c := Calibration{Centre: centre, Slope: 1}
	now := loss(c)
	for range 100 {
		g, h := [2]float64{bySlope * (c.Slope - 1), byShift * c.Shift}, [3]float64{bySlope, 0, byShift}
		for i, m := range margin {
			p := sigmoid(c.LogOdds(m))
			d, v, x := w[i]*(p-y[i]), w[i]*p*(1-p), m-centre
			g[0], g[1] = g[0]+d*x, g[1]+d
			h[0], h[1], h[2] = h[0]+v*x*x, h[1]+v*x, h[2]+v
		}
		det := h[0]*h[2] - h[1]*h[1]
		if !(det > 1e-300) { // all margins equal and no prior: nothing to learn of the slope
			break
		}
		c.Variance = [3]float64{h[2] / det, -h[1] / det, h[0] / det}
		step := [2]float64{(h[2]*g[0] - h[1]*g[1]) / det, (h[0]*g[1] - h[1]*g[0]) / det}
		next, better := c, false
		for scale := 1.0; scale > 1e-6 && !better; scale /= 2 {
			next.Slope, next.Shift = c.Slope-scale*step[0], c.Shift-scale*step[1]
			better = loss(next) < now
		}
		if !better {
			break
		}
		c, now = next, loss(next)
		if math.Abs(step[0])+math.Abs(step[1]) < 1e-10 {
			break
		}
	}
	c.Slope = max(c.Slope, 0)
	return c
}

// betweenFolds returns the variance of the shift that each fold's rows would want for themselves, less what chance
// explains (DerSimonian & Laird, Controlled Clinical Trials 7, 1986): how much models of other rows differ in level.
func betweenFolds(c *Calibration, margin, y, w []float64, folds [][]int) float64 {
	var shifts, weights []float64
	for _, rows := range folds {
		g, h := 0.0, 0.0
		for _, i := range rows {
			p := sigmoid(c.LogOdds(margin[i]))
			g += w[i] * (y[i] - p)
			h += w[i] * p * (1 - p)
		}
		if h > 0 {
			shifts, weights = append(shifts, g/h), append(weights, h) // one Newton step is near enough
		}
	}
	if len(shifts) < 2 {
		return 0
	}
	mean := weightedMean(weights, func(i int) float64 { return shifts[i] })
	q, sum, squares := 0.0, 0.0, 0.0
	for k, s := range shifts {
		q += weights[k] * (s - mean) * (s - mean)
		sum += weights[k]
		squares += weights[k] * weights[k]
	}
	return max(0, (q-float64(len(shifts)-1))/(sum-squares/sum))
}
