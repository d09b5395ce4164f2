package ingest

import (
	"cmp"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"footfall/catalog"
	"footfall/event"
	"footfall/fault"
	"footfall/sessionize"
)

// quotas bound what strangers may make up for one site, as each such thing is kept for long: event types, listings,
// visitors. They err on the generous side: event types are counted since the start of the program, and the day of
// listings begins again with it.
type quotas struct {
	seed     maphash.Seed
	sessions *sessionize.Sessions
	lately   []atomic.Uint64 // hashes of visitors and listings that are known, each at the one place that is its own

	limits func(organization string) catalog.Quotas // what its settings say
	leads  rate

	mu    sync.Mutex // of those who add a site
	sites atomic.Pointer[map[uint32]*siteUse]
}

// siteUse is what one site has used.
type siteUse struct {
	waiting atomic.Int64 // bytes submitted and not answered, see load

	mu       sync.Mutex
	types    map[uint64]struct{}
	day      int32
	listings int // new on that day
	visitors bucket
	leads    bucket
}

const remembered = 1 << 16 // hashes in lately, half a MiB

func newQuotas(sessions *sessionize.Sessions, limits func(organization string) catalog.Quotas) *quotas {
	q := &quotas{
		seed: maphash.MakeSeed(), sessions: sessions, lately: make([]atomic.Uint64, remembered),
		limits: limits, leads: rate{120, time.Minute, 120},
	}
	q.sites.Store(&map[uint32]*siteUse{})
	return q
}

// of returns the use of a site.
func (q *quotas) of(site uint32) *siteUse {
	if u := (*q.sites.Load())[site]; u != nil {
		return u
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	old := *q.sites.Load()
	if u := old[site]; u != nil {
		return u
	}
	sites := make(map[uint32]*siteUse, len(old)+1)
	for id, u := range old {
		sites[id] = u
	}
	u := &siteUse{types: map[uint64]struct{}{}}
	sites[site] = u
	q.sites.Store(&sites)
	return u
}

// within returns the items that the site's quotas admit, in place, and rejects of the others.
func (q *quotas) within(site *catalog.Site, items []Item, rejects []Reject, now time.Time) ([]Item, []Reject, error) {
	kept, before := items[:0], len(rejects)
	u, limits := q.of(site.ID), q.limits(site.Organization)
	for i := range items {
		over, err := q.over(u, site.ID, limits, &items[i], now)
		if err != nil {
			return nil, nil, err
		}
		if over != nil {
			rejects = append(rejects, Reject{
				Index: items[i].Index, Code: fault.SiteQuota, Field: over.Field, Message: over.Message, Raw: items[i].Raw,
			})
			continue
		}
		kept = append(kept, items[i])
	}
	if len(rejects) > before {
		slices.SortStableFunc(rejects, func(a, b Reject) int { return cmp.Compare(a.Index, b.Index) })
	}
	return kept, rejects, nil
}

// over returns which quota an item exceeds, nil if none.
func (q *quotas) over(u *siteUse, site uint32, most catalog.Quotas, it *Item, now time.Time) (*fault.Error, error) {
	e := &it.Event
	if e.Type == event.Custom && !u.takeType(q.hash(site, 't', e.Name), most.EventTypes) {
		return fault.Field(fault.SiteQuota, "eventType", "The site has %d event types of its own, which is the limit.", most.EventTypes), nil
	}
	if isNew, err := q.isNew(site, 'v', it.Visitor, q.sessions.KnownVisitor); err != nil {
		return nil, err
	} else if isNew && !u.takeVisitor(rate{int64(most.Visitors), time.Second, int64(most.Visitors)}, now.UnixNano()) {
		return fault.Field(fault.SiteQuota, "visitorId", "The site has too many new visitors: the limit is %d a second.", most.Visitors), nil
	} else if isNew {
		q.remember(site, 'v', it.Visitor)
	}
	if isNew, err := q.isNew(site, 'l', e.Listing, q.sessions.KnownListing); err != nil {
		return nil, err
	} else if isNew && !u.takeListing(event.UTCDay(now.UnixMilli()), most.Listings) {
		return fault.Field(fault.SiteQuota, "propertyId", "The site has %d new listings today, which is the limit.", most.Listings), nil
	} else if isNew {
		q.remember(site, 'l', e.Listing)
	}
	return nil, nil
}

// isNew says whether a site does not know an id yet.
func (q *quotas) isNew(site uint32, kind byte, id string, known func(uint32, string) (bool, error)) (bool, error) {
	if id == "" {
		return false, nil
	}
	h := q.hash(site, kind, id)
	if q.lately[h%remembered].Load() == h {
		return false, nil
	}
	stored, err := known(site, id)
	if stored {
		q.lately[h%remembered].Store(h)
	}
	return !stored, err
}

func (q *quotas) remember(site uint32, kind byte, id string) {
	h := q.hash(site, kind, id)
	q.lately[h%remembered].Store(h)
}

// hash is seeded: nobody outside can choose ids that take each other's places.
func (q *quotas) hash(site uint32, kind byte, id string) uint64 {
	const odd = 0x9e3779b97f4a7c15
	h := (maphash.String(q.seed, id) ^ (uint64(site)<<8 | uint64(kind))) * odd
	return h ^ h>>29
}

func (u *siteUse) takeType(hash uint64, most int) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, known := u.types[hash]; known {
		return true
	}
	if len(u.types) >= most {
		return false
	}
	u.types[hash] = struct{}{}
	return true
}

func (u *siteUse) takeVisitor(r rate, now int64) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.visitors.wait(r, 1, 1, now) > 0 {
		return false
	}
	u.visitors.add(r, 1, 1, now)
	return true
}

func (u *siteUse) takeListing(day int32, most int) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if day != u.day {
		u.day, u.listings = day, 0
	}
	if u.listings >= most {
		return false
	}
	u.listings++
	return true
}

// takeLead counts a lead form and returns 0, or how long to wait for the next one.
func (u *siteUse) takeLead(r rate, now int64) time.Duration {
	u.mu.Lock()
	defer u.mu.Unlock()
	if wait := u.leads.wait(r, 1, 1, now); wait > 0 {
		return time.Duration(wait)
	}
	u.leads.add(r, 1, 1, now)
	return 0
}
