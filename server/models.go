package server

import (
	"context"
	"time"
)

// A training waits while more than this part of the queue is full, and looks again so often.
const (
	busyPart  = 8
	lookAgain = 50 * time.Millisecond
)

// yield is learn.Options.Yield: events and leads go before whoever learns from them.
func (s *Server) yield(ctx context.Context) error {
	for s.journal.Queued() > s.journal.QueueLimit()/busyPart || s.disk.low() {
		timer := time.NewTimer(lookAgain)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
	return nil
}

// keepModels trains where enough is new, rolls back what does worse than the base rate, and scores open leads again where
// another version became active.
func (s *Server) keepModels(ctx context.Context) error {
	return s.learn.Keep(ctx, func(organization string) error {
		_, err := s.leads.RescoreOpen(ctx, organization, func(float64) {})
		return err
	})
}
