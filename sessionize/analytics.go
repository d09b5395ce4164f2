package sessionize

import (
	"slices"
	"strings"

	"footfall/event"
	"footfall/scorer"
)

// Analytics is a session as its readers see it. Times are ms since 1970 UTC, 0 if unknown; durations ms.
type Analytics struct {
	SessionID        string
	VisitorID        string // empty until the session is bound
	Profile          string // empty: the site's
	EventCount       int
	VisitCount       int // of its visitor now
	FirstVisit       int64
	LastVisit        int64
	LastLive         int64 // receive time of the newest live chunk
	TotalDuration    int64
	PropertiesViewed []string
	Deep             []string
	FormStarted      bool
	FormCompleted    bool
	Intent           string
	Score            int // behavioral_score, without form fields
	Lead             string
	Device           event.Device
	Source           []event.Attr
	ScrollDepth      float64 // mean over views of the deepest scroll, %; −1 if no view has one
	Anonymous        bool    // under consent "anonymous": it counts, but is nobody's: no visitor, no score
	Truncated        bool
	Flagged          bool
}

// Behavior returns what the scores are made of.
func (a *Analytics) Behavior() scorer.Behavior {
	return scorer.Behavior{
		VisitCount: a.VisitCount, TotalDuration: a.TotalDuration,
		Viewed: len(a.PropertiesViewed), Deep: len(a.Deep),
		FormStarted: a.FormStarted, FormCompleted: a.FormCompleted,
	}
}

// SourceAttr returns an attribute of the session's first page, "" if unknown.
func (a *Analytics) SourceAttr(k event.AttrKey) string {
	for _, attr := range a.Source {
		if attr.Key == k {
			return attr.Value
		}
	}
	return ""
}

// analytics makes the readers' view of a session whose visitor has had so many visits. It shares no memory with s.
func (s *Session) analytics(visits int) Analytics {
	a := Analytics{
		SessionID: strings.Clone(s.ID), VisitorID: strings.Clone(s.Visitor), Profile: strings.Clone(s.Profile),
		EventCount: int(s.Count), VisitCount: visits,
		FirstVisit: s.First, LastVisit: s.Last, LastLive: s.LastLive, TotalDuration: s.TotalDuration(),
		PropertiesViewed: cloneAll(s.PropertiesViewed()), Deep: cloneAll(s.DeepEngagement()),
		FormStarted: s.Started(), FormCompleted: s.FormCompleted(),
		Lead: strings.Clone(s.Lead), Device: s.Device, Source: slices.Clone(s.Source), ScrollDepth: -1,
		Anonymous: s.Anonymous, Truncated: s.Truncated, Flagged: s.Flagged,
	}
	for i := range a.Source {
		a.Source[i].Value = strings.Clone(a.Source[i].Value)
	}
	if s.ScrollViews > 0 {
		a.ScrollDepth = float64(s.ScrollSum) / float64(s.ScrollViews) / 10
	}
	b := a.Behavior()
	a.Intent, a.Score = scorer.ConversionIntent(b), scorer.BehavioralScore(b)
	if s.Anonymous {
		a.VisitorID, a.VisitCount = "", 1
		a.Intent, a.Score = scorer.ConversionIntent(scorer.Behavior{}), 0
	}
	return a
}

func cloneAll(ss []string) []string {
	for i := range ss {
		ss[i] = strings.Clone(ss[i])
	}
	return ss
}

// VisitorTotals are a visitor's visits. Times are ms since 1970 UTC, 0 if there is none.
type VisitorTotals struct {
	VisitCount int
	FirstVisit int64
	LastVisit  int64
}

// ListingTotals are the numbers of a listing on one day, or over several with the day of the first.
type ListingTotals struct {
	Day         int32 // local day, days since 1970-01-01
	Views       int64
	Unique      int64 // distinct visitors with a view
	Dwell       int64 // Σ dwell of its views, ms
	DwellViews  int64 // views with a dwell over 0
	Scroll      int64 // Σ deepest scroll of its views, tenths of a percent
	ScrollViews int64 // views with one
	Inquiries   int64
	Shares      int64
}

// Totals returns the day's numbers.
func (d *ListingDay) Totals() ListingTotals {
	c := &d.DayCounts
	return ListingTotals{
		Day: int32(d.Day), Views: c.Views, Unique: int64(d.Visitors().GetCardinality()),
		Dwell: c.Dwell, DwellViews: c.DwellViews, Scroll: c.Scroll, ScrollViews: c.ScrollViews,
		Inquiries: c.Inquiries, Shares: c.Shares,
	}
}
