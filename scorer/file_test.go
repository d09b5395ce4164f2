package scorer

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
)

// evaluate is another program: it knows a model file by docs/scoring.md alone, and rows as text.
func evaluate(t *testing.T, file []byte, row map[string]string) float64 {
	type object = map[string]any
	var m object
	if err := json.Unmarshal(file, &m); err != nil {
		t.Fatal(err)
	}
	num := func(o object, name string) float64 { x, _ := o[name].(float64); return x } // absent is 0
	is := func(o object, name string) bool { b, _ := o[name].(bool); return b }
	list := func(o object, name string) []any { l, _ := o[name].([]any); return l }
	absent := func(text string) bool { return text == "" || strings.EqualFold(text, "NA") }

	views := map[string][]float64{}
	for _, c := range list(m, "columns") {
		c := c.(object)
		text := row[c["name"].(string)]
		switch c["kind"] {
		case "number":
			x, missing := math.NaN(), absent(text)
			if !missing {
				var err error
				if x, err = strconv.ParseFloat(text, 64); err != nil {
					t.Fatal(err)
				}
				x = math.Max(-1e100, math.Min(1e100, x))
			}
			views["trees"] = append(views["trees"], x)
			v := x
			switch {
			case num(c, "period") > 0:
				angle := 2 * math.Pi * x / num(c, "period")
				if missing {
					views["linear"] = append(views["linear"], 0)
					v = 0
				} else {
					views["linear"] = append(views["linear"], math.Sin(angle))
					v = math.Cos(angle)
				}
			case missing:
				v = num(c, "median")
			default:
				if is(c, "log") {
					v = math.Log(1 + math.Max(x, 0))
				}
				v = math.Max(num(c, "low"), math.Min(num(c, "high"), v))
			}
			views["linear"] = append(views["linear"], v)
			if is(c, "missing_flag") {
				if missing {
					views["linear"] = append(views["linear"], 1)
				} else {
					views["linear"] = append(views["linear"], 0)
				}
			}
		case "category":
			if absent(text) {
				text = ""
			}
			found := 0.0
			for _, level := range list(c, "levels") {
				one := 0.0
				if level == text {
					one, found = 1, 1
				}
				views["linear"], views["trees"] = append(views["linear"], one), append(views["trees"], one)
			}
			if is(c, "pool") {
				views["linear"], views["trees"] = append(views["linear"], 1-found), append(views["trees"], 1-found)
			}
		}
	}
	calibration := m["calibration"].(object)
	margin := num(calibration, "centre")
	if parts := list(m, "parts"); len(parts) > 0 {
		margin = 0
		for _, p := range parts {
			p := p.(object)
			x := views[p["view"].(string)]
			var said float64
			if l, ok := p["linear"].(object); ok {
				said = num(l, "intercept")
				for j := range x {
					said += list(l, "weights")[j].(float64) * (x[j] - list(l, "mean")[j].(float64)) / list(l, "std")[j].(float64)
				}
			} else {
				trees := p["trees"].(object)
				for _, tree := range list(trees, "trees") {
					at := func(name string, node int) float64 { return list(tree.(object), name)[node].(float64) }
					node := 0
					for at("left", node) != 0 {
						v := x[int(at("feature", node))]
						if v < at("threshold", node) || math.IsNaN(v) && at("missing_left", node) == 1 {
							node = int(at("left", node))
						} else {
							node = int(at("right", node))
						}
					}
					said += at("value", node)
				}
				said = num(trees, "bias") + num(trees, "scale")*said
			}
			margin += num(p, "weight") * said
		}
	}
	centre := num(calibration, "centre")
	return 1 / (1 + math.Exp(-(centre + num(calibration, "slope")*(margin-centre) + num(calibration, "shift"))))
}

func TestAnotherProgramCanEvaluateAModelFile(t *testing.T) {
	rows := tableOf(t, oddRows)
	all := models(t)
	hours := dataOf(t, someTable(200, 4), "sold", 1)
	hours.Frame.Series[1].Period = 24
	all = append(all, fittedBy(t, hours, recipeFor(LeastRare)))
	for _, m := range all {
		file, err := m.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		said, err := m.Predictions(rows, false)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Fields(string(said))
		for i, values := range rows.Rows {
			row := map[string]string{}
			for j, name := range rows.Columns {
				row[name] = values[j]
			}
			p, err := strconv.ParseFloat(lines[1+i], 64)
			if err != nil {
				t.Fatal(err)
			}
			if got := evaluate(t, file, row); !(math.Abs(got-p) <= 1e-12) {
				t.Errorf("%s: row %d: %v, another program says %v", m.Recipe, i, p, got)
			}
		}
	}
}
