package scorer

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/csv"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// golden is embedded so that the tests do no I/O either.
//
//go:embed testdata/*.gz
var golden embed.FS

func unzipped(t testing.TB, name string) []byte {
	packed, err := golden.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// numbers reads a table with a header; empty is NaN.
func numbers(t testing.TB, name string) (rows [][]float64) {
	records, err := csv.NewReader(bytes.NewReader(unzipped(t, name))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records[1:] {
		row := make([]float64, len(record))
		for j, text := range record {
			row[j] = math.NaN()
			if text != "" {
				if row[j], err = strconv.ParseFloat(text, 64); err != nil {
					t.Fatal(err)
				}
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func TestXGBoostModelSaysWhatXGBoostSays(t *testing.T) {
	trees, names, err := ReadXGBoost(unzipped(t, "xgb-shoppers.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if len(trees.Trees) != 100 || len(names) != 0 {
		t.Errorf("%d trees, names %v", len(trees.Trees), names)
	}
	rows, said := numbers(t, "xgb-shoppers-rows.csv.gz"), numbers(t, "shap-shoppers.csv.gz")
	if len(rows) != 50 || len(said) != 50 {
		t.Fatalf("%d rows, %d explained", len(rows), len(said))
	}
	const tolerance = 1e-5 // XGBoost adds in float32
	near := func(what string, row int, got, want float64) {
		if !(math.Abs(got-want) <= tolerance) {
			t.Errorf("row %d: %s %v, XGBoost says %v", row, what, got, want)
		}
	}
	for i, row := range rows {
		margin, contributions, bias := said[i][1], said[i][2:2+len(row)], said[i][2+len(row)]
		near("margin", i, trees.Margin(row), margin)
		near("bias", i, trees.Expected(), bias)
		phi, sum := make([]float64, len(row)), trees.Expected()
		trees.SHAP(row, phi)
		for j := range phi {
			near("contribution of feature "+strconv.Itoa(j), i, phi[j], contributions[j])
			sum += phi[j]
		}
		if math.Abs(sum-trees.Margin(row)) > 1e-9 {
			t.Errorf("row %d: bias and parts make %v, the margin is %v", i, sum, trees.Margin(row))
		}
	}
}

// small is a model with one split and a place that pruning left.
const small = `{"learner":{"feature_names":["age","rooms"],"learner_model_param":{"base_score":"2.5E-1","num_class":"0","num_feature":"2"},` +
	`"objective":{"name":"binary:logistic"},"gradient_booster":{"name":"gbtree","model":{"trees":[{` +
	`"left_children":[3,-1,-1,-1],"right_children":[2,-1,-1,-1],"split_indices":[1,0,0,0],"split_conditions":[0.1,9,2,-1],` +
	`"default_left":[1,0,0,0],"sum_hessian":[4,0,1,3],"split_type":[0,0,0,0]}]}}},"version":[2,1,0]}`

func TestXGBoostModelIsReadWithoutPrunedNodes(t *testing.T) {
	trees, names, err := ReadXGBoost([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(names, " ") != "age rooms" || len(trees.Trees) != 1 || len(trees.Trees[0]) != 3 {
		t.Errorf("%v %v", names, trees.Trees)
	}
	base := math.Log(0.25 / 0.75)
	for _, tt := range []struct{ x, want float64 }{
		{0, base - 1},
		{math.NaN(), base - 1},
		{0.1, base + 2}, // float32(0.1) is not below itself
		{0.0999999999, base + 2},
		{float64(math.Nextafter32(0.1, 0)), base - 1},
	} {
		if got := trees.Margin([]float64{7, tt.x}); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%v: %v, want %v", tt.x, got, tt.want)
		}
	}
	if got, want := trees.Expected(), base-0.25; math.Abs(got-want) > 1e-12 {
		t.Errorf("expected %v, want %v", got, want)
	}
}

func TestXGBoostModelsOfEachVersionAreRead(t *testing.T) {
	want, _, err := ReadXGBoost([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"default_left":[1,0,0,0]`, `"default_left":[true,false,false,false]`},
		{`"2.5E-1"`, `"[2.5E-1]"`},
		{`"num_class":"0"`, `"num_class":"1","num_target":"1"`},
		{`,"split_type":[0,0,0,0]`, ``},
		{`"feature_names":["age","rooms"],`, ``},
	} {
		got, _, err := ReadXGBoost([]byte(strings.Replace(small, change[0], change[1], 1)))
		if err != nil {
			t.Errorf("%s: %v", change[1], err)
		} else if bytesOf(t, got) != bytesOf(t, want) {
			t.Errorf("%s: %s", change[1], bytesOf(t, got))
		}
	}
}

func TestXGBoostModelsThatCannotBeEvaluatedAreRefused(t *testing.T) {
	for _, tt := range []struct{ from, to, want string }{
		{small, `{}`, "objective"},
		{small, `nonsense`, "not an XGBoost JSON model"},
		{`binary:logistic`, `multi:softprob`, "only binary:logistic"},
		{`"gbtree"`, `"dart"`, "only gbtree"},
		{`"num_class":"0"`, `"num_class":"3"`, "num_class"},
		{`"num_class":"0"`, `"num_target":"2"`, "num_target"},
		{`"num_feature":"2"`, `"num_feature":"1"`, "2 feature names for 1 features"},
		{`"num_feature":"2"`, `"num_feature":"-2"`, "num_feature"},
		{`"2.5E-1"`, `"1"`, "base_score"},
		{`"2.5E-1"`, `"NaN"`, "base_score"},
		{`"2.5E-1"`, `""`, "base_score"},
		{`"split_indices":[1,`, `"split_indices":[2,`, "feature 2 of 2"},
		{`"left_children":[3,`, `"left_children":[0,`, "node 0 is no tree's"},
		{`"left_children":[3,`, `"left_children":[2,`, "node 2 is no tree's"},
		{`"left_children":[3,`, `"left_children":[4,`, "node 4 is no tree's"},
		{`"left_children":[3,`, `"left_children":[-2,`, "node -2 is no tree's"},
		{`"split_type":[0,`, `"split_type":[1,`, "by category"},
		{`"default_left":[1,`, `"default_left":[2,`, "default_left"},
		{`"sum_hessian":[4,0,1,3]`, `"sum_hessian":[4,0,1]`, "different lengths"},
		{`"sum_hessian":[4,0,1,3]`, `"sum_hessian":[4,0,1,-3]`, "negative"},
		{`"split_conditions":[0.1,`, `"split_conditions":[1e300,`, "not finite"},
		{`2,-1],"default_left"`, `2,-1e39],"default_left"`, "not finite"},
	} {
		text := strings.Replace(small, tt.from, tt.to, 1)
		if text == small {
			t.Fatalf("%s is not in the model", tt.from)
		}
		if _, _, err := ReadXGBoost([]byte(text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.to, err, tt.want)
		}
	}
}

func TestThresholdsDecideAsInFloat32(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.Float32Range(-1e30, 1e30).Draw(t, "threshold")
		at := below32(float64(c))
		near := float64(c)
		switch rapid.IntRange(0, 4).Draw(t, "near") {
		case 0:
			near = at
		case 1:
			near = math.Nextafter(at, math.Inf(-1))
		case 2:
			near = float64(math.Nextafter32(c, float32(math.Inf(-1))))
		case 3:
			near += rapid.Float64Range(-1e-7, 1e-7).Draw(t, "off") * near
		}
		if got, want := near < at, float32(near) < c; got != want {
			t.Errorf("%v < %v: %v, in float32 %v", near, c, got, want)
		}
	})
}

func FuzzReadXGBoost(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(strings.Replace(small, "[3,-1,-1,-1]", "[1,3,-1,-1]", 1)))
	f.Add([]byte(`{"learner":{}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		trees, names, err := ReadXGBoost(b)
		if err != nil {
			return
		}
		n := max(trees.Features(), len(names))
		if n > 10_000 {
			return
		}
		row, phi := make([]float64, n), make([]float64, n)
		for j := 0; j < n; j += 2 {
			row[j] = math.NaN()
		}
		margin, sum, size := trees.Margin(row), trees.Expected(), math.Abs(trees.Bias)
		trees.SHAP(row, phi)
		for _, part := range phi {
			sum += part
		}
		for _, tree := range trees.Trees {
			for _, node := range tree {
				size += math.Abs(node.Value)
			}
		}
		if !(math.Abs(sum-margin) <= 1e-9*(1+size)) {
			t.Errorf("bias and parts make %v, the margin is %v", sum, margin)
		}
	})
}
