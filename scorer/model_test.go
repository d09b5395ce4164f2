package scorer

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// someTable is CSV with a number, a skewed number, a category, a flag and a target, some values missing.
func someTable(rows int, seed uint64) string {
	random := rand.New(rand.NewPCG(seed, 2))
	var b strings.Builder
	b.WriteString("area,visits,kind,garden,sold\n")
	for range rows {
		area, visits := 50+20*random.NormFloat64(), math.Floor(math.Exp(2*random.Float64()*random.Float64()))-1
		kind := []string{"house", "flat", "loft", ""}[random.IntN(4)]
		garden := random.IntN(2)
		margin := -2 + (area-50)/20 + visits/2 + float64(garden)
		if kind == "loft" {
			margin++
		}
		cell := fmt.Sprintf("%.1f", area)
		if random.IntN(10) == 0 {
			cell = ""
		}
		sold := "no"
		if random.Float64() < sigmoid(margin) {
			sold = "yes"
		}
		fmt.Fprintf(&b, "%s,%.0f,%s,%d,%s\n", cell, visits, kind, garden, sold)
	}
	return b.String()
}

func tableOf(t testing.TB, text string) *Table {
	table, err := ParseTable("t.csv", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func dataOf(t testing.TB, text, target string, seed uint64) Data {
	d, _, _, err := (&Labels{Target: target}).Data(tableOf(t, text), seed)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// fittedBy fits a recipe without cross-validation, and sets a calibration that moves everything.
func fittedBy(t testing.TB, d Data, r recipe) *Model {
	training, err := newTraining(d, TrainOptions{Target: "sold"})
	if err != nil {
		t.Fatal(err)
	}
	training.recipe, training.model.Recipe = r, r.name
	if err := training.fit(context.Background()); err != nil {
		t.Fatal(err)
	}
	c := &training.model.Calibration
	c.Slope, c.Shift = 0.8, 0.1
	return training.finish(training.model)
}

// models are one by each recipe.
func models(t testing.TB) []*Model {
	d := dataOf(t, someTable(300, 1), "sold", 3)
	return []*Model{fittedBy(t, d, recipeFor(LeastRare)), fittedBy(t, d, recipeFor(ManyRare)), fittedBy(t, d, recipeFor(0)).baseRateAlone().prepared()}
}

func (m *Model) prepared() *Model {
	m.prepare()
	return m
}

// oddRows hold what training did not: unknown levels, missing and extreme values.
const oddRows = "kind,garden,visits,area\nhouse,1,2,61.5\ncastle,0,0,\n,1,,1e300\nflat,,99999,-7\nloft,0.5,-3,50\n"

func TestAModelReadFromItsFileSaysTheSameBitByBit(t *testing.T) {
	rows := tableOf(t, oddRows)
	for _, m := range models(t) {
		file, err := m.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		read, err := ParseModel(file)
		if err != nil {
			t.Fatal(err)
		}
		again, err := read.Marshal()
		if err != nil || !bytes.Equal(file, again) {
			t.Errorf("%s: the file is another after it was read (%v)", m.Recipe, err)
		}
		a, err := m.Predictions(rows, true)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := read.Predictions(rows, true); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: %v\n%s\n%s", m.Recipe, err, a, b)
		}
	}
}

func TestReasonsOfAModelAddUpToItsLogOdds(t *testing.T) {
	all := models(t)
	rapid.Check(t, func(t *rapid.T) {
		m := all[rapid.IntRange(0, len(all)-1).Draw(t, "model")]
		row := make([]Cell, len(m.Columns))
		for j, c := range m.Columns {
			if c.Kind == Category {
				row[j].Text = rapid.SampledFrom([]string{"", "house", "flat", "loft", "tent"}).Draw(t, c.Name)
				continue
			}
			row[j].Number = rapid.SampledFrom([]float64{math.NaN(), 0, 1, 2, 50, 63.2, -1e100, 1e100}).Draw(t, c.Name)
		}
		s := m.NewScorer()
		phi := make([]float64, len(m.Columns))
		sum := s.Reasons(row, phi)
		for _, part := range phi {
			sum += part
		}
		if got := s.LogOdds(row); !(math.Abs(sum-got) <= 1e-9) {
			t.Errorf("bias and reasons make %v, the log-odds are %v", sum, got)
		}
		if p := s.P(row); !(p > 0 && p < 1) {
			t.Errorf("p = %v", p)
		}
	})
}

func TestReasonsOfAModelAreShapleyValuesByDefinition(t *testing.T) {
	f, err := models(t)[0].Columns.Cells(tableOf(t, oddRows))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range models(t)[:2] {
		s := m.NewScorer()
		got, want := make([]float64, len(m.Columns)), make([]float64, len(m.Columns))
		for i := range 2 {
			row := f.Row(i, nil)
			s.Reasons(row, got)
			clear(want)
			for _, p := range m.Parts {
				numbers := m.Columns.Append(nil, p.View, row)
				parts := make([]float64, len(numbers))
				if p.Trees != nil {
					few := &Trees{Scale: p.Trees.Scale, Trees: p.Trees.Trees}
					parts = byDefinition(few, numbers)
				} else {
					for j, x := range numbers { // columns of a sum do not interact: each alone against its mean
						parts[j] = p.Linear.Weights[j] * (x - p.Linear.Mean[j]) / p.Linear.Std[j]
					}
				}
				for j, source := range m.Columns.Sources(p.View) {
					want[source] += m.Calibration.Slope * p.Weight * parts[j]
				}
			}
			for j := range want {
				if math.Abs(got[j]-want[j]) > 1e-9 {
					t.Errorf("%s: row %d: %s gives %v, by definition %v", m.Recipe, i, m.Columns[j].Name, got[j], want[j])
				}
			}
		}
	}
}

func TestTrainingGivesTheSameBytesOnAnyNumberOfProcessors(t *testing.T) {
	d := dataOf(t, someTable(120, 5), "sold", 9)
	train := func(processors, workers int, seed uint64) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		d.Seed = seed
		m, err := Train(context.Background(), d, TrainOptions{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		file, err := m.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return string(file)
	}
	one := train(1, 1, 9)
	if one != train(4, 8, 9) {
		t.Error("one processor and four give different models")
	}
	if one == train(1, 1, 10) {
		t.Error("another seed gives the same model")
	}
}

func TestPredictionsDoNotDependOnTheOrderOfRowsOrColumns(t *testing.T) {
	m := models(t)[0]
	lines := strings.Split(strings.TrimSpace(oddRows), "\n")
	said := func(lines []string) []string {
		b, err := m.Predictions(tableOf(t, strings.Join(lines, "\n")), true)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(b)), "\n")
	}
	want := said(lines)
	turned := []string{"extra,area,visits,garden,kind"} // the columns of oddRows from the last to the first
	for i := len(lines) - 1; i > 0; i-- {
		v := strings.Split(lines[i], ",")
		turned = append(turned, fmt.Sprintf("x,%s,%s,%s,%s", v[3], v[2], v[1], v[0]))
	}
	got := said(turned)
	for i := 1; i < len(lines); i++ {
		if got[len(lines)-i] != want[i] {
			t.Errorf("row %d: %s, turned %s", i, want[i], got[len(lines)-i])
		}
	}
}

func FuzzParseModel(f *testing.F) {
	d := dataOf(f, someTable(60, 1), "sold", 3)
	for _, r := range []recipe{recipeFor(LeastRare), {"one tree", []learner{{"boosting", TreeView, 1, func(m Matrix, y, w []float64, seed uint64, _ int) (fitted, error) {
		return FitBoost(m, y, w, plain), nil
	}}}}} {
		m := fittedBy(f, d, r)
		for i := range m.Parts { // small seeds make fast rounds
			if trees := m.Parts[i].Trees; trees != nil {
				trees.Trees = trees.Trees[:2]
			}
		}
		file, err := m.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Add([]byte(`{"format":1,"columns":[{"name":"a","kind":"number"}],"parts":[{"view":"trees","weight":1,"trees":{"trees":[{}]}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseModel(b)
		if err != nil {
			return
		}
		file, err := m.Marshal()
		if err != nil {
			t.Fatalf("a model that was read cannot be written: %v", err)
		}
		if _, err := ParseModel(file); err != nil {
			t.Fatalf("a model that was written cannot be read: %v", err)
		}
		row := make([]Cell, len(m.Columns))
		s := m.NewScorer()
		phi := make([]float64, len(m.Columns))
		for _, x := range []float64{math.NaN(), 0, 1e100} {
			for j := range row {
				row[j] = Cell{Number: x, Text: "a"}
			}
			if p := s.P(row); math.IsNaN(p) {
				t.Errorf("p is no number")
			}
			s.Reasons(row, phi)
			s.Interval(row)
		}
	})
}
