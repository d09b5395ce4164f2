package learn

import (
	"encoding/json"
	"testing"
	"time"
)

func TestEveryTrainingIsTriedOnLaterLeads(t *testing.T) {
	w := newWorld(t)
	w.fill("default", newMarket(1, -2.5, 1.8), 400, 2)
	w.at(start.Add(500 * day)) // so the leads of the first 320 days are 180 days old
	v := w.train("default")
	if len(v.Temporal) != 3 {
		t.Fatalf("%+v", v.Temporal)
	}
	mature := 0
	for _, d := range w.leads["default"] {
		if d.age(w.clock()) >= 180 {
			mature++
		}
	}
	for k, got := range v.Temporal {
		// Leads of a quarter each, as no profile leaves any out; the last of a quarter is the moment itself.
		if want := mature - mature*(k+1)/4; got.Leads != want {
			t.Errorf("at %v tried on %d leads, want %d", got.Cutoff, got.Leads, want)
		}
		if k > 0 && (got.Labels <= v.Temporal[k-1].Labels || !got.Cutoff.After(v.Temporal[k-1].Cutoff)) {
			t.Errorf("%+v after %+v", got, v.Temporal[k-1])
		}
		if k == 2 && (!got.Passed || *got.AUC < 0.7 || *got.LogLoss >= *got.BaseLoss) {
			t.Errorf("%+v", got)
		}
		same := false
		w.must(w.learn.Backtest(t.Context(), Backtest{Organization: "default", From: got.Cutoff, To: got.Cutoff, Every: day}, func(r Tested) error {
			a, err := json.Marshal(got)
			w.must(err)
			b, err := json.Marshal(r)
			w.must(err)
			same = string(a) == string(b)
			return nil
		}))
		if !same {
			t.Errorf("a back-test of %v says something else", got.Cutoff)
		}
	}
	before := w.state("default")
	w.close()
	w.open()
	if after := w.state("default"); after != before {
		t.Errorf("%s, reopened %s", before, after)
	}
}

// Folds mix early and late leads, so a model looks good that only knows what has passed.
func TestAMarketThatTurnedRoundShowsInTheTemporalValidation(t *testing.T) {
	w := newWorld(t)
	w.fill("default", newMarket(3, -1.5, 2), 90, 3)
	m := newMarket(4, -1.5, -2)
	m.count = 1000
	for i := range 90 {
		w.leads["default"] = append(w.leads["default"], m.lead(start.Add(time.Duration(90+i)*day)))
	}
	w.at(start.Add(400 * day))
	v := w.train("default")
	last := v.Temporal[len(v.Temporal)-1]
	if *v.AUC < 0.55 || last.AUC == nil || *last.AUC > 0.45 {
		t.Errorf("out of fold %v, later leads %+v", *v.AUC, last)
	}
}

func TestLeadsThatAreTooYoungShowNothingOfLaterOnes(t *testing.T) {
	w := newWorld(t)
	w.fill("default", newMarket(1, -2.5, 1.8), 150, 2)
	w.at(start.Add(170 * day))
	v := w.train("default")
	if b, err := json.Marshal(v.Temporal); err != nil || string(b) != "[]" {
		t.Errorf("%s, %v", b, err)
	}
	versions, err := w.learn.Versions("default")
	w.must(err)
	if b, err := json.Marshal(versions[0].Temporal); err != nil || string(b) != "[]" {
		t.Errorf("stored: %s, %v", b, err)
	}
}

// Versions that were stored before there was such a validation have none.
func TestVersionsOfEarlierReleasesHaveAnEmptyTemporalValidation(t *testing.T) {
	old := must(pack(map[string]any{"number": 3, "version": "model-3", "label_coverage": map[string]any{"profiles_below": []string{"ann"}}}, nil))
	v, _, err := decodeVersion(old)
	if err != nil || v.Version != "model-3" || v.Temporal == nil || len(v.Temporal) != 0 || len(v.Coverage.Below) != 1 {
		t.Errorf("%+v, %v", v, err)
	}
}
