package sessionize

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"footfall/event"
	"footfall/journal"
	"footfall/store"
)

// Session returns a session by its id.
func (o *Sessions) Session(site uint32, id string) (a Analytics, found bool, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.session(sessionKey{site, o.db.ID(id)})
}

// session reads a session from memory or the store; o.mu is held.
func (o *Sessions) session(key sessionKey) (a Analytics, found bool, err error) {
	var s Session
	if found, err = o.state(key, &s); err != nil || !found {
		return a, false, err
	}
	visits := visitCount(s.Runs)
	if s.Visitor != "" {
		v, err := o.visitor(o.db.Get, sessionKey{key.site, o.db.ID(s.Visitor)})
		if err != nil {
			return a, false, err
		}
		visits = v.VisitCount()
	}
	return s.analytics(visits), true, nil
}

// state decodes a session's state into s, whose strings are lent as long as o.mu is held.
func (o *Sessions) state(key sessionKey, s *Session) (found bool, err error) {
	s.reset("")
	if l := o.live[key]; l != nil {
		err = decodeSession(l.blob, s)
	} else {
		_, err = o.load(o.db.Get, key, s, false)
	}
	return s.Through != 0, err
}

// VisitorView is a visitor with its sessions.
type VisitorView struct {
	ID string
	VisitorTotals
	Sessions []Analytics // newest first, at most 1,000
}

const maxVisitorSessions = 1000

// AnonymousPrefix begins the visitors of a day that stand for people who gave no consent to be known: they are counted and
// never shown.
const AnonymousPrefix = "anon:"

// Visitor returns a visitor by the id that its sessions named.
func (o *Sessions) Visitor(site uint32, id string) (v VisitorView, found bool, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	key := sessionKey{site, o.db.ID(id)}
	state, err := o.visitor(o.db.Get, key)
	if err != nil || state.ID == "" || strings.HasPrefix(id, AnonymousPrefix) {
		return v, false, err
	}
	v.ID = state.ID
	v.VisitorTotals = VisitorTotals{state.VisitCount(), state.FirstVisit(), state.LastVisit()}
	sessions, err := o.sessionsOf(key)
	if err != nil {
		return v, false, err
	}
	for _, k := range sessions {
		a, found, err := o.session(k)
		if err != nil {
			return v, false, err
		}
		if found {
			v.Sessions = append(v.Sessions, a)
		}
	}
	slices.SortFunc(v.Sessions, newestFirst)
	v.Sessions = v.Sessions[:min(len(v.Sessions), maxVisitorSessions)]
	return v, true, nil
}

func newestFirst(a, b Analytics) int {
	if c := cmp.Compare(b.LastVisit, a.LastVisit); c != 0 {
		return c
	}
	return cmp.Compare(a.SessionID, b.SessionID)
}

// TimelineEvent is one event of a session with where and how it came.
type TimelineEvent struct {
	Pos      uint64 // position of its chunk, and place in it
	Index    int
	Received int64
	Visitor  string
	Flagged  bool
	Device   event.Device
	event.Event
}

// named returns a visitor as readers may know it: nobody, if it stands for a day of somebody who gave no consent.
func named(visitor string) string {
	if strings.HasPrefix(visitor, AnonymousPrefix) {
		return ""
	}
	return visitor
}

