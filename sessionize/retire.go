package sessionize

import (
	"encoding/binary"
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

// expiredAtOnce bounds the ids that Expired visits together: applying their retirement keeps the committer busy.
const expiredAtOnce = 256

// Expired visits the sessions that received nothing since a UTC day, which must not lie after Settled, by site. A
// session that only a lead form named has no time and does not expire.
func (o *Sessions) Expired(before uint16, visit func(site uint32, ids []store.ID) error) (err error) {
	t := journal.Retire{Before: before}
	var site uint32
	var ids []store.ID
	lo, hi := store.Sessions.Span()
	v := o.db.NewView()
	defer func() {
		if cerr := v.Close(); err == nil {
			err = cerr
		}
	}()
	err = v.Scan(store.Range{Lo: lo, Hi: hi}, func(k, value []byte) error {
		if len(k) != 1+4+16 {
			return fmt.Errorf("%w: session key %x", ErrCorrupt, k)
		}
		key := sessionKey{binary.BigEndian.Uint32(k[1:]), store.ID(k[5:])}
		var s Session
		if err := decodeSession(value, &s); err != nil {
			return fmt.Errorf("%x: %w", k, err)
		}
		if !s.expired(t.BeforeTime()) {
			return nil
		}
		if len(ids) == expiredAtOnce || len(ids) > 0 && key.site != site {
			if err := visit(site, ids); err != nil {
				return err
			}
			ids = nil // a record may keep them
		}
		site, ids = key.site, append(ids, key.id)
		return nil
	})
	if err == nil && len(ids) > 0 {
		err = visit(site, ids)
	}
	return err
}

func (s *Session) expired(before int64) bool { return s.Received != 0 && s.Received < before }

// applyRetire forgets sessions that were not seen since the record's day. What they added to visitors and listing days
// stays. A session that comes back begins anew.
func (o *Sessions) applyRetire(b *store.Batch, r *journal.Record) error {
	t, err := journal.DecodeRetire(r.Body)
	if err != nil || t.Space != store.Sessions {
		return err
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
