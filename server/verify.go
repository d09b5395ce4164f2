package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"footfall/journal"
	"footfall/store"
)

// Verified is what Verify found in a directory.
type Verified struct {
	Files    int    // of the backup's list, 0 if the directory has none
	Erased   int    // who was forgotten again after a restore
	Tables   int    // of which every block was read
	Records  int    // of the journal
	Position uint64 // of the newest record
	At       uint64 // position up to which Journal goes
	Journal  string // SHA-256 of the records up to At
	Digest   string // SHA-256 of all that is stored once every record is folded; see digest
}

// Verify reads everything that a backup, or the directory of a server that does not run, holds, and changes no byte of
// it. It returns an error for the first damage that keeps it from going on, and reports broken invariants. at is the
// position up to which the journal's digest goes, 0 for all of it.
func Verify(ctx context.Context, o Options, at uint64, report func(error)) (v Verified, err error) {
	if err := store.Exists(o.Data); err != nil {
		return v, err
	}
	if v.Files, _, err = store.CheckSums(o.Data); err != nil {
		return v, err
	}
	o.ReadOnly = true
	s, err := openFolded(o)
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, s.closeState()) }()
	if v.Tables, err = s.db.CheckTables(ctx); err != nil {
		return v, err
	}
	if err := s.sessions.Warm(ctx, false); err != nil {
		return v, err
	}
	s.sessions.StoreAll()
	if err := s.journal.Close(); err != nil { // with a checkpoint
		return v, err
	}
	if v.Records, err = s.check(ctx, report); err != nil {
		return v, err
	}
	v.Position = uint64(s.journal.Applied())
	if v.At = at; at == 0 {
		v.At = v.Position
	}
	if v.At > v.Position {
		return v, fmt.Errorf("there is no position %d yet: the newest is %d", at, v.Position)
	}
	if v.Journal, err = journalDigest(s.db.Reader(), journal.Position(v.At)); err != nil {
		return v, err
	}
	v.Digest, err = digest(s.db.Reader())
	return v, err
}

// openFolded opens a directory with all its state, and nothing that serves it.
func openFolded(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{o: o, metrics: newMetrics(o)}
	if err := s.openFold(); err != nil {
		return nil, errors.Join(err, s.closeState())
	}
	return s, nil
}
