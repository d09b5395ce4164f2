package scorer

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// parts cuts the input at lines of three dashes. A line of a dot stands for an empty one, which would end the input.
func parts(d *datadriven.TestData) []string {
	text := strings.NewReplacer(`\t`, "\t", `\r`, "\r", `\ufeff`, "\ufeff").Replace(d.Input + "\n")
	return strings.Split(text, "---\n")
}

// encodeCommand fits an encoder to the first table, repeated times times, and shows what it makes of the second.
func encodeCommand(t *testing.T, d *datadriven.TestData) string {
	times, period := 1, 0.0
	d.MaybeScanArgs(t, "times", &times)
	d.MaybeScanArgs(t, "period", &period)
	tables := parts(d)
	header, rows, _ := strings.Cut(tables[0], "\n")
	training, err := ParseTable("train.csv", []byte(header+"\n"+strings.Repeat(rows, times)))
	if err != nil {
		return err.Error() + "\n"
	}
	frame := Guess(training, nil)
	if period > 0 {
		frame.Series[0].Period = period
	}
	e := FitEncoder(frame)
	var b strings.Builder
	for _, c := range e {
		fmt.Fprintf(&b, "%s: %s", c.Name, c.Kind)
		switch {
		case c.Kind == LeftOut:
			fmt.Fprintf(&b, ", %s", c.Why)
		case c.Kind == Category:
			fmt.Fprintf(&b, " %q", c.Levels)
			if c.Pool {
				b.WriteString(" and others")
			}
		case c.Period > 0:
			fmt.Fprintf(&b, ", comes round after %s", round(c.Period))
		default:
			fmt.Fprintf(&b, ", %s to %s, median %s", round(c.Low), round(c.High), round(c.Median))
			if c.Log {
				b.WriteString(", by its logarithm")
			}
		}
		if c.Flag {
			b.WriteString(", flag if missing")
		}
		b.WriteByte('\n')
	}
	if len(tables) < 2 {
		return b.String()
	}
	fresh, err := ParseTable("new.csv", []byte(tables[1]))
	if err != nil {
		return err.Error() + "\n"
	}
	f, err := e.Cells(fresh)
	if err != nil {
		return b.String() + err.Error() + "\n"
	}
	for i := range f.Rows {
		row := f.Row(i, nil)
		fmt.Fprintf(&b, "%s | %s\n", listed(e.Append(nil, LinearView, row)), listed(e.Append(nil, TreeView, row)))
	}
	return b.String()
}

func listed(numbers []float64) string {
	var texts []string
	for _, x := range numbers {
		if math.IsNaN(x) {
			texts = append(texts, "-")
		} else {
			texts = append(texts, round(x))
		}
	}
	return strings.Join(texts, " ")
}

// tableCommand shows a table as it is read, values between bars, and the column "y" as outcomes if there is one.
func tableCommand(d *datadriven.TestData) string {
	t, err := ParseTable("t.csv", []byte(strings.TrimSuffix(parts(d)[0], "\n")))
	if err != nil {
		return err.Error() + "\n"
	}
	var b strings.Builder
	for _, row := range append([][]string{t.Columns}, t.Rows...) {
		fmt.Fprintf(&b, "|%s|\n", strings.Join(row, "|"))
	}
	if j, err := t.Column("y"); err == nil {
		outcomes, err := t.Outcomes(j)
		if err != nil {
			return b.String() + err.Error() + "\n"
		}
		fmt.Fprintf(&b, "outcomes %v\n", outcomes)
	}
	return b.String()
}

// foldsCommand shows the folds of a table of so many rows.
func foldsCommand(t *testing.T, d *datadriven.TestData) string {
	var rows int
	d.ScanArgs(t, "rows", &rows)
	table, err := ParseTable("folds.csv", []byte(parts(d)[0]))
	if err != nil {
		return err.Error() + "\n"
	}
	folds, err := FoldsOf(table, rows)
	if err != nil {
		return err.Error() + "\n"
	}
	return fmt.Sprintln(folds)
}
