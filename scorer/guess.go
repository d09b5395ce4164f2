package scorer

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Bounds of guesses about columns.
const (
	maxCodes   = 20 // different values of a number that is a code
	leastForID = 20 // rows from which a column can be seen to count them
	idSpan     = 4  // a column of different integers that span less than this times the rows counts them
)

// Guess gives the columns of a training table kinds, leaving out those named in without.
//
// A column is a number if all of its values are, else a category. Integers from 1 up with few different values are codes
// (a region, a browser), so a category: counts begin at 0. Left out are columns that name the row: different integers
// without large gaps, or different values under a name that ends in "id".
func Guess(t *Table, without []string) Frame {
	f := Frame{Rows: len(t.Rows)}
	for j, name := range t.Columns {
		if slices.Contains(without, name) {
			continue
		}
		s := Series{Name: name, Kind: Category, Cells: make([]Cell, len(t.Rows))}
		if numbers, err := t.Numbers(j); err == nil && !codes(numbers) {
			s.Kind = Number
		}
		if names(t, j) {
			s.Kind, s.Why = LeftOut, "it names the row"
		}
		for i := range t.Rows {
			s.Cells[i], _ = cell(s.Kind, t.Rows[i][j])
		}
		f.Series = append(f.Series, s)
	}
	return f
}

// cell reads a value; false if it does not fit the kind.
func cell(kind Kind, text string) (Cell, bool) {
	switch {
	case kind == Number:
		x, ok := number(text)
		return Cell{Number: x}, ok
	case kind == LeftOut || missing(text):
		return Cell{}, true
	}
	// 3 and 3.0 are one code: programs write integers so where others of the column are missing. TRUE and True are one.
	if x, ok := number(text); ok && x == math.Trunc(x) && math.Abs(x) < 1e15 {
		text = fmt.Sprintf("%.0f", x)
	} else if lower := strings.ToLower(text); lower == "true" || lower == "false" {
		text = lower
	}
	return Cell{Text: text}, true
}

// codes says whether numbers are codes: few different integers from 1 up.
func codes(numbers []float64) bool {
	different := map[float64]bool{}
	for _, x := range numbers {
		if math.IsNaN(x) {
			continue
		}
		if x < 1 || x != math.Trunc(x) || x >= 1e6 {
			return false
		}
		if different[x] = true; len(different) > maxCodes {
			return false
		}
	}
	return len(different) > 0
}

// names says whether a column names the row. A copy of a row has its name.
func names(t *Table, column int) bool {
	first := map[string][]string{} // row of each value
	for _, row := range t.Rows {
		value := row[column]
		if missing(value) {
			return false
		}
		if met := first[value]; met == nil {
			first[value] = row
		} else if !slices.Equal(met, row) {
			return false
		}
	}
	if len(first) < leastForID {
		return false
	}
	if name := strings.ToLower(t.Columns[column]); name == "id" || name == "uuid" || name == "guid" ||
		strings.HasSuffix(name, "_id") || strings.HasSuffix(name, " id") {
		return true
	}
	numbers, err := t.Numbers(column)
	if err != nil {
		return false
	}
	for _, x := range numbers {
		if x != math.Trunc(x) {
			return false
		}
	}
	return slices.Max(numbers)-slices.Min(numbers) < idSpan*float64(len(first))
}

// Cells returns the rows of a table as the columns of an encoder want them; columns that it does not know are ignored.
func (e Encoder) Cells(t *Table) (Frame, error) {
	f := Frame{Rows: len(t.Rows)}
	for _, c := range e {
		s := Series{Name: c.Name, Kind: c.Kind, Cells: make([]Cell, len(t.Rows))}
		if c.Kind != LeftOut {
			j, err := t.Column(c.Name)
			if err != nil {
				return Frame{}, fmt.Errorf("the model needs a column that is not there: %w", err)
			}
			for i, row := range t.Rows {
				var ok bool
				if s.Cells[i], ok = cell(c.Kind, row[j]); !ok {
					return Frame{}, fmt.Errorf("%s: %q is not a number, which the column was in training", t.At(i, j), row[j])
				}
			}
		}
		f.Series = append(f.Series, s)
	}
	return f, nil
}
