package sessionize

import (
	"bytes"
	"strings"
	"sync/atomic"

	"footfall/event"
	"footfall/journal"
)

// maxMarks bounds the sessions that moved and were not looked at yet; more are looked at when they move again.
const maxMarks = 1 << 16

// moves gathers which sessions sent live beacons, for the Watch. It costs a beacon a look or two into a map, and nothing
// while nobody watches. The committer writes it with the lock of the Sessions held.
type moves struct {
	watched atomic.Bool
	marks   map[sessionKey]mark
	wake    chan struct{} // of size 1
}

// mark is what is noted of a session that moved.
type mark struct {
	dull   bool  // no rule can hold
	opened bool  // it opened a page
	lead   bool  // and had made a lead before
	at     int64 // receive time of its newest chunk, ms
	quiet  bool  // no beacon came
	until  int64 // ms, when its visitor may be told of again; the Watch's own
}

// and returns what is noted of a session that moved again.
func (m mark) and(n mark) mark {
	return mark{
		dull: m.dull && n.dull, quiet: m.quiet && n.quiet, opened: m.opened || n.opened, lead: m.lead || n.lead,
		at: n.at, until: m.until,
	}
}

// moved notes a session that a chunk was folded into.
func (o *Sessions) moved(key sessionKey, s *Session, c *event.Chunk) {
	m := &o.moves
	if !m.watched.Load() || s.Flagged || c.Flags&event.Imported != 0 {
		return
	}
	before, known := m.marks[key]
	if !known && len(m.marks) >= maxMarks {
		return
	}
	opened := false
	for i := range c.Events {
		opened = opened || c.Events[i].Type == event.PageView || c.Events[i].Type == event.PropertyView
	}
	now := mark{dull: o.dull(key, s), opened: opened, lead: opened && s.Lead != "", at: c.Received}
	if known {
		now = before.and(now)
	}
	m.marks[key] = now
	if len(m.marks) == 1 {
		select {
		case m.wake <- struct{}{}:
		default:
		}
	}
}

// dull says whether no rule can hold of a session's visitor, as far as that is known without the store.
func (o *Sessions) dull(key sessionKey, s *Session) bool {
	runs := s.Runs
	switch {
	case s.Anonymous || strings.HasPrefix(s.Visitor, AnonymousPrefix):
		return true
	case !s.dull():
		return false
	case s.Visitor != "":
		v := o.newcomers.find(sessionKey{key.site, o.db.ID(s.Visitor)})
		if v == nil || v.several {
			return false
		}
		runs = v.runs
	}
	return len(runs) <= 1
}

// Resume has the Watch look at the sessions that have been active since a receive time, ms: they were live before the
// process began, and forms may be left in them.
func (o *Sessions) Resume(since int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for key, l := range o.live {
		if _, known := o.moves.marks[key]; !known && l.lastLive >= max(since, 1) && len(o.moves.marks) < maxMarks {
			o.moves.marks[key] = mark{quiet: true, at: l.received}
		}
	}
}

// takeMarks returns what moved since it was called last; spare, which it empties, takes its place.
func (o *Sessions) takeMarks(spare map[sessionKey]mark) map[sessionKey]mark {
	clear(spare)
	o.mu.Lock()
	defer o.mu.Unlock()
	taken := o.moves.marks
	o.moves.marks = spare
	return taken
}

// copyOf returns a session, and whether there is one. Its strings are its own.
func (o *Sessions) copyOf(key sessionKey) (s *Session, found bool, err error) {
	s = new(Session)
	s.reset("")
	o.mu.RLock()
	l := o.live[key]
	if l == nil {
		_, err = o.load(o.db.Get, key, s, false)
		o.mu.RUnlock()
		return s, err == nil && s.Through != 0, err
	}
	blob := bytes.Clone(l.blob)
	o.mu.RUnlock()
	err = decodeSession(blob, s)
	return s, err == nil && s.Through != 0, err
}

// somebody returns whose a session is.
func (o *Sessions) somebody(key sessionKey, s *Session) person {
	if s.Visitor == "" {
		return person{key.site, journal.EraseSession, key.id}
	}
	return person{key.site, journal.EraseVisitor, o.db.ID(s.Visitor)}
}
