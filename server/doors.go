package server

import (
	"context"
	"path/filepath"

	"footfall/access"
)

// openDoors makes sure that there is a site, and keys to it.
func (s *Server) openDoors(ctx context.Context) (err error) {
	o := s.o
	adminKey, err := o.adminKey()
	if err != nil {
		return err
	}
	if o.ReadOnly {
		s.initial, err = s.access.StartReadOnly(o.Data, o.WriteKey, adminKey)
		return err
	}
	if err := s.catalog.EnsureDefault(ctx, s.journal, o.TimeZone); err != nil {
		return err
	}
	if err := s.leads.IndexContacts(); err != nil {
		return err
	}
	if s.initial, err = s.access.Start(ctx, o.Data, o.WriteKey, adminKey); err != nil {
		return err
	}
	if s.initial.File {
		o.Log.Warn("keys stand in a file: keep them elsewhere and delete it, nothing else is lost", "file", filepath.Join(o.Data, access.InitialFile))
	}
	return nil
}

// Initial returns the keys that the start knows as they are, and whether it made any.
func (s *Server) Initial() access.Initial { return s.initial }
