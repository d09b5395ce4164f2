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
	want, err := q.filter()
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
	var places []placedRow
	for _, site := range sites {
		var of []placedRow
		if of, err = l.places(v.Reader, site, &q, want, after, limit+1); err != nil {
			break
		}
		for i := range of {
			of[i].site = site
		}
		places = append(places, of...)
	}
	slices.SortFunc(places, comparePlaced)
	if cerr := v.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, "", err
	}
	page = make([]*View, 0, min(len(places), limit))
	for _, p := range places[:min(len(places), limit)] {
		view, err := l.view(p.site, &p.row)
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

type placedRow struct {
	place
	row  row
	site uint32
}

// places returns the first n wanted rows after a place.
func (l *Leads) places(r store.Reader, site uint32, q *Query, want func(*row) bool, after place, n int) ([]placedRow, error) {
	switch q.Sort {
	case "", SortCreated:
		return l.newest(r, site, want, after, n)
	case SortScore:
		return l.sorted(r, site, want, after, n, func(r *row) (uint64, error) { return math.Float64bits(max(r.Score, 0)), nil })
	case SortActivity:
		return l.sorted(r, site, want, after, n, func(r *row) (uint64, error) {
			a, err := l.signs(site, r.Session, l.o.Now())
			return uint64(max(int64(a.LastSeen), r.LastActivity, 0)), err
		})
	}
	return nil, fault.Field(fault.InvalidField, "sort", "sort is one of: %s, %s, %s.", SortScore, SortCreated, SortActivity)
}

// newest reads through the index by time from the newest on. Leads of one millisecond stand in it by hash, so each
// millisecond is sorted for itself.
func (l *Leads) newest(r store.Reader, site uint32, want func(*row) bool, after place, n int) (rows []placedRow, err error) {
	lo := sitePrefix(store.LeadsByTime, site)
	hi := store.PrefixEnd(lo)
	if after.value != math.MaxUint64 {
		hi = store.PrefixEnd(timeKey(site, int64(after.value), store.ID{})[:timeKeyLen-16])
	}
	sorted := 0 // rows[:sorted] are in their order for good
	err = r.Scan(store.Range{Lo: lo, Hi: hi, Reverse: true}, func(k, _ []byte) error {
		_, created, id, err := parseTimeKey(k)
		if err != nil {
			return err
		}
		if sorted < len(rows) && rows[sorted].value != uint64(created) {
			slices.SortFunc(rows[sorted:], comparePlaced)
			if sorted = len(rows); sorted >= n {
				return store.ErrStop
			}
		}
		row, found, err := getRow(r, site, id)
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("%w: no row for the index entry %x", errCorrupt, k)
		}
		if p := (place{uint64(created), row.ID}); want(&row) && p.compare(after) > 0 {
			rows = append(rows, placedRow{place: p, row: row})
		}
		return nil
	})
	slices.SortFunc(rows[sorted:], comparePlaced)
	return rows[:min(len(rows), n)], err
}

// sorted reads every lead of the site.
func (l *Leads) sorted(r store.Reader, site uint32, want func(*row) bool, after place, n int, value func(*row) (uint64, error)) (rows []placedRow, err error) {
	lo := sitePrefix(store.Leads, site)
	err = r.Scan(store.Range{Lo: lo, Hi: store.PrefixEnd(lo)}, func(_, b []byte) error {
		row, err := decodeRow(b)
		if err != nil || !want(&row) {
			return err
		}
		v, err := value(&row)
		if err != nil {
			return err
		}
		if p := (place{v, row.ID}); p.compare(after) > 0 {
			row.Decision = slices.Clone(row.Decision)
			rows = append(rows, placedRow{place: p, row: row})
		}
		return nil
	})
	slices.SortFunc(rows, comparePlaced)
	return rows[:min(len(rows), n)], err
}

func comparePlaced(a, b placedRow) int { return a.compare(b.place) }

// filter returns what the query wants of a row.
func (q *Query) filter() (func(*row) bool, error) {
	var s status
	var p priority
	var err error
	if q.Status != "" {
		if s, err = statusOf(q.Status); err != nil {
			return nil, err
		}
	}
	if q.Priority != "" {
		if p, err = parsePriority(q.Priority); err != nil {
			return nil, err
		}
	}
	return func(r *row) bool {
		return (q.Status == "" && r.Status.open() || q.Status != "" && r.Status == s) &&
			(q.Priority == "" || r.Priority == p) &&
			(q.Profile == "" || r.Profile == q.Profile) &&
			(q.Listing == "" || r.Listing == q.Listing) &&
			r.Updated >= q.UpdatedSince
	}, nil
}
