package scorer

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
)

// Split names the rows that a model is fitted on and those that it is tried on.
type Split struct{ Train, Test []int }

// SplitsOf makes a split a fold: its rows are the test, all others the training. A row of fold −1 is in no test.
func SplitsOf(folds []int) (splits []Split) {
	for fold := range slices.Max(append([]int{-1}, folds...)) + 1 {
		var s Split
		for i, of := range folds {
			if of == fold {
				s.Test = append(s.Test, i)
			} else {
				s.Train = append(s.Train, i)
			}
		}
		if len(s.Test) > 0 {
			splits = append(splits, s)
		}
	}
	return splits
}

// StratifiedFolds deals the rows of each class to k folds at random.
func StratifiedFolds(y []float64, k int, seed uint64) []int {
	rng := rand.New(rand.NewPCG(seed, foldStream))
	folds := make([]int, len(y))
	dealt := 0
	for _, class := range []float64{1, 0} {
		var rows []int
		for i := range y {
			if y[i] == class {
				rows = append(rows, i)
			}
		}
		rng.Shuffle(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
		for _, i := range rows {
			folds[i] = dealt % k
			dealt++
		}
	}
	return folds
}

// together puts rows that say the same, with the same outcome, into the fold of the first of them: a copy of a row would be
// tested by a model that learnt from it, and make it look better than it is. Where most rows are the same as others, they
// are no copies, but there is little that a row can say. It returns how many rows it found to be copies.
func (d *Data) together(folds []int) (copies int) {
	first := map[string]int{} // of each row that says something else
	same := make([]int, len(folds))
	var row []Cell
	for i := range folds {
		row = d.Frame.Row(i, row)
		id := strconv.AppendFloat(nil, d.Y[i], 'g', -1, 64)
		for _, c := range row {
			id = append(append(strconv.AppendFloat(append(id, 0), c.Number, 'g', -1, 64), 0), c.Text...)
		}
		at, met := first[string(id)]
		if !met {
			at = i
			first[string(id)] = i
		}
		same[i] = at
	}
	if copies = len(folds) - len(first); copies > len(first) {
		return 0
	}
	for i, at := range same {
		folds[i] = folds[at]
	}
	return copies
}

// foldStream keeps the draws of folds apart from those of learners with the same seed.
const foldStream = 0x666f6c6473

// outOfFold returns the margins of each learner for the rows of each split's test, from a model of its training rows;
// margins[learner][split][k] is of row Test[k]. Encoders are fitted on training rows too. At most workers fits run at a
// time; results do not depend on them. step is called after each fit, by one goroutine at a time.
func outOfFold(ctx context.Context, d *Data, learners []learner, splits []Split, workers int, step func()) ([][][]float64, error) {
	margins := make([][][]float64, len(learners))
	for l := range margins {
		margins[l] = make([][]float64, len(splits))
	}
	var mu sync.Mutex // of failed, step
	var failed error
	var running sync.WaitGroup
	room := make(chan struct{}, max(1, workers))
	for s, split := range splits {
		fold := sync.OnceValue(func() *foldData { return d.fold(split) })
		for l, learn := range learners {
			room <- struct{}{}
			running.Go(func() {
				defer func() { <-room }()
				if ctx.Err() != nil {
					return
				}
				m, err := fold().margins(learn, d.Seed+uint64(l))
				mu.Lock()
				defer mu.Unlock()
				margins[l][s] = m
				if failed == nil {
					failed = err
				}
				step()
			})
		}
	}
	running.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	return margins, failed
}

// foldData is a split in both views.
type foldData struct {
	train, test map[View]Matrix
	y, w        []float64
}

func (d *Data) fold(s Split) *foldData {
	f := &foldData{train: map[View]Matrix{}, test: map[View]Matrix{}, y: pick(d.Y, s.Train), w: pick(d.W, s.Train)}
	train, test := d.Frame.Take(s.Train), d.Frame.Take(s.Test)
	e := FitEncoder(train)
	for _, v := range []View{LinearView, TreeView} {
		f.train[v], f.test[v] = e.Matrix(v, train), e.Matrix(v, test)
	}
	return f
}

func (f *foldData) margins(l learner, seed uint64) ([]float64, error) {
	model, err := l.fit(f.train[l.view], f.y, f.w, seed, 1)
	if err != nil {
		return nil, err
	}
	test := f.test[l.view]
	margins := make([]float64, test.Rows)
	var row []float64
	for i := range margins {
		row = test.Row(i, row)
		margins[i] = model.Margin(row)
	}
	return margins, nil
}

func pick[T any](values []T, rows []int) []T {
	out := make([]T, len(rows))
	for k, i := range rows {
		out[k] = values[i]
	}
	return out
}
