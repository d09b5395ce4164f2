package sessionize

import (
	"slices"

	"footfall/event"
	"footfall/journal"
	"footfall/store"
)

// begin decodes the record's session into scratch, loading it into memory first if it is not there.
func (o *Sessions) begin(r *journal.Record) error {
	key := sessionKey{r.Site, r.Key}
	if l := o.live[key]; l != nil {
		o.cur = l
		return decodeSession(l.blob, &o.scratch)
	}
	o.scratch.reset(r.Session)
	in, err := o.load(o.lookUp, key, &o.scratch, true)
	if err != nil {
		return err
	}
	o.cur = o.bringIn(key, &o.scratch, in)
	return nil
}

// bringIn puts a loaded session into memory. What its stored state lacked is stored at the next checkpoint.
func (o *Sessions) bringIn(key sessionKey, s *Session, in loaded) *live {
	l := &live{key: key, lastLive: s.LastLive, received: s.Received, unwritten: in.unwritten, firstDay: in.firstDay}
	o.bytes += l.size()
	o.live[key] = l
	o.clean.push(l)
	var stored int
	o.buf, stored = appendSession(o.buf[:0], s)
	o.setBlob(l, o.buf, stored)
	if in.unwritten > 0 {
		o.touch(l, true)
		o.force(l)
	}
	return l
}

// getter reads a stored value: store.DB.Get, or for the committer lookUp.
type getter func(key []byte) (value []byte, found bool, err error)

// lookUp is the committer's getter for sessions and visitors, which change in the store at checkpoints only.
func (o *Sessions) lookUp(key []byte) (value []byte, found bool, err error) {
	if !o.met.may(key) {
		return nil, false, nil
	}
	if o.lookup == nil {
		o.lookup = o.db.NewLookup()
	}
	value, found, err = o.lookup.Get(key)
	return slices.Clone(value), found, err
}

// Close lets go of the store, which must be closed after it. The journal must be closed before; one that was poisoned
// made no last checkpoint.
func (o *Sessions) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.endLookup()
}

func (o *Sessions) endLookup() error {
	if o.lookup == nil {
		return nil
	}
	err := o.lookup.Close()
	o.lookup = nil
	return err
}

// loaded says how much of a session load found outside its stored state.
type loaded struct {
	unwritten uint32 // chunks that the stored state lacked
	firstDay  uint16 // UTC day of receipt of the first of them
}

// load makes s, which must be a new session, the session as the store has it, and leaves it if the store has none. The
// ids are read from the session's chunks only if they are asked for. Strings of s alias what was read.
func (o *Sessions) load(get getter, key sessionKey, s *Session, ids bool) (in loaded, err error) {
	stored := idKey(store.Sessions, key.site, key.id)
	blob, found, err := get(stored)
	if err != nil {
		return in, err
	}
	if _, gone := o.retired[key]; found && !gone {
		if err := decodeSession(blob, s); err != nil {
			return in, err
		}
		if ids || o.scanning { // what the stored state lacks can push ids out
			if err := o.readIDs(key, s); err != nil {
				return in, err
			}
		}
	}
	if !o.scanning || !o.met.may(stored) {
		return in, nil
	}
	forgotten, err := o.forgottenBefore(o.db.Get, key, o.pos+1)
	if err != nil {
		return in, err
	}
	var out Deltas // already in the store: the checkpoint that has the position has them
	for day := o.scanFrom; day <= uint16(event.UTCDay(o.at)); day++ {
		err := journal.ReadSession(o.db.Reader(), day, key.site, key.id, max(s.Through, forgotten), func(r *journal.Record) error {
			if r.Pos > o.pos {
				return store.ErrStop
			}
			if in.unwritten++; in.unwritten == 1 {
				in.firstDay = day
			}
			s.ID = r.Session
			s.remember(r.Chunk)
			out.reset()
			Fold(s, r.Chunk, &out)
			s.Through = r.Pos
			return nil
		})
		if err != nil {
			return in, err
		}
	}
	return in, nil
}
