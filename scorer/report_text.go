package scorer

import (
	"fmt"
	"strings"
)

// Text returns the report for people.
func (r *Report) Text() string {
	var b strings.Builder
	line := func(name, format string, values ...any) {
		fmt.Fprintf(&b, "%-14s%s\n", name, fmt.Sprintf(format, values...))
	}
	line("rows", "%d, %d of them positive: a base rate of %.2f %%", r.Rows, r.Wins, 100*r.BaseRate)
	if r.Unlabelled > 0 {
		line("", "%d more have no outcome and were left out", r.Unlabelled)
	}
	if r.Copies > 0 {
		line("", "%d say the same as others, and are in their folds", r.Copies)
	}
	line("columns", "%s", r.columns())
	line("recipe", "%s", r.Recipe)
	if v := r.Validation; v != nil {
		line("", "%-10s%-10s%s", "AUC", "log loss", "Brier")
		row := func(name string, f Figures) {
			line(name, "%-10s%-10s%s", shown(f.AUC), shown(f.LogLoss), shown(f.Brier))
		}
		row(fmt.Sprintf("%d folds", len(v.Folds)), v.Mean)
		row("  pooled", v.Pooled)
		row("  base rate", Figures{AUC: number64(0.5), LogLoss: &v.BaseLogLoss})
		line("", "AUC between %.4f and %.4f (95 %%); the best tenth has %.2f times the base rate",
			v.AUCInterval[0], v.AUCInterval[1], v.LiftAtTen)
		line("calibration", "slope %.3f, shift %+.3f, error %.4f", v.Slope, v.Shift, v.ECE)
		if c := r.Comparison; c != nil {
			line("compared", "of the two learners of the product document, AUC alone would pick the %s", c.Picks)
			row("  forest", c.Forest)
			row("  boosting", c.Boosting)
		}
	}
	line("gate", "%s", r.Gate.Verdict)
	if r.Sufficiency.Needs != "" {
		line("needed", "%s", r.Sufficiency.Needs)
	}
	return b.String()
}

// columns says how many there are of each kind, and which are left out.
func (r *Report) columns() string {
	count := map[Kind]int{}
	var out []string
	for _, c := range r.Columns {
		count[c.Kind]++
		if c.Kind == LeftOut {
			out = append(out, fmt.Sprintf("%s (%s)", c.Name, c.Why))
		}
	}
	text := fmt.Sprintf("%d numbers, %d categories", count[Number], count[Category])
	if len(out) > 0 {
		text += "; left out: " + strings.Join(out, ", ")
	}
	return text
}

func shown(x *float64) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf("%.4f", *x)
}
