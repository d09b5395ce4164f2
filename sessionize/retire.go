package sessionize

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"footfall/journal"
	"footfall/store"
)

// Settled returns the first UTC day of receipt whose chunks the stored sessions may lack: events of earlier days are in
// stored state, and sessions that were not seen since then are in the store as they are.
func (o *Sessions) Settled() (day uint16, err error) {
	v, found, err := o.db.Get(markKey)
	if err != nil || !found {
		return 0, err
	}
	d := reader{b: v}
	_, day = d.uv(), uint16(d.uv())
	if d.bad {
		return 0, fmt.Errorf("%w: the mark of sessionize", ErrCorrupt)
	}
	return day, nil
}

// expiredAtOnce bounds the ids that are visited together: applying their retirement keeps the committer busy.
const expiredAtOnce = 256

// bundle gives ids to visit by site, expiredAtOnce at a time.
type bundle struct {
	visit func(site uint32, ids []store.ID) error
	site  uint32
	ids   []store.ID
}

func (b *bundle) add(site uint32, id store.ID) error {
	if len(b.ids) == expiredAtOnce || len(b.ids) > 0 && site != b.site {
		if err := b.flush(); err != nil {
			return err
		}
	}
	b.site, b.ids = site, append(b.ids, id)
	return nil
}

func (b *bundle) flush() error {
	ids := b.ids
	if b.ids = nil; len(ids) == 0 { // a record may keep them
		return nil
	}
	return b.visit(b.site, ids)
}

// scanIDs visits the rows of a space whose keys are site and id, as they stand in the store.
func scanIDs(r store.Reader, space store.Space, visit func(key sessionKey, value []byte) error) error {
	lo, hi := space.Span()
	return r.Scan(store.Range{Lo: lo, Hi: hi}, func(k, value []byte) error {
		if len(k) != 1+4+16 {
			return fmt.Errorf("%w: key %x", ErrCorrupt, k)
		}
		if err := visit(sessionKey{binary.BigEndian.Uint32(k[1:]), store.ID(k[5:])}, value); err != nil {
			if errors.Is(err, ErrCorrupt) {
				err = fmt.Errorf("%x: %w", k, err)
			}
			return err
		}
		return nil
	})
}

// Expired visits the sessions that received nothing since a UTC day, which must not lie after Settled, by site. A
// session that only a lead form named has no time and does not expire.
func (o *Sessions) Expired(before uint16, visit func(site uint32, ids []store.ID) error) (err error) {
	t := journal.Retire{Before: before}
	b := bundle{visit: visit}
	v := o.db.NewView()
	defer func() { err = errors.Join(err, v.Close()) }()
	err = scanIDs(v.Reader, store.Sessions, func(key sessionKey, value []byte) error {
		var s Session
		if err := decodeSession(value, &s); err != nil || !s.expired(t.BeforeTime()) {
			return err
		}
		return b.add(key.site, key.id)
	})
	if err == nil {
		err = b.flush()
	}
	return err
}

// ExpiredVisitors visits the visitors who did not come since a UTC day and have no session left, by site, as far as the
// store tells: what came since is looked at once more when they are retired.
func (o *Sessions) ExpiredVisitors(before uint16, visit func(site uint32, ids []store.ID) error) (err error) {
	t := journal.Retire{Before: before}
	b := bundle{visit: visit}
	v := o.db.NewView()
	defer func() { err = errors.Join(err, v.Close()) }()
	err = scanIDs(v.Reader, store.Visitors, func(key sessionKey, value []byte) error {
		visitor, err := decodeVisitor(value)
		if err != nil || visitor.LastVisit() >= t.BeforeTime() {
			return err
		}
		left := false
		err = v.ScanPrefix(idKey(store.VisitorSessions, key.site, key.id), func(_, _ []byte) error {
			left = true
			return store.ErrStop
		})
		if err != nil || left {
			return err
		}
		return b.add(key.site, key.id)
	})
	if err == nil {
		err = b.flush()
	}
	return err
}

