package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"footfall/event"
	"footfall/ingest"
	"footfall/journal"
	"footfall/store"
)

// retain deletes what is past its retention, in whole UTC days. Sessions, visitors and leads go by records of the journal, so that
// a rebuild deletes them again; events are only taken out of the store, once every stored state has them.
func (s *Server) retain(ctx context.Context) error {
	today := event.UTCDay(s.o.Now().UnixMilli())
	before := func(days int) uint16 { return uint16(max(int(today)-days, 0)) }
	var errs []error
	if s.o.RetainLeads > 0 {
		errs = append(errs, s.leads.Retire(ctx, before(s.o.RetainLeads)))
	}
	if s.o.RetainSessions > 0 {
		errs = append(errs, s.retireSessions(ctx, before(s.o.RetainSessions)))
	}
	if s.o.RetainRejects > 0 {
		errs = append(errs, ingest.RetireRejects(s.db, time.UnixMilli(int64(before(s.o.RetainRejects))*event.MsPerDay)))
	}
	if s.o.RetainEvents > 0 {
		errs = append(errs, s.retireEvents(ctx, before(s.o.RetainEvents)))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("delete what is past its retention: %w", err)
	}
	return nil
}

// retireSessions looks through all sessions, and then visitors, so it does it once for each day.
func (s *Server) retireSessions(ctx context.Context, before uint16) error {
	if before <= s.retiredSessions {
		return nil
	}
	settled, err := s.settled(ctx, before)
	if err != nil || settled < before {
		return err
	}
	err = s.sessions.Expired(before, func(site uint32, ids []store.ID) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return s.retire(ctx, site, &journal.Retire{Space: store.Sessions, Before: before, IDs: ids})
	})
	if err != nil {
		return err
	}
	if err := s.journal.Checkpoint(ctx); err != nil { // whose sessions are gone shows in the store
		return err
	}
	err = s.sessions.ExpiredVisitors(before, func(site uint32, ids []store.ID) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return s.retire(ctx, site, &journal.Retire{Space: store.Visitors, Before: before, IDs: ids})
	})
	if err == nil {
		s.retiredSessions = before
	}
	return err
}

func (s *Server) retireEvents(ctx context.Context, before uint16) error {
	settled, err := s.settled(ctx, before)
	if err != nil {
		return err
	}
	return s.journal.RetireEvents(min(before, settled))
}

// settled returns the day up to which stored sessions have their chunks. Where nobody came for long, that is the day on
// which the last one did: then a record that changes nothing moves it on, for the next time.
func (s *Server) settled(ctx context.Context, wanted uint16) (day uint16, err error) {
	if day, err = s.sessions.Settled(); err != nil || day >= wanted {
		return day, err
	}
	if event.UTCDay(s.sessions.Newest()) < int32(wanted) && s.sessions.Newest() > 0 {
		return day, s.retire(ctx, 0, &journal.Retire{Space: store.Events, Before: wanted})
	}
	return day, nil
}

func (s *Server) retire(ctx context.Context, site uint32, t *journal.Retire) error {
	_, err := s.journal.Submit(ctx, journal.Record{Kind: journal.KindRetire, Site: site, Body: journal.EncodeRetire(t)})
	return err
}
