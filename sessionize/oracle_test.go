package sessionize

import (
	"cmp"
	"maps"
	"slices"

	"footfall/event"
)

// oracle is a second, naive reading of the meaning of the numbers. It keeps every event in position order and answers
// each question by telling all stories again from the start. It shares nothing with the fold but the names of results,
// and its limits are written out again on purpose.
type oracle struct{ events []kept }

// kept is an event that was no duplicate, with what its chunk says of it.
type kept struct {
	event.Event
	session, visitor  string
	profile           string
	flagged, imported bool
	received          int64
}

func newOracle() *oracle { return &oracle{} }

func (o *oracle) add(c *event.Chunk) {
	for _, e := range c.Events {
		k := kept{e, c.Session, c.Visitor, c.Profile, c.Flags&event.Flagged != 0, c.Flags&event.Imported != 0, c.Received}
		if !o.duplicate(k) {
			o.events = append(o.events, k)
		}
	}
}

func (o *oracle) duplicate(k kept) bool {
	ids := 0
	for _, was := range slices.Backward(o.events) {
		if k.ID == "" || was.session != k.session || was.ID == "" {
			continue
		}
		ids++
		near := ids <= 4096 && k.received-was.received <= 24*60*60_000
		if was.ID == k.ID && (near || k.imported) {
			return true
		}
	}
	return false
}

// owner returns the visitor that a session belongs to now, and whether it is bound to a visitorId.
func (o *oracle) owner(session string) (string, bool) {
	for _, k := range o.events {
		if k.session == session && !k.flagged && k.visitor != "" {
			return k.visitor, true
		}
	}
	return session, false
}

// tell tells the story of one session.
func (o *oracle) tell(session string) *story {
	s := &story{pages: map[string]*page{}, named: map[[2]string]*view{}}
	for _, k := range o.events {
		if k.session == session {
			s.event(k)
		}
	}
	return s
}

func (o *oracle) session(id string) Analytics {
	s := o.tell(id)
	a := Analytics{SessionID: id, EventCount: s.count, Flagged: s.flagged, FormStarted: s.started, FormCompleted: s.completed}
	if v, bound := o.owner(id); bound {
		a.VisitorID = v
	}
	a.VisitCount = o.visits(func(k kept) bool { return o.sameVisitor(id, k.session) }).VisitCount
	own := o.visits(func(k kept) bool { return k.session == id })
	a.FirstVisit, a.LastVisit = own.FirstVisit, own.LastVisit
	for _, l := range s.loads {
		a.TotalDuration += max(l.clock-l.from, l.gaps)
	}
	a.PropertiesViewed = s.viewed[:min(len(s.viewed), 256)]
	for _, listing := range a.PropertiesViewed {
		var dwell int64
		deepest := -1
		for _, v := range s.views {
			if v.listing == listing {
				dwell += v.dwell()
				deepest = max(deepest, v.scroll)
			}
		}
		if dwell > 30_000 || deepest > 750 {
			a.Deep = append(a.Deep, listing)
		}
	}
	a.Truncated = len(s.viewed) > 256 || s.dropped || s.ids > 4096
	a.Intent, a.Score = grade(&a)
	return a
}

func grade(a *Analytics) (intent string, score int) {
	sum := func(start int, terms ...int) int {
		for _, t := range terms {
			start += t
		}
		return start
	}
	when := func(is bool, points int) int {
		if is {
			return points
		}
		return 0
	}
	viewed, deep, duration := len(a.PropertiesViewed), len(a.Deep), a.TotalDuration
	points := sum(0, when(deep >= 2, 30), when(duration > 120_000, 20), when(a.FormStarted, 40),
		when(a.FormCompleted, 50), when(viewed >= 3, 20))
	score = sum(50, when(a.VisitCount > 1, 15), when(a.VisitCount > 3, 10), when(duration > 120_000, 10),
		when(duration > 300_000, 15), when(viewed >= 2, 10), when(viewed >= 4, 10), 5*deep)
	switch {
	case points >= 70:
		intent = "high"
	case points >= 40:
		intent = "medium"
	default:
		intent = "low"
	}
	return intent, min(score, 100)
}

func (o *oracle) sameVisitor(a, b string) bool {
	va, boundA := o.owner(a)
	vb, boundB := o.owner(b)
	return va == vb && boundA == boundB
}

func (o *oracle) visitor(id string) VisitorTotals {
	return o.visits(func(k kept) bool {
		v, bound := o.owner(k.session)
		return bound && v == id
	})
}

// visits makes runs of the times of the unflagged events that are meant.
func (o *oracle) visits(meant func(kept) bool) VisitorTotals {
	var events []kept
	for _, k := range o.events {
		if !k.flagged && meant(k) {
			events = append(events, k)
		}
	}
	if len(events) == 0 {
		return VisitorTotals{}
	}
	slices.SortFunc(events, func(a, b kept) int { return cmp.Compare(a.At, b.At) })
	t := VisitorTotals{VisitCount: 1, FirstVisit: events[0].At, LastVisit: events[len(events)-1].At}
	back := 0
	for i, k := range events {
		if i > 0 && k.At-events[i-1].At > 30*60_000 {
			t.VisitCount++
		}
		if k.Type == event.ReturnVisit && t.VisitCount == 1 {
			back = 1
		}
	}
	t.VisitCount += back
	return t
}

func (o *oracle) pageDays() (days []PageDay) {
	views := map[PageDay]int64{}
	for _, k := range o.events {
		if k.Type == event.PageView && !k.flagged {
			views[PageDay{Profile: k.profile, Day: uint16(k.Day)}]++
		}
	}
	for d, n := range views {
		d.Views = n
		days = append(days, d)
	}
	slices.SortFunc(days, func(a, b PageDay) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Profile, b.Profile))
	})
	return days
}

func (o *oracle) listingDays(listing string) []ListingTotals {
	days := map[int32]*ListingTotals{}
	day := func(d int32) *ListingTotals {
		if days[d] == nil {
			days[d] = &ListingTotals{Day: d}
		}
		return days[d]
	}
	type seen struct {
		day     int32
		visitor string
		bound   bool
	}
	uniques := map[seen]bool{}
	sessions := map[string]bool{}
	for _, k := range o.events {
		sessions[k.session] = true
		if !k.flagged && k.Type == event.PropertyInteraction && k.Listing == listing && k.Attr(event.AttrInteraction) == "share_click" {
			day(k.Day).Shares++
		}
	}
	for session := range sessions {
		visitor, bound := o.owner(session)
		for _, v := range o.tell(session).views {
			if v.listing != listing {
				continue
			}
			t := day(v.day)
			t.Views++
			t.Dwell += v.dwell()
			if v.dwell() > 0 {
				t.DwellViews++
			}
			if v.scroll >= 0 {
				t.Scroll += int64(v.scroll)
				t.ScrollViews++
			}
			uniques[seen{v.day, visitor, bound}] = true
		}
	}
	for u := range uniques {
		days[u.day].Unique++
	}
	var totals []ListingTotals
	for _, d := range slices.Sorted(maps.Keys(days)) {
		totals = append(totals, *days[d])
	}
	return totals
}
