package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"footfall/scorer"
)

// files is a directory for one test.
type files struct {
	t   *testing.T
	dir string
}

func (f files) path(name string) string { return filepath.Join(f.dir, name) }

func (f files) write(name, text string) string {
	f.t.Helper()
	if err := os.WriteFile(f.path(name), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	return f.path(name)
}

func (f files) read(name string) string {
	f.t.Helper()
	b, err := os.ReadFile(f.path(name))
	if err != nil {
		f.t.Fatal(err)
	}
	return string(b)
}

// ran runs a command of the table and returns what it printed.
func (f files) ran(c interface{ Run(*program) error }) string {
	f.t.Helper()
	var out bytes.Buffer
	if err := c.Run(&program{ctx: f.t.Context(), out: &out}); err != nil {
		f.t.Fatal(err)
	}
	return out.String()
}

// soldHomes is a table in which large homes with a garden sell. Every ninth size is missing.
func soldHomes(rows int) string {
	var b strings.Builder
	b.WriteString("id,size,garden,kind,constant,sold\n")
	for i := range rows {
		size, garden, kind := (i*37)%100, i%2, []string{"house", "flat", "loft"}[i%3]
		sold := "no"
		if size+30*garden+(i*7)%40 > 110 {
			sold = "yes"
		}
		text := strconv.Itoa(size) + ".5"
		if i%9 == 0 {
			text = ""
		}
		fmt.Fprintf(&b, "%d,%s,%d,%s,7,%s\n", i+1, text, garden, kind, sold)
	}
	return b.String()
}

// rowsOf reads CSV as numbers, with its header.
func rowsOf(t *testing.T, text string) (header []string, rows [][]float64) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records[1:] {
		row := make([]float64, len(record))
		for j, cell := range record {
			if row[j], err = strconv.ParseFloat(cell, 64); err != nil {
				t.Fatal(err)
			}
		}
		rows = append(rows, row)
	}
	return records[0], rows
}

func TestATableIsTrainedAndPredictedWithReasonsThatAddUp(t *testing.T) {
	f := files{t, t.TempDir()}
	train := f.write("train.csv", soldHomes(150))
	printed := f.ran(&trainCmd{CSV: train, Target: "sold", Seed: 1, ModelOut: f.path("m.json"), Report: f.path("r.json"), Drop: []string{"kind"}})
	for _, says := range []string{"150, ", "ridge logistic and additive forest", "passed: ", "id (it names the row)", "constant (always the same)", "written"} {
		if !strings.Contains(printed, says) {
			t.Errorf("the report does not say %q:\n%s", says, printed)
		}
	}
	var r scorer.Report
	if err := json.Unmarshal([]byte(f.read("r.json")), &r); err != nil || r.Rows != 150 || r.Validation == nil || !r.Gate.Passed {
		t.Errorf("%v: %+v", err, r)
	}

	// Rows without the target, in another order of columns, with what training did not see.
	test := f.write("test.csv", "\ufeffgarden;size;extra\r\n1;90;x\r\n0;;y\r\n0;5.5;z\r\n;1e9;\r\n")
	f.ran(&predictCmd{Model: f.path("m.json"), CSV: test, Out: f.path("p.csv"), Reasons: true})
	header, rows := rowsOf(t, f.read("p.csv"))
	if got := strings.Join(header, " "); got != "p id size garden constant bias" {
		t.Errorf("columns %s", got)
	}
	if len(rows) != 4 || !(rows[0][0] > 0.5 && rows[2][0] < 0.2) {
		t.Errorf("%v", rows)
	}
	for i, row := range rows {
		sum := 0.0
		for _, part := range row[1:] {
			sum += part
		}
		if p := row[0]; math.Abs(sum-math.Log(p/(1-p))) > 1e-6 {
			t.Errorf("row %d: bias and reasons make %v, p is %v", i, sum, p)
		}
	}
	alone := f.ran(&predictCmd{Model: f.path("m.json"), CSV: test})
	if _, only := rowsOf(t, alone); len(only) != 4 || only[1][0] != rows[1][0] {
		t.Errorf("without reasons: %s", alone)
	}
	again := files{t, t.TempDir()}
	again.ran(&trainCmd{CSV: train, Target: "sold", Seed: 1, ModelOut: again.path("m.json"), Drop: []string{"kind"}})
	if again.read("m.json") != f.read("m.json") {
		t.Error("the same table and seed give another model")
	}
}

