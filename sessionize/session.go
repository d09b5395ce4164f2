// Package sessionize is the fold: it turns the journal's chunks into sessions, visitors, visits and listing days, and
// keeps those that are live in memory.
//
// It guarantees that its state is a pure function of the journal's records in position order (Fold reads no clock, no
// configuration and no map order), that state folded live, recovered after a crash and rebuilt from the journal is
// equal, and that its memory is bounded whatever clients send. What each number means is told in docs/numbers.md.
//
// It owns the spaces sessions, visitors, visitor sessions, seen, listing days, page days, hot and erased. It does not judge events (package
// ingest does) and gives no scores (package scorer does).
package sessionize

import (
	"footfall/event"
	"footfall/journal"
)

// Bounds of one session's state. Past them events are still kept and counted, and the session says that it is
// truncated.
const (
	maxListings = 256 // shown
	maxTracked  = 512 // known at all; a view of a later listing counts, its dwell and scroll do not
	maxLoads    = 64
	maxViews    = 1024 // of which dwell and scroll can still change
	maxIDs      = 4096
)

// none stands for "no such" where an index is kept.
const none = -1

// Session is the folded state of one session: everything that later events of the session can still change, and no
// more. Times are ms since 1970 UTC, durations ms, scroll depths tenths of a percent.
type Session struct {
	ID      string
	Visitor string // the visitor it is bound to, empty until an event names one
	Profile string // the first one named, empty: the site's
	Lead    string // the newest lead made from it
	Through journal.Position

	Received int64    // newest receive time of a chunk
	LastLive int64    // newest receive time of a live chunk, 0 if none
	Days     []uint16 // UTC days of receipt that hold its chunks, ascending

	Device event.Device
	Source []event.Attr // where it came from: the attributes of its first event that has any

	Truncated   bool
	Flagged     bool // a flagged event was seen
	RateFlagged bool // over the rate: flagged from here on
	Anonymous   bool // an unflagged chunk of it came under consent "anonymous"
	FormStarted bool // a form_start was seen
	FormSubmit  bool // a form_submit was seen
	FormLead    bool // an accepted lead form named it

	Ordinal uint32 // of its visitor (of itself until bound), 0: none yet
	Count   int64  // event_count
	Newest  int64  // N: the newest event time, 0: none yet
	First   int64  // smallest and largest event time
	Last    int64

	PrevClocked bool  // the last in-order event had a page clock
	Current     int   // the load of the last in-order event
	Counting    int   // the one view that counts steps of event time
	Dropped     int64 // what dropped loads added to the total duration
	ScrollSum   int64 // Σ deepest scroll of views that have one, and how many
	ScrollViews int64

	DroppedPages []uint64 // hashes of pageIds of dropped loads
	Loads        []Load
	Listings     []Listing // in position order of their first view; the first 256 are shown
	Views        []View
	Runs         []Run // own visit runs until bound
	IDs          []SeenID
	IDCount      int64 // ids that were remembered, those that were pushed out of IDs included
}

// Load is one page load with what its later events need.
type Load struct {
	Page    uint64 // hash of the pageId in 40 bits, 0 if it has none
	Newest  int64  // newest event time of events that name the pageId, 0: none
	Clock   int32  // largest page clock, event.None if there was none
	Base    int32  // clock from which it counts; event.None: from the first it shows
	ClockAt int64  // newest event time of its clocked events
	Gaps    int64
	View    int   // the view open on it
	Used    int64 // Count at its last event, for dropping the least recently used
}

// duration is what the load adds to the session's total.
func (l *Load) duration() int64 {
	if l.Clock == event.None {
		return l.Gaps
	}
	return max(int64(l.Clock-l.Base), l.Gaps)
}

// Listing is one listing that the session viewed.
type Listing struct {
	ID     string
	Dwell  int64    // Σ dwell of its views
	Scroll int16    // deepest, event.None if none
	Newest int      // its newest view in position order, none if that is no longer tracked
	Days   []uint16 // local days with a view of it, until the session is bound
}

// View is one view of a listing whose dwell or scroll can still change, or whose page may name it again.
type View struct {
	Listing int    // index, none: the slot is free
	Load    int    // index, none: its load was dropped or it never had one
	Named   bool   // a property_view named its pageId and listing together
	ByClock bool   // its open segment goes by page clock
	Day     uint16 // local day of its first event
	Dwell   int64  // of its ended segments and counted steps
	SegFrom int32  // page clock at which the open segment began, and the largest since
	SegTo   int32
	Scroll  int16 // deepest, event.None if none
}

// dwell is the view's dwell so far.
func (v *View) dwell() int64 {
	d := v.Dwell
	if v.ByClock {
		d += int64(v.SegTo - v.SegFrom)
	}
	return min(d, event.MaxDwell)
}

// idsLost says whether ids were pushed out of IDs.
func (s *Session) idsLost() bool { return s.IDCount > maxIDs }

// SeenID is an event id that counts as a duplicate if it comes again.
type SeenID struct {
	Hash uint64 // 56 bits
	At   uint32 // receive time, s since 1970
}

// TotalDuration returns Σ over loads of the larger of its largest clock and its gaps, ms.
func (s *Session) TotalDuration() int64 {
	total := s.Dropped
	for i := range s.Loads {
		total += s.Loads[i].duration()
	}
	return total
}

// PropertiesViewed returns the distinct listings in the order of their first view, at most 256.
func (s *Session) PropertiesViewed() []string {
	ids := make([]string, 0, min(len(s.Listings), maxListings))
	for i := range s.Listings[:min(len(s.Listings), maxListings)] {
		ids = append(ids, s.Listings[i].ID)
	}
	return ids
}

// A listing is deep above either of these.
const (
	deepDwell  = 30_000 // ms
	deepScroll = 750    // tenths of a percent
)

// DeepEngagement returns those of PropertiesViewed with a total dwell over 30 s or a scroll over 75 %.
func (s *Session) DeepEngagement() []string {
	ids := []string{}
	for i := range s.Listings[:min(len(s.Listings), maxListings)] {
		if l := &s.Listings[i]; l.Dwell > deepDwell || l.Scroll > deepScroll {
			ids = append(ids, l.ID)
		}
	}
	return ids
}

// FormCompleted says whether a form_submit or an accepted lead form was seen.
func (s *Session) FormCompleted() bool { return s.FormSubmit || s.FormLead }

// Started says whether a form was started; a completed form was.
func (s *Session) Started() bool { return s.FormStarted || s.FormCompleted() }

// reset makes s the empty session, keeping the memory of its slices.
func (s *Session) reset(id string) {
	*s = Session{
		ID: id, Current: none, Counting: none,
		Days: s.Days[:0], Source: s.Source[:0], DroppedPages: s.DroppedPages[:0], Loads: s.Loads[:0],
		Listings: s.Listings[:0], Views: s.Views[:0], Runs: s.Runs[:0], IDs: s.IDs[:0],
	}
}
