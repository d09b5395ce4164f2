package scorer

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// variants are XGBoost models of many settings with what XGBoost says of rows; see testdata/xgb-variants.py.
type variants struct {
	Version string       `json:"xgboost"`
	Rows    [][]*float64 `json:"rows"` // null is missing
	Models  []struct {
		Name          string          `json:"name"`
		Model         json.RawMessage `json:"model"`
		Margins       []float64       `json:"margins"`
		Contributions [][]float64     `json:"contributions"` // by row: of each feature, then the bias
	} `json:"models"`
}

func readVariants(t *testing.T) (v variants) {
	if err := json.Unmarshal(unzipped(t, "xgb-variants.json.gz"), &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Models) != 8 || len(v.Rows) != 20 {
		t.Fatalf("%d models, %d rows", len(v.Models), len(v.Rows))
	}
	return v
}

// asTable writes rows as CSV, whose columns come in the order of the model's features, or the other way round if they have names.
func asTable(rows [][]*float64, names []string) string {
	columns := slices.Clone(names)
	if len(names) == 0 {
		for j := range rows[0] {
			columns = append(columns, fmt.Sprint("f", j))
		}
	} else {
		slices.Reverse(columns)
	}
	lines := []string{strings.Join(columns, ",")}
	for _, row := range rows {
		cells := make([]string, len(row))
		for j, x := range row {
			if x != nil {
				cells[j] = inFull(*x)
			}
		}
		if len(names) > 0 {
			slices.Reverse(cells)
		}
		lines = append(lines, strings.Join(cells, ","))
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestModelsOfAllSettingsAreExplainedAsXGBoostDoes(t *testing.T) {
	v := readVariants(t)
	for _, m := range v.Models {
		trees, names, err := ReadXGBoost(m.Model)
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		explained, err := ExplainXGBoost(m.Model, tableOf(t, asTable(v.Rows, names)), nil)
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		rows := tableOf(t, string(explained)).Rows
		worst := 0.0
		for i, row := range rows {
			said := append([]float64{m.Margins[i]}, m.Contributions[i]...)
			for j, want := range said {
				var got float64
				if _, err := fmt.Sscan(row[1+j], &got); err != nil {
					t.Fatal(err)
				}
				// XGBoost adds in float32.
				if worst = max(worst, math.Abs(got-want)); !(math.Abs(got-want) <= 1e-5*max(1, math.Abs(m.Margins[i]))) {
					t.Errorf("%s, row %d, column %d: %v, XGBoost says %v", m.Name, i, j, got, want)
				}
			}
		}
		t.Logf("%s: %d trees, %d rows, at most %.1g apart from XGBoost %s", m.Name, len(trees.Trees), len(rows), worst, v.Version)
	}
}
