package scorer

import (
	"math"
	"slices"
)

// Kind is what the values of a column are.
type Kind string

// The kinds of columns.
const (
	Number   Kind = "number"   // NaN is missing
	Category Kind = "category" // text, "" is missing
	LeftOut  Kind = "left_out" // not looked at
)

// Cell is one value of a row: Number of a number's column, Text of a category's.
type Cell struct {
	Number float64
	Text   string
}

// Series is a column of a table before it is encoded.
type Series struct {
	Name   string
	Kind   Kind
	Why    string  // it is left out
	Period float64 // above 0 for a number that comes round again: 24 for an hour
	Cells  []Cell
}

// Frame is a table whose columns have kinds.
type Frame struct {
	Rows   int
	Series []Series
}

// Row copies row i into into, which is grown as needed, and returns it.
func (f Frame) Row(i int, into []Cell) []Cell {
	into = into[:0]
	for _, s := range f.Series {
		into = append(into, s.Cells[i])
	}
	return into
}

// Take returns a copy of the given rows in that order.
func (f Frame) Take(rows []int) Frame {
	out := Frame{Rows: len(rows), Series: slices.Clone(f.Series)}
	for j, s := range f.Series {
		cells := make([]Cell, len(rows))
		for k, i := range rows {
			cells[k] = s.Cells[i]
		}
		out.Series[j].Cells = cells
	}
	return out
}

// known returns the numbers that are there, in ascending order.
func (s *Series) known() (sorted []float64) {
	for _, c := range s.Cells {
		if !math.IsNaN(c.Number) {
			sorted = append(sorted, c.Number)
		}
	}
	slices.Sort(sorted)
	return sorted
}

// quantile returns the value below which the part q of the sorted values lies, linear between two of them.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	below := int(at)
	if below+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	part := at - float64(below)
	return sorted[below]*(1-part) + sorted[below+1]*part
}

// skewness is the third standardised moment, 0 where all values are equal.
func skewness(values []float64) float64 {
	n, mean := float64(len(values)), 0.0
	for _, v := range values {
		mean += v / n
	}
	second, third := 0.0, 0.0
	for _, v := range values {
		d := v - mean
		second += d * d / n
		third += d * d * d / n
	}
	if second == 0 {
		return 0
	}
	return third / math.Pow(second, 1.5)
}