func TestOwnFoldsAndWeightsAreUsed(t *testing.T) {
	f := files{t, t.TempDir()}
	lines := strings.Split(strings.TrimSpace(soldHomes(120)), "\n")
	lines[0] += ",w"
	var folds strings.Builder
	folds.WriteString("row,fold\n")
	for i := range lines[1:] {
		lines[1+i] += fmt.Sprintf(",%d", i%4)
		fmt.Fprintf(&folds, "%d,%d\n", i, i/4%3)
	}
	f.ran(&trainCmd{
		CSV: f.write("t.csv", strings.Join(lines, "\n")), Target: "sold", Weights: "w", Folds: f.write("folds.csv", folds.String()), Seed: 1,
		ModelOut: f.path("m.json"), Report: f.path("r.json"),
	})
	var r scorer.Report
	if err := json.Unmarshal([]byte(f.read("r.json")), &r); err != nil {
		t.Fatal(err)
	}
	if r.Rows != 90 || len(r.Validation.Folds) != 3 || r.Validation.Folds[0].Rows != 30 {
		t.Errorf("%d rows, folds %+v", r.Rows, r.Validation.Folds)
	}
	for _, c := range r.Columns {
		if c.Name == "w" || c.Name == "sold" {
			t.Errorf("%s is a feature", c.Name)
		}
	}
}

func TestTooFewWinsGiveTheBaseRate(t *testing.T) {
	for _, tt := range []struct {
		name, csv string
		gate      bool
		p         float64
		says      string
	}{
		{"four wins", "x,y\n" + strings.Repeat("1,1\n", 4) + strings.Repeat("2,0\n", 20), false, 4.5 / 25, "1 more positive outcomes"},
		{"no wins", "x,y\n" + strings.Repeat("1,0\n2,0\n", 10), false, 0.5 / 21, "5 more positive outcomes"},
		{"only wins", "x,y\n" + strings.Repeat("1,1\n2,1\n", 10), false, 20.5 / 21, "5 more negative outcomes"},
		{"one row", "x,y\n1,1\n", false, 0.75, "5 more negative outcomes"},
		{"nothing to learn, with the gate", "x,y\n" + strings.Repeat("0.5,1\n1.5,1\n0.5,0\n1.5,0\n", 10), true, 0.5, "not passed"},
	} {
		f := files{t, t.TempDir()}
		csv := f.write("t.csv", tt.csv)
		printed := f.ran(&trainCmd{CSV: csv, Target: "y", ModelOut: f.path("m.json"), Gate: tt.gate})
		if !strings.Contains(printed, tt.says) || !strings.Contains(printed, "its base rate alone") {
			t.Errorf("%s: %s", tt.name, printed)
		}
		_, rows := rowsOf(t, f.ran(&predictCmd{Model: f.path("m.json"), CSV: csv, Reasons: true}))
		for _, row := range rows {
			if math.Abs(row[0]-tt.p) > 1e-12 || row[1] != 0 {
				t.Errorf("%s: %v, want %v", tt.name, row, tt.p)
			}
		}
	}
}

