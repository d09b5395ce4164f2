package scorer

import (
	"math"
	"runtime"
	"testing"
)

func TestForestsAreTheSameForASeedOnAnyNumberOfProcessors(t *testing.T) {
	m, y := synthetic(300, 9, 4)
	fit := func(processors int, seed uint64) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		o := ForestOptions{Trees: 12, Depth: 6, MinLeaf: 2, Seed: seed}
		return bytesOf(t, FitForest(m, y, nil, o)) + bytesOf(t, FitAdditiveForest(m, y, nil, o))
	}
	if fit(1, 7) != fit(4, 7) {
		t.Error("one processor and four give different trees")
	}
	if fit(1, 7) == fit(1, 8) {
		t.Error("another seed gives the same trees")
	}
}

func TestForestLearnsAndStaysBetweenZeroAndOne(t *testing.T) {
	m, y := synthetic(2000, 6, 9)
	forest := FitForest(m, y, nil, ForestOptions{Trees: 50, Depth: 10, MinLeaf: 1, MinSplit: 20, Seed: 1})
	additive := FitAdditiveForest(m, y, nil, ForestOptions{Trees: 50, Depth: 10, Seed: 1})
	fresh, outcomes := synthetic(2000, 6, 9) // the same effects
	loss, lossAdditive, base := 0.0, 0.0, baseRate(y, ones(len(y)))
	without := 0.0
	for i := range fresh.Rows {
		row := fresh.Row(i, nil)
		p := forest.P(row)
		if !(p >= 0 && p <= 1) {
			t.Fatalf("p = %v", p)
		}
		loss += marginLoss(logOdds(p), outcomes[i])
		lossAdditive += marginLoss(additive.Margin(row), outcomes[i])
		without += marginLoss(logOdds(base), outcomes[i])
	}
	if loss > 0.9*without || lossAdditive > 0.95*without {
		t.Errorf("log loss %v and %v, without features %v", loss, lossAdditive, without)
	}
}

func TestForestLeavesHaveEnoughRows(t *testing.T) {
	m, y := synthetic(400, 6, 2)
	for _, tree := range FitForest(m, y, nil, ForestOptions{Trees: 10, Depth: 20, MinLeaf: 60}).Trees {
		leaves := 0
		for _, n := range tree {
			if n.Left == 0 {
				leaves++
			}
		}
		if leaves < 2 || leaves > 400/60 {
			t.Errorf("%d leaves of at least 60 of 400 rows", leaves)
		}
	}
	for _, tree := range FitForest(m, y, nil, ForestOptions{Trees: 10, Depth: 20, MinSplit: 401}).Trees {
		if len(tree) != 1 {
			t.Errorf("%d nodes though 400 rows are too few to split", len(tree))
		}
	}
}

func TestAdditiveLeavesAreSmoothedTowardsTheBaseRate(t *testing.T) {
	// One column that says all: a tree splits it, and its leaf of wins has n wins of n rows.
	m := Matrix{Rows: 100, Columns: [][]float64{make([]float64, 100)}}
	y := make([]float64, 100)
	for i := range 20 {
		m.Columns[0][i], y[i] = 1, 1
	}
	trees := FitAdditiveForest(m, y, nil, ForestOptions{Trees: 30, Depth: 3})
	for k, tree := range trees.Trees {
		for _, n := range tree {
			// π is 0.2, so 5 rows with 1 win are added to the 20 or so wins, or to the 80 or so losses
			if low, high := logOdds(1.0/(5+100)), logOdds(40.0/(39+5)); n.Value < low || n.Value > high {
				t.Errorf("tree %d: a leaf of %v", k, n.Value)
			}
			if n.Left == 0 && n.Cover != 20 && n.Cover != 80 {
				t.Errorf("tree %d: a leaf covers %v", k, n.Cover)
			}
		}
	}
}

func TestShiftMakesTheMeanProbabilityTheRate(t *testing.T) {
	nan := math.NaN()
	margins := []float64{-2, -1, nan, 0, 1, 2, 5}
	y := []float64{0, 0, 1, 1, 0, 1, 1}
	w := []float64{1, 2, 9, 1, 1, 0.5, 3}
	by := shift(margins, y, w)
	got, want := 0.0, 0.0
	for i, margin := range margins {
		if !math.IsNaN(margin) {
			got += w[i] * sigmoid(margin+by)
			want += w[i] * y[i]
		}
	}
	if math.Abs(got-want) > 1e-9 || by == 0 {
		t.Errorf("shift %v expects %v wins, there are %v", by, got, want)
	}
	for _, y := range [][]float64{{0, 0}, {1, 1}} {
		if got := shift([]float64{1, 2}, y, ones(2)); got != 0 {
			t.Errorf("outcomes of one kind: shift %v", got)
		}
	}
	if got := shift([]float64{nan, nan}, []float64{0, 1}, ones(2)); got != 0 {
		t.Errorf("no margins: shift %v", got)
	}
}

