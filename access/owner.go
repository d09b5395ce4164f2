package access

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"footfall/journal"
	"footfall/store"
)

const ownerName = "access"

var errCorrupt = fmt.Errorf("%w: access: a stored row cannot be read", store.ErrDamaged)

// Options of Access.
type Options struct {
	Now    func() time.Time
	Random io.Reader // of keys, default crypto/rand
	// Pause keeps those waiting who fail to sign in again and again, default a timer.
	Pause func(context.Context, time.Duration) error
}

// Access is everything that says who may do what. It is a journal.Owner, and safe for concurrent use.
type Access struct {
	db      *store.DB
	o       Options
	journal *journal.Journal
	pos     journal.Position
	keys    atomic.Pointer[keyTable] // replaced, never changed
	change  sync.Mutex               // of those who look at rows and then submit changed ones
	noted   time.Time                // when Checkpoint last wrote what was used
	fresh   []auditRow               // rows of the trail since the last checkpoint
	people  *people
	hasher  *hasher
	delays  *delays
}

// Open reads the keys.
func Open(db *store.DB, o Options) (*Access, error) {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Pause == nil {
		o.Pause = pauseFor
	}
	a := &Access{db: db, o: o, people: newPeople(), hasher: newHasher(o.Random), delays: newDelays(o.Now, o.Pause)}
	var err error
	if a.pos, err = journal.StoredPosition(db.Reader(), ownerName); err != nil {
		return nil, fmt.Errorf("open access: %w", err)
	}
	if err := a.loadKeys(); err != nil {
		return nil, fmt.Errorf("open access: %w", err)
	}
	if err := a.people.load(db.Reader()); err != nil {
		return nil, fmt.Errorf("open access: %w", err)
	}
	return a, nil
}

// Attach gives the journal that changes are submitted to. It is called once, before any.
func (a *Access) Attach(j *journal.Journal) { a.journal = j }

// Name implements journal.Owner.
func (a *Access) Name() string { return ownerName }

// Position implements journal.Owner.
func (a *Access) Position() journal.Position { return a.pos }

// Apply implements journal.Owner. Rows that travel with a record are primary data: the journal has written them, here
// they come into force.
func (a *Access) Apply(b *store.Batch, r *journal.Record) error {
	switch r.Kind {
	case journal.KindAccess:
		e, err := decodeEntry(r.Body)
		if err != nil {
			return err
		}
		key := a.auditKey(e.Organization, r.Pos)
		b.Set(key, r.Body)
		a.fresh = append(a.fresh, auditRow{key, e.At.UnixMilli()})
		for _, row := range r.Rows {
			if err := a.take(row); err != nil {
				return err
			}
		}
		journal.StorePosition(b, ownerName, r.Pos)
	case journal.KindRetire:
		if err := a.applyRetire(b, r); err != nil {
			return err
		}
	}
	a.pos = r.Pos
	return nil
}

// take brings one row into force.
func (a *Access) take(row journal.Row) error {
	switch store.Space(row.Key[0]) {
	case store.Keys:
		return a.takeKey(row)
	case store.Users, store.Logins:
		return a.people.take(row)
	}
	return nil
}

// Checkpoint implements journal.Owner. Rows were written with their records; what is written here is when keys were last
// used, and the position.
func (a *Access) Checkpoint() error {
	b := a.db.NewBatch()
	a.noteUses(b)
	a.noteSeen(b)
	a.fresh = nil // what was applied is committed
	journal.StorePosition(b, ownerName, a.pos)
	return b.Commit(false)
}

// Check implements journal.Owner.
func (a *Access) Check(v *store.View, report func(error)) {
	if err := scanKeys(v.Reader, func(*Key) {}); err != nil {
		report(err)
	}
	checkPeople(v.Reader, report)
	lo, hi := store.Audit.Span()
	err := v.Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
		_, err := decodeEntry(value)
		if err == nil && len(key) != auditKeyLen {
			err = errors.New("access: an audit key of another length")
		}
		return err
	})
	if err != nil {
		report(err)
	}
}

// Valid says whether what a grant was given for is still good: a stream asks again and again.
func (a *Access) Valid(g Grant) bool {
	if id, ok := strings.CutPrefix(g.Actor, keyActor); ok {
		return a.validKey(id, g)
	}
	return a.validUser(g.UserID(), g)
}
