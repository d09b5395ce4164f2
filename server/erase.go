package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"footfall/api"
	"footfall/catalog"
	"footfall/fault"
	"footfall/ingest"
	"footfall/journal"
	"footfall/leads"
	"footfall/store"
)

// purge removes from the disk what is left of those who were erased since the last time. With whole it rewrites all
// tables: it is not known how far the last one came.
func (s *Server) purge(ctx context.Context, whole bool) error {
	s.purging.Lock()
	defer s.purging.Unlock()
	if err := s.noteErasures(); err != nil {
		return err
	}
	changed, err := s.leads.Purge(ctx, whole, func(gone *leads.Gone) error {
		return gone.EachSite(func(site uint32) error {
			return ingest.ForgetRejects(s.db, site, func(text string) bool { return gone.Names(site, text) })
		})
	})
	if err != nil {
		return fmt.Errorf("remove what is left of the erased: %w", err)
	}
	if changed > 0 {
		s.o.Log.Info("what was left of the erased is removed", "records", changed)
	}
	return nil
}

// purgeRest is the chore: what jobs have left.
func (s *Server) purgeRest(ctx context.Context) error { return s.purge(ctx, true) }

// Erase forgets somebody in a directory that no server has open, and removes the bytes.
func Erase(ctx context.Context, o Options, siteID uint32, who leads.Who) (f leads.Forgotten, err error) {
	s, site, err := openForPerson(o, siteID)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.closeState()) }()
	if f, err = s.leads.Erase(ctx, site, who); err != nil {
		return f, err
	}
	return f, s.purge(ctx, true)
}

// ExportPerson writes everything that is known of somebody as JSON. It changes no byte of the directory, which no server
// may have open.
func ExportPerson(o Options, siteID uint32, who leads.Who, to io.Writer) (err error) {
	o.ReadOnly = true
	s, site, err := openForPerson(o, siteID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.closeState()) }()
	if err := s.sessions.Warm(context.Background(), false); err != nil {
		return err
	}
	a := api.New(api.Options{Sessions: s.sessions, Leads: s.leads, Catalog: s.catalog, Now: s.o.Now, Log: s.o.Log})
	defer a.Close()
	p, err := a.Person(site, who)
	if err != nil {
		return err
	}
	e := json.NewEncoder(to)
	e.SetIndent("", "  ")
	return e.Encode(p)
}

// openForPerson opens a directory, and finds the site that a person is of: 0 stands for the only one.
func openForPerson(o Options, siteID uint32) (*Server, *catalog.Site, error) {
	if err := store.Exists(o.Data); err != nil {
		return nil, nil, err
	}
	s, err := openFolded(o)
	if err != nil {
		return nil, nil, err
	}
	site, found := s.catalog.OnlySite()
	if siteID != 0 {
		site, found = s.catalog.Site(siteID)
	}
	if !found {
		err := fault.Field(fault.MissingField, "site", "Name by --site on which site the person was.")
		return nil, nil, errors.Join(err, s.closeState())
	}
	return s, site, nil
}

// Traces is where something of a person stands.
type Traces struct {
	What string
	store.Occurrences
}

// SearchErased looks for a visitor, or an e-mail address, as text and as keyed hash in all files of a directory that no
// server has open, or of a backup.
func SearchErased(ctx context.Context, o Options, who leads.Who) (traces []Traces, err error) {
	o.ReadOnly = true
	s, err := openFolded(o)
	if err != nil {
		return nil, err
	}
	key := s.leads.PersonID(who)
	if err := s.closeState(); err != nil {
		return nil, err
	}
	text := who.Visitor + who.Email
	traces = []Traces{{What: "text"}, {What: "keyed hash"}}
	found, err := store.Search(ctx, o.Data, [][]byte{[]byte(text), key[:]}, journal.IsErase)
	for i := range found {
		traces[i].Occurrences = found[i]
	}
	return traces, err
}