// Oldest returns when the last event came of the session, and of the visitor, that have been silent for the longest, ms
// since 1970; 0 for none. It reads all of them, as the store has them.
func (o *Sessions) Oldest(ctx context.Context) (session, visitor int64, err error) {
	v := o.db.NewView()
	defer func() { err = errors.Join(err, v.Close()) }()
	p := gently()
	oldest := func(old *int64, at int64) {
		if at > 0 && (*old == 0 || at < *old) {
			*old = at
		}
	}
	err = scanIDs(v.Reader, store.Sessions, func(_ sessionKey, value []byte) error {
		var s Session
		err := decodeSession(value, &s)
		oldest(&session, s.Received)
		return errors.Join(err, p.step(ctx))
	})
	if err != nil {
		return 0, 0, err
	}
	err = scanIDs(v.Reader, store.Visitors, func(_ sessionKey, value []byte) error {
		visited, err := decodeVisitor(value)
		if err == nil {
			oldest(&visitor, visited.LastVisit())
		}
		return errors.Join(err, p.step(ctx))
	})
	return session, visitor, err
}

func (s *Session) expired(before int64) bool { return s.Received != 0 && s.Received < before }

// applyRetire forgets sessions that were not seen since the record's day, and visitors who have no session left. What
// they added to listing days stays, and what a session added to its visitor. A session that comes back begins anew, and so
// does a visitor, as another person: under another number.
func (o *Sessions) applyRetire(b *store.Batch, r *journal.Record) error {
	t, err := journal.DecodeRetire(r.Body)
	switch {
	case err != nil:
		return err
	case t.Space == store.Visitors:
		return o.retireVisitors(b, r.Site, &t)
	case t.Space != store.Sessions:
		return nil
	}
	for _, id := range t.IDs {
		if err := o.retire(b, sessionKey{r.Site, id}, t.BeforeTime()); err != nil {
			return err
		}
	}
	o.bound = slices.DeleteFunc(o.bound, func(b visitorSession) bool {
		_, gone := o.retired[b.session]
		return gone && o.live[b.session] == nil // else it has come back, and is bound again
	})
	return nil
}

// retireVisitors forgets those who have not come back since they were found to have expired.
func (o *Sessions) retireVisitors(b *store.Batch, site uint32, t *journal.Retire) error {
	for _, id := range t.IDs {
		key := sessionKey{site, id}
		sessions, err := o.sessionsOf(key)
		if err != nil {
			return err
		}
		v, err := o.visitor(o.db.Get, key)
		if err != nil {
			return err
		}
		if len(sessions) == 0 && v.LastVisit() < t.BeforeTime() {
			delete(o.visitors, key)
			o.erased[key] = struct{}{}
			coolDown(b, person{site, journal.EraseVisitor, id})
		}
	}
	return nil
}

// retire forgets one session. Its row is deleted with the next checkpoint, as all rows of sessions change; until then
// load does not see it.
func (o *Sessions) retire(b *store.Batch, key sessionKey, before int64) error {
	var s Session
	if _, err := o.state(key, &s); err != nil {
		return err
	}
	if s.expired(before) {
		coolDown(b, person{key.site, journal.EraseSession, key.id})
		o.drop(key, &s)
	}
	return nil
}

// drop takes a session out of memory and has its rows deleted.
func (o *Sessions) drop(key sessionKey, s *Session) {
	if l := o.live[key]; l != nil {
		o.written(l) // takes it out of what is to be stored
		o.clean.remove(l)
		delete(o.live, key)
		o.bytes -= l.size()
	}
	delete(o.known, key)
	rows := append(o.retired[key], idKey(store.Sessions, key.site, key.id))
	if s.Visitor != "" {
		rows = append(rows, append(idKey(store.VisitorSessions, key.site, o.db.ID(s.Visitor)), key.id[:]...))
	}
	o.retired[key] = rows
}

// deleteRetired deletes the rows of visitors and sessions that are gone, and the places of sessions in the lists of their
// visitors. It comes before what a checkpoint writes: they may have come back.
func (o *Sessions) deleteRetired(b *store.Batch) {
	for key := range o.erased {
		b.Delete(idKey(store.Visitors, key.site, key.id))
	}
	for _, rows := range o.retired {
		for _, row := range rows {
			b.Delete(row)
		}
	}
}
