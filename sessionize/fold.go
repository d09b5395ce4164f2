package sessionize

import (
	"slices"

	"footfall/event"
)

// Fold folds one chunk into its session and adds to out what it changes elsewhere. The chunk holds no duplicates: they
// were dropped when it was admitted. It is pure: no I/O, no clock, no configuration, no map order.
func Fold(s *Session, c *event.Chunk, out *Deltas) {
	s.Received = c.Received
	if c.Flags&event.Imported == 0 {
		s.LastLive = c.Received
	}
	if day := uint16(event.UTCDay(c.Received)); len(s.Days) == 0 || s.Days[len(s.Days)-1] != day {
		s.Days = append(s.Days, day)
	}
	s.RateFlagged = s.RateFlagged || c.Flags&event.RateFlagged != 0
	if c.Flags&event.Flagged != 0 {
		s.Flagged = true
		s.Count += int64(len(c.Events))
		return
	}
	s.Anonymous = s.Anonymous || c.Flags&event.Anonymous != 0
	if s.Device == event.DeviceUnknown {
		s.Device = c.Device
	}
	if s.Profile == "" {
		s.Profile = c.Profile
	}
	f := folder{s: s, out: out, profile: c.Profile}
	f.bind(c)
	for i := range c.Events {
		f.event(&c.Events[i])
	}
	f.visits(c.Events)
}

// folder folds the events of one chunk.
type folder struct {
	s       *Session
	out     *Deltas
	profile string // of the chunk
}

// bind gives the session the visitor and ordinal that the chunk carries. The session's past moves to a visitor that it
// meets here for the first time.
func (f *folder) bind(c *event.Chunk) {
	s := f.s
	if s.Visitor == "" && c.Visitor != "" {
		s.Visitor = c.Visitor
		f.out.Bound = true
		f.out.Runs = append(f.out.Runs, s.Runs...)
		for i := range s.Listings {
			l := &s.Listings[i]
			for _, day := range l.Days {
				f.out.Days = append(f.out.Days, DayDelta{Listing: l.ID, Day: day, Seen: c.Ordinal, Left: s.Ordinal})
			}
			l.Days = nil
		}
		s.Runs, s.Ordinal = s.Runs[:0], c.Ordinal
	}
	if c.Ordinal != 0 {
		s.Ordinal = c.Ordinal
	}
	f.out.Visitor, f.out.Ordinal = s.Visitor, s.Ordinal
}

// visits adds the events' times to the visit runs of the visitor, or of the session until it is bound.
func (f *folder) visits(events []event.Event) {
	runs := &f.s.Runs
	if f.s.Visitor != "" {
		runs = &f.out.Runs
	}
	for i := range events {
		e := &events[i]
		*runs = addRun(*runs, Run{From: e.At, To: e.At, Return: e.Type == event.ReturnVisit})
	}
}

func (f *folder) event(e *event.Event) {
	s := f.s
	s.Count++
	if len(s.Source) == 0 {
		for _, a := range e.Attrs {
			if a.Key != event.AttrInteraction && a.Key != event.AttrTitle {
				s.Source = append(s.Source, a)
			}
		}
	}
	if s.First == 0 || e.At < s.First {
		s.First = e.At
	}
	s.Last = max(s.Last, e.At)
	switch e.Type {
	case event.PageView:
		f.out.page(f.profile, uint16(e.Day))
	case event.FormStart:
		s.FormStarted = true
	case event.FormSubmit:
		s.FormSubmit = true
	case event.PropertyInteraction:
		if e.Listing != "" && e.Attr(event.AttrInteraction) == "share_click" {
			f.out.day(e.Listing, uint16(e.Day)).Shares++
		}
	}
	if s.Newest != 0 && e.At < s.Newest-event.Jitter {
		f.late(e)
	} else {
		f.inOrder(e)
	}
}

// inOrder folds an event that is not older than the newest by more than the jitter. For gaps and steps it takes the
// newest time as its own if that is later.
func (f *folder) inOrder(e *event.Event) {
	s := f.s
	now := max(s.Newest, e.At)
	step := now - s.Newest
	if s.Newest == 0 || step > event.MaxStep {
		step = 0
	}
	if s.Current != none && !s.PrevClocked && e.Clock == event.None {
		s.Loads[s.Current].Gaps += step
	}
	if s.Counting != none {
		f.addDwell(s.Counting, step)
	}
	load, isNew := f.loadInOrder(e)
	if isNew || e.Type == event.PropertyView {
		s.Counting = none
	}
	f.clock(load, e)
	if e.Page != "" {
		s.Loads[load].Newest = max(s.Loads[load].Newest, e.At)
	}
	switch e.Type {
	case event.PropertyView:
		f.propertyView(e, load, true, false)
	case event.ScrollDepth:
		f.scroll(e, load)
	}
	s.Newest, s.Current, s.PrevClocked = now, load, e.Clock != event.None
}

// late folds an event that is older than the newest by more than the jitter: it adds, but moves no time forward. It
// opens and ends views only on a page whose own story it continues.
func (f *folder) late(e *event.Event) {
	s := f.s
	load, continues := none, false
	if e.Page != "" {
		var isNew bool
		load, isNew = f.loadByPage(e.Page)
		l := &s.Loads[load]
		continues = isNew || l.Newest-e.At <= event.Jitter
		l.Newest = max(l.Newest, e.At)
		f.clock(load, e)
	}
	switch e.Type {
	case event.PropertyView:
		f.propertyView(e, load, continues, true)
	case event.ScrollDepth:
		f.scroll(e, load)
	}
}

// clock takes an event's page clock into its load and into the view open there.
func (f *folder) clock(load int, e *event.Event) {
	if e.Clock == event.None {
		return
	}
	l := &f.s.Loads[load]
	if l.Base == event.None {
		l.Base = e.Clock
	}
	l.Clock, l.ClockAt = max(l.Clock, e.Clock), max(l.ClockAt, e.At)
	if l.View == none {
		return
	}
	if v := &f.s.Views[l.View]; v.ByClock && e.Clock > v.SegTo {
		f.changeDwell(l.View, func(v *View) { v.SegTo = e.Clock })
	}
}

// lead folds an accepted lead form that named the session.
func foldLead(s *Session, link LeadLink, out *Deltas) {
	if s != nil {
		s.FormLead, s.Lead = true, link.Lead
	}
	if link.Listing != "" {
		out.day(link.Listing, uint16(link.Day)).Inquiries++
	}
}

// listing returns the index of a listing of the session, none if it is not tracked.
func (s *Session) listing(id string) int {
	return slices.IndexFunc(s.Listings, func(l Listing) bool { return l.ID == id })
}
