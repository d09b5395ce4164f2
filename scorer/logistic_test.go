package scorer

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// With a penalty of next to nothing, one column of 0 and 1 has a known best: the log-odds where it is 0, and the difference.
func TestLogisticOfOneFlagIsTheDifferenceOfLogOdds(t *testing.T) {
	var y, column []float64
	for x, group := range []struct{ wins, losses int }{{2, 8}, {6, 4}} {
		for i := range group.wins + group.losses {
			column = append(column, float64(x))
			y = append(y, flag(i < group.wins))
		}
	}
	m := Matrix{Rows: len(y), Columns: [][]float64{column}}
	l, err := FitLogistic(m, y, ones(len(y)), 1e9)
	if err != nil {
		t.Fatal(err)
	}
	for x, want := range []float64{logOdds(0.2), logOdds(0.6)} {
		if got := l.Margin([]float64{float64(x)}); math.Abs(got-want) > 1e-4 {
			t.Errorf("at %d: %v, want %v", x, got, want)
		}
	}
	if got, want := l.Weights[0], logOdds(0.6)-logOdds(0.2); math.Abs(got-want) > 1e-4 {
		t.Errorf("weight %v, want %v", got, want)
	}
}

// Two rows, 1 a win and −1 a loss: the intercept is 0, and β minimises 2 ln(1 + e^−β) + β²/2c, so β = 2c σ(−β).
// For c = 1/(2 σ(−1)) that is β = 1.
func TestLogisticPenaltyIsThatOfScikitLearn(t *testing.T) {
	m := Matrix{Rows: 2, Columns: [][]float64{{-1, 1}}}
	l, err := FitLogistic(m, []float64{0, 1}, ones(2), 1/(2*sigmoid(-1)))
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(l.Intercept) > 1e-6 || math.Abs(l.Weights[0]-1) > 1e-6 {
		t.Errorf("intercept %v, weight %v", l.Intercept, l.Weights[0])
	}
}

// At the least of a convex function all derivatives are 0: they are computed here from the fitted model anew.
func TestLogisticEndsWhereAllDerivativesAreZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, n := rapid.IntRange(2, 40).Draw(t, "rows"), rapid.IntRange(0, 5).Draw(t, "columns")
		c := rapid.SampledFrom([]float64{0.01, 0.1, 1, 100}).Draw(t, "c")
		m := Matrix{Rows: rows}
		for range n {
			m.Columns = append(m.Columns, anyRow(t, rows))
		}
		y, w := make([]float64, rows), make([]float64, rows)
		for i := range rows {
			y[i], w[i] = float64(rapid.IntRange(0, 1).Draw(t, "y")), float64(rapid.IntRange(1, 3).Draw(t, "w"))
		}
		y[0], y[1] = 0, 1
		l, err := FitLogistic(m, y, w, c)
		if err != nil {
			t.Fatal(err)
		}
		gradient, total := make([]float64, n+1), 0.0
		for i := range rows {
			d := w[i] * (sigmoid(l.Margin(m.Row(i, nil))) - y[i])
			gradient[n] += d
			total += w[i]
			for j := range n {
				if x := m.Columns[j][i]; !math.IsNaN(x) {
					gradient[j] += d * (x - l.Mean[j]) / l.Std[j]
				}
			}
		}
		for j := range n {
			gradient[j] += l.Weights[j] / c
		}
		for j, g := range gradient {
			if math.Abs(g) > 1e-4*total {
				t.Errorf("derivative %d is %v", j, g)
			}
		}
	})
}

func TestLogisticOfARowOfWeightTwoIsThatOfTheRowTwice(t *testing.T) {
	m, y := synthetic(150, 5, 5)
	w := make([]float64, m.Rows)
	for i := range w {
		w[i] = float64(1 + i%3)
	}
	twice, outcomes := repeated(m, y, w)
	a, err := FitLogistic(m, y, w, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := FitLogistic(twice, outcomes, ones(twice.Rows), 0.1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Rows {
		row := m.Row(i, nil)
		if x, y := a.Margin(row), b.Margin(row); math.Abs(x-y) > 1e-4 {
			t.Fatalf("row %d: %v by weight, %v by repeating", i, x, y)
		}
	}
}
