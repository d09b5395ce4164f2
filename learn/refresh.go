package learn

import (
	"context"
	"fmt"
	"math"
	"time"
)

// refreshAfter is how old an active version is when its level is set anew.
const refreshAfter = 30 * 24 * time.Hour

// shiftPrior is the deviation of the normal prior of a shift, in log-odds.
const shiftPrior = 0.25

// refresh sets the level of the active version anew, and nothing else of it, once it is a month old: by the leads that
// it did not learn from. The order of leads stays as it is.
func (l *Learn) refresh(ctx context.Context, organization string, leads []Lead) error {
	s := l.stateOf(organization)
	m, err := l.active(organization, &s)
	now := l.now()
	if err != nil || m == nil || now.Sub(m.version.Trained) < refreshAfter {
		return err
	}
	known, _ := Labels(leads, now, m.version.Horizon)
	fresh := unseen(leads, known, m.version.Trained, m.version.Horizon)
	if len(fresh) < leastJudged {
		return nil
	}
	y, w := outcomes(fresh)
	shift := shiftOf(m.logOdds(fresh), y, w, shiftPrior)
	model, version := *m.model, *m.version
	model.Calibration.Shift += shift
	version.Number, version.Version, version.Refreshed = s.Newest+1, versionName(s.Newest+1), m.version.Version
	version.Trained, version.By = now, Server
	version.Verdict = fmt.Sprintf("the level of %s moved by %+.3f log-odds, by %d leads that it did not learn from", m.version.Version, shift, len(fresh))
	packed, err := packModel(&model)
	if err != nil {
		return err
	}
	l.models.put(newLoaded(organization, &version, &model))
	state := s.activate(version.Number, now, false)
	state.Newest = version.Number
	return l.submit(ctx, packed, &decision{Organization: organization, State: state, Trained: &version, Entry: Entry{
		At: now, Kind: EntryRefresh, Version: version.Version, From: m.version.Version, By: Server, Why: version.Verdict, AUC: version.AUC,
	}})
}

// shiftOf returns the most probable shift of log-odds, whose prior is normal around 0, by Newton's method on a convex
// function.
func shiftOf(odds, y, w []float64, deviation float64) float64 {
	shift := 0.0
	for range 50 {
		g, h := shift/(deviation*deviation), 1/(deviation*deviation)
		for i, m := range odds {
			p := 1 / (1 + math.Exp(-m-shift))
			g += w[i] * (p - y[i])
			h += w[i] * p * (1 - p)
		}
		step := max(min(g/h, 1), -1)
		if shift -= step; math.Abs(step) < 1e-10 {
			break
		}
	}
	return shift
}
