package leads

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"footfall/fault"
	"footfall/store"
)

// Bounds of a page.
const (
	defaultPage = 50
	maxPage     = 1000
)

// Orders of a list, each from the largest value down, equal values by id.
const (
	SortCreated  = "created_at" // default
	SortScore    = "ml_score"   // the exact score
	SortActivity = "activity"   // the newest sign of life: the visitor's last event, or what was last done about the lead
)

// Query says which leads to list. Empty fields do not filter, except that without a Status only open leads are listed.
type Query struct {
	Profile      string
	Priority     string
	Status       string
	Listing      string
	UpdatedSince int64 // ms
	Sort         string
	Find         string // words that the lead's person, tags or listing must hold, each anywhere
	Masked       bool   // whoever asks may not read what the person wrote, so it is not looked through
	Limit        int    // default 50, at most 1,000
	After        string // what the page before returned as next
}

// place is where a lead stands in an order: by value descending, then id ascending.
type place struct {
	value uint64
	id    string
}

func (p place) compare(o place) int {
	if c := cmp.Compare(o.value, p.value); c != 0 {
		return c
	}
	return cmp.Compare(p.id, o.id)
}

// String is the place as a list hands it out: the value as 16 hexadecimal digits, then the id.
func (p place) String() string { return fmt.Sprintf("%016x%s", p.value, p.id) }

func parsePlace(s string) (p place, err error) {
	if len(s) > 16 {
		if p.value, err = strconv.ParseUint(s[:16], 16, 64); err == nil {
			return place{p.value, s[16:]}, nil
		}
	}
	return p, fault.New(fault.InvalidCursor, "The cursor is not one that this list gave out.")
}

// List is ListSites of one site.
func (l *Leads) List(site uint32, q Query) (page []*View, next string, err error) {
	return l.ListSites([]uint32{site}, q)
}

// ListSites returns a page of the leads of several sites and where the next one begins, "" at the end. Leads that are
// created or changed while somebody pages through do not make others appear twice or be left out.
func (l *Leads) ListSites(sites []uint32, q Query) (page []*View, next string, err error) {
	want, find, err := l.filter(&q)
	if err != nil {
		return nil, "", err
	}
	limit := defaultPage
	if q.Limit > 0 {
		limit = min(q.Limit, maxPage)
	}
	after := place{value: math.MaxUint64}
	if q.After != "" {
		if after, err = parsePlace(q.After); err != nil {
			return nil, "", err
		}
	}
	v := l.db.NewView()
	defer func() {
		if cerr := v.Close(); err == nil {
			err = cerr
		}
	}()
	if find != nil {
		find.forms = l.db.NewLookup()
		defer func() {
			if cerr := find.forms.Close(); err == nil {
				err = cerr
			}
		}()
	}
	var places []placed
	for _, site := range sites {
		of, err := l.places(v.Reader, site, &q, want, after, limit+1)
		if err != nil {
			return nil, "", err
		}
		places = append(places, of...)
	}
	slices.SortFunc(places, comparePlaced)
	page = make([]*View, 0, min(len(places), limit))
	for _, p := range places[:min(len(places), limit)] {
		row, found, err := getRow(v, p.site, p.key)
		if err == nil && !found {
			err = fmt.Errorf("%w: no row for an entry of the index", errCorrupt)
		}
		if err != nil {
			return nil, "", err
		}
		view, err := l.view(p.site, &row)
		if err != nil {
			return nil, "", err
		}
		page = append(page, view)
	}
	if len(places) > limit {
		next = places[limit-1].place.String()
	}
	return page, next, nil
}

// placed is a lead with its place in a list.
type placed struct {
	place
	site    uint32
	key     store.ID
	session store.ID // whose visitor's last event is to be found out
}

// places returns the first n wanted leads after a place.
func (l *Leads) places(r store.Reader, site uint32, q *Query, want wanted, after place, n int) ([]placed, error) {
	switch q.Sort {
	case "", SortCreated:
		return l.newest(r, site, want, after, n)
	case SortScore:
		all, err := l.wantedOf(r, site, want, func(s *standing) uint64 { return math.Float64bits(max(s.Score, 0)) })
		return firstAfter(all, after, n), err
	case SortActivity:
		all, err := l.wantedOf(r, site, want, func(s *standing) uint64 { return uint64(max(s.LastActivity, 0)) })
		if err == nil {
			err = l.activities(site, all)
		}
		return firstAfter(all, after, n), err
	}
	return nil, fault.Field(fault.InvalidField, "sort", "sort is one of: %s, %s, %s.", SortScore, SortCreated, SortActivity)
}

