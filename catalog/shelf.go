package catalog

import (
	"cmp"
	"slices"
	"sync"

	"footfall/store"
)

// listingID names a listing as keys do.
type listingID struct {
	site uint32
	id   store.ID
}

// agentID names an agent on a site.
type agentID struct {
	site    uint32
	profile string
}

// brief is what is known of a listing without reading it.
type brief struct {
	profile string
	status  string
	price   int64 // cents, 0: not known
	created int64 // ms
}

// shelf holds a brief of every listing, some 200 bytes each: what lists are in the order of, whose a listing is, and
// what an agent's cost. The committer changes it.
type shelf struct {
	mu     sync.RWMutex
	briefs map[listingID]brief
	of     map[agentID]map[listingID]struct{}
}

func newShelf() *shelf {
	return &shelf{briefs: map[listingID]brief{}, of: map[agentID]map[listingID]struct{}{}}
}

func (s *shelf) put(id listingID, l *Listing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take(id)
	s.briefs[id] = brief{l.Profile, l.Status, l.Price, l.Created}
	agent := agentID{id.site, l.Profile}
	if s.of[agent] == nil {
		s.of[agent] = map[listingID]struct{}{}
	}
	s.of[agent][id] = struct{}{}
}

func (s *shelf) remove(id listingID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take(id)
}

// take takes a listing out, if it is there. s.mu is held.
func (s *shelf) take(id listingID) {
	b, ok := s.briefs[id]
	if !ok {
		return
	}
	delete(s.briefs, id)
	agent := agentID{id.site, b.profile}
	if delete(s.of[agent], id); len(s.of[agent]) == 0 {
		delete(s.of, agent)
	}
}

// profile returns whose a listing is; ok is false if it is not in the catalog.
func (s *shelf) profile(id listingID) (profile string, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, ok := s.briefs[id]
	return b.profile, ok
}

// place is where a listing stands in lists: the newest first.
type place struct {
	listingID
	created int64
}

func (p place) compare(o place) int {
	return cmp.Or(cmp.Compare(o.created, p.created), cmp.Compare(p.site, o.site), slices.Compare(p.id[:], o.id[:]))
}

// list returns the listings of sites that a query can be about, in order, from behind a place on; nil: all.
func (s *shelf) list(sites map[uint32]bool, q *ListingQuery, after *place) (all []place) {
	s.mu.RLock()
	for id, b := range s.briefs {
		p := place{id, b.created}
		if sites[id.site] && (q.Profile == "" || q.Profile == b.profile) && (q.Status == "" || q.Status == b.status) &&
			(after == nil || after.compare(p) < 0) {
			all = append(all, p)
		}
	}
	s.mu.RUnlock()
	slices.SortFunc(all, place.compare)
	return all
}

// within counts an agent's active listings on a site of which the price is known, and those from low to high, cents.
func (s *shelf) within(agent agentID, low, high int64) (in, all int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for id := range s.of[agent] {
		b := s.briefs[id]
		if b.status != StatusActive || b.price == 0 {
			continue
		}
		if all++; b.price >= low && b.price <= high {
			in++
		}
	}
	return in, all
}
