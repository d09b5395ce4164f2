package scorer

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"
)

// Linear is a logistic regression: margin(row) = Intercept + Σ Weights · (x − Mean) / Std. A missing value counts as the
// mean of its column.
type Linear struct {
	Intercept float64   `json:"intercept"`
	Weights   []float64 `json:"weights"`
	Mean      []float64 `json:"mean"`
	Std       []float64 `json:"std"` // never 0
}

// Margin returns the log-odds of a row.
func (l *Linear) Margin(row []float64) float64 {
	sum := l.Intercept
	for j := range l.Weights {
		sum += l.term(j, row[j])
	}
	return sum
}

// SHAP adds each column's term to phi. The intercept plus the terms is Margin(row): for a sum, its terms, measured from
// the mean of their column, are its Shapley values where columns are independent.
func (l *Linear) SHAP(row, phi []float64) {
	for j := range l.Weights {
		phi[j] += l.term(j, row[j])
	}
}

func (l *Linear) term(j int, x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return l.Weights[j] * (x - l.Mean[j]) / l.Std[j]
}

// Check says what is wrong with numbers that come from elsewhere.
func (l *Linear) Check(features int) error {
	if len(l.Weights) != features || len(l.Mean) != features || len(l.Std) != features {
		return fmt.Errorf("%d weights, %d means, %d deviations for %d columns", len(l.Weights), len(l.Mean), len(l.Std), features)
	}
	if !finite(l.Intercept) {
		return errors.New("the intercept is not finite")
	}
	for j := range l.Weights {
		if !finite(l.Weights[j]) || !finite(l.Mean[j]) || !finite(l.Std[j]) || l.Std[j] == 0 {
			return fmt.Errorf("column %d: weight %v, mean %v, deviation %v", j, l.Weights[j], l.Mean[j], l.Std[j])
		}
	}
	return nil
}

// FitLogistic fits by penalised maximum likelihood: it minimises Σ w · loss + |β|² / 2c, the intercept being free, as
// scikit-learn's LogisticRegression does with C = c. The penalty sees columns divided by their deviation, except those
// that hold 0 and 1 only: divided by it, a rare level would be penalised less than a frequent one. w is 1 or more for a
// row that counts as one or more.
func FitLogistic(x Matrix, y, w []float64, c float64) (*Linear, error) {
	l := &Linear{Weights: make([]float64, len(x.Columns)), Mean: make([]float64, len(x.Columns)), Std: make([]float64, len(x.Columns))}
	scaled := make([][]float64, len(x.Columns))
	for j, column := range x.Columns {
		l.Mean[j], l.Std[j] = scaleOf(column, w)
		scaled[j] = make([]float64, x.Rows)
		for i, v := range column {
			if !math.IsNaN(v) {
				scaled[j][i] = (v - l.Mean[j]) / l.Std[j]
			}
		}
	}
	total := floats.Sum(w)
	if total <= 0 {
		return nil, errors.New("all weights are 0")
	}
	f := &ridge{columns: scaled, y: y, w: w, penalty: 1 / (c * total), total: total, margin: make([]float64, x.Rows)}
	start := make([]float64, len(scaled)+1)
	start[0] = logOdds(floats.Dot(y, w) / total)
	best, err := f.minimise(start)
	if err != nil {
		return nil, err
	}
	l.Intercept = best[0]
	copy(l.Weights, best[1:])
	return l, nil
}

// scaleOf returns the weighted mean and deviation of the values that are there; deviation 1 where there is no
// difference, and where all are 0 or 1.
func scaleOf(column, w []float64) (mean, std float64) {
	total, flags := 0.0, true
	for i, v := range column {
		if !math.IsNaN(v) {
			total += w[i]
			mean += w[i] * v
			flags = flags && (v == 0 || v == 1)
		}
	}
	if total == 0 {
		return 0, 1
	}
	mean /= total
	if flags {
		return mean, 1
	}
	for i, v := range column {
		if !math.IsNaN(v) {
			std += w[i] * (v - mean) * (v - mean)
		}
	}
	if std = math.Sqrt(std / total); std <= 1e-12*math.Abs(mean) {
		return mean, 1
	}
	return mean, std
}

// ridge is what FitLogistic minimises, divided by the sum of weights.
type ridge struct {
	columns        [][]float64
	y, w           []float64
	penalty, total float64
	margin         []float64 // working memory
}

func (f *ridge) margins(beta []float64) {
	for i := range f.margin {
		f.margin[i] = beta[0]
	}
	for j, column := range f.columns {
		floats.AddScaled(f.margin, beta[j+1], column)
	}
}

func (f *ridge) loss(beta []float64) float64 {
	f.margins(beta)
	sum := 0.0
	for i, m := range f.margin {
		sum += f.w[i] * marginLoss(m, f.y[i])
	}
	return sum/f.total + f.penalty*floats.Dot(beta[1:], beta[1:])/2
}

func (f *ridge) gradient(into, beta []float64) {
	f.margins(beta)
	for i, m := range f.margin {
		f.margin[i] = f.w[i] * (sigmoid(m) - f.y[i]) / f.total
	}
	into[0] = floats.Sum(f.margin)
	for j, column := range f.columns {
		into[j+1] = floats.Dot(column, f.margin) + f.penalty*beta[j+1]
	}
}

// The function is strictly convex, so wherever the gradient is this small the minimum is near enough.
const smallGradient = 1e-7

func (f *ridge) minimise(start []float64) ([]float64, error) {
	problem := optimize.Problem{Func: f.loss, Grad: f.gradient}
	settings := optimize.Settings{GradientThreshold: smallGradient, MajorIterations: 1000}
	result, err := optimize.Minimize(problem, start, &settings, &optimize.LBFGS{})
	if result == nil {
		return nil, fmt.Errorf("fit a logistic regression: %w", err)
	}
	// A line search that can improve no more reports failure; the gradient tells whether that is the minimum.
	gradient := make([]float64, len(start))
	f.gradient(gradient, result.X)
	if norm := floats.Norm(gradient, math.Inf(1)); !(norm <= 1e3*smallGradient) {
		return nil, errors.Join(fmt.Errorf("fit a logistic regression: the gradient is still %g", norm), err)
	}
	return result.X, nil
}
