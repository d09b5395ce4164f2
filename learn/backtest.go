package learn

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"footfall/fault"
	"footfall/scorer"
)

// Backtest asks how models of the past would have done.
type Backtest struct {
	Organization string
	From, To     time.Time // of cutoffs
	Every        time.Duration
}

// maxCutoffs bounds a back-test.
const maxCutoffs = 200

// Tested is what came of one cutoff: a model of what was recorded until then, tried on leads that were created later and
// are old enough now. Figures are null where one outcome is missing.
type Tested struct {
	Cutoff   time.Time  `json:"cutoff"`
	Labels   int        `json:"labels"` // that the model learned from
	LabelWon int        `json:"label_wins"`
	Passed   bool       `json:"gate_passed"` // if not, the base rate was tried
	Verdict  string     `json:"verdict"`
	Leads    int        `json:"n"` // that it was tried on
	Wins     int        `json:"wins"`
	AUC      *float64   `json:"auc"`
	Range    [2]float64 `json:"auc_interval"` // DeLong, 95 %
	RulesAUC *float64   `json:"rules_auc"`    // of the points of the rules
	LogLoss  *float64   `json:"log_loss"`
	BaseLoss *float64   `json:"base_log_loss"`  // of the base rate of what was learned from
	Rules    *float64   `json:"rules_log_loss"` // of the rate that is assumed without a model
	Slope    *float64   `json:"calibration_slope"`
	Lift     *float64   `json:"lift_at_10_percent"`
}

// Backtest trains at each cutoff on what was known then, and tells how that did. It changes nothing.
func (l *Learn) Backtest(ctx context.Context, b Backtest, tell func(Tested) error) error {
	switch {
	case b.Every < 24*time.Hour:
		return fault.Field(fault.InvalidField, "every", "every is at least a day, such as 30d.")
	case b.To.Before(b.From):
		return fault.Field(fault.InvalidField, "from", "from is after to.")
	case b.To.Sub(b.From)/b.Every >= maxCutoffs:
		return fault.Field(fault.InvalidField, "every", "There are more than %d cutoffs: take a larger step.", maxCutoffs)
	}
	leads, err := l.o.Leads(b.Organization)
	if err != nil {
		return fmt.Errorf("read the leads to test on: %w", err)
	}
	for t := b.From; !t.After(b.To); t = t.Add(b.Every) {
		tested, err := l.cutoff(ctx, leads, t, l.now(), l.o.Catalog.Settings(b.Organization).Horizon, func(float64) {})
		if err != nil {
			return err
		}
		if err := tell(tested); err != nil {
			return err
		}
	}
	return nil
}

// cutoff tries one by what is known now. One person's leads are on one side only.
func (l *Learn) cutoff(ctx context.Context, leads []Lead, at, now time.Time, horizon int, progress func(float64)) (t Tested, err error) {
	before, _ := Labels(leads, at, horizon)
	t.Cutoff = at
	t.Labels, t.LabelWon = counts(before)
	taught := map[string]bool{}
	for _, d := range before {
		taught[string(d.Person[:])] = true
	}
	all, _ := Labels(leads, now, horizon)
	after := slices.DeleteFunc(all, func(d Labelled) bool {
		return d.Created <= at.UnixMilli() || d.age(now) < float64(horizon) || taught[string(d.Person[:])]
	})
	t.Leads, t.Wins = counts(after)
	t.Verdict = sufficiencyOf(t.Labels, t.LabelWon, nil).Needs
	if t.Labels == 0 || t.Leads == 0 {
		return t, ctx.Err()
	}
	o := l.options(ctx, before, 1, progress)
	o.Alone = true
	m, err := scorer.Train(ctx, data(before, 1), o)
	if err != nil {
		return t, fmt.Errorf("train a model of %s: %w", at.Format(time.DateOnly), err)
	}
	t.Passed, t.Verdict = m.Report.Gate.Passed, m.Report.Gate.Verdict
	t.judge(newLoaded("", nil, m), after)
	return t, nil
}

func (t *Tested) judge(m *loaded, after []Labelled) {
	odds := m.logOdds(after)
	y, w := outcomes(after)
	constant := func(p float64) *float64 {
		same := make([]float64, len(odds))
		for i := range same {
			same[i] = math.Log(p / (1 - p))
		}
		return known64(lossOf(same, y, w))
	}
	auc := scorer.AUCOf(odds, y, w)
	if t.AUC = known64(auc.Value); t.AUC != nil {
		t.Range = [2]float64{auc.Low, auc.High}
	}
	points := make([]float64, len(after))
	for i, d := range after {
		points[i] = float64(d.Points)
	}
	t.RulesAUC = known64(scorer.AUCOf(points, y, w).Value)
	assumed, _ := scorer.AssumedRate(t.LabelWon, t.Labels)
	t.LogLoss, t.BaseLoss, t.Rules = known64(lossOf(odds, y, w)), constant(m.model.BaseRate), constant(assumed)
	if t.Wins == 0 || t.Wins == t.Leads {
		return
	}
	t.Lift = known64(scorer.Lift(odds, y, w, 0.1))
	if t.Passed { // of one value for all there is no slope
		slope, _ := scorer.CalibrationSlope(odds, y, w)
		t.Slope = known64(slope)
	}
}
