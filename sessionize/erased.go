package sessionize

import (
	"encoding/binary"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"footfall/journal"
	"footfall/store"
)

// RefuseFor is for how long events of who was forgotten are refused: a page that is still open, or a beacon that waits
// for a network, must not make them known again.
const RefuseFor = 48 * time.Hour

// forgetAfter is when memory forgets who was forgotten. The store does not.
const forgetAfter = 7 * 24 * time.Hour

// Erased is one row of the space erased: who was forgotten, by keyed hash, and when.
//
//	key    0x50 | site u32 | u8 kind | 16 bytes id
//	value  u8 version (1) | uv receive time of the newest record that says so, ms since 1970 |
//	       uv n, n × uv position of a record that does, ascending
type Erased struct {
	Site uint32
	Kind journal.EraseKind
	ID   store.ID
	Pos  journal.Position // of the newest record
	At   int64

	all []journal.Position
}

const (
	erasedVersion = 1
	erasedKeyLen  = 1 + 4 + 1 + 16
)

func erasedKey(k erasedID) []byte {
	b := binary.BigEndian.AppendUint32(append(make([]byte, 0, erasedKeyLen), byte(store.Erased)), k.site)
	return append(append(b, byte(k.kind)), k.id[:]...)
}

func appendErased(b []byte, at int64, all []journal.Position) []byte {
	b = binary.AppendUvarint(append(b, erasedVersion), uint64(at))
	b = binary.AppendUvarint(b, uint64(len(all)))
	for _, pos := range all {
		b = binary.AppendUvarint(b, uint64(pos))
	}
	return b
}

func decodeErased(key, value []byte) (e Erased, err error) {
	d := reader{b: value}
	if len(key) != erasedKeyLen || d.u8() != erasedVersion {
		return e, fmt.Errorf("%w: erased %x", ErrCorrupt, key)
	}
	e = Erased{
		Site: binary.BigEndian.Uint32(key[1:]), Kind: journal.EraseKind(key[5]), ID: store.ID(key[6:]),
		At: d.uv(),
	}
	for range d.count(1) {
		e.Pos = journal.Position(d.uv())
		e.all = append(e.all, e.Pos)
	}
	if d.bad || e.Pos == 0 || len(d.b) != 0 {
		return e, fmt.Errorf("%w: erased %x", ErrCorrupt, key)
	}
	return e, nil
}

// EachErased visits everybody who was forgotten by a record after a position.
func EachErased(r store.Reader, after journal.Position, visit func(Erased) error) error {
	lo, hi := store.Erased.Span()
	return r.Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
		e, err := decodeErased(key, value)
		if err != nil || e.Pos <= after {
			return err
		}
		return visit(e)
	})
}

type erasedID struct {
	site uint32
	kind journal.EraseKind
	id   store.ID
}

type erasedAt struct {
	pos journal.Position
	at  int64 // ms since 1970
}

// forgotten is who was forgotten lately. The committer changes it by putting another map in its place; each event asks it.
type forgotten struct {
	p    atomic.Pointer[map[erasedID]erasedAt]
	ever atomic.Bool // the space erased has rows
}

// load reads it from the store.
func (f *forgotten) load(r store.Reader, now int64) error {
	all := map[erasedID]erasedAt{}
	err := EachErased(r, 0, func(e Erased) error {
		f.ever.Store(true)
		if now-e.At <= forgetAfter.Milliseconds() {
			all[erasedID{e.Site, e.Kind, e.ID}] = erasedAt{e.Pos, e.At}
		}
		return nil
	})
	f.p.Store(&all)
	return err
}

// add takes targets in and drops who is in it for long enough.
func (f *forgotten) add(ids []erasedID, at erasedAt) {
	f.ever.Store(true)
	all := maps.Clone(*f.p.Load())
	maps.DeleteFunc(all, func(_ erasedID, a erasedAt) bool { return at.at-a.at > forgetAfter.Milliseconds() })
	for _, id := range ids {
		all[id] = at
	}
	f.p.Store(&all)
}

func (f *forgotten) none() bool { return len(*f.p.Load()) == 0 }

// after says whether somebody was forgotten by a record at or after a position.
func (f *forgotten) after(site uint32, kind journal.EraseKind, id store.ID, pos journal.Position) bool {
	a, found := (*f.p.Load())[erasedID{site, kind, id}]
	return found && a.pos >= pos
}

// refuses says whether events of somebody, received at a time in ms, are refused.
func (f *forgotten) refuses(site uint32, kind journal.EraseKind, id store.ID, now int64) bool {
	a, found := (*f.p.Load())[erasedID{site, kind, id}]
	return found && now-a.at < RefuseFor.Milliseconds()
}

// Refuses says whether what a session or visitor sends now, ms since 1970, is refused because they were forgotten. It
// costs nothing while nobody was. A clock that went back does not make it longer.
func (o *Sessions) Refuses(site uint32, session, visitor string, now int64) bool {
	return o.refuses(site, session, visitor, now) && o.refuses(site, session, visitor, o.Newest())
}

func (o *Sessions) refuses(site uint32, session, visitor string, now int64) bool {
	f := &o.forgotten
	if f.none() {
		return false
	}
	return session != "" && f.refuses(site, journal.EraseSession, o.db.ID(session), now) ||
		visitor != "" && f.refuses(site, journal.EraseVisitor, o.db.ID(visitor), now)
}

// dropForgotten empties a chunk that was on its way when its visitor or session was forgotten.
func (o *Sessions) dropForgotten(r *journal.Record) {
	if c := r.Chunk; o.refuses(r.Site, c.Session, c.Visitor, c.Received) {
		c.Events = c.Events[:0]
	}
}

// getErased reads the row of a target; Pos is 0 if there is none.
func getErased(get getter, id erasedID) (e Erased, err error) {
	k := erasedKey(id)
	v, found, err := get(k)
	if err != nil || !found {
		return e, err
	}
	return decodeErased(k, v)
}

// forgottenBefore returns the newest position before another of a record that forgot a session, 0 if there is none. Chunks
// before it, which may still stand in the store, are not the session's. A row may know of later records than are applied.
func (o *Sessions) forgottenBefore(get getter, key sessionKey, before journal.Position) (pos journal.Position, err error) {
	if !o.forgotten.ever.Load() {
		return 0, nil
	}
	e, err := getErased(get, erasedID{key.site, journal.EraseSession, key.id})
	for _, p := range e.all {
		if p < before {
			pos = p
		}
	}
	return pos, err
}

// Ranges are the keys of the spaces of this package under which a target stood.
func (e *Erased) Ranges() []store.Range {
	prefix := func(key []byte) store.Range { return store.Range{Lo: key, Hi: store.PrefixEnd(key)} }
	switch e.Kind {
	case journal.EraseVisitor:
		return []store.Range{prefix(idKey(store.Visitors, e.Site, e.ID)), prefix(idKey(store.VisitorSessions, e.Site, e.ID)), prefix(person{e.Site, e.Kind, e.ID}.prefix())}
	case journal.EraseSession:
		return []store.Range{prefix(idKey(store.Sessions, e.Site, e.ID)), prefix(person{e.Site, e.Kind, e.ID}.prefix())}
	}
	return nil
}
