package learn

import (
	"encoding/json"
	"math"
	"testing"

	"footfall/scorer"
)

func TestAModelThatBeatsTheBaseRateScoresLeads(t *testing.T) {
	w := newWorld(t)
	w.fill("default", newMarket(1, -2.5, 1.8), 200, 2)
	w.at(start.Add(400 * day))
	before := w.predict("default", busy())
	if before.Basis != BasisRules || !before.Assumed || before.Model != Rules {
		t.Errorf("before: %+v", before)
	}
	v := w.train("default")
	if !v.Active || !v.Gate.Passed || v.Version.Version != "model-1" {
		t.Fatalf("%+v", v)
	}
	p := w.predict("default", busy())
	if p.Basis != BasisModel || p.Assumed || p.Model != "model-1" || p.Sufficiency.State != scorer.StateEnough {
		t.Errorf("%+v", p)
	}
	if p.BaseRate != v.BaseRate || math.Abs(p.Lift-p.Probability/p.BaseRate) > 1e-12 {
		t.Errorf("base rate %v, lift %v", p.BaseRate, p.Lift)
	}
	packed, err := json.Marshal(v)
	w.must(err)
	row, _, err := w.db.Get(versionKey(w.db.ID("default"), 1))
	w.must(err)
	t.Logf("labels %d, wins %d, AUC %.3f, row %d bytes, of it %d of figures", v.Labels, v.Wins, *v.AUC, len(row), len(packed))
}
