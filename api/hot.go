package api

import (
	"footfall/catalog"
	"footfall/leads"
	"footfall/sessionize"
)

// hot is a rule by which somebody turned hot.
type hot struct {
	Rule     string     `json:"rule"`
	Sentence string     `json:"sentence"`
	Count    int        `json:"count"`
	Listing  leads.Text `json:"listing_id"`
	Time     leads.Time `json:"time"`
}

func newHot(h *sessionize.Hot) hot {
	return hot{h.Rule.String(), h.Sentence(), h.Count, leads.Text(h.What), leads.Time(h.At)}
}

// hotMessage tells of it, and of the session with which it happened.
type hotMessage struct {
	hot
	SiteID    uint32     `json:"site_id"`
	VisitorID leads.Text `json:"visitor_id"`
	SessionID string     `json:"session_id"`
	ProfileID string     `json:"profile_id"`
	LeadID    leads.Text `json:"lead_id"`
	Score     int        `json:"behavioral_score"`
	Intent    string     `json:"conversion_intent"`
	Visits    int        `json:"visit_count"`
}

func newHotMessage(site *catalog.Site, of *sessionize.Analytics, h *sessionize.Hot) hotMessage {
	return hotMessage{
		newHot(h), site.ID, leads.Text(of.VisitorID), of.SessionID, profileOf(site, of), leads.Text(of.Lead), of.Score, of.Intent, of.VisitCount,
	}
}

// hotOf returns the rules by which a visitor who is on the site turned hot within 24 hours, given their active sessions.
func (a *API) hotOf(active []at) ([]hot, error) {
	ids := make([]string, len(active))
	for i := range active {
		ids[i] = active[i].SessionID
	}
	of, err := a.o.Sessions.HotOf(active[0].site.ID, active[0].VisitorID, ids, a.o.Now().UnixMilli())
	list := make([]hot, len(of))
	for i := range of {
		list[i] = newHot(&of[i])
	}
	return list, err
}