// eachWanted goes through a part of the index by time.
func (l *Leads) eachWanted(r store.Reader, rg store.Range, want wanted, before func(created int64) error, visit func(key store.ID, s *standing)) error {
	return r.Scan(rg, func(k, value []byte) error {
		site, created, id, err := parseTimeKey(k)
		if err != nil {
			return err
		}
		if before != nil {
			if err := before(created); err != nil {
				return err
			}
		}
		s, err := l.standingOf(r, site, id, created, value, true)
		if err != nil {
			return err
		}
		ok, err := want(r, site, id, &s)
		if ok {
			visit(id, &s)
		}
		return err
	})
}

// newest reads through the index by time from the newest on. Leads of one millisecond stand in it by hash, so each
// millisecond is sorted for itself.
func (l *Leads) newest(r store.Reader, site uint32, want wanted, after place, n int) (all []placed, err error) {
	lo := sitePrefix(store.LeadsByTime, site)
	hi := store.PrefixEnd(lo)
	if after.value != math.MaxUint64 {
		hi = store.PrefixEnd(timeKey(site, int64(after.value), store.ID{})[:timeKeyLen-16])
	}
	sorted := 0 // all[:sorted] are in their order for good
	err = l.eachWanted(r, store.Range{Lo: lo, Hi: hi, Reverse: true}, want, func(created int64) error {
		if sorted < len(all) && all[sorted].value != uint64(created) {
			slices.SortFunc(all[sorted:], comparePlaced)
			if sorted = len(all); sorted >= n {
				return store.ErrStop
			}
		}
		return nil
	}, func(key store.ID, s *standing) {
		if p := (place{uint64(s.Created), s.ID}); p.compare(after) > 0 {
			all = append(all, placed{place: p, site: site, key: key})
		}
	})
	slices.SortFunc(all[sorted:], comparePlaced)
	return all[:min(len(all), n)], err
}

// wantedOf returns the wanted leads of a site in no order.
func (l *Leads) wantedOf(r store.Reader, site uint32, want wanted, value func(*standing) uint64) (all []placed, err error) {
	lo := sitePrefix(store.LeadsByTime, site)
	err = l.eachWanted(r, store.Range{Lo: lo, Hi: store.PrefixEnd(lo)}, want, nil, func(key store.ID, s *standing) {
		all = append(all, placed{place: place{value(s), s.ID}, site: site, key: key, session: s.Session})
	})
	return all, err
}

// activities raises the values of leads to when their visitors last came, where that is later.
func (l *Leads) activities(site uint32, all []placed) error {
	var sessions []store.ID
	var of []*placed
	for i := range all {
		if all[i].session != (store.ID{}) {
			sessions, of = append(sessions, all[i].session), append(of, &all[i])
		}
	}
	seen, err := l.o.Sessions.LastSeen(site, sessions)
	if err != nil {
		return err
	}
	for i, p := range of {
		p.value = max(p.value, uint64(max(seen[i], 0)))
	}
	return nil
}

// firstAfter returns the first n after a place.
func firstAfter(all []placed, after place, n int) []placed {
	all = slices.DeleteFunc(all, func(p placed) bool { return p.compare(after) <= 0 })
	slices.SortFunc(all, comparePlaced)
	return all[:min(len(all), n)]
}

func comparePlaced(a, b placed) int { return a.compare(b.place) }

// wanted says whether a query wants a lead.
type wanted func(r store.Reader, site uint32, key store.ID, s *standing) (bool, error)

// filter returns what the query wants, and the search that this takes, nil for none.
func (l *Leads) filter(q *Query) (wanted, *search, error) {
	var s status
	var p priority
	var err error
	if len(q.Find) > maxFind || !isText(q.Find) {
		return nil, nil, fault.Field(fault.InvalidField, "q", "q has at most %d bytes of UTF-8 text.", maxFind)
	}
	if q.Status != "" {
		if s, err = statusOf(q.Status); err != nil {
			return nil, nil, err
		}
	}
	if q.Priority != "" {
		if p, err = parsePriority(q.Priority); err != nil {
			return nil, nil, err
		}
	}
	listing := l.idOf(q.Listing)
	find := l.newSearch(q.Find, q.Masked)
	return func(r store.Reader, site uint32, key store.ID, of *standing) (bool, error) {
		ok := (q.Status == "" && of.Status.open() || q.Status != "" && of.Status == s) &&
			(q.Priority == "" || of.Priority == p) &&
			(q.Profile == "" || of.Profile == q.Profile) &&
			(q.Listing == "" || of.Listing == listing) &&
			of.Updated >= q.UpdatedSince
		if !ok || find == nil {
			return ok, nil
		}
		return find.meets(r, site, key, of)
	}, find, nil
}
