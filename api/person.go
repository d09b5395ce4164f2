package api

import (
	"context"

	"footfall/catalog"
	"footfall/fault"
	"footfall/leads"
	"footfall/sessionize"
)

// person is everything that is known of somebody, for them to read.
type person struct {
	Visitors []personVisitor `json:"visitors"`
	Leads    []personLead    `json:"leads"`
}

// personVisitor is a visitor with everything that its sessions sent.
type personVisitor struct {
	SiteID    uint32          `json:"site_id"`
	VisitorID leads.Text      `json:"visitor_id"`
	Visits    int             `json:"visit_count"`
	First     leads.Time      `json:"first_visit"`
	Last      leads.Time      `json:"last_visit"`
	Sessions  []personSession `json:"sessions"`
}

type personSession struct {
	session
	Events []map[string]any `json:"events"`
}

// personLead is a lead with its form, its score, the reasons and the model that gave it, the consent, and its history.
type personLead struct {
	SiteID  uint32      `json:"site_id"`
	Lead    *leads.View `json:"lead"`
	History any         `json:"history"`
}

// exportPerson answers GET /v1/export/person?visitor= or ?email=.
func (a *API) exportPerson(c *call) (any, error) {
	site, err := a.site(c)
	if err != nil {
		return nil, err
	}
	if c.grant.Profile != "" || c.grant.Masked {
		return nil, fault.New(fault.Forbidden, "Exports of a person are the organization's: a key or user of one profile makes none.")
	}
	who := leads.Who{Visitor: c.param("visitor"), Email: c.param("email")}
	if (who.Visitor == "") == (who.Email == "") {
		return nil, fault.Field(fault.MissingField, "visitor", "Name who it is by one of visitor and email.")
	}
	p, err := a.Person(site, who)
	if err != nil {
		return nil, err
	}
	return p, a.o.Access.LogIn(context.Background(), c.grant, site.Organization, "person.export", a.o.Leads.PersonKey(who), "")
}

// Person returns everything that is known of a visitor of a site, or of an e-mail address in the site's organization: to
// be encoded as JSON. It needs Leads and Sessions of the Options alone.
func (a *API) Person(site *catalog.Site, who leads.Who) (any, error) {
	found, err := a.o.Leads.Person(site, who)
	if err != nil {
		return nil, err
	}
	p := person{Visitors: []personVisitor{}, Leads: []personLead{}}
	for _, f := range found {
		for _, id := range f.Visitors {
			v, err := a.personVisitor(f.Site, id)
			if err != nil {
				return nil, err
			}
			if v != nil {
				p.Visitors = append(p.Visitors, *v)
			}
		}
		for _, id := range f.Leads {
			l, err := a.personLead(f.Site, id)
			if err != nil {
				return nil, err
			}
			p.Leads = append(p.Leads, l)
		}
	}
	if len(p.Visitors)+len(p.Leads) == 0 {
		return nil, fault.New(fault.NotFound, "Nothing is known of this person.")
	}
	return p, nil
}

func (a *API) personVisitor(site *catalog.Site, id string) (*personVisitor, error) {
	v, found, err := a.o.Sessions.Visitor(site.ID, id)
	if err != nil || !found {
		return nil, err
	}
	p := &personVisitor{
		SiteID: site.ID, VisitorID: leads.Text(v.ID), Visits: v.VisitCount,
		First: leads.Time(v.FirstVisit), Last: leads.Time(v.LastVisit), Sessions: []personSession{},
	}
	for i := range v.Sessions {
		s, err := a.personSession(site, &v.Sessions[i])
		if err != nil {
			return nil, err
		}
		p.Sessions = append(p.Sessions, s)
	}
	return p, nil
}

func (a *API) personSession(site *catalog.Site, s *sessionize.Analytics) (personSession, error) {
	p := personSession{session: newSession(site, s), Events: []map[string]any{}}
	after, index := uint64(0), -1
	for more := true; more; {
		var events []sessionize.TimelineEvent
		var err error
		if events, more, err = a.o.Sessions.Timeline(site.ID, s.SessionID, after, index, maxLimit); err != nil {
			return p, err
		}
		for i := range events {
			p.Events = append(p.Events, newTimelineEvent(&events[i]))
			after, index = events[i].Pos, events[i].Index
		}
	}
	return p, nil
}

func (a *API) personLead(site *catalog.Site, id string) (p personLead, err error) {
	p.SiteID = site.ID
	if p.Lead, err = a.o.Leads.Get(site.ID, id); err != nil {
		return p, err
	}
	p.History, err = a.o.Leads.PersonHistory(site.ID, id)
	return p, err
}
