package learn

import (
	"context"
	"fmt"
	"math"

	"footfall/fault"
	"footfall/scorer"
)

// Activate makes a version active that somebody chose: an earlier one is a rollback. Rules names no model at all. It
// returns once that is on disk.
func (l *Learn) Activate(ctx context.Context, organization, name, by string) (*Listed, error) {
	number, err := l.number(organization, name)
	if err != nil {
		return nil, err
	}
	unlock, err := l.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	v := rules()
	if number > 0 {
		var packed []byte
		if v, packed, err = l.version(organization, number); err != nil {
			return nil, err
		}
		if len(packed) == 0 || !v.Gate.Passed {
			return nil, fault.New(fault.Conflict, "%s did not pass the gate, so it cannot be active: %s", name, v.Gate.Verdict)
		}
		if _, err := l.load(organization, number); err != nil {
			return nil, err
		}
	}
	s := l.stateOf(organization)
	if s.Active == number {
		return &Listed{*v, true}, nil
	}
	at := l.now()
	kind, why := EntryActivation, "chosen"
	if number < s.Active {
		kind, why = EntryRollback, "chosen, in place of "+versionName(s.Active)
	}
	err = l.submit(ctx, nil, &decision{Organization: organization, State: s.activate(number, at, false),
		Entry: Entry{At: at, Kind: kind, Version: name, From: versionName(s.Active), By: by, Why: why}})
	return &Listed{*v, true}, err
}

// leastJudged is how many leads a verdict on an active model needs.
const leastJudged = 30

// Standing is how an active model does on leads that it did not learn from, now that it is known how they ended.
type Standing struct {
	Leads      int      `json:"leads"`
	Wins       int      `json:"wins"`
	LogLoss    *float64 `json:"log_loss"`
	Base       *float64 `json:"base_log_loss"` // of the base rate of the model's training
	Difference *float64 `json:"difference"`    // below 0 where the model is better
	SE         *float64 `json:"standard_error"`
	AUC        *float64 `json:"auc"`
	Worse      bool     `json:"worse"` // than the base rate by more than two standard errors
}

func standingOf(m *loaded, leads []Lead, known []Labelled) (s Standing) {
	fresh := unseen(leads, known, m.version.Trained, m.version.Horizon)
	if s.Leads, s.Wins = counts(fresh); s.Leads == 0 {
		return s
	}
	y, w := outcomes(fresh)
	odds := m.logOdds(fresh)
	base := make([]float64, len(odds))
	for i := range base {
		base[i] = math.Log(m.model.BaseRate / (1 - m.model.BaseRate))
	}
	mean, se := scorer.PairedLoss(odds, base, y, w)
	s.LogLoss, s.Base = known64(lossOf(odds, y, w)), known64(lossOf(base, y, w))
	s.Difference, s.SE, s.AUC = known64(mean), known64(se), known64(scorer.AUCOf(odds, y, w).Value)
	s.Worse = s.Leads >= leastJudged && mean > 2*se
	return s
}

// known64 returns nil for what is no number.
func known64(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// watch rolls the active model back if it does worse than the base rate, to what was active before it.
func (l *Learn) watch(ctx context.Context, organization string, leads []Lead) error {
	s := l.stateOf(organization)
	m, err := l.active(organization, &s)
	if err != nil || m == nil {
		return err
	}
	now := l.now()
	known, _ := Labels(leads, now, m.version.Horizon)
	standing := standingOf(m, leads, known)
	if !standing.Worse {
		return nil
	}
	to := uint32(0)
	if n := len(s.Before); n > 0 {
		to = s.Before[n-1]
	}
	return l.submit(ctx, nil, &decision{Organization: organization, State: s.activate(to, now, true), Entry: Entry{
		At: now, Kind: EntryRollback, Version: versionName(to), From: versionName(s.Active), By: Server, AUC: standing.AUC,
		Labels: standing.Leads, Wins: standing.Wins,
		Why: fmt.Sprintf("on %d leads that it did not learn from its log loss is %.4f against the base rate's %.4f, more than two standard errors (%.4f) worse",
			standing.Leads, *standing.LogLoss, *standing.Base, *standing.SE),
	}})
}
