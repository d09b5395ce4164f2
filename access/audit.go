package access

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"footfall/event"
	"footfall/journal"
	"footfall/store"
)

// Entry is one row of the audit trail: who did what to whom. It holds no secret, no hash and no e-mail address.
type Entry struct {
	At           time.Time `json:"time"`
	Actor        string    `json:"actor"`  // "key:<id>", "user:<id>", or "server"
	Action       string    `json:"action"` // such as "key.create"
	Target       string    `json:"target"` // what it was done to, by id
	Organization string    `json:"organization_id"`
	Detail       string    `json:"detail"`
}

// AuditMonths is for how long rows of the audit trail are kept.
const AuditMonths = 13

const (
	entryVersion = 1
	auditKeyLen  = 1 + 16 + 8
)

func encodeEntry(e *Entry) ([]byte, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode an audit entry: %w", err)
	}
	return append([]byte{entryVersion}, b...), nil
}

func decodeEntry(b []byte) (e Entry, err error) {
	if len(b) == 0 || b[0] != entryVersion {
		return e, fmt.Errorf("%w: audit entry version", errCorrupt)
	}
	if err := json.Unmarshal(b[1:], &e); err != nil {
		return e, fmt.Errorf("%w: audit entry: %w", errCorrupt, err)
	}
	return e, nil
}

func (a *Access) auditKey(organization string, pos journal.Position) []byte {
	id := a.db.ID(organization)
	return binary.BigEndian.AppendUint64(append([]byte{byte(store.Audit)}, id[:]...), uint64(pos))
}

// submit writes an entry with the rows that it is about, and returns once all are on disk and in force.
func (a *Access) submit(ctx context.Context, e Entry, rows ...journal.Row) error {
	if a.journal == nil {
		return errors.New("access: no journal is attached")
	}
	r, err := a.record(e, rows...)
	if err != nil {
		return err
	}
	_, err = a.journal.Submit(ctx, r)
	return a.journal.Explain("submit what was done", err)
}

// record makes the record of an entry.
func (a *Access) record(e Entry, rows ...journal.Row) (journal.Record, error) {
	e.At = a.now()
	body, err := encodeEntry(&e)
	return journal.Record{At: e.At, Kind: journal.KindAccess, Body: body, Rows: rows}, err
}

// Log writes what a grant's holder did into the audit trail of their organization, and returns once it is on disk. A
// grant over all organizations writes into the trail of the instance; LogIn names another. What changes something is told
// by Note, with the change.
func (a *Access) Log(ctx context.Context, grant Grant, action, target, detail string) error {
	return a.LogIn(ctx, grant, grant.Organization, action, target, detail)
}

// LogIn is Log into the trail of an organization.
func (a *Access) LogIn(ctx context.Context, grant Grant, organization, action, target, detail string) error {
	return a.submit(ctx, Entry{Actor: grant.Actor, Action: action, Target: target, Organization: organization, Detail: detail})
}

// Note returns what makes the entries of a change for the trail of each organization that it concerns. Whoever makes the
// change submits their records with its own: the one is never on disk without the other.
func (a *Access) Note(grant Grant, action, detail string) func(target string, organizations ...string) ([]journal.Record, error) {
	return func(target string, organizations ...string) (recs []journal.Record, err error) {
		for _, o := range organizations {
			r, err := a.record(Entry{Actor: grant.Actor, Action: action, Target: target, Organization: o, Detail: detail})
			if err != nil {
				return nil, err
			}
			recs = append(recs, r)
		}
		return recs, nil
	}
}

// AuditRow is an entry with its place in the trail.
type AuditRow struct {
	Number uint64 `json:"-"` // ascending
	Entry
}

// Audit returns at most limit rows of an organization's trail, or of the instance's own for "", newest first, with
// numbers below before; 0 is from the newest on.
func (a *Access) Audit(organization string, limit int, before uint64) (rows []AuditRow, err error) {
	rg := store.Range{Lo: a.auditKey(organization, 0), Hi: a.auditKey(organization, journal.Position(before)), Reverse: true}
	if before == 0 {
		rg.Hi = store.PrefixEnd(rg.Lo[:auditKeyLen-8])
	}
	rows = []AuditRow{}
	err = a.db.Reader().Scan(rg, func(key, value []byte) error {
		if len(rows) >= limit {
			return store.ErrStop
		}
		if len(key) != auditKeyLen {
			return fmt.Errorf("%w: audit key %x", errCorrupt, key)
		}
		e, err := decodeEntry(value)
		rows = append(rows, AuditRow{binary.BigEndian.Uint64(key[auditKeyLen-8:]), e})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the audit trail: %w", err)
	}
	return rows, nil
}

// RetireAudit deletes the rows of the audit trail that are older than AuditMonths, by a record of the journal, so that
// a rebuild deletes them again.
func (a *Access) RetireAudit(ctx context.Context) error {
	before := event.UTCDay(a.o.Now().AddDate(0, -AuditMonths, 0).UnixMilli())
	t := journal.Retire{Space: store.Audit, Before: uint16(max(before, 0))}
	old, err := a.olderAudit(a.db.Reader(), &t)
	if err != nil || len(old) == 0 {
		return err
	}
	_, err = a.journal.Submit(ctx, journal.Record{Kind: journal.KindRetire, Body: journal.EncodeRetire(&t)})
	return a.journal.Explain("submit what was done", err)
}

// olderAudit returns the keys of the rows that a retirement is about. The trail is short: keys, users and exports are
// few, and it is looked through once a day.
func (a *Access) olderAudit(r store.Reader, t *journal.Retire) (keys [][]byte, err error) {
	lo, hi := store.Audit.Span()
	err = r.Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
		e, err := decodeEntry(value)
		if err == nil && e.At.UnixMilli() < t.BeforeTime() {
			keys = append(keys, append([]byte(nil), key...))
		}
		return err
	})
	return keys, err
}

// auditRow is a row of the trail that the store may not show yet: it is in the batch that is being made.
type auditRow struct {
	key []byte
	at  int64 // ms
}

func (a *Access) applyRetire(b *store.Batch, r *journal.Record) error {
	t, err := journal.DecodeRetire(r.Body)
	if err != nil || t.Space != store.Audit {
		return err
	}
	old, err := a.olderAudit(a.db.Reader(), &t)
	if err != nil {
		return err
	}
	for _, row := range a.fresh {
		if row.at < t.BeforeTime() {
			old = append(old, row.key)
		}
	}
	for _, key := range old {
		b.Delete(key)
	}
	journal.StorePosition(b, ownerName, r.Pos)
	return nil
}

// OldestAudit returns the time of the oldest row of all trails, and whether there is one.
func (a *Access) OldestAudit() (at time.Time, found bool, err error) {
	lo, hi := store.Audit.Span()
	for more := true; more && err == nil; {
		more = false
		err = a.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
			e, err := decodeEntry(value)
			if err != nil || len(key) != auditKeyLen {
				return errors.Join(err, errCorrupt)
			}
			if !found || e.At.Before(at) {
				at, found = e.At, true
			}
			lo, more = store.PrefixEnd(key[:auditKeyLen-8]), true // the first row of the next organization
			return store.ErrStop
		})
	}
	return at, found, err
}

// OldestLogin returns when the oldest login was made, and whether there is one.
func (a *Access) OldestLogin() (at time.Time, found bool) {
	a.people.mu.RLock()
	defer a.people.mu.RUnlock()
	for _, l := range a.people.logins {
		if !found || l.Created.Before(at) {
			at, found = l.Created, true
		}
	}
	return at, found
}
