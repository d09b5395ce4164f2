package scorer

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

var plain = BoostOptions{Trees: 20, Depth: 3, Rate: 0.3, MinChildWeight: 0.1, RowSample: 1, ColumnSample: 1, Lambda: 1, Seed: 1}

func bytesOf(t testing.TB, trees any) string {
	text, err := json.Marshal(trees)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestBoostExpectsTheMeanMarginOfItsRowsAndExplainsEach(t *testing.T) {
	m, y := synthetic(500, 8, 3)
	w := make([]float64, m.Rows)
	for i := range w {
		w[i] = float64(i % 4)
	}
	for _, trees := range []*Trees{
		FitBoost(m, y, w, BoostOptions{Trees: 30, Depth: 5, Rate: 0.1, MinChildWeight: 1, RowSample: 0.7, ColumnSample: 0.6, Lambda: 1}),
		FitAdditiveForest(m, y, w, ForestOptions{Trees: 30, Depth: 10}),
	} {
		if err := trees.Check(len(m.Columns)); err != nil {
			t.Fatal(err)
		}
		sum, all := 0.0, 0.0
		for i := range m.Rows {
			row := m.Row(i, nil)
			margin := trees.Margin(row)
			sum += w[i] * margin
			all += w[i]
			phi, parts := make([]float64, len(row)), trees.Expected()
			trees.SHAP(row, phi)
			for _, part := range phi {
				parts += part
			}
			if math.Abs(parts-margin) > 1e-9 {
				t.Fatalf("row %d: bias and parts make %v, the margin is %v", i, parts, margin)
			}
		}
		if math.Abs(sum/all-trees.Expected()) > 1e-9 {
			t.Errorf("expects %v, the mean margin is %v", trees.Expected(), sum/all)
		}
	}
}

func TestBoostLearnsWhatNeedsTwoSplits(t *testing.T) {
	// y is one feature or the other but not both; a missing value of the first counts as 1. No single split gains anything
	// in a balanced table, so the corners differ a little in size.
	var m Matrix
	m.Columns = make([][]float64, 2)
	var y []float64
	for i := range 401 {
		a, b := float64(i&1), float64(i>>1&1)
		y = append(y, float64(int(a)^int(b)))
		if a == 1 && i%3 == 0 {
			a = math.NaN()
		}
		m.Columns[0], m.Columns[1] = append(m.Columns[0], a), append(m.Columns[1], b)
		m.Rows++
	}
	trees := FitBoost(m, y, nil, plain)
	for _, tt := range []struct{ a, b, y float64 }{{0, 0, 0}, {0, 1, 1}, {1, 0, 1}, {1, 1, 0}, {math.NaN(), 0, 1}, {math.NaN(), 1, 0}} {
		if p := sigmoid(trees.Margin([]float64{tt.a, tt.b})); math.Abs(p-tt.y) > 0.1 {
			t.Errorf("%v, %v: %v", tt.a, tt.b, p)
		}
	}
}

// TestFirstSplitIsTheBestThereIs compares a tree of one split with all splits of all columns, counted anew.
func TestFirstSplitIsTheBestThereIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, n := rapid.IntRange(2, 40).Draw(t, "rows"), rapid.IntRange(1, 4).Draw(t, "columns")
		m := Matrix{Rows: rows}
		for range n {
			m.Columns = append(m.Columns, anyRow(t, rows))
		}
		y, w := make([]float64, rows), make([]float64, rows)
		for i := range rows {
			y[i], w[i] = float64(rapid.IntRange(0, 1).Draw(t, "y")), float64(rapid.IntRange(1, 3).Draw(t, "w"))
		}
		o := plain
		o.Trees, o.Depth = 1, 1
		trees := FitBoost(m, y, w, o)
		p := sigmoid(trees.Bias)
		// gain is that of sending rows left, −1 if one side is too light
		gain := func(left func(i int) bool) float64 {
			var g, h [2]float64
			for i := range rows {
				side := 0
				if left(i) {
					side = 1
				}
				g[side] += w[i] * (y[i] - p)
				h[side] += w[i] * p * (1 - p)
			}
			if min(h[0], h[1]) < o.MinChildWeight {
				return -1
			}
			whole := g[0] + g[1]
			return g[0]*g[0]/(h[0]+o.Lambda) + g[1]*g[1]/(h[1]+o.Lambda) - whole*whole/(h[0]+h[1]+o.Lambda)
		}
		best := 0.0
		for _, column := range m.Columns {
			for _, cut := range []float64{-2.5, -1.5, -0.5, 0.5, 1.5, 2.5} {
				best = max(best, gain(func(i int) bool { return column[i] < cut }),
					gain(func(i int) bool { return column[i] < cut || math.IsNaN(column[i]) }))
			}
		}
		root := trees.Trees[0][0]
		got := 0.0
		if root.Left != 0 {
			column := m.Columns[root.Feature]
			got = gain(func(i int) bool { return column[i] < root.Threshold || root.MissingLeft && math.IsNaN(column[i]) })
		}
		if math.Abs(got-best) > 1e-5 {
			t.Errorf("splits %+v for %v, there is one for %v", root, got, best)
		}
	})
}