// Timeline returns up to limit events of a session in position order that come after the one at (after, index), and
// whether there are more. It starts with (0, −1).
func (o *Sessions) Timeline(site uint32, id string, after uint64, index, limit int) (events []TimelineEvent, more bool, err error) {
	key := sessionKey{site, o.db.ID(id)}
	var s Session
	o.mu.RLock()
	found, err := o.state(key, &s)
	o.mu.RUnlock()
	if err != nil || !found {
		return nil, false, err
	}
	from := journal.Position(after)
	if from > 0 {
		from-- // the chunk at after may hold more than was given
	}
	for _, day := range s.Days {
		err := journal.ReadSession(o.db.Reader(), day, site, key.id, from, func(r *journal.Record) error {
			for i, e := range r.Chunk.Events {
				if uint64(r.Pos) == after && i <= index {
					continue
				}
				if len(events) == limit {
					more = true
					return errEnough
				}
				events = append(events, TimelineEvent{
					Pos: uint64(r.Pos), Index: i, Received: r.Chunk.Received, Visitor: named(r.Chunk.Visitor),
					Flagged: r.Chunk.Flags&event.Flagged != 0, Device: r.Chunk.Device, Event: e,
				})
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			break
		}
		if err != nil {
			return nil, false, err
		}
	}
	return events, more, nil
}

var errEnough = errors.New("enough")

// ListingDays returns the days of one listing that have data, from and to inclusive, ascending.
func (o *Sessions) ListingDays(site uint32, listing string, from, to uint16) ([]*ListingDay, error) {
	id := o.db.ID(listing)
	return o.listingDays(listingDayKey(site, id, from), append(listingDayKey(site, id, to), 0), func(k dayKey) bool {
		return k.site == site && k.listing == id && k.day >= from && k.day <= to
	})
}

// EachListingDay visits the days of every listing of a site that have data, from and to inclusive, by listing and
// then day.
func (o *Sessions) EachListingDay(site uint32, from, to uint16, visit func(*ListingDay) error) error {
	lo := idKey(store.ListingDays, site, store.ID{})
	hi := store.PrefixEnd(lo[:5])
	days, err := o.listingDays(lo, hi, func(k dayKey) bool {
		return k.site == site && k.day >= from && k.day <= to
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(days, func(a, b *ListingDay) int {
		if c := cmp.Compare(a.Listing, b.Listing); c != 0 {
			return c
		}
		return cmp.Compare(a.Day, b.Day)
	})
	for _, d := range days {
		if err := visit(d); err != nil {
			return err
		}
	}
	return nil
}

// listingDays returns the days in [lo, hi) that are wanted: what is stored united with what the next checkpoint adds.
func (o *Sessions) listingDays(lo, hi []byte, want func(dayKey) bool) (days []*ListingDay, err error) {
	o.mu.RLock()
	v := o.db.NewView() // before the next checkpoint moves what is pending into the store
	pending := o.pendingDays(want)
	o.mu.RUnlock()
	defer func() {
		if cerr := v.Close(); err == nil {
			err = cerr
		}
	}()
	return uniteDays(v.Reader, lo, hi, want, pending)
}

// pendingDays returns copies of what the next checkpoint adds to days that are wanted; o.mu is held.
func (o *Sessions) pendingDays(want func(dayKey) bool) map[dayKey]*ListingDay {
	pending := map[dayKey]*ListingDay{}
	for key, d := range o.days {
		if want(key) {
			pending[key] = newListingDay(d.Listing, key.day)
			pending[key].unite(d)
		}
	}
	return pending
}

// uniteDays unites stored days with pending ones, which it empties, and leaves out days of which nothing is left.
func uniteDays(r store.Reader, lo, hi []byte, want func(dayKey) bool, pending map[dayKey]*ListingDay) (days []*ListingDay, err error) {
	err = r.Scan(store.Range{Lo: lo, Hi: hi}, func(k, value []byte) error {
		key, err := parseListingDayKey(k)
		if err != nil || !want(key) {
			return err
		}
		d, err := decodeListingDay(value, key.day)
		if err != nil {
			return err
		}
		if p := pending[key]; p != nil {
			d.unite(p)
			delete(pending, key)
		}
		days = append(days, d)
		return nil
	})
	for _, d := range pending {
		days = append(days, d)
	}
	days = slices.DeleteFunc(days, (*ListingDay).empty)
	slices.SortFunc(days, func(a, b *ListingDay) int { return cmp.Compare(a.Day, b.Day) })
	return days, err
}
