package sessionize

import (
	"footfall/event"
	"footfall/journal"
	"footfall/store"
)

// Admit is the committer's question just before a record gets its position: it drops the chunk's duplicates, flags a
// session that is over the rate, and stamps the visitor's ordinal. The committer applies the record right after.
func (o *Sessions) Admit(r *journal.Record) error {
	switch r.Kind {
	case journal.KindChunk:
	case journal.KindHot:
		return o.admitHot(r)
	default:
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.begin(r); err != nil {
		return err
	}
	c, s := r.Chunk, &o.scratch
	o.dropForgotten(r)
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

// dropDuplicates takes the events that the session has seen out of the chunk, and remembers the others.
func (o *Sessions) dropDuplicates(c *event.Chunk) error {
	s := &o.scratch
	imported := c.Flags&event.Imported != 0
	var known map[uint64]struct{}
	if imported && s.idsLost() {
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
	if _, gone := o.erased[key]; found && !gone {
		if v, err = decodeVisitor(stored); err != nil {
			return nil, err
		}
	}
	if pending := o.visitors[key]; pending != nil {
		v.unite(pending)
	}
	return v, nil
}