func TestBoostIsTheSameForASeedOnAnyNumberOfProcessors(t *testing.T) {
	m, y := synthetic(300, 6, 4)
	fit := func(processors int, seed uint64) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		return bytesOf(t, FitBoost(m, y, nil, BoostOptions{
			Trees: 10, Depth: 4, Rate: 0.1, MinChildWeight: 1, RowSample: 0.8, ColumnSample: 0.8, Lambda: 1, Seed: seed,
		}))
	}
	if fit(1, 7) != fit(2, 7) {
		t.Error("one processor and two give different trees")
	}
	if fit(1, 7) == fit(1, 8) {
		t.Error("another seed gives the same trees")
	}
}

// repeated returns the table with each row as often as it weighs.
func repeated(m Matrix, y, w []float64) (Matrix, []float64) {
	var rows []int
	var outcomes []float64
	for i := range m.Rows {
		for range int(w[i]) {
			rows, outcomes = append(rows, i), append(outcomes, y[i])
		}
	}
	return m.Take(rows), outcomes
}

func TestARowOfWeightTwoIsTheRowTwice(t *testing.T) {
	m, y := synthetic(200, 5, 5)
	w := make([]float64, m.Rows)
	for i := range w {
		w[i] = float64(i % 3) // some weigh nothing
	}
	twice, outcomes := repeated(m, y, w)
	a, b := FitBoost(m, y, w, plain), FitBoost(twice, outcomes, nil, plain)
	for i := range m.Rows {
		row := m.Row(i, nil)
		if x, y := a.Margin(row), b.Margin(row); math.Abs(x-y) > 1e-9 {
			t.Fatalf("row %d: %v by weight, %v by repeating", i, x, y)
		}
	}
}

func TestRowsOfWeightZeroChangeNothing(t *testing.T) {
	m, y := synthetic(200, 5, 6)
	w := make([]float64, m.Rows)
	var kept []int
	for i := range w {
		if i%3 > 0 {
			w[i] = 1.5
			kept = append(kept, i)
		}
	}
	all := Matrix{Rows: m.Rows, Columns: [][]float64{y, w}}.Take(kept)
	boost := BoostOptions{Trees: 5, Depth: 3, Rate: 0.1, RowSample: 0.5, ColumnSample: 0.5, Lambda: 1}
	forest := ForestOptions{Trees: 5, Depth: 5, MinLeaf: 3}
	if bytesOf(t, FitBoost(m, y, w, boost)) != bytesOf(t, FitBoost(m.Take(kept), all.Columns[0], all.Columns[1], boost)) {
		t.Error("boosting")
	}
	if bytesOf(t, FitAdditiveForest(m, y, w, forest)) != bytesOf(t, FitAdditiveForest(m.Take(kept), all.Columns[0], all.Columns[1], forest)) {
		t.Error("additive forest")
	}
	if bytesOf(t, FitForest(m, y, w, forest)) != bytesOf(t, FitForest(m.Take(kept), all.Columns[0], all.Columns[1], forest)) {
		t.Error("forest")
	}
}

func TestBoostOfTablesWithNothingToLearn(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name string
		m    Matrix
		y    []float64
		want float64 // probability
	}{
		{"no rows", Matrix{Columns: [][]float64{{}}}, nil, 0.5},
		{"no columns", Matrix{Rows: 4}, []float64{1, 0, 0, 0}, 0.25},
		{"one row", Matrix{1, [][]float64{{3}}}, []float64{1}, 0.75},
		{"only losses", Matrix{3, [][]float64{{1, 2, 3}}}, []float64{0, 0, 0}, 0.125},
		{"a constant column", Matrix{4, [][]float64{{5, 5, 5, 5}}}, []float64{1, 0, 0, 0}, 0.25},
		{"a column without values", Matrix{4, [][]float64{{nan, nan, nan, nan}}}, []float64{1, 0, 0, 0}, 0.25},
	} {
		o := plain
		o.MinChildWeight = 0
		trees := FitBoost(tt.m, tt.y, nil, o)
		row := make([]float64, len(tt.m.Columns))
		first := sigmoid(trees.Bias)
		if math.Abs(first-tt.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", tt.name, first, tt.want)
		}
		if err := trees.Check(len(row)); err != nil || !finite(trees.Margin(row)) {
			t.Errorf("%s: %v, margin %v", tt.name, err, trees.Margin(row))
		}
	}
}

func TestSampleDrawsTheShareInOrderWithoutRepeats(t *testing.T) {
	counts := map[int]int{}
	for seed := range uint64(300) {
		drawn := sample(50, 0.3, rand.New(rand.NewPCG(seed, 0)))
		if len(drawn) != 15 || !slices.IsSorted(drawn) || len(slices.Compact(slices.Clone(drawn))) != 15 {
			t.Fatalf("%v", drawn)
		}
		for _, i := range drawn {
			counts[int(i)]++
		}
	}
	for i := range 50 {
		if n := counts[i]; n < 50 || n > 130 { // 90 ± 5 standard deviations of 7.9
			t.Errorf("%d was drawn %d times of 300", i, n)
		}
	}
	if got := sample(3, 0.01, rand.New(rand.NewPCG(1, 0))); len(got) != 1 {
		t.Errorf("a small share: %v", got)
	}
}
