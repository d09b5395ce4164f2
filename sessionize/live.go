package sessionize

import (
	"footfall/store"
)

// sessionKey is a session's place in memory: ids chosen by clients are only ever map keys as keyed hashes.
type sessionKey struct {
	site uint32
	id   store.ID
}

// live is one session in memory, held as its stored encoding: it costs what its bytes cost, a checkpoint copies it, and
// what is recovered cannot differ from what was live.
type live struct {
	key    sessionKey
	stored uint32 // length of the part of blob that is stored: all but the ids
	blob   []byte

	lastLive  int64  // as in the session
	received  int64  // newest receive time
	unwritten uint32 // chunks since it was stored
	firstDay  uint16 // UTC day of receipt of the first of them
	slot      uint32 // newest slot of the seen space that names it
	queued    bool   // is in forced or queue
	dirty     bool
	past      bool // is in the list of the dirty ones that nobody is live in

	prev, next *live // in list
	rate       rateWindow
}

// liveOverhead is what a live session costs beside its blob: the struct, its map entry, and slack of the allocator.
const liveOverhead = 216

func (l *live) size() int64 { return int64(cap(l.blob)) + liveOverhead }

// list is a doubly linked list of live sessions, least recently used first.
type list struct{ first, last *live }

func (q *list) push(l *live) {
	l.prev, l.next = q.last, nil
	if q.last != nil {
		q.last.next = l
	} else {
		q.first = l
	}
	q.last = l
}

func (q *list) remove(l *live) {
	if l.prev != nil {
		l.prev.next = l.next
	} else {
		q.first = l.next
	}
	if l.next != nil {
		l.next.prev = l.prev
	} else {
		q.last = l.prev
	}
	l.prev, l.next = nil, nil
}

// rateWindow finds sessions with over 100 live events in each of 10 seconds on end, counted from the first of them.
type rateWindow struct {
	start  int64 // ms, receive time at which the first second began
	second int16 // the current one, from 0
	count  int32 // events in it
}

const (
	rateEvents  = 100
	rateSeconds = 10
)

// add counts n events at a receive time and says whether the session is over the rate.
func (w *rateWindow) add(at int64, n int) bool {
	second := (at - w.start) / 1000
	switch {
	case w.start != 0 && second == int64(w.second):
		w.count += int32(n)
	case w.start != 0 && second == int64(w.second)+1 && w.count > rateEvents:
		w.second, w.count = min(w.second+1, rateSeconds), int32(n)
		if w.second == rateSeconds { // slide: a run longer than needed stays one
			w.second, w.start = rateSeconds-1, w.start+1000
		}
	default:
		*w = rateWindow{start: at, count: int32(n)}
	}
	return w.second >= rateSeconds-1 && w.count > rateEvents
}

// setBlob copies an encoding, whose first bytes are the stored part, into the live session, in place if it has room.
func (o *Sessions) setBlob(l *live, b []byte, stored int) {
	o.bytes -= l.size()
	if cap(l.blob) < len(b) || cap(l.blob) > 2*len(b)+64 {
		l.blob = make([]byte, 0, len(b)+len(b)/8)
	}
	l.blob, l.stored = append(l.blob[:0], b...), uint32(stored)
	o.bytes += l.size()
}

// touch makes a live session the most recently used of its list, and dirty if it has what is not stored.
func (o *Sessions) touch(l *live, dirty bool) {
	o.listOf(l).remove(l)
	if dirty && !l.dirty {
		l.dirty = true
		o.dirtyDays[l.firstDay]++
	}
	l.past = l.dirty && l.lastLive == 0
	o.listOf(l).push(l)
}

// written marks a live session as stored.
func (o *Sessions) written(l *live) {
	o.listOf(l).remove(l)
	if l.dirty {
		if o.dirtyDays[l.firstDay]--; o.dirtyDays[l.firstDay] == 0 {
			delete(o.dirtyDays, l.firstDay)
		}
	}
	l.dirty, l.past, l.queued, l.unwritten = false, false, false, 0
	o.clean.push(l)
}

func (o *Sessions) listOf(l *live) *list {
	switch {
	case l.past:
		return &o.past
	case l.dirty:
		return &o.dirty
	}
	return &o.clean
}

// eachDirty yields the sessions that have what is not stored.
func (o *Sessions) eachDirty(yield func(*live) bool) {
	for _, q := range []*list{&o.dirty, &o.past} {
		for l := q.first; l != nil; l = l.next {
			if !yield(l) {
				return
			}
		}
	}
}

// evict drops clean sessions, least recently used first, until live state is within its bound.
func (o *Sessions) evict() {
	for o.bytes > o.o.Memory && o.clean.first != nil {
		l := o.clean.first
		o.clean.remove(l)
		delete(o.live, l.key)
		o.bytes -= l.size()
		o.evicted++
		o.completeSince = max(o.completeSince, l.lastLive+1)
	}
}
