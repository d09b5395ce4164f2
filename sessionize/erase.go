package sessionize

import (
	"slices"
	"strings"

	"footfall/event"
	"footfall/journal"
	"footfall/store"
)

// applyErase forgets visitors with their sessions, single sessions, and the inquiries of leads. What they added to
// listing days and page days is subtracted. That is found out by folding their chunks once more, so it needs no other record of it,
// and a journal from which the chunks are gone already adds nothing and subtracts nothing. Where chunks are past their
// retention, what the session's state still tells of is taken out of the days; the rest, such as shares, stays, as sums that
// lead to nobody.
//
// Like all state of sessions, rows are deleted with the next checkpoint. Chunks and other records are deleted later:
// see journal.Sift.
func (o *Sessions) applyErase(b *store.Batch, r *journal.Record) error {
	targets, err := journal.DecodeErase(r.Body)
	if err != nil {
		return err
	}
	e := eraser{o: o, b: b, r: r, done: map[erasedID]bool{}}
	for i := range targets {
		if err := e.target(&targets[i]); err != nil {
			return err
		}
	}
	at := erasedAt{r.Pos, r.At.UnixMilli()}
	o.forgotten.add(e.ids, at)
	for _, id := range e.ids {
		row, err := getErased(b.Get, id)
		if err != nil {
			return err
		}
		all := slices.DeleteFunc(row.all, func(p journal.Position) bool { return p >= r.Pos })
		b.Set(erasedKey(id), appendErased(nil, at.at, append(all, r.Pos)))
		if p := person(id); p.known() {
			coolDown(b, p)
		}
	}
	o.bound = slices.DeleteFunc(o.bound, func(v visitorSession) bool { return e.hasSession(v.session) })
	o.seen = slices.DeleteFunc(o.seen, func(s seenEntry) bool { return e.hasSession(s.key) })
	return nil
}

// eraser applies one record.
type eraser struct {
	o    *Sessions
	b    *store.Batch
	r    *journal.Record
	ids  []erasedID // who is forgotten, in the order in which they were
	done map[erasedID]bool
}

func (e *eraser) hasSession(k sessionKey) bool {
	return e.done[erasedID{k.site, journal.EraseSession, k.id}]
}

// note says whether a target is met for the first time.
func (e *eraser) note(kind journal.EraseKind, id store.ID) bool {
	k := erasedID{e.r.Site, kind, id}
	if e.done[k] {
		return false
	}
	e.done[k] = true
	e.ids = append(e.ids, k)
	return true
}

func (e *eraser) target(t *journal.Target) error {
	switch t.Kind {
	case journal.EraseVisitor:
		return e.visitor(t.ID)
	case journal.EraseSession:
		return e.session(t.ID)
	case journal.EraseLead:
		e.note(t.Kind, t.ID)
		return e.inquiry(t.Pos)
	default:
		e.note(t.Kind, t.ID)
		return nil
	}
}

func (e *eraser) visitor(id store.ID) error {
	if !e.note(journal.EraseVisitor, id) {
		return nil
	}
	key := sessionKey{e.r.Site, id}
	sessions, err := e.o.sessionsOf(key)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if err := e.session(s.id); err != nil {
			return err
		}
	}
	delete(e.o.visitors, key)
	e.o.erased[key] = struct{}{}
	return nil
}

// session forgets a session; one that is bound by now takes its visitor along.
func (e *eraser) session(id store.ID) error {
	if !e.note(journal.EraseSession, id) {
		return nil
	}
	o, key := e.o, sessionKey{e.r.Site, id}
	var s Session
	found, err := o.state(key, &s)
	if err != nil {
		return err
	}
	if s.Visitor != "" {
		if err := e.visitor(o.db.ID(s.Visitor)); err != nil {
			return err
		}
	}
	days := slices.Clone(s.Days)
	if !found { // it may be past its retention, and its chunks not
		if days, err = journal.Days(e.b.Reader()); err != nil {
			return err
		}
	}
	if err := e.subtract(key, days, &s); err != nil {
		return err
	}
	if found {
		o.drop(key, &s)
	}
	return nil
}

