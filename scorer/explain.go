package scorer

import (
	"fmt"
	"slices"
	"strconv"
)

// ExplainXGBoost returns CSV with a row for each row of the table, in its order: its number from 0, the margin that the
// model gives it, how much each feature moved the margin, and what they start from: bias + Σ features is the margin.
//
// Features are found in the table by their names or, if the model has none, by their order; columns in without do not
// count, nor do those called row, y, fold and holdout if there are too many otherwise.
func ExplainXGBoost(model []byte, t *Table, without []string) ([]byte, error) {
	trees, names, features, err := readXGBoost(model)
	if err != nil {
		return nil, err
	}
	columns, err := columnsFor(t, names, features, without)
	if err != nil {
		return nil, err
	}
	m := Matrix{Rows: len(t.Rows), Columns: make([][]float64, len(columns))}
	header := []string{"row", "margin"}
	for k, j := range columns {
		if m.Columns[k], err = t.Numbers(j); err != nil {
			return nil, err
		}
		header = append(header, t.Columns[j])
	}
	header = append(header, "bias")
	lines := make([][]string, m.Rows)
	inParts(m.Rows, func(from, to int) {
		phi := make([]float64, len(columns))
		var row []float64
		for i := from; i < to; i++ {
			row = m.Row(i, row)
			clear(phi)
			trees.SHAP(row, phi)
			line := []string{strconv.Itoa(i), inFull(trees.Margin(row))}
			for _, part := range phi {
				line = append(line, inFull(part))
			}
			lines[i] = append(line, inFull(trees.Expected()))
		}
	})
	return asCSV(header, lines), nil
}

// columnsFor returns where in a table the features of a model are.
func columnsFor(t *Table, names []string, features int, without []string) (columns []int, err error) {
	for _, name := range without {
		if _, err := t.Column(name); err != nil {
			return nil, err
		}
	}
	if len(names) == 0 {
		if columns = columnsBut(t, without); len(columns) > features {
			columns = columnsBut(t, append(without, "row", "y", "fold", "holdout"))
		}
		if len(columns) != features {
			return nil, fmt.Errorf("the model names no features, so they are taken in order: it has %d, %s %d columns; leave out what is no feature with --drop",
				features, t.Name, len(columnsBut(t, without)))
		}
		return columns, nil
	}
	for _, name := range names {
		j := slices.Index(t.Columns, name)
		if j < 0 {
			return nil, fmt.Errorf("the model needs the column %q, which %s lacks", name, t.Name)
		}
		columns = append(columns, j)
	}
	return columns, nil
}

func columnsBut(t *Table, without []string) (columns []int) {
	for j, name := range t.Columns {
		if !slices.Contains(without, name) {
			columns = append(columns, j)
		}
	}
	return columns
}
