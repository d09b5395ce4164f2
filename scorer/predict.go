package scorer

import (
	"bytes"
	"encoding/csv"
	"strconv"
)

// Predictions returns CSV with a row for each row of the table, in its order: its probability p and, with reasons, how
// much each column of the model moved the log-odds, and what they start from: bias + Σ columns is logit p but for rounding.
// Columns of the table that the model does not know are ignored.
func (m *Model) Predictions(t *Table, reasons bool) ([]byte, error) {
	f, err := m.Columns.Cells(t)
	if err != nil {
		return nil, err
	}
	lines := make([][]string, f.Rows)
	inParts(f.Rows, func(from, to int) {
		s := m.NewScorer()
		phi := make([]float64, len(m.Columns))
		var row []Cell
		for i := from; i < to; i++ {
			row = f.Row(i, row)
			line := []string{inFull(s.P(row))}
			if reasons {
				bias := s.Reasons(row, phi)
				for _, part := range phi {
					line = append(line, inFull(part))
				}
				line = append(line, inFull(bias))
			}
			lines[i] = line
		}
	})
	header := []string{"p"}
	if reasons {
		for _, c := range m.Columns {
			header = append(header, c.Name)
		}
		header = append(header, "bias")
	}
	return asCSV(header, lines), nil
}

// inFull writes a number such that it reads back bit by bit.
func inFull(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// inParts calls f for parts of the numbers below n, in parallel.
func inParts(n int, f func(from, to int)) {
	const size = 256
	inParallel((n+size-1)/size, func(k int) { f(k*size, min(n, k*size+size)) })
}

func asCSV(header []string, lines [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(header)   // a buffer does not fail
	_ = w.WriteAll(lines) // flushes
	return b.Bytes()
}