func TestForestsOfTablesWithNothingToLearn(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name string
		m    Matrix
		y    []float64
		o    ForestOptions
	}{
		{"no rows", Matrix{Columns: [][]float64{{}}}, nil, ForestOptions{Trees: 3, Depth: 3}},
		{"no trees", Matrix{2, [][]float64{{1, 2}}}, []float64{0, 1}, ForestOptions{Depth: 3}},
		{"no columns", Matrix{Rows: 4}, []float64{1, 0, 0, 0}, ForestOptions{Trees: 3, Depth: 3}},
		{"one row", Matrix{1, [][]float64{{3}}}, []float64{1}, ForestOptions{Trees: 3, Depth: 3}},
		{"only wins", Matrix{3, [][]float64{{1, 2, 3}}}, []float64{1, 1, 1}, ForestOptions{Trees: 3, Depth: 3}},
		{"no values", Matrix{4, [][]float64{{nan, nan, nan, nan}}}, []float64{1, 0, 0, 0}, ForestOptions{Trees: 3, Depth: 3}},
	} {
		row := make([]float64, len(tt.m.Columns))
		additive := FitAdditiveForest(tt.m, tt.y, nil, tt.o)
		if err := additive.Check(len(row)); err != nil || !finite(additive.Margin(row)) {
			t.Errorf("%s: %v, margin %v", tt.name, err, additive.Margin(row))
		}
		if p := FitForest(tt.m, tt.y, nil, tt.o).P(row); !(p >= 0 && p <= 1) {
			t.Errorf("%s: p = %v", tt.name, p)
		}
	}
}

func TestAdditiveForestExpectsAsManyWinsAsThereAre(t *testing.T) {
	m, y := synthetic(3000, 6, 9)
	for i := range y { // few wins, as leads have
		if i%4 > 0 {
			y[i] = 0
		}
	}
	fit, fresh := make([]int, 0, 1500), make([]int, 0, 1500)
	for i := range m.Rows {
		if i%8 < 4 {
			fit = append(fit, i)
		} else {
			fresh = append(fresh, i)
		}
	}
	outcomes := Matrix{Rows: m.Rows, Columns: [][]float64{y}}
	trees := FitAdditiveForest(m.Take(fit), outcomes.Take(fit).Columns[0], nil, ForestOptions{Trees: 50, Depth: 10})
	wins, expected, unshifted := 0.0, 0.0, 0.0
	for _, i := range fresh {
		margin := trees.Margin(m.Row(i, nil))
		wins += y[i]
		expected += sigmoid(margin)
		unshifted += sigmoid(margin - trees.Bias)
	}
	if math.Abs(expected-wins) > 0.5*math.Abs(unshifted-wins) || math.Abs(expected-wins) > 2*math.Sqrt(wins) {
		t.Errorf("expects %.1f wins, %.1f without the shift of %.3f; there are %v", expected, unshifted, trees.Bias, wins)
	}
}

func TestSplitsGoOnDrawingPastColumnsThatDoNotDiffer(t *testing.T) {
	// One column says all. In the others only the first row differs, so that a tree without it has nothing else to split.
	const rows = 40
	m := Matrix{Rows: rows}
	y := make([]float64, rows)
	for j := range 25 {
		column := make([]float64, rows)
		column[0] = 1
		if j == 13 {
			for i := range rows / 2 {
				column[i], y[i] = 1, 1
			}
		}
		m.Columns = append(m.Columns, column)
	}
	without := 0
	for k, b := range grow(m, y, ones(rows), ForestOptions{Trees: 40, Depth: 1}, func(s sums) float64 { return s.g / s.h }) {
		if len(b.unseen) > 0 && b.unseen[0] == 0 {
			without++
			if len(b.tree) != 3 {
				t.Errorf("tree %d has %d nodes", k, len(b.tree))
			}
		}
	}
	if without == 0 {
		t.Error("each tree saw the first row")
	}
}
