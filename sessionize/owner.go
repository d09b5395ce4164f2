package sessionize

import (
	"log/slog"
	"strings"
	"sync"
	"time"

	"footfall/event"
	"footfall/journal"
	"footfall/store"
)

// Options of Sessions.
type Options struct {
	Memory int64 // bytes of live state, default 256 MiB; a checkpoint's worth of new sessions may exceed it
	Log    *slog.Logger
}

// When a session's state is stored, besides when it is evicted.
const (
	coldAfter    = int64(30 * time.Minute / time.Millisecond) // without a chunk
	pastAfter    = int64(2 * time.Second / time.Millisecond)  // without a chunk, if all of them were imported
	writeAfter   = 64                                         // chunks
	writesAtOnce = 8192                                       // at one checkpoint, of those that are not urgent
	slotLength   = int64(5 * time.Minute / time.Millisecond)  // of the seen space
	slotsAtOnce  = int64(12)                                  // of the seen space deleted together
	seenFor      = int64(25 * time.Hour / time.Millisecond)
	ownerName    = "sessionize"
	maxKnownIDs  = 1 << 20 // ids of long sessions kept for imports
)

type dayKey struct {
	site    uint32
	listing store.ID
	day     uint16
}

// Sessions is the owner of sessions, visitors and listing days. Its writer is the journal's committer; anyone may
// query.
type Sessions struct {
	db *store.DB
	o  Options

	mu          sync.RWMutex
	pos         journal.Position
	at          int64 // receive time of the newest record
	live        map[sessionKey]*live
	dirty       list // but for the past ones
	past        list // dirty, and all their chunks were imported
	clean       list
	dirtyDays   map[uint16]int // how many dirty sessions have a first unwritten chunk of that day
	bytes       int64
	evicted     uint64  // since the start
	forced      []*live // stored at the next checkpoint
	queue       []*live // stored at one of the next
	nextOrdinal map[uint32]uint32

	// What the next checkpoint merges into the store.
	days     map[dayKey]*ListingDay
	pages    map[pageKey]*int64
	visitors map[sessionKey]*Visitor
	bound    []visitorSession
	seen     []seenEntry
	retired  map[sessionKey][][]byte // sessions that are in the store and no more, with the rows to delete
	erased   map[sessionKey]struct{} // visitors that are in the store and no more

	changes    changes // of listing days
	lastDays   lastDays
	ranges     ranges
	forgotten  forgotten
	pagesSince journal.Position // chunks up to here have added no page views
	moves      moves
	newcomers  newcomers
	lastSeen   lastSeen

	// Until the sessions that were live at the last end are back in memory, a stored state may lack chunks that were
	// received from scanFrom on.
	scanning      bool
	scanFrom      uint16
	floorSlot     uint32
	completeSince int64 // memory holds every session with a live chunk at or after this receive time

	trimmed int64 // the seen space begins at this slot

	known map[sessionKey]map[uint64]struct{} // every id of sessions that lost some, for imports

	// The committer's own: reused from chunk to chunk.
	met      met
	lookup   *store.Lookup // since the last checkpoint, nil if nothing was looked up
	cur      *live
	admitted *journal.Record
	scratch  Session
	buf      []byte
	out      Deltas
}

type visitorSession struct {
	visitor, session sessionKey
}

type seenEntry struct {
	slot uint32
	key  sessionKey
	past bool // no beacon of the session came live so far
}

