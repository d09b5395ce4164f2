// Package learn keeps the models of organizations: which leads teach and with what weight, when to train, whether a model
// is better than the base rate and than the one before, which version is active, and how it has done since.
//
// It guarantees that a model is made of its own organization's leads alone; that no version becomes active that does not
// pass the gate; that every training, verdict and activation is a record of the journal and stands in the training log;
// and that a prediction is always given, by rules where no model is active. It holds no lead: what a training learns from
// is read when it begins, so that whoever was erased is in no later one. It does not create or score leads (package
// leads) and fits no model itself (package scorer).
//
// It owns the spaces models and training log; keys.go draws them.
package learn

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"footfall/catalog"
	"footfall/journal"
	"footfall/store"
)

const ownerName = "learn"

var errCorrupt = fmt.Errorf("%w: learn: a stored row cannot be read", store.ErrDamaged)

// Options of Learn.
type Options struct {
	Now     func() time.Time
	Log     *slog.Logger // may be nil
	Catalog *catalog.Catalog
	// Leads returns the leads of an organization, as they are.
	Leads func(organization string) ([]Lead, error)
	// Wins returns how many of an organization's leads closed, quickly. May be nil.
	Wins func(organization string) int
	// Yield returns when a training may go on: it lets the rest of the program go first. May be nil.
	Yield func(ctx context.Context) error
}

// Learn is the owner of models. It is a journal.Owner, and safe for concurrent use.
type Learn struct {
	db      *store.DB
	o       Options
	journal *journal.Journal
	pos     journal.Position
	turn    chan struct{} // holds one while somebody trains or chooses a version
	models  models
	use     use

	mu     sync.Mutex
	states map[string]*state // by organization, replaced, never changed
}

// Open reads which versions there are.
func Open(db *store.DB, o Options) (*Learn, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	l := &Learn{db: db, o: o, turn: make(chan struct{}, 1), states: map[string]*state{}}
	var err error
	if l.pos, err = openPosition(db.Reader()); err != nil {
		return nil, fmt.Errorf("open learn: %w", err)
	}
	if err := l.loadStates(); err != nil {
		return nil, fmt.Errorf("open learn: %w", err)
	}
	return l, nil
}

// openPosition returns the position of the stored state. A directory that is older than this package has none, and no
// records for it before the place where the others stand: each of its records comes with its position.
func openPosition(r store.Reader) (journal.Position, error) {
	pos, err := journal.StoredPosition(r, ownerName)
	if err != nil || pos > 0 {
		return pos, err
	}
	return journal.StoredPosition(r, "catalog")
}

// Attach gives the journal that records are submitted to. It is called once, before any.
func (l *Learn) Attach(j *journal.Journal) { l.journal = j }

// Name implements journal.Owner.
func (l *Learn) Name() string { return ownerName }

// Position implements journal.Owner.
func (l *Learn) Position() journal.Position { return l.pos }

// Apply implements journal.Owner.
func (l *Learn) Apply(b *store.Batch, r *journal.Record) error {
	if r.Kind == journal.KindModel {
		d, model, err := decodeRecord(r.Body)
		if err != nil {
			return err
		}
		if err := l.take(b, r.Pos, d, model); err != nil {
			return err
		}
		journal.StorePosition(b, ownerName, r.Pos)
	}
	l.pos = r.Pos
	return nil
}

// take brings what was decided into force.
func (l *Learn) take(b *store.Batch, pos journal.Position, d *decision, model []byte) error {
	org := l.db.ID(d.Organization)
	if d.Trained != nil {
		row, err := encodeVersion(d.Trained, model)
		if err != nil {
			return err
		}
		b.Set(versionKey(org, d.Trained.Number), row)
	}
	value, err := encodeState(&d.State)
	if err != nil {
		return err
	}
	entry, err := encodeEntry(&d.Entry)
	if err != nil {
		return err
	}
	b.Set(versionKey(org, 0), value)
	b.Set(logKey(org, pos), entry)
	l.mu.Lock()
	defer l.mu.Unlock()
	s := d.State
	l.states[d.Organization] = &s
	return nil
}

// Checkpoint implements journal.Owner. Rows were written with their records.
func (l *Learn) Checkpoint() error {
	b := l.db.NewBatch()
	journal.StorePosition(b, ownerName, l.pos)
	return b.Commit(false)
}

// submit puts decisions into the journal, all or none, and returns once they are on disk and in force. model is the
// packed model of the first one's version, nil for none.
func (l *Learn) submit(ctx context.Context, model []byte, decisions ...*decision) error {
	records := make([]journal.Record, len(decisions))
	for i, d := range decisions {
		body, err := encodeRecord(d, model)
		if err != nil {
			return err
		}
		records[i] = journal.Record{At: d.Entry.At, Kind: journal.KindModel, Body: body}
		model = nil
	}
	_, err := l.journal.Submit(ctx, records...)
	return l.journal.Explain("submit what was learned", err)
}

// lock waits until nobody else trains or chooses a version: one at a time, of all organizations.
func (l *Learn) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case l.turn <- struct{}{}:
		return func() { <-l.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *Learn) now() time.Time { return l.o.Now().UTC().Truncate(time.Millisecond) }