// subtract takes what a session added to listing days out of them again.
func (e *eraser) subtract(key sessionKey, days []uint16, stored *Session) error {
	kept, err := journal.FirstKept(e.b.Reader())
	if err != nil {
		return err
	}
	if kept > 0 && (len(stored.Days) == 0 || stored.Days[0] < kept) {
		return e.leave(key.site, stored)
	}
	before, err := e.o.forgottenBefore(e.b.Get, key, e.r.Pos)
	if err != nil {
		return err
	}
	var s Session
	s.reset("")
	var out Deltas
	for _, day := range days {
		err := journal.ReadSession(e.b.Reader(), day, key.site, key.id, before, func(r *journal.Record) error {
			if r.Pos >= e.r.Pos {
				return store.ErrStop
			}
			out.reset()
			Fold(&s, r.Chunk, &out)
			for i := range out.Days {
				e.o.subtractDay(key.site, &out.Days[i])
			}
			if r.Pos > e.o.pagesSince {
				e.o.addPages(key.site, out.Pages, -1)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// subtractDay adds the opposite of a delta to what the next checkpoint merges.
func (o *Sessions) subtractDay(site uint32, d *DayDelta) {
	day := o.pendingDay(dayKey{site, o.db.ID(d.Listing), d.Day}, d.Listing)
	day.DayCounts.Subtract(d.DayCounts)
	if d.Seen != 0 {
		day.Left.Add(d.Seen)
	}
}

// pendingDay returns what the next checkpoint merges into a listing day. The listing is lent.
func (o *Sessions) pendingDay(k dayKey, listing string) *ListingDay {
	day := o.days[k]
	if day == nil {
		day = newListingDay(strings.Clone(listing), k.day)
		o.days[k] = day
	}
	return day
}

// leave takes what a session's state tells of out of listing days, where its chunks are gone: the views that it still
// tracks with their dwell and scroll, which are all of nearly every session, and its visitor.
func (e *eraser) leave(site uint32, s *Session) error {
	for i := range s.Views {
		v := &s.Views[i]
		if v.Listing == none {
			continue
		}
		d := DayDelta{Listing: s.Listings[v.Listing].ID, Day: v.Day, DayCounts: DayCounts{Views: 1}}
		if d.Dwell = v.dwell(); d.Dwell > 0 {
			d.DwellViews = 1
		}
		if v.Scroll != event.None {
			d.Scroll, d.ScrollViews = int64(v.Scroll), 1
		}
		e.o.subtractDay(site, &d)
	}
	if s.Ordinal == 0 {
		return nil
	}
	for i := range s.Listings {
		id := e.o.db.ID(s.Listings[i].ID)
		want := func(k dayKey) bool { return k.site == site && k.listing == id }
		lo := idKey(store.ListingDays, site, id)
		days, err := uniteDays(e.b.Reader(), lo, store.PrefixEnd(lo), want, e.o.pendingDays(want))
		if err != nil {
			return err
		}
		for _, d := range days {
			if d.Visitors().Contains(s.Ordinal) {
				e.o.pendingDay(dayKey{site, id, d.Day}, d.Listing).Left.Add(s.Ordinal)
			}
		}
	}
	return nil
}

// inquiry subtracts a lead's inquiry, if the lead's record is there: one that is not has added none.
func (e *eraser) inquiry(pos journal.Position) error {
	r, found, err := journal.At(e.b.Reader(), pos)
	if err != nil || !found || r.Kind != journal.KindLead || r.Site != e.r.Site {
		return err
	}
	link, _, err := DecodeLeadLink(r.Body)
	if err != nil || link.Listing == "" {
		return err
	}
	e.o.subtractDay(r.Site, &DayDelta{Listing: link.Listing, Day: uint16(link.Day), DayCounts: DayCounts{Inquiries: 1}})
	return nil
}

// sessionsOf returns the sessions that are bound to a visitor, in the order of their keys; o.mu is held.
func (o *Sessions) sessionsOf(visitor sessionKey) (sessions []sessionKey, err error) {
	err = o.db.Reader().ScanPrefix(idKey(store.VisitorSessions, visitor.site, visitor.id), func(k, _ []byte) error {
		key := sessionKey{visitor.site, store.ID(k[21:37])}
		if _, gone := o.retired[key]; !gone { // the row goes with the next checkpoint; if it has come back, it may be another's
			sessions = append(sessions, key)
		}
		return nil
	})
	for _, vs := range o.bound {
		if vs.visitor == visitor {
			sessions = append(sessions, vs.session)
		}
	}
	slices.SortFunc(sessions, func(a, b sessionKey) int { return slices.Compare(a.id[:], b.id[:]) })
	return slices.Compact(sessions), err
}

// SessionsOf returns the keyed hashes of the sessions that are bound to a visitor, given by keyed hash too.
func (o *Sessions) SessionsOf(site uint32, visitor store.ID) (ids []store.ID, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	sessions, err := o.sessionsOf(sessionKey{site, visitor})
	for _, s := range sessions {
		ids = append(ids, s.id)
	}
	return ids, err
}

// VisitorOf returns the visitor that a session, given by its keyed hash, is bound to, "" if it is to none, and whether
// there is such a session.
func (o *Sessions) VisitorOf(site uint32, session store.ID) (visitor string, found bool, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	var s Session
	found, err = o.state(sessionKey{site, session}, &s)
	return strings.Clone(s.Visitor), found, err
}

// ForgetSeen deletes the rows of the space seen that name sessions which were forgotten and have not come back.
func (o *Sessions) ForgetSeen() error {
	b := o.db.NewBatch()
	defer b.Close()
	lo, hi := store.Seen.Span()
	err := o.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(k, _ []byte) error {
		key, err := parseSeenKey(k)
		if err != nil || !o.forgotten.after(key.site, journal.EraseSession, key.id, 0) {
			return err
		}
		if _, back, err := o.VisitorOf(key.site, key.id); err != nil || back {
			return err
		}
		b.Delete(k)
		return nil
	})
	if err != nil {
		return err
	}
	return b.Commit(false)
}
