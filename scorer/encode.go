package scorer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Limits of the encoder.
const (
	maxLevels = 100 // of a category, besides the pool
	capPart   = 0.995
	skewed    = 1 // skewness from which a number that is never negative is taken by its logarithm
)

// Column says how one source column becomes numbers. It makes two views:
//
//	          linear                                              trees
//	number    log1p if Log, bounded by Low and High, the median   as it is, NaN if missing
//	          if missing; then 1 if missing, if Flag
//	          with a Period sin and cos of 2π x / Period          as it is
//	category  for each of Levels 1 or 0; then, if Pool, 1 if it   the same
//	          is none of them
//	left out  nothing                                             nothing
//
// "" is the level of missing text. A level that training did not see is in the pool.
type Column struct {
	Name   string   `json:"name"`
	Kind   Kind     `json:"kind"`
	Why    string   `json:"why,omitempty"`
	Log    bool     `json:"log,omitempty"`
	Low    float64  `json:"low,omitempty"`  // after the logarithm
	High   float64  `json:"high,omitempty"` // after the logarithm
	Median float64  `json:"median,omitempty"`
	Flag   bool     `json:"missing_flag,omitempty"`
	Period float64  `json:"period,omitempty"`
	Levels []string `json:"levels,omitempty"`
	Pool   bool     `json:"pool,omitempty"`
}

// Encoder turns rows of a table into rows of numbers.
type Encoder []Column

// fewRows is the number of training rows up to which a level needs 5 rows to stand alone; above it is 10.
const fewRows = 2000

// FitEncoder learns the columns of a table. A row counts once, whatever it weighs.
func FitEncoder(f Frame) Encoder {
	least := 10
	if f.Rows <= fewRows {
		least = 5
	}
	e := make(Encoder, len(f.Series))
	for j := range f.Series {
		s := &f.Series[j]
		c := Column{Name: s.Name, Kind: s.Kind, Why: s.Why, Period: s.Period}
		switch s.Kind {
		case Number:
			c.fitNumber(s)
		case Category:
			c.fitCategory(s, least)
		}
		e[j] = c
	}
	return e
}

func (c *Column) leaveOut(why string) { *c = Column{Name: c.Name, Kind: LeftOut, Why: why} }

func (c *Column) fitNumber(s *Series) {
	sorted := s.known()
	c.Flag = len(sorted) < len(s.Cells)
	switch {
	case len(sorted) == 0:
		c.leaveOut("no values")
		return
	case sorted[0] == sorted[len(sorted)-1] && !c.Flag:
		c.leaveOut("always the same")
		return
	}
	c.Median = quantile(sorted, 0.5)
	if c.Log = sorted[0] >= 0 && sorted[len(sorted)-1] > 1 && skewness(sorted) > skewed; c.Log {
		c.Median = math.Log1p(c.Median)
		for i, v := range sorted {
			sorted[i] = math.Log1p(v)
		}
	}
	c.High = quantile(sorted, capPart)
	if c.Low = quantile(sorted, 1-capPart); sorted[0] >= 0 {
		c.Low = sorted[0]
	}
	if flags := sorted[0] == 0 && sorted[len(sorted)-1] == 1; flags {
		c.Low, c.High = 0, 1
	}
}

func (c *Column) fitCategory(s *Series, least int) {
	counts := map[string]int{}
	for _, cell := range s.Cells {
		counts[cell.Text]++
	}
	if len(counts) < 2 {
		c.leaveOut("always the same")
		return
	}
	for level, n := range counts {
		if n >= least {
			c.Levels = append(c.Levels, level)
		}
	}
	slices.SortFunc(c.Levels, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	c.Levels = c.Levels[:min(len(c.Levels), maxLevels)]
	slices.Sort(c.Levels)
	c.Pool = len(c.Levels) < len(counts)
	if len(c.Levels) == 0 {
		c.leaveOut("no value is there often enough")
	}
}

// linear appends the cell's numbers for linear parts.
func (c *Column) linear(into []float64, cell *Cell) []float64 {
	x := cell.Number
	switch {
	case c.Kind == Category:
		return c.oneHot(into, cell.Text)
	case c.Kind == LeftOut:
		return into
	case c.Period > 0 && math.IsNaN(x):
		into = append(into, 0, 0)
	case c.Period > 0:
		sin, cos := math.Sincos(2 * math.Pi * x / c.Period)
		into = append(into, sin, cos)
	case math.IsNaN(x):
		into = append(into, c.Median)
	case c.Log:
		into = append(into, min(max(math.Log1p(max(x, 0)), c.Low), c.High))
	default:
		into = append(into, min(max(x, c.Low), c.High))
	}
	if c.Flag {
		into = append(into, flag(math.IsNaN(x)))
	}
	return into
}

// trees appends the cell's numbers for trees.
func (c *Column) trees(into []float64, cell *Cell) []float64 {
	switch c.Kind {
	case Number:
		return append(into, cell.Number)
	case Category:
		return c.oneHot(into, cell.Text)
	}
	return into
}

func (c *Column) oneHot(into []float64, level string) []float64 {
	at, found := slices.BinarySearch(c.Levels, level)
	for i := range c.Levels {
		into = append(into, flag(found && i == at))
	}
	if c.Pool {
		into = append(into, flag(!found))
	}
	return into
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// View names one of the two ways to turn a row into numbers.
type View string

// The views.
const (
	LinearView View = "linear"
	TreeView   View = "trees"
)

// Append appends the numbers of a row in a view.
func (e Encoder) Append(into []float64, v View, row []Cell) []float64 {
	for j := range e {
		if v == LinearView {
			into = e[j].linear(into, &row[j])
		} else {
			into = e[j].trees(into, &row[j])
		}
	}
	return into
}

// Sources returns for each number of a view the index of the column that it comes from.
func (e Encoder) Sources(v View) (sources []int) {
	for j := range e {
		one := Encoder{e[j]}
		for range one.Append(nil, v, []Cell{{}}) {
			sources = append(sources, j)
		}
	}
	return sources
}

// Matrix returns a table in a view.
func (e Encoder) Matrix(v View, f Frame) Matrix {
	m := Matrix{Rows: f.Rows, Columns: make([][]float64, len(e.Sources(v)))}
	for j := range m.Columns {
		m.Columns[j] = make([]float64, f.Rows)
	}
	var row []Cell
	var numbers []float64
	for i := range f.Rows {
		row = f.Row(i, row)
		numbers = e.Append(numbers[:0], v, row)
		for j, x := range numbers {
			m.Columns[j][i] = x
		}
	}
	return m
}

// Check says what is wrong with columns that come from elsewhere.
func (e Encoder) Check() error {
	for _, c := range e {
		switch {
		case c.Kind != Number && c.Kind != Category && c.Kind != LeftOut:
			return fmt.Errorf("column %q has the kind %q", c.Name, c.Kind)
		case !finite(c.Low) || !finite(c.High) || !finite(c.Median) || !finite(c.Period):
			return fmt.Errorf("column %q: a number is not finite", c.Name)
		case !slices.IsSorted(c.Levels):
			return fmt.Errorf("column %q: its levels are not sorted", c.Name)
		}
	}
	return nil
}
