package api

import (
	"footfall/catalog"
	"footfall/event"
	"footfall/leads"
	"footfall/sessionize"
)

// session is a session on the wire.
type session struct {
	SiteID           uint32            `json:"site_id"`
	SessionID        string            `json:"session_id"`
	VisitorID        leads.Text        `json:"visitor_id"`
	ProfileID        string            `json:"profile_id"`
	EventCount       int               `json:"event_count"`
	VisitCount       int               `json:"visit_count"`
	FirstVisit       leads.Time        `json:"first_visit"`
	LastVisit        leads.Time        `json:"last_visit"`
	TotalDuration    int64             `json:"total_duration_seconds"`
	PropertiesViewed []string          `json:"properties_viewed"`
	Deep             []string          `json:"deep_engagement_properties"`
	FormStarted      bool              `json:"form_started"`
	FormCompleted    bool              `json:"form_completed"`
	Intent           string            `json:"conversion_intent"`
	Score            int               `json:"behavioral_score"`
	Converted        bool              `json:"converted_to_lead"`
	LeadID           leads.Text        `json:"lead_id"`
	Device           device            `json:"device_info"`
	Source           map[string]string `json:"source"`
	Truncated        bool              `json:"truncated"`
	Flagged          bool              `json:"flagged"`
}

type device struct {
	Type leads.Text `json:"type"`
}

func newSession(site *catalog.Site, a *sessionize.Analytics) session {
	s := session{
		SiteID: site.ID, SessionID: a.SessionID, VisitorID: leads.Text(a.VisitorID), ProfileID: profileOf(site, a),
		EventCount: a.EventCount, VisitCount: a.VisitCount,
		FirstVisit: leads.Time(a.FirstVisit), LastVisit: leads.Time(a.LastVisit), TotalDuration: seconds(a.TotalDuration),
		PropertiesViewed: list(a.PropertiesViewed), Deep: list(a.Deep),
		FormStarted: a.FormStarted, FormCompleted: a.FormCompleted, Intent: a.Intent, Score: a.Score,
		Converted: a.Lead != "", LeadID: leads.Text(a.Lead),
		Device: device{leads.Text(a.Device.String())}, Source: source(a.Source),
		Truncated: a.Truncated, Flagged: a.Flagged,
	}
	return s
}

func newSessions(site *catalog.Site, as []sessionize.Analytics) []session {
	sessions := make([]session, len(as))
	for i := range as {
		sessions[i] = newSession(site, &as[i])
	}
	return sessions
}

// source tells where a session came from; its first page is where it landed.
func source(attrs []event.Attr) map[string]string {
	m := map[string]string{}
	for _, a := range attrs {
		switch a.Key {
		case event.AttrURL:
			m["landing_url"] = a.Value
		case event.AttrReferrer:
			m["referrer"] = a.Value
		case event.AttrTitle, event.AttrInteraction: // of the page, not of the way to it
		default:
			m[event.AttrNames[a.Key]] = a.Value
		}
	}
	return m
}

// session answers GET /v1/sessions/{id}.
func (a *API) session(c *call) (any, error) {
	site, s, err := a.findSession(c)
	if err != nil {
		return nil, err
	}
	return newSession(site, s), nil
}

// findSession returns the session that the path names, if the key sees it.
func (a *API) findSession(c *call) (*catalog.Site, *sessionize.Analytics, error) {
	sessions := map[uint32]*sessionize.Analytics{}
	site, err := a.siteOf(c, "session", func(site *catalog.Site) (bool, error) {
		s, found, err := a.o.Sessions.Session(site.ID, c.id)
		sessions[site.ID] = &s
		return found && c.grant.CoversProfile(profileOf(site, &s)), err
	})
	if err != nil {
		return nil, nil, err
	}
	return site, sessions[site.ID], nil
}

// list returns a list that is never null in JSON.
func list(ss []string) []string {
	if ss == nil {
		return []string{}
	}
	return ss
}

// seconds returns whole seconds, half up, of ms.
func seconds(ms int64) int64 { return (ms + 500) / 1000 }
