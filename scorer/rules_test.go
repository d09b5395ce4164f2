package scorer

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// The files below testdata/rules hold what was worked by hand; the first comment of each says how.
func TestRules(t *testing.T) {
	datadriven.Walk(t, "testdata/rules", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "metrics":
				return metricsCommand(t, d)
			case "calibrate":
				return calibrateCommand(t, d)
			case "gate":
				return gateCommand(t, d)
			case "needs":
				var labels, wins int
				d.ScanArgs(t, "labels", &labels)
				d.ScanArgs(t, "wins", &wins)
				s := sufficiencyOf(labels, wins, Gate{Passed: d.HasArg("passed")})
				return fmt.Sprintf("%s: %s\n", s.State, s.Needs)
			case "encode":
				return encodeCommand(t, d)
			case "table":
				return tableCommand(d)
			case "folds":
				return foldsCommand(t, d)
			}
			t.Fatalf("%s: no such command %q", d.Pos, d.Cmd)
			return ""
		})
	})
}

// judged are lines of a score, an outcome and a weight, which is 1 if it is not there.
func judged(t *testing.T, d *datadriven.TestData) (score, y, w []float64) {
	for line := range strings.Lines(d.Input) {
		fields := strings.Fields(line)
		if len(fields) == 2 {
			fields = append(fields, "1")
		}
		var numbers [3]float64
		for k, field := range fields {
			x, err := strconv.ParseFloat(field, 64)
			if err != nil {
				t.Fatalf("%s: %v", d.Pos, err)
			}
			numbers[k] = x
		}
		score, y, w = append(score, numbers[0]), append(y, numbers[1]), append(w, numbers[2])
	}
	return score, y, w
}

// round writes five digits after the point, none of them where they are 0.
func round(x float64) string {
	if x = math.Round(x*1e5) / 1e5; x == 0 {
		x = 0 // without a sign
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// metricsCommand takes scores for probabilities.
func metricsCommand(t *testing.T, d *datadriven.TestData) string {
	p, y, w := judged(t, d)
	margins := make([]float64, len(p))
	for i := range p {
		margins[i] = logOdds(p[i])
	}
	var b strings.Builder
	for _, arg := range d.CmdArgs {
		switch arg.Key {
		case "auc":
			a := AUCOf(p, y, w)
			fmt.Fprintf(&b, "auc %s, %s to %s\n", round(a.Value), round(a.Low), round(a.High))
		case "logloss":
			fmt.Fprintf(&b, "log loss %s\n", round(LogLoss(p, y, w)))
		case "brier":
			fmt.Fprintf(&b, "brier %s\n", round(Brier(p, y, w)))
		case "ece":
			bins, err := strconv.Atoi(arg.Vals[0])
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "ece %s\n", round(CalibrationError(p, y, w, bins)))
		case "slope":
			slope, shift := CalibrationSlope(margins, y, w)
			fmt.Fprintf(&b, "slope %s, shift %s\n", round(slope), round(shift))
		case "lift":
			part, err := strconv.ParseFloat(arg.Vals[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "lift %s\n", round(Lift(p, y, w, part)))
		default:
			t.Fatalf("%s: no such measure %q", d.Pos, arg.Key)
		}
	}
	return b.String()
}

// calibrateCommand takes scores for margins.
func calibrateCommand(t *testing.T, d *datadriven.TestData) string {
	margin, y, w := judged(t, d)
	var centre, at float64
	d.MaybeScanArgs(t, "centre", &centre)
	d.MaybeScanArgs(t, "at", &at)
	c := FitCalibration(margin, y, w, centre)
	i := c.Interval(at)
	return fmt.Sprintf("slope %s, shift %s\nvariance %s %s %s\nat %s: log-odds %s, rate between %s and %s\n",
		round(c.Slope), round(c.Shift), round(c.Variance[0]), round(c.Variance[1]), round(c.Variance[2]),
		round(at), round(c.LogOdds(at)), round(i.Low), round(i.High))
}

// gateCommand takes scores for the model's probabilities.
func gateCommand(t *testing.T, d *datadriven.TestData) string {
	p, y, w := judged(t, d)
	var base, parts float64
	d.ScanArgs(t, "base", &base)
	d.MaybeScanArgs(t, "parts", &parts)
	margin, always := make([]float64, len(p)), make([]float64, len(p))
	for i := range p {
		margin[i], always[i] = logOdds(p[i]), logOdds(base)
	}
	g := gateOf(margin, always, y, w, parts)
	return fmt.Sprintf("%v: %s against %s, difference %s, standard error %s, agreement %s\n",
		g.Passed, round(g.LogLoss), round(g.Base), round(g.Difference), round(g.SE), round(g.Agreement))
}
