package scorer

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Labels says where in a table the outcomes are, and what of it is no feature.
type Labels struct {
	Target  string
	Drop    []string // columns that are left out
	Weights string   // column of weights; without one each row weighs 1
	Folds   *Table   // the folds of the rows, as FoldsOf reads them, or nil
}

// Data makes data to train on of a table, with the splits of its folds, if it has any. Columns get kinds; rows without an
// outcome are left out and counted.
func (l *Labels) Data(t *Table, seed uint64) (d Data, splits []Split, unlabelled int, err error) {
	outcomes, weights, without, err := l.read(t)
	if err != nil {
		return Data{}, nil, 0, err
	}
	var rows []int
	for i, y := range outcomes {
		if !math.IsNaN(y) {
			rows = append(rows, i)
		}
	}
	if l.Folds != nil {
		folds, err := FoldsOf(l.Folds, len(t.Rows))
		if err != nil {
			return Data{}, nil, 0, err
		}
		splits = SplitsOf(pick(folds, rows))
	}
	d = Data{Frame: Guess(t.take(rows), without), Y: pick(outcomes, rows), W: pick(weights, rows), Seed: seed}
	return d, splits, len(t.Rows) - len(rows), nil
}

// read returns outcomes, NaN where there is none, weights, and the columns that are no features.
func (l *Labels) read(t *Table) (outcomes, weights []float64, without []string, err error) {
	target, err := t.Column(l.Target)
	if err != nil {
		return nil, nil, nil, err
	}
	if outcomes, err = t.Outcomes(target); err != nil {
		return nil, nil, nil, err
	}
	weights = make([]float64, len(outcomes))
	for i := range weights {
		weights[i] = 1
	}
	without = append(append(without, l.Target), l.Drop...)
	for _, name := range l.Drop {
		if _, err := t.Column(name); err != nil {
			return nil, nil, nil, err
		}
	}
	if l.Weights != "" {
		column, err := t.Column(l.Weights)
		if err != nil {
			return nil, nil, nil, err
		}
		if weights, err = t.Weights(column); err != nil {
			return nil, nil, nil, err
		}
		without = append(without, l.Weights)
	}
	return outcomes, weights, without, nil
}

// take returns rows of the table.
func (t *Table) take(rows []int) *Table {
	return &Table{Name: t.Name, Columns: t.Columns, Rows: pick(t.Rows, rows), lines: pick(t.lines, rows)}
}

// FoldsOf reads which fold each row of a table is in: the column "fold", or the only one. With a column "row", that is
// the place of the row in the table, from 0; without it, folds stand in the order of the rows. What folds are called
// does not matter. A row is in no fold, −1, so never tested, if it is not named, or its fold is missing or negative.
func FoldsOf(t *Table, rows int) ([]int, error) {
	of := slices.Index(t.Columns, "fold")
	if of < 0 && len(t.Columns) == 1 {
		of = 0
	}
	if of < 0 {
		return nil, fmt.Errorf("%s has no column \"fold\"", t.Name)
	}
	places, err := t.places(rows)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, row := range t.Rows {
		if inFold(row[of]) && !slices.Contains(names, row[of]) {
			names = append(names, row[of])
		}
	}
	slices.SortFunc(names, compareFolds)
	if len(names) < 2 {
		return nil, fmt.Errorf("%s names %d folds; at least 2 are needed", t.Name, len(names))
	}
	folds := make([]int, rows)
	for i := range folds {
		folds[i] = -1
	}
	for k, row := range t.Rows {
		folds[places[k]] = slices.Index(names, row[of])
	}
	return folds, nil
}

func inFold(text string) bool {
	x, ok := number(text)
	return !missing(text) && (!ok || x >= 0)
}

// compareFolds puts numbers in their order, before other names.
func compareFolds(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	switch {
	case errX == nil && errY == nil && x < y, errX == nil && errY != nil:
		return -1
	case errX == nil && errY == nil && x > y, errX != nil && errY == nil:
		return 1
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// places returns the place in a table of so many rows that each row of folds is about.
func (t *Table) places(rows int) ([]int, error) {
	places := make([]int, len(t.Rows))
	column := slices.Index(t.Columns, "row")
	if column < 0 {
		if len(t.Rows) != rows {
			return nil, fmt.Errorf("%s has %d rows, the table %d; a column \"row\" could say which is which", t.Name, len(t.Rows), rows)
		}
		for k := range places {
			places[k] = k
		}
		return places, nil
	}
	named := make([]bool, rows)
	for k, row := range t.Rows {
		i, err := strconv.Atoi(row[column])
		if err != nil || i < 0 || i >= rows {
			return nil, fmt.Errorf("%s: %q is no row of the table, whose rows are 0 to %d", t.At(k, column), row[column], rows-1)
		}
		if named[i] {
			return nil, fmt.Errorf("%s: row %d is there twice", t.At(k, column), i)
		}
		named[i], places[k] = true, i
	}
	return places, nil
}
