package scorer

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// shoppers is the table of testdata/shoppers.md with its outcomes and folds.
type shoppers struct {
	table *Table
	y     []float64
	fold  []int
	train []int // rows outside of the holdout
	test  []int
}

var notFeatures = []string{"Revenue", "fold", "holdout"}

var readShoppers = sync.OnceValue(func() *shoppers {
	t := &testing.T{}
	s := &shoppers{}
	var err error
	if s.table, err = ParseTable("shoppers.csv", unzipped(t, "shoppers.csv.gz")); err != nil {
		panic(err)
	}
	column := func(name string) int { return slices.Index(s.table.Columns, name) }
	if s.y, err = s.table.Outcomes(column("Revenue")); err != nil {
		panic(err)
	}
	folds, err := s.table.Numbers(column("fold"))
	if err != nil {
		panic(err)
	}
	for i, row := range s.table.Rows {
		s.fold = append(s.fold, int(folds[i]))
		if row[column("holdout")] == "1" {
			s.test = append(s.test, i)
		} else {
			s.train = append(s.train, i)
		}
	}
	return s
})

// trained fits a model on rows as footfall train does.
func (s *shoppers) trained(rows []int, y []float64, seed uint64, without ...string) (*Model, error) {
	d := Data{Frame: Guess(s.table.take(rows), append(without, notFeatures...)), Y: y, W: ones(len(rows)), Seed: seed}
	return Train(context.Background(), d, TrainOptions{Workers: 1})
}

// margins are the model's log-odds of rows.
func (s *shoppers) margins(m *Model, rows []int) ([]float64, error) {
	f, err := m.Columns.Cells(s.table.take(rows))
	if err != nil {
		return nil, err
	}
	scorer := m.NewScorer()
	margins := make([]float64, len(rows))
	var row []Cell
	for i := range rows {
		row = f.Row(i, row)
		margins[i] = scorer.LogOdds(row)
	}
	return margins, nil
}

// draw picks so many rows of each outcome from those outside of the holdout.
func (s *shoppers) draw(wins, losses int, seed uint64) (rows []int) {
	rows = slices.Clone(s.train)
	random := rand.New(rand.NewPCG(seed, 1))
	random.Shuffle(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
	left := [2]int{losses, wins}
	return slices.DeleteFunc(rows, func(i int) bool {
		class := int(s.y[i])
		left[class]--
		return left[class] < 0
	})
}

// drawn is how models of draws did on the rows of the holdout.
type drawn struct {
	auc, loss, base float64 // means
	worse           int     // draws with more log loss than the base rate
	passed          int     // draws that passed the gate
}

// draws trains on draws of so many wins and losses. The wins of the holdout weigh so much that base is their rate.
func (s *shoppers) draws(t *testing.T, draws, wins, losses int, base float64) (d drawn) {
	y, w := pick(s.y, s.test), ones(len(s.test))
	if base > 0 {
		rate := weightedMean(w, func(i int) float64 { return y[i] })
		for i := range w {
			if y[i] == 1 {
				w[i] = base / (1 - base) * (1 - rate) / rate
			}
		}
	}
	type result struct {
		auc, loss, base float64
		passed          bool
		err             error
	}
	results := make([]result, draws)
	inParallel(draws, func(k int) {
		r := &results[k]
		rows := s.draw(wins, losses, uint64(k))
		m, err := s.trained(rows, pick(s.y, rows), uint64(k), "PageValues")
		if err != nil {
			r.err = err
			return
		}
		margins, err := s.margins(m, s.test)
		if r.err = err; err != nil {
			return
		}
		always := make([]float64, len(margins))
		for i := range always {
			always[i] = logOdds(float64(wins) / float64(wins+losses))
		}
		r.auc, r.loss, r.base = AUCOf(margins, y, w).Value, *figuresOf(margins, y, w).LogLoss, *figuresOf(always, y, w).LogLoss
		r.passed = m.Report.Gate.Passed
	})
	for _, r := range results {
		if r.err != nil {
			t.Fatal(r.err)
		}
		n := float64(draws)
		d.auc, d.loss, d.base = d.auc+r.auc/n, d.loss+r.loss/n, d.base+r.base/n
		if r.loss > r.base {
			d.worse++
		}
		if r.passed {
			d.passed++
		}
	}
	return d
}

func figures() bool { return os.Getenv("FOOTFALL_FIGURES") != "" }

func TestFiguresWithFewLabels(t *testing.T) {
	s := readShoppers()
	for _, tt := range []struct {
		n         int
		auc, loss float64 // the best of the references
		worse     int
	}{
		{50, .669, .408, 1}, {100, .685, .402, 1}, {200, .701, .396, 0}, {500, .720, .389, 0}, {1000, .734, .383, 0},
	} {
		wins := int(math.Round(float64(tt.n) * .1547))
		d := s.draws(t, 20, wins, tt.n-wins, 0)
		fmt.Printf("n %4d  AUC %.4f (%.3f)  log loss %.4f (%.3f)  base %.4f  worse %d  passed %d\n", tt.n, d.auc, tt.auc, d.loss, tt.loss, d.base, d.worse, d.passed)
	}
}

func TestFiguresAtTwoPercent(t *testing.T) {
	s := readShoppers()
	for _, tt := range []struct {
		wins int
		loss float64
	}{{5, .0957}, {10, .0947}, {20, .0937}, {40, .0926}} {
		d := s.draws(t, 20, tt.wins, 49*tt.wins, .02)
		fmt.Printf("wins %2d  AUC %.4f  log loss %.4f (%.4f)  base %.4f  worse %d passed %d\n", tt.wins, d.auc, d.loss, tt.loss, d.base, d.worse, d.passed)
	}
}

func TestFiguresInFolds(t *testing.T) {
	s := readShoppers()
	for _, without := range [][]string{nil, {"PageValues"}} {
		d := Data{Frame: Guess(s.table, append(without, notFeatures...)), Y: s.y, W: ones(len(s.y)), Seed: 1}
		m, err := Train(context.Background(), d, TrainOptions{Workers: runtime.GOMAXPROCS(0), Splits: SplitsOf(s.fold)})
		if err != nil {
			t.Fatal(err)
		}
		v := m.Report.Validation
		fmt.Printf("AUC %.5f  log loss %.5f  Brier %.5f  uncal %.5f ece %.4f slope %.3f %+v\n", *v.Mean.AUC, *v.Mean.LogLoss, *v.Mean.Brier, v.UncalibratedLogLoss, v.ECE, v.Slope, m.Report.Calibration)
		c := m.Report.Comparison
		fmt.Printf("forest %.4f %.4f boosting %.4f %.4f %s\n", *c.Forest.AUC, *c.Forest.LogLoss, *c.Boosting.AUC, *c.Boosting.LogLoss, c.Picks)
	}
}
