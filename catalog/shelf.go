package catalog

import (
	"cmp"
	"slices"
	"sync"
	"unique"

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

// shelf holds a brief of every listing, some 400 bytes each, so that lists and benchmarks read those of the store only
// that they show. (With 50,000 listings of 900 bytes in the store, reading all took a second of CPU.) A brief is a
// listing without its address, description and rooms, and never changes. The committer changes the shelf.
type shelf struct {
	mu     sync.RWMutex
	briefs map[listingID]*Listing
	of     map[agentID]map[listingID]*Listing
}

func newShelf() *shelf {
	return &shelf{briefs: map[listingID]*Listing{}, of: map[agentID]map[listingID]*Listing{}}
}

// briefOf keeps one copy of words that many listings share.
func briefOf(l *Listing) *Listing {
	shared := func(s string) string { return unique.Make(s).Value() }
	return &Listing{
		ID: l.ID, Profile: shared(l.Profile), Status: shared(l.Status), City: shared(l.City), Type: shared(l.Type),
		Price: l.Price, Sqft: l.Sqft, Listed: l.Listed, Closed: l.Closed, Created: l.Created,
	}
}

func (s *shelf) put(id listingID, l *Listing) {
	b := briefOf(l)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take(id)
	s.briefs[id] = b
	agent := agentID{id.site, b.Profile}
	if s.of[agent] == nil {
		s.of[agent] = map[listingID]*Listing{}
	}
	s.of[agent][id] = b
}

func (s *shelf) remove(id listingID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take(id)
}

// take takes a listing out, if it is there. s.mu is held.
func (s *shelf) take(id listingID) {
	b := s.briefs[id]
	if b == nil {
		return
	}
	delete(s.briefs, id)
	agent := agentID{id.site, b.Profile}
	if delete(s.of[agent], id); len(s.of[agent]) == 0 {
		delete(s.of, agent)
	}
}

// profile returns whose a listing is; ok is false if it is not in the catalog.
func (s *shelf) profile(id listingID) (profile string, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.briefs[id]
	if b == nil {
		return "", false
	}
	return b.Profile, true
}

// site returns the briefs of a site by id.
func (s *shelf) site(site uint32) (all []*Listing) {
	s.mu.RLock()
	for id, b := range s.briefs {
		if id.site == site {
			all = append(all, b)
		}
	}
	s.mu.RUnlock()
	slices.SortFunc(all, func(a, b *Listing) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// place is where a listing stands in lists: the newest first.
type place struct {
	listingID
	created int64
}

func (p place) compare(o place) int {
	return cmp.Or(cmp.Compare(o.created, p.created), cmp.Compare(p.site, o.site), slices.Compare(p.id[:], o.id[:]))
}

// list returns the listings of sites that a query is about, in order, from behind a place on; nil: all.
func (s *shelf) list(sites map[uint32]bool, q *ListingQuery, after *place) (all []place) {
	s.mu.RLock()
	for id, b := range s.briefs {
		p := place{id, b.Created}
		if sites[id.site] && q.wants(b) && (after == nil || after.compare(p) < 0) {
			all = append(all, p)
		}
	}
	s.mu.RUnlock()
	slices.SortFunc(all, place.compare)
	return all
}

// within counts those of an agent's listings on a site that count and of which the price is known, and of them those from low
// to high, cents.
func (s *shelf) within(agent agentID, low, high int64, counts func(*Listing) bool) (in, all int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, b := range s.of[agent] {
		if b.Price == 0 || !counts(b) {
			continue
		}
		if all++; b.Price >= low && b.Price <= high {
			in++
		}
	}
	return in, all
}
