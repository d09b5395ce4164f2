package learn

import (
	"context"
	"fmt"
	"time"

	"footfall/fault"
	"footfall/scorer"
)

// folds of the cross-validation.
const folds = 5

// Train trains a model of an organization on what is known now, judges it, and activates it if it is good enough. It
// returns once that is on disk. by is who asked; progress may be nil. Where too few leads have ended it refuses, and says
// what is missing.
func (l *Learn) Train(ctx context.Context, organization, by string, progress func(float64)) (*Listed, error) {
	unlock, err := l.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return l.train(ctx, organization, by, progress)
}

// train is Train of whoever has the turn.
func (l *Learn) train(ctx context.Context, organization, by string, progress func(float64)) (*Listed, error) {
	t, err := l.newTrial(organization, by)
	if err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(float64) {}
	}
	if err := t.fit(ctx, func(share float64) { progress(share * 0.4) }); err != nil {
		return nil, err
	}
	if t.version.Temporal, err = t.temporal(ctx, func(share float64) { progress(0.4 + share*0.3) }); err != nil {
		return nil, err
	}
	promoted, why, err := t.judge(ctx, func(share float64) { progress(0.7 + share*0.3) })
	if err != nil {
		return nil, err
	}
	return t.settle(ctx, promoted, why)
}

// trial is a training on its way.
type trial struct {
	l       *Learn
	by      string
	at      time.Time
	horizon int
	state   state
	leads   []Lead
	known   []Labelled
	cover   Coverage
	number  uint32
	model   *scorer.Model
	version *Version
}

func (l *Learn) newTrial(organization, by string) (*trial, error) {
	leads, err := l.o.Leads(organization)
	if err != nil {
		return nil, fmt.Errorf("read the leads to learn from: %w", err)
	}
	t := &trial{l: l, by: by, at: l.now(), horizon: l.o.Catalog.Settings(organization).Horizon, state: l.stateOf(organization), leads: leads}
	t.known, t.cover = Labels(leads, t.at, t.horizon)
	t.number = t.state.Newest + 1
	labels, wins := counts(t.known)
	if s := sufficiencyOf(labels, wins, nil); s.State == scorer.StateNone {
		return nil, fault.New(fault.Conflict, "There are too few leads to learn from: %d of which it is known how they ended, %d of them won. Needed: %s.",
			s.Labels, s.Wins, s.Needs)
	}
	return t, nil
}

// Ready returns how many leads a training would learn from, or says what is missing.
func (l *Learn) Ready(organization string) (int, error) {
	t, err := l.newTrial(organization, "")
	if err != nil {
		return 0, err
	}
	return len(t.known), nil
}

// options of a fit: one at a time, and after each the rest of the program goes first.
func (l *Learn) options(ctx context.Context, known []Labelled, seed uint64, progress func(float64)) scorer.TrainOptions {
	labels, wins := counts(known)
	k := min(folds, max(2, min(wins, labels-wins)))
	return scorer.TrainOptions{
		Splits: scorer.SplitsOf(foldsOf(known, k, seed)), Gate: true, Target: "closed_won", Workers: 1,
		Show: func(done, of int, _ string) {
			progress(float64(done) / float64(of))
			if l.o.Yield != nil {
				_ = l.o.Yield(ctx) // an end of ctx is seen by the training itself
			}
		},
	}
}

// fit trains, and writes down what was found.
func (t *trial) fit(ctx context.Context, progress func(float64)) error {
	var err error
	if t.model, err = scorer.Train(ctx, data(t.known, uint64(t.number)), t.l.options(ctx, t.known, uint64(t.number), progress)); err != nil {
		return fmt.Errorf("train a model: %w", err)
	}
	r := t.model.Report
	labels, wins := counts(t.known)
	v := &Version{
		Number: t.number, Version: versionName(t.number), Trained: t.at, By: t.by, Horizon: t.horizon,
		Labels: labels, Wins: wins, Coverage: t.cover, BaseRate: t.model.BaseRate, Recipe: r.Recipe,
		Gate: r.Gate, Sufficiency: sufficiencyOf(labels, wins, &r.Gate), Comparison: r.Comparison,
	}
	if p := r.Validation; p != nil {
		v.AUC, v.AUCRange, v.LogLoss, v.BaseLoss = p.Pooled.AUC, p.AUCInterval, p.Pooled.LogLoss, &p.BaseLogLoss
		v.ECE, v.Slope, v.Lift = p.ECE, p.Slope, p.LiftAtTen
	}
	if r.Gate.Passed {
		v.Agents = agentsOf(newLoaded("", nil, t.model), t.known)
	}
	t.version = v
	return nil
}

// settle writes down what came of the training; a version that is promoted is active from then on.
func (t *trial) settle(ctx context.Context, promoted bool, why string) (*Listed, error) {
	t.version.Verdict = why
	state := t.state
	state.Newest, state.Trained = t.number, t.at
	entry := Entry{
		At: t.at, Kind: EntryTraining, Version: t.version.Version, From: versionName(t.state.Active), By: t.by,
		Why: why, Labels: t.version.Labels, Wins: t.version.Wins, AUC: t.version.AUC,
	}
	var packed []byte
	if len(t.model.Parts) > 0 {
		var err error
		if packed, err = packModel(t.model); err != nil {
			return nil, err
		}
	}
	decisions := []*decision{{Organization: state.Organization, State: state, Entry: entry, Trained: t.version}}
	if promoted {
		t.l.models.put(newLoaded(state.Organization, t.version, t.model))
		entry.Kind, entry.Why = EntryActivation, "promoted: "+why
		decisions = append(decisions, &decision{Organization: state.Organization, State: state.activate(t.number, t.at, false), Entry: entry})
	}
	if err := t.l.submit(ctx, packed, decisions...); err != nil {
		return nil, err
	}
	return &Listed{*t.version, promoted}, nil
}
