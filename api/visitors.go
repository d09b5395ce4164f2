package api

import (
	"slices"

	"footfall/catalog"
	"footfall/leads"
	"footfall/sessionize"
)

// visitor is a visitor on the wire.
type visitor struct {
	SiteID     uint32     `json:"site_id"`
	VisitorID  leads.Text `json:"visitor_id"`
	VisitCount int        `json:"visit_count"`
	FirstVisit leads.Time `json:"first_visit"`
	LastVisit  leads.Time `json:"last_visit"`
	sums
}

// sums is what the sessions of a visitor add up to.
type sums struct {
	SessionCount     int       `json:"session_count"`
	EventCount       int       `json:"event_count"`
	TotalDuration    int64     `json:"total_duration_seconds"`
	PropertiesViewed []string  `json:"properties_viewed"`
	Converted        bool      `json:"converted_to_lead"`
	Sessions         []session `json:"sessions"`
}

// sumUp takes sessions newest first.
func sumUp(site *catalog.Site, sessions []sessionize.Analytics) sums {
	out := sums{
		SessionCount: len(sessions), PropertiesViewed: []string{}, Sessions: newSessions(site, sessions),
	}
	duration := int64(0)
	seen := map[string]bool{}
	for _, s := range slices.Backward(sessions) { // listings stand in the order in which they were first viewed
		out.EventCount += s.EventCount
		out.Converted = out.Converted || s.Lead != ""
		duration += s.TotalDuration
		for _, id := range s.PropertiesViewed {
			if !seen[id] {
				seen[id] = true
				out.PropertiesViewed = append(out.PropertiesViewed, id)
			}
		}
	}
	out.TotalDuration = seconds(duration)
	return out
}

// visitor answers GET /v1/visitors/{id}. A profile's key sees a visitor by the sessions that are its own.
func (a *API) visitor(c *call) (any, error) {
	visitors := map[uint32]*sessionize.VisitorView{}
	site, err := a.siteOf(c, "visitor", func(site *catalog.Site) (bool, error) {
		v, found, err := a.o.Sessions.Visitor(site.ID, c.id)
		if err != nil || !found {
			return false, err
		}
		v.Sessions = c.own(site, v.Sessions)
		visitors[site.ID] = &v
		return c.grant.Profile == "" || len(v.Sessions) > 0, nil
	})
	if err != nil {
		return nil, err
	}
	v := visitors[site.ID]
	return visitor{
		SiteID: site.ID, VisitorID: leads.Text(v.ID), VisitCount: v.VisitCount,
		FirstVisit: leads.Time(v.FirstVisit), LastVisit: leads.Time(v.LastVisit), sums: sumUp(site, v.Sessions),
	}, nil
}

// liveVisitor is a visitor who is on the site now. Score and intent are of the hottest active session; the sums are
// over those that are active.
type liveVisitor struct {
	SiteID     uint32     `json:"site_id"`
	VisitorID  leads.Text `json:"visitor_id"`
	VisitCount int        `json:"visit_count"`
	LastVisit  leads.Time `json:"last_visit"`
	Score      int        `json:"behavioral_score"`
	Intent     string     `json:"conversion_intent"`
	Hot        []hot      `json:"hot"`
	sums
}

// newLiveVisitor takes the visitor's active sessions, newest first.
func newLiveVisitor(active []at) liveVisitor {
	hot := hottest(&active)
	site := hot.site
	sessions := make([]sessionize.Analytics, len(active))
	for i := range active {
		sessions[i] = active[i].Analytics
	}
	v := liveVisitor{
		SiteID: site.ID, VisitorID: leads.Text(hot.VisitorID), VisitCount: hot.VisitCount,
		Score: hot.Score, Intent: hot.Intent, sums: sumUp(site, sessions),
	}
	for i := range sessions {
		v.LastVisit = max(v.LastVisit, leads.Time(sessions[i].LastVisit))
	}
	return v
}

type visitorsPage struct {
	Visitors []liveVisitor `json:"visitors"`
	Next     *string       `json:"next_cursor"`
	Warming  bool          `json:"warming"`
}

// liveVisitors answers GET /v1/visitors.
func (a *API) liveVisitors(c *call) (any, error) {
	active, warming, err := a.active(c)
	if err != nil {
		return nil, err
	}
	groups, next, err := pageOfLive(a, c, byVisitor(active), hottest, byScore)
	if err != nil {
		return nil, err
	}
	page := visitorsPage{Visitors: make([]liveVisitor, len(groups)), Next: next, Warming: warming}
	for i, g := range groups {
		page.Visitors[i] = newLiveVisitor(g)
		if page.Visitors[i].Hot, err = a.hotOf(g); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// byVisitor groups sessions by their visitor. A session that is not bound is its own.
func byVisitor(active []at) (groups [][]at) {
	type who struct {
		site    uint32
		visitor string
	}
	index := map[who]int{}
	for _, s := range active {
		if s.VisitorID == "" {
			groups = append(groups, []at{s})
			continue
		}
		w := who{s.site.ID, s.VisitorID}
		i, known := index[w]
		if !known {
			i = len(groups)
			index[w] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], s)
	}
	return groups
}

// hottest returns the session with the highest score, of those the newest.
func hottest(sessions *[]at) *at {
	hot := &(*sessions)[0]
	for i := range *sessions {
		if s := &(*sessions)[i]; byScore(heatOf(s), heatOf(hot)) < 0 {
			hot = s
		}
	}
	return hot
}
