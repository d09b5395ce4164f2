package scorer

import (
	"math"
	"slices"
)

// maxBins is how many bins the known values of a column have at most. One more is for the missing ones, so that a bin fits
// in a byte.
const maxBins = 255

// binned is a matrix with the number of a bin for each value, which is enough to find splits in it.
type binned struct {
	columns []binnedColumn
	total   int // bins of all columns
}

type binnedColumn struct {
	bins  []uint8   // by row
	cuts  []float64 // cuts[b] lies above all values of bin b and not above any of bin b+1
	first int       // its first bin among the bins of all columns; the one for missing values is its last
}

// missing is the number of the bin for missing values.
func (c *binnedColumn) missing() int { return len(c.cuts) + 1 }

// varies says whether the column has anything to split.
func (c *binnedColumn) varies() bool {
	return slices.ContainsFunc(c.bins, func(b uint8) bool { return b != c.bins[0] })
}

// of returns the column's own part of a histogram of all columns.
func (c *binnedColumn) of(h []sums) []sums { return h[c.first : c.first+c.missing()+1] }

// threshold is that of a split after the bin; after the last one all that is known goes left.
func (c *binnedColumn) threshold(bin int) float64 {
	if bin < len(c.cuts) {
		return c.cuts[bin]
	}
	return math.MaxFloat64
}

// bin puts the values of each column in order into at most maxBins bins: one a value if they are few, else of about equal
// weight.
func bin(m Matrix, w []float64) *binned {
	out := &binned{columns: make([]binnedColumn, len(m.Columns))}
	for j, values := range m.Columns {
		column := binColumn(values, w)
		column.first = out.total
		out.columns[j] = column
		out.total += column.missing() + 1
	}
	return out
}

func binColumn(values, w []float64) binnedColumn {
	known := make([]int32, 0, len(values))
	for i, x := range values {
		if !math.IsNaN(x) {
			known = append(known, int32(i))
		}
	}
	slices.SortStableFunc(known, func(a, b int32) int {
		switch x, y := values[a], values[b]; {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	c := binnedColumn{bins: make([]uint8, len(values)), cuts: cuts(values, known, w)}
	for i := range c.bins {
		c.bins[i] = uint8(c.missing())
	}
	b := 0
	for _, i := range known {
		for b < len(c.cuts) && values[i] >= c.cuts[b] {
			b++
		}
		c.bins[i] = uint8(b)
	}
	return c
}

// cuts returns the borders of the bins of a column whose known rows are given in order of value. Each bin takes values
// until it has its share of what the bins before it left, so a heavy value takes a bin alone and the others share the rest.
func cuts(values []float64, known []int32, w []float64) (borders []float64) {
	type level struct{ x, weight float64 }
	var levels []level
	left := 0.0
	for _, i := range known {
		if n := len(levels); n == 0 || levels[n-1].x != values[i] {
			levels = append(levels, level{x: values[i]})
		}
		levels[len(levels)-1].weight += w[i]
		left += w[i]
	}
	inBin := 0.0
	for k := 0; k+1 < len(levels) && len(borders) < maxBins-1; k++ {
		inBin += levels[k].weight
		share := left / float64(maxBins-len(borders))
		if len(levels) > maxBins && inBin+levels[k+1].weight/2 < share {
			continue
		}
		left -= inBin
		inBin = 0
		borders = append(borders, between(levels[k].x, levels[k+1].x))
	}
	return borders
}

// between returns a finite number above a and not above b, in the middle if there is one, given a < b.
func between(a, b float64) float64 {
	if middle := a/2 + b/2; a < middle && middle < b {
		return middle
	}
	return min(b, math.MaxFloat64)
}

// sums is the sums of the gradients of some rows, and their number.
type sums struct {
	g, h float64 // first and second derivative of the loss
	n    int
}

func (s sums) plus(o sums) sums  { return sums{s.g + o.g, s.h + o.h, s.n + o.n} }
func (s sums) minus(o sums) sums { return sums{s.g - o.g, s.h - o.h, s.n - o.n} }

// gain is twice what a leaf of these rows takes off the loss (Chen and Guestrin, KDD 2016, equation 6).
func (s sums) gain(lambda float64) float64 { return s.g * s.g / (s.h + lambda) }

// add adds the gradients of the rows to the column's histogram.
func (c *binnedColumn) add(h []sums, rows []int32, gradients []sums) {
	for _, i := range rows {
		s, g := &h[c.bins[i]], &gradients[i]
		s.g += g.g
		s.h += g.h
		s.n += g.n
	}
}

// split is a way to part the rows of a node.
type split struct {
	column, bin int // the last bin that goes left
	missingLeft bool
	gain        float64
	left        sums
}

// limits are what a split has to keep to.
type limits struct {
	lambda    float64
	minWeight float64 // second derivatives on either side
}

// better returns the column's best split if it gains more than the best so far. Missing values go to the side where they
// gain more or, if there are none among the rows, to the heavier side. Ties go to what was tried first.
func (c *binnedColumn) better(best split, column int, h []sums, all sums, l limits) split {
	missing := h[c.missing()]
	whole := all.gain(l.lambda)
	try := func(bin int, left sums, missingLeft bool) {
		right := all.minus(left)
		if left.n == 0 || right.n == 0 || left.h < l.minWeight || right.h < l.minWeight {
			return
		}
		if gain := left.gain(l.lambda) + right.gain(l.lambda) - whole; gain > best.gain {
			best = split{column, bin, missingLeft, gain, left}
		}
	}
	var left sums
	for bin := range c.cuts {
		if h[bin].n == 0 {
			continue
		}
		left = left.plus(h[bin])
		if missing.n == 0 {
			try(bin, left, 2*left.h > all.h)
			continue
		}
		try(bin, left, false)
		try(bin, left.plus(missing), true)
	}
	if missing.n > 0 {
		try(len(c.cuts), all.minus(missing), false)
	}
	return best
}
