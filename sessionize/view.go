package sessionize

import "footfall/event"

// propertyView folds a property_view on its load. It opens and ends views only if mayOpen; a late one opens without
// counting steps.
func (f *folder) propertyView(e *event.Event, load int, mayOpen, late bool) {
	s := f.s
	mayOpen = mayOpen && load != none
	if e.Listing == "" {
		if mayOpen {
			f.end(load)
		}
		return
	}
	if v := f.namedView(e, load); v != none {
		openByClock := s.Loads[load].View == v && s.Views[v].ByClock
		if mayOpen && !openByClock {
			f.open(e, load, v, late)
		}
		return
	}
	v := f.countView(e, load)
	if !mayOpen {
		return
	}
	if v == none {
		f.end(load)
		return
	}
	f.open(e, load, v, late)
}

// namedView returns the view whose pageId and listing a property_view named together before, none if this is the first.
func (f *folder) namedView(e *event.Event, load int) int {
	if e.Page == "" {
		return none
	}
	for i := range f.s.Views {
		v := &f.s.Views[i]
		if v.Load == load && v.Named && v.Listing != none && f.s.Listings[v.Listing].ID == e.Listing {
			return i
		}
	}
	return none
}

// countView counts a new view on its listing day and in the session, and returns it; none if the session tracks no
// more.
func (f *folder) countView(e *event.Event, load int) int {
	s, day := f.s, uint16(e.Day)
	d := f.out.day(e.Listing, day)
	d.Views++
	d.Seen = s.Ordinal
	li := s.listing(e.Listing)
	if li == none {
		s.Truncated = s.Truncated || len(s.Listings) >= maxListings
		if len(s.Listings) >= maxTracked {
			return none
		}
		s.Listings = append(s.Listings, Listing{ID: e.Listing, Scroll: event.None, Newest: none})
		li = len(s.Listings) - 1
	}
	l := &s.Listings[li]
	if s.Visitor == "" && (len(l.Days) == 0 || l.Days[len(l.Days)-1] != day) {
		l.Days = append(l.Days, day)
	}
	l.Newest = none
	v := f.viewSlot()
	if v == none {
		return none
	}
	s.Views[v] = View{Listing: li, Load: load, Named: e.Page != "", Day: day, Scroll: event.None}
	l.Newest = v
	return v
}

// viewSlot returns a free place for a view. A view that is not open, not its listing's newest and that no page names
// can never change again; past the bound the named ones go too.
func (f *folder) viewSlot() int {
	s := f.s
	ended := none
	for i := range s.Views {
		v := &s.Views[i]
		if v.Listing == none {
			return i
		}
		open := v.Load != none && s.Loads[v.Load].View == i
		if open || s.Listings[v.Listing].Newest == i || s.Counting == i {
			continue
		}
		if !v.Named {
			return i
		}
		if ended == none {
			ended = i
		}
	}
	if len(s.Views) < maxViews {
		s.Views = append(s.Views, View{})
		return len(s.Views) - 1
	}
	s.Truncated = true
	return ended
}

// open ends the view open on the load and opens v there with a new segment, by the event's clock or else by event time.
func (f *folder) open(e *event.Event, load, v int, late bool) {
	s := f.s
	f.end(load)
	s.Loads[load].View = v
	view := &s.Views[v]
	if e.Clock != event.None {
		view.ByClock, view.SegFrom, view.SegTo = true, e.Clock, e.Clock
	} else if !late {
		s.Counting = v
	}
}

// end ends the view open on the load, if there is one.
func (f *folder) end(load int) {
	s := f.s
	i := s.Loads[load].View
	if i == none {
		return
	}
	s.Loads[load].View = none
	if s.Counting == i {
		s.Counting = none
	}
	v := &s.Views[i]
	if v.ByClock {
		v.Dwell += int64(v.SegTo - v.SegFrom)
		v.ByClock, v.SegFrom, v.SegTo = false, 0, 0
	}
}

func (f *folder) addDwell(view int, step int64) {
	if step > 0 {
		f.changeDwell(view, func(v *View) { v.Dwell += step })
	}
}

// changeDwell changes a view and passes the difference of its dwell on to its listing and listing day.
func (f *folder) changeDwell(view int, change func(*View)) {
	v := &f.s.Views[view]
	before := v.dwell()
	change(v)
	after := v.dwell()
	if after == before {
		return
	}
	l := &f.s.Listings[v.Listing]
	l.Dwell += after - before
	d := f.out.day(l.ID, v.Day)
	d.Dwell += after - before
	if before == 0 {
		d.DwellViews++
	}
}

// scroll gives a scroll_depth to the newest view of the listing that it names, else to the view open on its load.
func (f *folder) scroll(e *event.Event, load int) {
	s := f.s
	view := none
	if e.Listing != "" {
		if li := s.listing(e.Listing); li != none {
			view = s.Listings[li].Newest
		}
	} else if load != none {
		view = s.Loads[load].View
	}
	if view == none || e.Scroll == event.None || e.Scroll <= s.Views[view].Scroll {
		return
	}
	v := &s.Views[view]
	l := &s.Listings[v.Listing]
	d := f.out.day(l.ID, v.Day)
	if v.Scroll == event.None {
		d.ScrollViews++
		s.ScrollViews++
		v.Scroll = 0
	}
	d.Scroll += int64(e.Scroll - v.Scroll)
	s.ScrollSum += int64(e.Scroll - v.Scroll)
	v.Scroll = e.Scroll
	l.Scroll = max(l.Scroll, e.Scroll)
}