// Open reads where the stored state stands. The journal then applies what it lacks; after that Warm brings back what
// was live.
func Open(db *store.DB, o Options) (*Sessions, error) {
	if o.Memory == 0 {
		o.Memory = 256 << 20
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Sessions{
		db: db, o: o,
		live: map[sessionKey]*live{}, dirtyDays: map[uint16]int{}, nextOrdinal: map[uint32]uint32{},
		days: map[dayKey]*ListingDay{}, pages: map[pageKey]*int64{},
		ranges: ranges{kept: map[rangeKey]*rangeSums{}}, lastDays: lastDays{rows: map[dayKey]*ListingDay{}}, lastSeen: newLastSeen(),
		visitors: map[sessionKey]*Visitor{},
		known:    map[sessionKey]map[uint64]struct{}{}, retired: map[sessionKey][][]byte{}, erased: map[sessionKey]struct{}{},
	}
	s.changes.epoch, s.changes.last = 1, map[dayKey]uint64{}
	var err error
	if s.pos, err = journal.StoredPosition(db.Reader(), ownerName); err != nil {
		return nil, err
	}
	s.met = newMet(&s.o.Memory, s.pos == 0)
	if err := s.readMark(); err != nil {
		return nil, err
	}
	if err := s.readPagesSince(); err != nil {
		return nil, err
	}
	return s, s.forgotten.load(db.Reader(), s.at)
}

// Name implements journal.Owner.
func (o *Sessions) Name() string { return ownerName }

// Position implements journal.Owner. The committer alone calls it.
func (o *Sessions) Position() journal.Position { return o.pos }

// Apply implements journal.Owner.
func (o *Sessions) Apply(b *store.Batch, r *journal.Record) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	at := r.At.UnixMilli()
	if event.UTCDay(at) != event.UTCDay(o.at) {
		o.queueAll()
	}
	o.at = max(o.at, at)
	var err error
	switch r.Kind {
	case journal.KindChunk:
		err = o.applyChunk(r)
	case journal.KindLead:
		err = o.applyLead(r)
	case journal.KindRetire:
		o.newcomers.forget()
		o.lastSeen.clear()
		err = o.applyRetire(b, r)
	case journal.KindErase:
		o.newcomers.forget()
		o.lastSeen.clear()
		err = o.applyErase(b, r)
	case journal.KindHot:
		err = o.applyHot(b, r)
	}
	o.pos = r.Pos
	return err
}

func (o *Sessions) applyChunk(r *journal.Record) error {
	if o.admitted != r {
		if err := o.begin(r); err != nil {
			return err
		}
		o.remember(r.Chunk)
	}
	l, s, c := o.cur, &o.scratch, r.Chunk
	o.cur, o.admitted = nil, nil
	o.out.reset()
	Fold(s, c, &o.out)
	s.Through = r.Pos
	if c.Ordinal >= o.nextOrdinal[r.Site] {
		o.nextOrdinal[r.Site] = c.Ordinal + 1
	}
	o.applyDeltas(l.key, s)
	o.moved(l.key, s, c)
	o.store(l, s, r)
	return nil
}

func (o *Sessions) applyLead(r *journal.Record) error {
	link, _, err := DecodeLeadLink(r.Body)
	if err != nil {
		return err
	}
	o.out.reset()
	if r.Session == "" {
		foldLead(nil, link, &o.out)
		o.applyDeltas(sessionKey{site: r.Site}, nil)
		return nil
	}
	if err := o.begin(r); err != nil {
		return err
	}
	l, s := o.cur, &o.scratch
	o.cur, o.admitted = nil, nil
	foldLead(s, link, &o.out)
	s.Through = r.Pos
	o.applyDeltas(l.key, s)
	o.store(l, s, r)
	// The events of a session do not tell of its lead: until its state is stored, only this record does.
	o.force(l)
	return nil
}

// store puts the session's new state into memory and decides when it must be stored. It comes last: the strings of s
// and of the deltas are lent from the bytes that it overwrites.
func (o *Sessions) store(l *live, s *Session, r *journal.Record) {
	var stored int
	o.buf, stored = appendSession(o.buf[:0], s)
	o.setBlob(l, o.buf, stored)
	at := r.At.UnixMilli()
	wentLive := l.lastLive == 0 && s.LastLive != 0
	l.received, l.lastLive = at, s.LastLive
	if l.unwritten++; l.unwritten == 1 {
		l.firstDay = uint16(event.UTCDay(at))
	}
	o.touch(l, true)
	if slot := uint32(at / slotLength); l.slot != slot || wentLive {
		l.slot = slot
		o.seen = append(o.seen, seenEntry{slot, l.key, s.LastLive == 0})
	}
	if l.unwritten >= writeAfter && !l.queued {
		l.queued = true
		o.queue = append(o.queue, l)
	}
}

func (o *Sessions) force(l *live) {
	l.queued = true
	o.forced = append(o.forced, l)
}

// queueAll asks for every dirty session to be stored: at a change of the day, so that what the store lacks stands in
// the events of the last two days only.
func (o *Sessions) queueAll() {
	for l := range o.eachDirty {
		if !l.queued {
			l.queued = true
			o.queue = append(o.queue, l)
		}
	}
}

