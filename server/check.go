package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"footfall/event"
	"footfall/journal"
	"footfall/store"
)

// Check tells of everything in the data directory that breaks an invariant of its owner, and of every record of the
// journal that cannot be read. No other process may have the directory open. It returns how many records it read.
func Check(ctx context.Context, o Options, report func(error)) (records int, err error) {
	s, err := openQuietly(o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.closeState()) }()
	return s.check(ctx, report)
}

// check reads all records and has every owner look at what it has stored.
func (s *Server) check(ctx context.Context, report func(error)) (records int, err error) {
	last := journal.Position(0)
	for r, rerr := range s.journal.Read(0) {
		if err := ctx.Err(); err != nil {
			return records, err
		}
		if rerr != nil {
			report(rerr)
			break
		}
		if r.Pos <= last {
			report(fmt.Errorf("journal: position %d follows %d", r.Pos, last))
		}
		last = r.Pos
		records++
	}
	v := s.db.NewView()
	for _, owner := range s.owners() {
		owner.Check(v, func(err error) { report(fmt.Errorf("%s: %w", owner.Name(), err)) })
	}
	return records, v.Close()
}

// Rebuild deletes everything that is made from the journal and makes it again. It returns how many records it folded.
func Rebuild(ctx context.Context, o Options) (records uint64, err error) {
	s, err := openQuietly(o)
	if err != nil {
		return 0, err
	}
	if kept, err := journal.FirstKept(s.db.Reader()); err != nil || kept > 0 {
		if err == nil {
			err = fmt.Errorf("the events before %s were deleted (--retain-events): state cannot be made again without them",
				time.UnixMilli(int64(kept)*event.MsPerDay).UTC().Format(time.DateOnly))
		}
		return 0, errors.Join(err, s.closeState())
	}
	if err := ctx.Err(); err != nil { // from here on it is finished
		return 0, errors.Join(err, s.closeState())
	}
	if err := s.forget(); err != nil {
		return 0, errors.Join(err, s.closeState())
	}
	if err := s.closeState(); err != nil {
		return 0, err
	}
	if s, err = openQuietly(o); err != nil {
		return 0, err
	}
	return uint64(s.journal.Applied()), s.closeState()
}

// forget empties the derived spaces. The journal is closed first, so that no checkpoint brings anything back.
func (s *Server) forget() error {
	if err := s.journal.Close(); err != nil {
		return err
	}
	b := s.db.NewBatch()
	for _, info := range store.Spaces {
		if info.Derived {
			b.DeleteRange(info.Space.Span())
		}
	}
	journal.ForgetPositions(b)
	return b.Commit(true)
}

// openQuietly opens an existing directory with all its state. It makes no directory and, as nobody is served, no key.
func openQuietly(o Options) (*Server, error) {
	if err := store.Exists(o.Data); err != nil {
		return nil, err
	}
	s, err := openFolded(o)
	if err != nil {
		return nil, err
	}
	if err := s.leads.IndexContacts(); err != nil {
		return nil, errors.Join(err, s.closeState())
	}
	return s, nil
}
