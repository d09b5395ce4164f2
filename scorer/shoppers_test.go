package scorer

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
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

func readShoppers(t *testing.T) *shoppers {
	s := &shoppers{}
	var err error
	if s.table, err = ParseTable("shoppers.csv", unzipped(t, "shoppers.csv.gz")); err != nil {
		t.Fatal(err)
	}
	column := func(name string) int { return slices.Index(s.table.Columns, name) }
	if s.y, err = s.table.Outcomes(column("Revenue")); err != nil {
		t.Fatal(err)
	}
	for i, row := range s.table.Rows {
		fold, err := strconv.Atoi(row[column("fold")])
		if err != nil {
			t.Fatal(err)
		}
		s.fold = append(s.fold, fold)
		if row[column("holdout")] == "1" {
			s.test = append(s.test, i)
		} else {
			s.train = append(s.train, i)
		}
	}
	return s
}

// referenceDraws returns the draws of n rows that the references were measured on, 20 of them, in order of rows.
func referenceDraws(t *testing.T, n int) (draws [][]int) {
	table, err := ParseTable("draws.csv", unzipped(t, "shoppers-draws.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range table.Rows {
		if row[0] != strconv.Itoa(n) {
			continue
		}
		var rows []int
		for _, text := range strings.Fields(row[2]) {
			i, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, i)
		}
		draws = append(draws, rows)
	}
	return draws
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

// trained fits a model without PageValues on rows, as footfall train does, to outcomes that may be others than theirs.
func (s *shoppers) trained(rows []int, y []float64, seed uint64) (*Model, error) {
	d := Data{Frame: Guess(s.table.take(rows), append([]string{"PageValues"}, notFeatures...)), Y: y, W: ones(len(rows)), Seed: seed}
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

// drawn is how models of draws did on the rows of the holdout.
type drawn struct {
	auc, loss, base float64 // means
	worse           int     // draws with more log loss than the base rate
	passed          int     // draws that passed the gate
}

// tried trains on each draw. Wins of the holdout weigh so much that base is their rate; 0 leaves them as they are.
func (s *shoppers) tried(t *testing.T, draws [][]int, base float64) (d drawn) {
	y, w := pick(s.y, s.test), ones(len(s.test))
	if base > 0 {
		rate := baseRate(y, w)
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
	results := make([]result, len(draws))
	inParallel(len(draws), func(k int) {
		r := &results[k]
		m, err := s.trained(draws[k], pick(s.y, draws[k]), uint64(k))
		if r.err = err; err != nil {
			return
		}
		margins, err := s.margins(m, s.test)
		if r.err = err; err != nil {
			return
		}
		always := make([]float64, len(margins))
		for i := range always {
			always[i] = logOdds(m.BaseRate)
		}
		r.auc, r.loss, r.base = AUCOf(margins, y, w).Value, *figuresOf(margins, y, w).LogLoss, *figuresOf(always, y, w).LogLoss
		r.passed = m.Report.Gate.Passed
	})
	for _, r := range results {
		if r.err != nil {
			t.Fatal(r.err)
		}
		n := float64(len(draws))
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
