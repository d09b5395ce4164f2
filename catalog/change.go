package catalog

import (
	"context"
	"fmt"
	"math"

	"footfall/fault"
	"footfall/journal"
)

// submit puts records into the journal; what hinders it becomes a fault that tells the client what to do.
func (c *Catalog) submit(ctx context.Context, j *journal.Journal, recs ...journal.Record) error {
	_, err := j.Submit(ctx, recs...)
	return j.Explain("change the catalog", err)
}

// Note makes the records that tell of a change, to whom it was done and in which organizations. They are written with it:
// all of them are on disk, or nothing is.
type Note func(target string, organizations ...string) ([]journal.Record, error)

// noted adds what notes say.
func noted(recs []journal.Record, notes []Note, target string, organizations ...string) ([]journal.Record, error) {
	for _, note := range notes {
		more, err := note(target, organizations...)
		if err != nil {
			return nil, err
		}
		recs = append(recs, more...)
	}
	return recs, nil
}

// siteRecord makes the record of a site, which is normalized.
func siteRecord(s *Site) (r journal.Record, err error) {
	if err := s.normalize(); err != nil {
		return r, err
	}
	body, err := encodeSite(s)
	return journal.Record{Kind: journal.KindSite, Site: s.ID, Body: body}, err
}

func (r row) record() (journal.Record, error) {
	body, err := r.encode()
	return journal.Record{Kind: journal.KindCatalog, Body: body}, err
}

// Put writes a site, whatever it names, and returns once it is on disk and in force.
func (c *Catalog) Put(ctx context.Context, j *journal.Journal, s Site) error {
	r, err := siteRecord(&s)
	if err != nil {
		return err
	}
	return c.submit(ctx, j, r)
}

// EnsureDefault makes the initial site if it is not there, and otherwise gives it the time zone; an empty one means UTC
// for a new site and no change for an old one.
func (c *Catalog) EnsureDefault(ctx context.Context, j *journal.Journal, timeZone string) error {
	old, ok := c.Site(DefaultSite)
	if !ok {
		return c.Put(ctx, j, Site{ID: DefaultSite, Name: Default, Organization: Default, Profile: Default, TimeZone: timeZone})
	}
	if timeZone == "" || timeZone == old.TimeZone {
		return nil
	}
	s := *old
	s.TimeZone = timeZone
	return c.Put(ctx, j, s)
}

// CreateOrganization makes an organization, with a profile of the id that Default is and the organization's name, since
// a site needs one. Its id must be new.
func (c *Catalog) CreateOrganization(ctx context.Context, o Organization, notes ...Note) error {
	c.change.Lock()
	defer c.change.Unlock()
	if _, taken := c.Organization(o.ID); taken {
		return fault.Field(fault.Conflict, "id", "There is an organization of this id already.")
	}
	if err := o.check(); err != nil {
		return err
	}
	p := Profile{ID: Default, Organization: o.ID, FullName: o.Name, Created: o.Created}
	if err := p.normalize(); err != nil {
		return err
	}
	return c.set(ctx, notes, o.ID, o.ID, row{organization: &o}, row{profile: &p})
}

// ChangeOrganization changes one that is there. change must not keep what it is given.
func (c *Catalog) ChangeOrganization(ctx context.Context, id string, change func(*Organization) error, notes ...Note) (Organization, error) {
	c.change.Lock()
	defer c.change.Unlock()
	o, ok := c.Organization(id)
	if !ok {
		return o, fault.New(fault.NotFound, "There is no such organization.")
	}
	if err := change(&o); err != nil {
		return o, err
	}
	if o.ID = id; o.check() != nil {
		return o, o.check()
	}
	return o, c.set(ctx, notes, id, id, row{organization: &o})
}

// CreateProfile makes a profile. Its id must be new within its organization.
func (c *Catalog) CreateProfile(ctx context.Context, p Profile, notes ...Note) (Profile, error) {
	c.change.Lock()
	defer c.change.Unlock()
	if c.HasProfile(p.Organization, p.ID) {
		return p, fault.Field(fault.Conflict, "id", "The organization has a profile of this id already.")
	}
	if err := p.normalize(); err != nil {
		return p, err
	}
	return p, c.set(ctx, notes, p.ID, p.Organization, row{profile: &p})
}