func TestWrongTablesAreNamedWithThePlaceAndTheRightExitCode(t *testing.T) {
	f := files{t, t.TempDir()}
	good := f.write("good.csv", soldHomes(40))
	f.ran(&trainCmd{CSV: good, Target: "sold", ModelOut: f.path("m.json")})
	for _, tt := range []struct {
		name string
		c    interface{ Run(*program) error }
		code int
		says string
	}{
		{"no target", &trainCmd{CSV: good, Target: "won", ModelOut: f.path("x")}, exitUsage, `good.csv has no column "won"; it has id, size`},
		{"no such column to drop", &trainCmd{CSV: good, Target: "sold", Drop: []string{"roof"}, ModelOut: f.path("x")}, exitUsage, `no column "roof"`},
		{"no such weights", &trainCmd{CSV: good, Target: "sold", Weights: "w", ModelOut: f.path("x")}, exitUsage, `no column "w"`},
		{"weights that are none", &trainCmd{CSV: good, Target: "sold", Weights: "kind", ModelOut: f.path("x")}, exitFailed, `good.csv:2: column "kind": "house" is not a number`},
		{"weights below 0", &trainCmd{CSV: f.write("w.csv", "y,w\n1,-1\n"), Target: "y", Weights: "w", ModelOut: f.path("x")}, exitFailed, `w.csv:2: column "w": a weight is 0 or more, not "-1"`},
		{"a target that is none", &trainCmd{CSV: good, Target: "kind", ModelOut: f.path("x")}, exitFailed, `an outcome is 1, true or yes, or 0, false or no, not "house"`},
		{"no outcome at all", &trainCmd{CSV: f.write("u.csv", "x,y\n1,\n2,NA\n"), Target: "y", ModelOut: f.path("x")}, exitFailed, "there are no rows to learn from"},
		{"a name twice", &trainCmd{CSV: f.write("d.csv", "x,x,y\n1,2,1\n"), Target: "y", ModelOut: f.path("x")}, exitFailed, `the name "x" is there twice`},
		{"no file", &trainCmd{CSV: f.path("none.csv"), Target: "y", ModelOut: f.path("x")}, exitFailed, "no such file"},
		{"an empty file", &trainCmd{CSV: f.write("e.csv", ""), Target: "y", ModelOut: f.path("x")}, exitFailed, "no header"},
		{"folds of another table", &trainCmd{CSV: good, Target: "sold", Folds: f.write("f.csv", "fold\n0\n1\n"), ModelOut: f.path("x")}, exitFailed, "f.csv has 2 rows, the table 40"},
		{"no model", &predictCmd{Model: good, CSV: good}, exitFailed, "not a model file"},
		{"a column that is not there", &predictCmd{Model: f.path("m.json"), CSV: f.write("s.csv", "size\n1\n")}, exitFailed, `s.csv has no column "garden"`},
		{"text for a number", &predictCmd{Model: f.path("m.json"), CSV: f.write("n.csv", "size,garden,kind\n1,0,flat\nbig,0,flat\n")}, exitFailed, `n.csv:3: column "size": "big" is not a number`},
	} {
		err := tt.c.Run(&program{ctx: t.Context(), out: &bytes.Buffer{}})
		if err == nil || exitCode(err) != tt.code || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := os.Stat(f.path("x")); err == nil {
		t.Error("a model was written though training failed")
	}
}

// A model of one split: 2 rooms or more is ln 3 more than fewer; 3 of 4 training rows had fewer. The base is .5.
const xgbModel = `{"learner":{"feature_names":[%s],"learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"2"},` +
	`"objective":{"name":"binary:logistic"},"gradient_booster":{"name":"gbtree","model":{"trees":[{` +
	`"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[1,0,0],"split_conditions":[2,-1,1],` +
	`"default_left":[1,0,0],"sum_hessian":[4,3,1],"split_type":[0,0,0]}]}}},"version":[2,1,0]}`

func TestAnXGBoostModelIsExplained(t *testing.T) {
	f := files{t, t.TempDir()}
	named := f.write("named.json", fmt.Sprintf(xgbModel, `"age","rooms"`))
	inOrder := f.write("in-order.json", fmt.Sprintf(xgbModel, ""))
	rows := f.write("rows.csv", "y,rooms,age\n1,3,9\n0,1,9\n0,,9\n")
	// 3/4 · −1 + 1/4 · 1 = −.5
	want := "row,margin,age,rooms,bias\n0,1,0,1.5,-0.5\n1,-1,0,-0.5,-0.5\n2,-1,0,-0.5,-0.5\n"
	if got := f.ran(&explainCmd{XGB: named, CSV: rows}); got != want {
		t.Errorf("%s", got)
	}
	turned := f.write("turned.csv", "won,age,rooms\n1,9,3\n0,9,1\n0,9,\n")
	if got := f.ran(&explainCmd{XGB: inOrder, CSV: turned, Drop: []string{"won"}}); got != want {
		t.Errorf("%s", got)
	}
	folded := f.write("folded.csv", "y,fold,age,rooms\n1,0,9,3\n0,1,9,1\n0,1,9,\n")
	if got := f.ran(&explainCmd{XGB: inOrder, CSV: folded}); got != want {
		t.Errorf("%s", got)
	}
	err := (&explainCmd{XGB: inOrder, CSV: turned}).Run(&program{ctx: t.Context()})
	if err == nil || !strings.Contains(err.Error(), "it has 2, "+turned+" 3 columns; leave out what is no feature with --drop") {
		t.Error(err)
	}
	if err := (&explainCmd{XGB: named, CSV: f.write("no.csv", "age\n1\n")}).Run(&program{ctx: t.Context()}); err == nil || !strings.Contains(err.Error(), `"rooms"`) {
		t.Error(err)
	}
}
