package sessionize

import (
	"footfall/event"
	"footfall/journal"
	"footfall/store"

	"github.com/cespare/xxhash/v2"
)

// Admit is the committer's question just before a record gets its position: it drops the chunk's duplicates, flags a
// session that is over the rate, and stamps the visitor's ordinal. The committer applies the record right after.
func (o *Sessions) Admit(r *journal.Record) error {
	if r.Kind != journal.KindChunk {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.begin(r); err != nil {
		return err
	}
	c, s := r.Chunk, &o.scratch
	if c.Flags&event.Imported == 0 {
		if o.cur.rate.add(c.Received, len(c.Events)) && !s.RateFlagged {
			c.Flags |= event.RateFlagged
		}
		if s.RateFlagged || c.Flags&event.RateFlagged != 0 {
			c.Flags |= event.Flagged
		}
	}
	if err := o.dropDuplicates(c); err != nil {
		return err
	}
	if len(c.Events) == 0 {
		o.forget(o.cur)
		return nil
	}
	if err := o.stampOrdinal(r.Site, c); err != nil {
		return err
	}
	o.admitted = r
	return nil
}

// forget drops a session that was brought into memory for duplicates only and has nothing to keep.
func (o *Sessions) forget(l *live) {
	if o.scratch.Count == 0 && !l.dirty && o.scratch.Through == 0 {
		o.clean.remove(l)
		delete(o.live, l.key)
		o.bytes -= l.size()
	}
}

// idHash stands for an event id within its session, in 56 bits: two ids of a session of 12 events meet by chance once
// in 10^15 sessions. Whoever makes two of their own ids collide loses their own event.
func idHash(id string) uint64 { return xxhash.Sum64String(id) >> 8 }

// dropDuplicates takes the events that the session has seen out of the chunk, and remembers the others.
func (o *Sessions) dropDuplicates(c *event.Chunk) error {
	s := &o.scratch
	imported := c.Flags&event.Imported != 0
	var known map[uint64]struct{}
	if imported && s.IDsLost {
		var err error
		if known, err = o.knownIDs(o.cur.key, s); err != nil {
			return err
		}
	}
	kept := c.Events[:0]
	for i := range c.Events {
		if id := c.Events[i].ID; id != "" {
			hash := idHash(id)
			if _, dup := known[hash]; dup || s.seenID(hash, c.Received, imported) {
				continue
			}
			o.rememberID(hash, c.Received)
		}
		kept = append(kept, c.Events[i])
	}
	c.Events = kept
	return nil
}

// seenID says whether an id is among the last 4,096 and, unless it is imported, not older than 24 hours.
func (s *Session) seenID(hash uint64, received int64, imported bool) bool {
	for i := range s.IDs {
		if s.IDs[i].Hash == hash && (imported || received-int64(s.IDs[i].At)*1000 <= event.DedupeWindow) {
			return true
		}
	}
	return false
}

// remember notes the ids of a chunk that was admitted before.
func (s *Session) remember(c *event.Chunk) {
	for i := range c.Events {
		if id := c.Events[i].ID; id != "" {
			s.rememberID(idHash(id), c.Received)
		}
	}
}

func (s *Session) rememberID(hash uint64, received int64) {
	if len(s.IDs) == maxIDs {
		copy(s.IDs, s.IDs[1:])
		s.IDs = s.IDs[:maxIDs-1]
		s.IDsLost, s.Truncated = true, true
	}
	s.IDs = append(s.IDs, SeenID{hash, uint32(received / 1000)})
}

func (o *Sessions) remember(c *event.Chunk) {
	for i := range c.Events {
		if id := c.Events[i].ID; id != "" {
			o.rememberID(idHash(id), c.Received)
		}
	}
}

func (o *Sessions) rememberID(hash uint64, received int64) {
	o.scratch.rememberID(hash, received)
	if known := o.known[o.cur.key]; known != nil {
		known[hash] = struct{}{}
	}
}

// knownIDs returns every id of a session's stored chunks. The sets of a few long sessions are kept, so that importing
// one of them in many pieces reads it once.
func (o *Sessions) knownIDs(key sessionKey, s *Session) (map[uint64]struct{}, error) {
	if ids := o.known[key]; ids != nil {
		return ids, nil
	}
	total := 0
	for _, ids := range o.known {
		total += len(ids)
	}
	if total > maxKnownIDs {
		clear(o.known)
	}
	ids := map[uint64]struct{}{}
	for _, day := range s.Days {
		err := journal.ReadSession(o.db.Reader(), day, key.site, key.id, 0, func(r *journal.Record) error {
			for i := range r.Chunk.Events {
				if id := r.Chunk.Events[i].ID; id != "" {
					ids[idHash(id)] = struct{}{}
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	o.known[key] = ids
	return ids, nil
}

// stampOrdinal gives the chunk the ordinal of the visitor that the session belongs to once it is folded. Only
// unflagged visitors with a view get one.
func (o *Sessions) stampOrdinal(site uint32, c *event.Chunk) error {
	s := &o.scratch
	c.Ordinal = 0
	if c.Flags&event.Flagged != 0 {
		return nil
	}
	binds := s.Visitor == "" && c.Visitor != ""
	if s.Ordinal != 0 && !binds {
		c.Ordinal = s.Ordinal
		return nil
	}
	visitor := s.Visitor
	if binds {
		visitor = c.Visitor
	}
	if visitor != "" {
		v, err := o.visitor(o.lookUp, sessionKey{site, o.db.ID(visitor)})
		if err != nil {
			return err
		}
		c.Ordinal = v.Ordinal
	}
	if c.Ordinal == 0 && (s.Ordinal != 0 || hasView(c)) {
		c.Ordinal = max(o.nextOrdinal[site], 1)
	}
	return nil
}

func hasView(c *event.Chunk) bool {
	for i := range c.Events {
		if c.Events[i].Type == event.PropertyView && c.Events[i].Listing != "" {
			return true
		}
	}
	return false
}

// visitor returns a visitor's state: what is stored and what the next checkpoint adds. o.mu is held.
func (o *Sessions) visitor(get getter, key sessionKey) (*Visitor, error) {
	v := &Visitor{}
	stored, found, err := get(idKey(store.Visitors, key.site, key.id))
	if err != nil {
		return nil, err
	}
	if found {
		if v, err = decodeVisitor(stored); err != nil {
			return nil, err
		}
	}
	if pending := o.visitors[key]; pending != nil {
		v.unite(pending)
	}
	return v, nil
}
