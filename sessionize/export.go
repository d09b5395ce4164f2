package sessionize

import (
	"bytes"
	"slices"

	"footfall/event"
	"footfall/journal"
	"footfall/store"
)

// ExportedEvent is one event with the session that it is of.
type ExportedEvent struct {
	Session string
	Profile string // that the chunk names, "" for none
	TimelineEvent
}

// EventPlace is where an export of events stands.
type EventPlace = journal.ChunkPlace

// SessionPlace is where an export of sessions stands; the zero value is before the first.
type SessionPlace struct {
	id    store.ID
	began bool
}

// EventsAfter returns events of a site that stand after a place, and where it came to: at most so many chunks at a time, of one
// UTC day of receipt; more is false after the last day. They come by day, session and position. Events of who was
// forgotten are left out.
func (o *Sessions) EventsAfter(site uint32, after EventPlace, most int) (events []ExportedEvent, next EventPlace, more bool, err error) {
	recs, next, err := journal.ChunksAfter(o.db.Reader(), site, after, most)
	if err != nil {
		return nil, next, false, err
	}
	for i := range recs {
		r := &recs[i]
		c := r.Chunk
		if o.forgotten.after(site, journal.EraseSession, r.Key, r.Pos) {
			continue
		}
		visitor := named(c.Visitor)
		if visitor != "" && o.forgotten.after(site, journal.EraseVisitor, o.db.ID(visitor), r.Pos) {
			visitor = ""
		}
		for k, e := range c.Events {
			events = append(events, ExportedEvent{c.Session, c.Profile, TimelineEvent{
				Pos: uint64(r.Pos), Index: k, Received: c.Received, Visitor: visitor,
				Flagged: c.Flags&event.Flagged != 0, Device: c.Device, Event: e,
			}})
		}
	}
	if len(recs) < most {
		next = EventPlace{Day: after.Day + 1}
	}
	return events, next, int32(next.Day) <= event.UTCDay(o.Newest()), nil
}

// SessionsAfter returns at most so many sessions of a site in the order of their keyed hashes, after one, and the last of
// them; more is false after the last.
func (o *Sessions) SessionsAfter(site uint32, after SessionPlace, most int) (sessions []Analytics, last SessionPlace, more bool, err error) {
	keys, err := o.sessionKeysAfter(site, after.id, !after.began, most)
	if err != nil {
		return nil, last, false, err
	}
	for _, key := range keys {
		o.mu.RLock()
		a, found, err := o.session(key)
		o.mu.RUnlock()
		if err != nil {
			return nil, last, false, err
		}
		if found {
			sessions = append(sessions, a)
		}
		last = SessionPlace{key.id, true}
	}
	return sessions, last, len(keys) == most, nil
}

// sessionKeysAfter merges what is stored with what is in memory.
func (o *Sessions) sessionKeysAfter(site uint32, after store.ID, first bool, most int) (keys []sessionKey, err error) {
	lo := idKey(store.Sessions, site, after)
	if !first {
		lo = append(lo, 0)
	}
	hi := store.PrefixEnd(lo[:5:5])
	o.mu.RLock()
	defer o.mu.RUnlock()
	err = o.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(k, _ []byte) error {
		if len(keys) == most {
			return store.ErrStop
		}
		keys = append(keys, sessionKey{site, store.ID(k[5:21])})
		return nil
	})
	whole := len(keys) < most
	for key := range o.live {
		if key.site != site || !first && bytes.Compare(key.id[:], after[:]) <= 0 {
			continue
		}
		if whole || bytes.Compare(key.id[:], keys[most-1].id[:]) <= 0 {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b sessionKey) int { return bytes.Compare(a.id[:], b.id[:]) })
	keys = slices.Compact(keys)
	return keys[:min(len(keys), most)], err
}

// ListingDaysAfter returns listing days of a site that stand after a key of the store, nil for the first, by keyed hash of the
// listing and then day: at most so many stored ones and what is not stored yet between them. next is the key to go on
// after, nil after the last.
func (o *Sessions) ListingDaysAfter(site uint32, after []byte, from, to uint16, most int) (days []*ListingDay, next []byte, err error) {
	lo := idKey(store.ListingDays, site, store.ID{})
	hi := store.PrefixEnd(lo[:5:5])
	if after != nil {
		lo = append(slices.Clone(after), 0)
	}
	n := 0
	err = o.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(k, _ []byte) error {
		if n++; n == most {
			next = slices.Clone(k)
			return store.ErrStop
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if next != nil {
		hi = append(slices.Clone(next), 0)
	}
	days, err = o.listingDays(lo, hi, func(k dayKey) bool {
		key := listingDayKey(k.site, k.listing, k.day)
		return k.site == site && k.day >= from && k.day <= to && bytes.Compare(key, lo) >= 0 && bytes.Compare(key, hi) < 0
	})
	return days, next, err
}
