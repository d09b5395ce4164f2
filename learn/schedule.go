package learn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"footfall/scorer"
)

// Server is who acts where nobody asked.
const Server = "server"

// When to train again: with so many new labels and wins, or after so long with any.
const (
	newLabels = 50
	newWins   = 5
	newAfter  = 14 * 24 * time.Hour
)

// Keep looks after the models of all organizations: it rolls back what does worse than the base rate, trains where enough
// is new, and sets the level of what has been active for a month anew. It does nothing for an organization on whose leads
// nothing is known. changed is told of organizations in which another version became active.
func (l *Learn) Keep(ctx context.Context, changed func(organization string) error) error {
	var errs []error
	for _, o := range l.o.Catalog.Organizations() {
		was := l.stateOf(o.ID).Since
		err := l.keep(ctx, o.ID)
		if err == nil && l.stateOf(o.ID).Since != was {
			err = changed(o.ID)
		}
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			errs = append(errs, fmt.Errorf("look after the model of %s: %w", o.ID, err))
		}
	}
	return errors.Join(errs...)
}

func (l *Learn) keep(ctx context.Context, organization string) error {
	unlock, err := l.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if l.o.Wins != nil && l.o.Wins(organization) < scorer.LeastRare && l.stateOf(organization).Active == 0 {
		return nil // most organizations, at a glance
	}
	leads, err := l.o.Leads(organization)
	if err != nil || len(leads) == 0 {
		return err
	}
	if err := l.watch(ctx, organization, leads); err != nil {
		return err
	}
	if l.due(organization, leads) {
		if _, err = l.train(ctx, organization, Server, nil); err != nil {
			return err
		}
	}
	return l.refresh(ctx, organization, leads)
}

// due says whether enough is new since the last training.
func (l *Learn) due(organization string, leads []Lead) bool {
	now, horizon := l.now(), l.o.Catalog.Settings(organization).Horizon
	s := l.stateOf(organization)
	known, _ := Labels(leads, now, horizon)
	labels, wins := counts(known)
	if min(wins, labels-wins) < scorer.LeastRare {
		return false
	}
	if s.Newest == 0 {
		return true
	}
	fresh := news(leads, known, s.Trained, horizon)
	labels, wins = counts(fresh)
	return labels >= newLabels && wins >= newWins || labels > 0 && now.Sub(s.Trained) >= newAfter
}

// news returns those of known that were not known at an earlier moment.
func news(leads []Lead, known []Labelled, then time.Time, horizon int) []Labelled {
	before, _ := Labels(heardOf(leads, then), then, horizon)
	had := map[string]bool{}
	for _, d := range before {
		had[d.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(known), func(d Labelled) bool { return had[d.ID] })
}
