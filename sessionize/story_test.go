package sessionize

import (
	"slices"

	"footfall/event"
)

// story is what the oracle knows of one session while it reads its events in position order.
type story struct {
	count, ids                  int
	flagged, started, completed bool

	newest  int64 // the largest event time
	prev    *kept // the last event in order
	current *load // the load of prev

	pages   map[string]*page
	loads   []*load // all of them
	alive   []*load // at most 64, the least recently used first
	dropped bool

	viewed   []string
	views    []*view             // in position order of their first event
	named    map[[2]string]*view // by pageId and listing
	counting *view               // the view that takes steps of event time
}

// page is what is known of a pageId.
type page struct {
	load   *load
	newest int64 // of the events that name it
}

// load is a page load.
type load struct {
	from, clock int64 // the clock it counts from, its largest clock
	gaps        int64
	clocked     bool
	clockedAt   int64 // event time of its newest event with a clock
	again       bool  // was dropped before: counts from its first clock
	open        *view
}

// view is one view of a listing.
type view struct {
	listing  string
	day      int32
	scroll   int // -1: none
	segments []*segment
}

type segment struct {
	byClock         bool
	opened, largest int64 // clocks
	steps           int64
}

func (v *view) last() *segment {
	if len(v.segments) == 0 {
		return &segment{}
	}
	return v.segments[len(v.segments)-1]
}

func (v *view) dwell() int64 {
	var d int64
	for _, g := range v.segments {
		d += g.largest - g.opened + g.steps
	}
	return min(d, 30*60_000)
}

func (s *story) event(k kept) {
	s.count++
	if k.ID != "" {
		s.ids++
	}
	if k.flagged {
		s.flagged = true
		return
	}
	inOrder := s.prev == nil || k.At >= s.newest-10_000
	if inOrder {
		s.step(k)
	}
	l, fresh := s.loadOf(k, inOrder)
	if inOrder && (fresh || k.Type == event.PropertyView) {
		s.counting = nil
	}
	s.clock(k, l)
	opens := inOrder
	if !inOrder && k.Page != "" {
		opens = s.pages[k.Page].newest-k.At <= 10_000
	}
	switch k.Type {
	case event.FormStart:
		s.started = true
	case event.FormSubmit:
		s.started, s.completed = true, true
	case event.PropertyView:
		s.propertyView(k, l, inOrder, opens)
	case event.ScrollDepth:
		s.scroll(k, l)
	}
	if k.Page != "" {
		s.pages[k.Page].newest = max(s.pages[k.Page].newest, k.At)
	}
	if inOrder {
		s.newest = max(s.newest, k.At)
		s.prev, s.current = &k, l
	}
}

// loadOf returns the load that an event works on, nil if it has none, and whether the event starts it.
func (s *story) loadOf(k kept, inOrder bool) (l *load, fresh bool) {
	switch {
	case k.Page != "":
		p := s.pages[k.Page]
		if p == nil {
			p = &page{newest: k.At}
			s.pages[k.Page] = p
			fresh = true
		}
		if p.load == nil { // new, or dropped
			p.load = s.start()
			p.load.again = !fresh
		}
		l = p.load
	case !inOrder:
		return nil, false
	case s.prev == nil || k.Type == event.PageView || s.younger(k):
		l, fresh = s.start(), true
	default:
		l = s.current
	}
	if i := slices.Index(s.alive, l); i >= 0 {
		s.alive = append(slices.Delete(s.alive, i, i+1), l)
	}
	return l, fresh
}

// younger reports whether a page clock without pageId can only be that of a new page.
func (s *story) younger(k kept) bool {
	l, clock := s.current, int64(k.Clock)
	return clock >= 0 && l.clocked && clock < l.clock && k.At >= s.newest && clock <= k.At-l.clockedAt+2_000
}

// start starts a load; it drops the least recently used one if there are 64.
func (s *story) start() *load {
	if len(s.alive) == 64 {
		s.dropped = true
		s.end(s.alive[0])
		for _, p := range s.pages {
			if p.load == s.alive[0] {
				p.load = nil
			}
		}
		s.alive = s.alive[1:]
	}
	l := &load{}
	s.loads = append(s.loads, l)
	s.alive = append(s.alive, l)
	return l
}

// step adds the time since the event before, in order, as a gap and as a step.
func (s *story) step(k kept) {
	if s.prev == nil {
		return
	}
	if d := max(0, k.At-s.newest); d <= 30*60_000 {
		if k.Clock < 0 && s.prev.Clock < 0 {
			s.current.gaps += d
		}
		if s.counting != nil {
			s.counting.last().steps += d
		}
	}
}

func (s *story) clock(k kept, l *load) {
	clock := int64(k.Clock)
	if clock < 0 || l == nil {
		return
	}
	if !l.clocked {
		l.clockedAt = k.At
		if l.again {
			l.from = clock
		}
	}
	l.clocked = true
	l.clock = max(l.clock, clock)
	l.clockedAt = max(l.clockedAt, k.At)
	if l.open != nil && l.open.last().byClock {
		g := l.open.last()
		g.largest = max(g.largest, clock)
	}
}

// end ends the view open on a load, if there is one.
func (s *story) end(l *load) {
	if l.open != nil && l.open == s.counting {
		s.counting = nil
	}
	l.open = nil
}

func (s *story) propertyView(k kept, l *load, inOrder, opens bool) {
	if k.Listing == "" {
		if opens {
			s.end(l)
		}
		return
	}
	if !slices.Contains(s.viewed, k.Listing) {
		s.viewed = append(s.viewed, k.Listing)
	}
	v := s.named[[2]string{k.Page, k.Listing}]
	if v == nil {
		v = &view{listing: k.Listing, day: k.Day, scroll: -1}
		s.views = append(s.views, v)
		if k.Page != "" {
			s.named[[2]string{k.Page, k.Listing}] = v
		}
	} else if l.open == v && v.last().byClock {
		return
	}
	if !opens {
		return
	}
	s.end(l)
	l.open = v
	g := &segment{byClock: k.Clock >= 0}
	v.segments = append(v.segments, g)
	switch {
	case g.byClock:
		g.opened, g.largest = int64(k.Clock), int64(k.Clock)
	case inOrder:
		s.counting = v
	}
}

func (s *story) scroll(k kept, l *load) {
	var v *view
	switch {
	case k.Listing != "":
		for _, w := range s.views {
			if w.listing == k.Listing {
				v = w
			}
		}
	case l != nil:
		v = l.open
	}
	if v != nil {
		v.scroll = max(v.scroll, int(k.Scroll))
	}
}