// ChangeProfile changes one that is there. change must not keep what it is given.
func (c *Catalog) ChangeProfile(ctx context.Context, organization, id string, change func(*Profile) error, notes ...Note) (Profile, error) {
	c.change.Lock()
	defer c.change.Unlock()
	p, ok := c.Profile(organization, id)
	if !ok {
		return p, fault.New(fault.NotFound, "There is no such profile.")
	}
	if err := change(&p); err != nil {
		return p, err
	}
	p.ID, p.Organization = id, organization
	if err := p.normalize(); err != nil {
		return p, err
	}
	return p, c.set(ctx, notes, p.ID, p.Organization, row{profile: &p})
}

// set writes rows, whose ids are settled, with what notes say of the target. c.change is held.
func (c *Catalog) set(ctx context.Context, notes []Note, target, organization string, rows ...row) error {
	recs := make([]journal.Record, len(rows))
	for i, r := range rows {
		var err error
		if recs[i], err = r.record(); err != nil {
			return err
		}
	}
	recs, err := noted(recs, notes, target, organization)
	if err != nil {
		return err
	}
	return c.submit(ctx, c.journal, recs...)
}

// CreateSite makes a site and gives it the next number. It has no consent of its own unless it says one: then it is its
// organization's default.
func (c *Catalog) CreateSite(ctx context.Context, s Site, notes ...Note) (*Site, error) {
	c.change.Lock()
	defer c.change.Unlock()
	all := c.Sites()
	s.ID = DefaultSite
	if n := len(all); n > 0 {
		if all[n-1].ID == math.MaxUint32 {
			return nil, fault.New(fault.Conflict, "There can be no more sites.")
		}
		s.ID = all[n-1].ID + 1
	}
	if s.Consent == "" {
		s.Consent = c.Settings(s.Organization).Consent
	}
	return c.putSite(ctx, s, notes, []string{s.Organization})
}

// ChangeSite changes one that is there. change must not keep what it is given. Where it moves the site, both organizations
// are told.
func (c *Catalog) ChangeSite(ctx context.Context, id uint32, change func(*Site) error, notes ...Note) (*Site, error) {
	c.change.Lock()
	defer c.change.Unlock()
	old, ok := c.Site(id)
	if !ok {
		return nil, fault.New(fault.NotFound, "There is no such site.")
	}
	s := *old
	if err := change(&s); err != nil {
		return nil, err
	}
	s.ID = id
	concerned := []string{s.Organization}
	if old.Organization != s.Organization {
		concerned = append(concerned, old.Organization)
	}
	return c.putSite(ctx, s, notes, concerned, c.keepNamed(old)...)
}

// putSite writes a site of an organization and a profile that there are, after other rows, with what notes say of it to the
// organizations that it concerns. c.change is held.
func (c *Catalog) putSite(ctx context.Context, s Site, notes []Note, concerned []string, before ...row) (*Site, error) {
	if _, ok := c.Organization(s.Organization); !ok {
		return nil, fault.Field(fault.InvalidField, "organization_id", "There is no such organization.")
	}
	if !c.HasProfile(s.Organization, s.Profile) {
		return nil, fault.Field(fault.InvalidField, "profile_id", "The organization has no such profile.")
	}
	recs := make([]journal.Record, len(before), len(before)+1)
	for i, r := range before {
		var err error
		if recs[i], err = r.record(); err != nil {
			return nil, err
		}
	}
	r, err := siteRecord(&s)
	if err != nil {
		return nil, err
	}
	if recs, err = noted(append(recs, r), notes, fmt.Sprint(s.ID), concerned...); err != nil {
		return nil, err
	}
	if err := c.submit(ctx, c.journal, recs...); err != nil {
		return nil, err
	}
	put, _ := c.Site(s.ID)
	return put, nil
}

// keepNamed returns rows for what only sites name: it must not go when a site names something else.
func (c *Catalog) keepNamed(s *Site) (rows []row) {
	if o, _ := c.Organization(s.Organization); o.named {
		rows = append(rows, row{organization: &o})
	}
	if p, _ := c.Profile(s.Organization, s.Profile); p.named {
		rows = append(rows, row{profile: &p})
	}
	return rows
}
