package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"footfall/ingest"
	"footfall/journal"
	"footfall/store"
)

// oldest is how old the records are that only reading all of a space tells: an hourly job looks.
type oldest struct {
	mu sync.Mutex
	at map[store.Space]time.Time
}

func (o *oldest) set(space store.Space, at time.Time, found bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.at == nil {
		o.at = map[store.Space]time.Time{}
	}
	if delete(o.at, space); found {
		o.at[space] = at
	}
}

func (o *oldest) get(space store.Space) (at time.Time, found bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	at, found = o.at[space]
	return at, found
}

// lookForOldest is the job.
func (s *Server) lookForOldest(ctx context.Context) error {
	session, visitor, err := s.sessions.Oldest(ctx)
	answer, found, replays := s.leads.OldestReplay(ctx)
	if err := errors.Join(err, replays); err != nil {
		return err
	}
	s.oldest.set(store.Sessions, time.UnixMilli(session), session > 0)
	s.oldest.set(store.Visitors, time.UnixMilli(visitor), visitor > 0)
	s.oldest.set(store.Idempotency, answer, found)
	return nil
}

// ages returns the age of the oldest record of each space that holds something of people, by the space's name in metrics.
// Spaces whose rows go with others have none of their own. What cannot be read is left out and logged.
func (s *Server) ages() map[string]time.Duration {
	ages := map[string]time.Duration{}
	note := func(space string, at time.Time, found bool, err error) {
		if err != nil {
			s.o.Log.Error("the oldest record cannot be read", "space", space, "error", err)
		} else if found {
			ages[space] = max(s.o.Now().Sub(at), 0)
		}
	}
	at, found, err := journal.OldestEvents(s.db.Reader())
	note("events", at, found, err)
	at, found, err = journal.OldestRecord(s.db.Reader())
	note("journal", at, found, err)
	at, found, err = s.leads.Oldest()
	note("leads", at, found, err)
	at, found, err = ingest.OldestReject(s.db)
	note("rejects", at, found, err)
	at, found, err = s.access.OldestAudit()
	note("audit", at, found, err)
	at, found = s.access.OldestLogin()
	note("logins", at, found, nil)
	for name, space := range map[string]store.Space{"sessions": store.Sessions, "visitors": store.Visitors, "idempotency": store.Idempotency} {
		at, found = s.oldest.get(space)
		note(name, at, found, nil)
	}
	return ages
}
