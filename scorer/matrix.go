package scorer

// Matrix is a table of numbers stored by columns; Columns[j][i] is row i of column j. NaN is a missing value.
type Matrix struct {
	Rows    int
	Columns [][]float64
}

// Row copies row i into into, which is grown as needed, and returns it.
func (m Matrix) Row(i int, into []float64) []float64 {
	into = into[:0]
	for _, column := range m.Columns {
		into = append(into, column[i])
	}
	return into
}

// Take returns a copy of the given rows in that order; a row may be named more than once.
func (m Matrix) Take(rows []int) Matrix {
	out := Matrix{Rows: len(rows), Columns: make([][]float64, len(m.Columns))}
	for j, column := range m.Columns {
		taken := make([]float64, len(rows))
		for k, i := range rows {
			taken[k] = column[i]
		}
		out.Columns[j] = taken
	}
	return out
}
