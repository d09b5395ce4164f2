// Package leads keeps the people who filled in a form: who they are, what they had looked at until then, how they were
// scored and what became of them.
//
// It guarantees that a lead is one record with its form and its idempotency key in one synced batch; that its figures,
// features and score are decided once, when it is created, and never recomputed; and that what a person wrote, or
// others wrote about them, stands in lead forms and lead notes only, where it can be erased; and that a lead's history
// is only added to, but for activities that were taken back. It does not fold sessions
// (package sessionize reads the link in the lead's record) and does not judge keys or origins.
//
// What Get and List return may not be on disk yet: whoever answers with it waits for the journal first.
//
// It owns the spaces lead forms, leads, leads by time, idempotency, lead history, lead notes and contacts; keys.go draws
// them.
package leads

import (
	"crypto/rand"
	"fmt"
	"io"
	"sync"
	"time"

	"footfall/catalog"
	"footfall/journal"
	"footfall/learn"
	"footfall/sessionize"
	"footfall/store"
)

const ownerName = "leads"

// Options of Leads.
type Options struct {
	Sessions *sessionize.Sessions
	Catalog  *catalog.Catalog
	Learn    *learn.Learn // scores leads; nil: rules do, and nobody trains
	Now      func() time.Time
	Random   io.Reader // of ids, default crypto/rand
}

// Leads is the owner of leads. It is a journal.Owner; the calls that create, change and read leads are for anyone.
type Leads struct {
	db      *store.DB
	o       Options
	journal *journal.Journal
	pos     journal.Position
	past    past
	changed changed
	stripes [64]sync.Mutex // one lead's patches follow each other

	inFlightMu sync.Mutex
	inFlight   map[string]bool // idempotency keys being worked on
}

// Open reads where the stored state stands and what past leads tell about scores.
func Open(db *store.DB, o Options) (*Leads, error) {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	var err error
	if o.Learn == nil {
		if o.Learn, err = learn.Open(db, learn.Options{Now: o.Now, Catalog: o.Catalog}); err != nil {
			return nil, err
		}
	}
	l := &Leads{db: db, o: o, past: newPast(), changed: newChanged(), inFlight: map[string]bool{}}
	if l.pos, err = journal.StoredPosition(db.Reader(), ownerName); err != nil {
		return nil, fmt.Errorf("open leads: %w", err)
	}
	if err := l.past.load(db.Reader()); err != nil {
		return nil, fmt.Errorf("open leads: %w", err)
	}
	return l, nil
}

// Attach gives the journal that Create and Patch submit to. It is called once, before either.
func (l *Leads) Attach(j *journal.Journal) { l.journal = j }

// Name implements journal.Owner.
func (l *Leads) Name() string { return ownerName }

// Position implements journal.Owner.
func (l *Leads) Position() journal.Position { return l.pos }

// Apply implements journal.Owner.
func (l *Leads) Apply(b *store.Batch, r *journal.Record) error {
	var err error
	switch r.Kind {
	case journal.KindLead:
		err = l.applyLead(b, r)
	case journal.KindPatch:
		err = l.applyPatch(b, r)
	case journal.KindActivity, journal.KindOutcome, journal.KindFeedback:
		err = l.applyEntry(b, r)
	case journal.KindScore:
		err = l.applyScore(b, r)
	case journal.KindRetire:
		err = l.applyRetire(b, r)
	case journal.KindErase:
		err = l.applyErase(b, r)
	}
	if err != nil {
		return err
	}
	l.pos = r.Pos
	return nil
}

// Checkpoint implements journal.Owner. Rows were written with their records.
func (l *Leads) Checkpoint() error {
	b := l.db.NewBatch()
	journal.StorePosition(b, ownerName, l.pos)
	return b.Commit(false)
}

func (l *Leads) applyLead(b *store.Batch, r *journal.Record) error {
	d, raw, err := decodeLead(r.Body)
	if err != nil {
		return err
	}
	row := newRow(r.Pos, d, raw)
	key := l.db.ID(d.Lead.ID)
	old, found, err := getRow(b, r.Site, key)
	if err != nil {
		return err
	}
	if found { // applied before: a later record may have changed it, and will again
		l.past.recount(&old, &row)
	} else {
		l.past.add(&row)
	}
	l.writeRow(b, r.Site, key, &row)
	l.changed.note(r, row.ID)
	journal.StorePosition(b, ownerName, r.Pos)
	return nil
}

func (l *Leads) applyPatch(b *store.Batch, r *journal.Record) error {
	c, err := decodeChange(r.Body)
	if err != nil {
		return err
	}
	key := l.db.ID(c.Lead)
	row, found, err := getRow(b, r.Site, key)
	if err != nil || !found { // erased or retired since
		return err
	}
	from := row
	if e := row.change(&c); e != nil {
		if err := setEntry(b, r.Site, key, e); err != nil {
			return err
		}
	}
	l.setRow(b, r, key, &row, &from)
	return nil
}

// applyEntry takes an entry of a lead's history in, or takes one away.
func (l *Leads) applyEntry(b *store.Batch, r *journal.Record) error {
	e, err := decodeEntry(r.Body)
	if err != nil {
		return err
	}
	key := l.db.ID(e.Lead)
	row, found, err := getRow(b, r.Site, key)
	if err != nil || !found { // erased or retired since
		return err
	}
	from := row
	if e.Undo != nil {
		row.undo(e.Undo, e.At)
		b.Delete(numberKey(store.LeadHistory, r.Site, key, e.Undo.Number))
	} else {
		row.step(&e)
		b.Set(numberKey(store.LeadHistory, r.Site, key, e.Number), r.Body)
	}
	l.setRow(b, r, key, &row, &from)
	return nil
}

// setRow writes a row that a record changed, and that was different before.
func (l *Leads) setRow(b *store.Batch, r *journal.Record, key store.ID, to, from *row) {
	l.past.recount(from, to)
	l.changed.note(r, to.ID)
	l.writeRow(b, r.Site, key, to)
	journal.StorePosition(b, ownerName, r.Pos)
}