// applyDeltas adds what a chunk changed outside its session to what the next checkpoint merges. s is nil for a lead
// without a session.
func (o *Sessions) applyDeltas(key sessionKey, s *Session) {
	for i := range o.out.Days {
		d := &o.out.Days[i]
		o.pendingDay(dayKey{key.site, o.db.ID(d.Listing), d.Day}, d.Listing).add(d)
	}
	o.addPages(key.site, o.out.Pages, 1)
	o.lastSeen.drop(key)
	if o.out.Visitor == "" {
		return
	}
	vk := sessionKey{key.site, o.db.ID(o.out.Visitor)}
	o.lastSeen.dropVisitor(vk)
	v := o.visitors[vk]
	if o.moves.watched.Load() {
		first := o.out.Bound && v == nil && !o.met.may(idKey(store.Visitors, vk.site, vk.id))
		o.newcomers.add(vk, key.id, o.out.Runs, first)
	}
	if v == nil {
		v = &Visitor{ID: strings.Clone(o.out.Visitor)}
		o.visitors[vk] = v
	}
	v.unite(&Visitor{Ordinal: o.out.Ordinal, Runs: o.out.Runs})
	if o.out.Bound {
		o.bound = append(o.bound, visitorSession{vk, key})
	}
}

// Checkpoint implements journal.Owner: one batch with the deltas since the last, the sessions that are due, and the
// position. It need not be synced: the log keeps it before everything that is written later.
func (o *Sessions) Checkpoint() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.endLookup(); err != nil {
		return err
	}
	b := o.db.NewBatch()
	defer b.Close()
	o.deleteRetired(b)
	stored := o.writeSessions(b)
	if err := o.writeDeltas(b); err != nil {
		return err
	}
	o.writeMark(b)
	journal.StorePosition(b, ownerName, o.pos)
	if err := b.Commit(false); err != nil {
		return err
	}
	for _, l := range stored {
		if l.dirty { // a session can be due for two reasons
			o.written(l)
		}
	}
	o.changes.note(o.days)
	o.lastDays.note(o.days)
	clear(o.days)
	clear(o.pages)
	clear(o.visitors)
	clear(o.retired)
	clear(o.erased)
	o.bound, o.seen = o.bound[:0], o.seen[:0]
	o.newcomers.age()
	o.evict()
	return nil
}

// writeSessions writes the sessions that are due and returns them.
func (o *Sessions) writeSessions(b *store.Batch) (due []*live) {
	n := min(len(o.queue), writesAtOnce)
	for _, l := range append(o.forced, o.queue[:n]...) {
		if l.dirty { // it may have been stored, and even evicted, since it was queued
			due = append(due, l)
		}
	}
	o.forced, o.queue = nil, o.queue[n:]
	over := o.bytes - o.o.Memory
	for l := o.clean.first; l != nil && over > 0; l = l.next {
		over -= l.size()
	}
	for l := o.past.first; l != nil; l = l.next {
		if over <= 0 && (l.received+pastAfter > o.at || len(due) > writesAtOnce && o.dirty.first != nil) {
			break
		}
		over -= l.size()
		due = append(due, l)
	}
	for l := o.dirty.first; l != nil; l = l.next {
		if over <= 0 && l.received+coldAfter > o.at {
			break
		}
		over -= l.size()
		due = append(due, l)
	}
	for _, l := range due {
		key := idKey(store.Sessions, l.key.site, l.key.id)
		o.met.add(key)
		b.Set(key, l.blob[:l.stored])
	}
	return due
}

func (o *Sessions) writeDeltas(b *store.Batch) error {
	for k, d := range o.days {
		v, err := appendListingDay(nil, d)
		if err != nil {
			return err
		}
		b.Merge(listingDayKey(k.site, k.listing, k.day), v)
	}
	if err := o.writePages(b); err != nil {
		return err
	}
	for k, v := range o.visitors {
		key := idKey(store.Visitors, k.site, k.id)
		o.met.add(key)
		b.Merge(key, appendVisitor(nil, v))
	}
	for _, vs := range o.bound {
		key := append(idKey(store.VisitorSessions, vs.visitor.site, vs.visitor.id), vs.session.id[:]...)
		b.Set(key, nil)
	}
	for _, e := range o.seen {
		b.Set(seenKey(e.slot, e.key.site, e.key.id), seenValue(e.past))
	}
	if slot := (o.at - seenFor) / slotLength; slot >= o.trimmed+slotsAtOnce && !o.scanning {
		lo, _ := store.Seen.Span()
		b.DeleteRange(lo, seenKey(uint32(slot), 0, store.ID{}))
		o.trimmed = slot
	}
	return nil
}
