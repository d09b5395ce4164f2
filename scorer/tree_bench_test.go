package scorer

import (
	"math"
	"math/rand/v2"
	"testing"
)

// synthetic returns a table of numbers, some columns of them 0 or 1 and some values missing, with outcomes that depend on it.
func synthetic(rows, columns int, seed uint64) (m Matrix, y []float64) {
	random := rand.New(rand.NewPCG(seed, 0))
	m = Matrix{Rows: rows, Columns: make([][]float64, columns)}
	margins := make([]float64, rows)
	for j := range m.Columns {
		effect := random.NormFloat64() / 2
		m.Columns[j] = make([]float64, rows)
		for i := range rows {
			x := random.NormFloat64()
			if j%2 == 1 {
				x = float64(random.IntN(2))
			}
			margins[i] += effect * x
			if random.IntN(20) == 0 {
				x = math.NaN()
			}
			m.Columns[j][i] = x
		}
	}
	y = make([]float64, rows)
	for i, margin := range margins {
		if random.Float64() < sigmoid(margin-1) {
			y[i] = 1
		}
	}
	return m, y
}

// lead models have 5 × 200 trees of depth 4.
func benchmarkTrees(b *testing.B, trees, depth int) (*Trees, [][]float64) {
	m, y := synthetic(4000, 40, 1)
	t := FitBoost(m, y, nil, BoostOptions{
		Trees: trees, Depth: depth, Rate: 0.05, MinChildWeight: 1, RowSample: 0.8, ColumnSample: 0.8, Lambda: 5, Seed: 1,
	})
	rows := make([][]float64, m.Rows)
	for i := range rows {
		rows[i] = m.Row(i, nil)
	}
	b.ResetTimer()
	return t, rows
}

func BenchmarkPredict(b *testing.B) {
	t, rows := benchmarkTrees(b, 1000, 4)
	for i := range b.N {
		t.Margin(rows[i%len(rows)])
	}
}

func BenchmarkSHAP(b *testing.B) {
	for _, size := range []struct {
		name         string
		trees, depth int
	}{{"1000 trees, depth 4", 1000, 4}, {"100 trees, depth 6", 100, 6}} {
		b.Run(size.name, func(b *testing.B) {
			t, rows := benchmarkTrees(b, size.trees, size.depth)
			phi := make([]float64, len(rows[0]))
			for i := range b.N {
				t.SHAP(rows[i%len(rows)], phi)
			}
		})
	}
}

func BenchmarkExpected(b *testing.B) {
	t, _ := benchmarkTrees(b, 1000, 4)
	for range b.N {
		t.Expected()
	}
}

func BenchmarkFitBoost(b *testing.B) {
	m, y := synthetic(10_000, 67, 1)
	for b.Loop() {
		FitBoost(m, y, nil, BoostOptions{
			Trees: 200, Depth: 4, Rate: 0.05, MinChildWeight: 5, RowSample: 0.8, ColumnSample: 0.8, Lambda: 5, Seed: 1,
		})
	}
}

// BenchmarkModel is a prediction and its reasons by the largest recipe, five seeds of boosting, from cells of a table.
func BenchmarkModel(b *testing.B) {
	table, err := ParseTable("shoppers.csv", unzipped(b, "shoppers.csv.gz"))
	if err != nil {
		b.Fatal(err)
	}
	d, _, _, err := (&Labels{Target: "Revenue", Drop: []string{"fold", "holdout"}}).Data(table, 1)
	if err != nil {
		b.Fatal(err)
	}
	m := fittedBy(b, d, recipeFor(ManyRare))
	var rows [][]Cell
	for i := range 1000 {
		rows = append(rows, d.Frame.Row(i, nil))
	}
	s, phi := m.NewScorer(), make([]float64, len(m.Columns))
	b.Run("probability", func(b *testing.B) {
		for i := range b.N {
			s.P(rows[i%len(rows)])
		}
	})
	b.Run("reasons", func(b *testing.B) {
		for i := range b.N {
			s.Reasons(rows[i%len(rows)], phi)
		}
	})
}
