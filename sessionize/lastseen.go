package sessionize

import (
	"slices"
	"sync"

	"footfall/store"
)

// Bounds of LastSeen: how many sessions' times are kept, some 150 bytes each, and how many are found out while the
// committer waits.
const (
	maxLastSeen    = 1 << 17
	lastSeenAtOnce = 64
)

// lastSeen keeps when the visitors of sessions that were asked about last came. What a record changes is dropped from it
// and found out again when it is asked for.
type lastSeen struct {
	mu sync.Mutex // of readers among each other: whoever applies a record holds Sessions.mu alone
	of map[sessionKey]int64
	by map[sessionKey][]sessionKey // sessions in of by their visitor
}

func newLastSeen() lastSeen {
	return lastSeen{of: map[sessionKey]int64{}, by: map[sessionKey][]sessionKey{}}
}

func (l *lastSeen) get(key sessionKey) (at int64, kept bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, kept = l.of[key]
	return at, kept
}

// keep takes in when the visitor of a session last came; the session speaks for itself if it has none.
func (l *lastSeen) keep(key sessionKey, visitor *sessionKey, at int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.of) >= maxLastSeen {
		l.clear()
	}
	l.of[key] = at
	if visitor != nil && !slices.Contains(l.by[*visitor], key) {
		l.by[*visitor] = append(l.by[*visitor], key)
	}
}

// drop forgets a session whose state changes.
func (l *lastSeen) drop(key sessionKey) { delete(l.of, key) }

// dropVisitor forgets the sessions of a visitor whose visits change.
func (l *lastSeen) dropVisitor(visitor sessionKey) {
	if len(l.by) == 0 {
		return
	}
	for _, key := range l.by[visitor] {
		delete(l.of, key)
	}
	delete(l.by, visitor)
}

func (l *lastSeen) clear() {
	clear(l.of)
	clear(l.by)
}

// LastSeen returns the newest event times, ms, of the visitors of sessions, which are given by their keyed hashes: what
// Recent tells as Last, 0 for none and for sessions that are not known. Those that were asked for before, and did not
// come since, cost no look into the store.
func (o *Sessions) LastSeen(site uint32, sessions []store.ID) ([]int64, error) {
	times := make([]int64, len(sessions))
	var missing []int
	for i, id := range sessions {
		at, kept := o.lastSeen.get(sessionKey{site, id})
		if times[i] = at; !kept {
			missing = append(missing, i)
		}
	}
	for some := range slices.Chunk(missing, lastSeenAtOnce) {
		if err := o.findLastSeen(site, sessions, some, times); err != nil {
			return nil, err
		}
	}
	return times, nil
}

func (o *Sessions) findLastSeen(site uint32, sessions []store.ID, which []int, times []int64) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for _, i := range which {
		key := sessionKey{site, sessions[i]}
		var s Session
		if _, err := o.state(key, &s); err != nil {
			return err
		}
		times[i] = s.Last
		if s.Visitor == "" || s.Anonymous {
			o.lastSeen.keep(key, nil, times[i])
			continue
		}
		visitor := sessionKey{site, o.db.ID(s.Visitor)}
		v, err := o.visitor(o.db.Get, visitor)
		if err != nil {
			return err
		}
		times[i] = max(times[i], v.LastVisit())
		o.lastSeen.keep(key, &visitor, times[i])
	}
	return nil
}
