package server

import (
	"context"
	"crypto/rand"
	"path/filepath"

	"footfall/ingest"
)

// openSalt opens the salt of anonymous visitors, which stands in a file of its own: it must be in no backup.
func (s *Server) openSalt() (*ingest.Salt, error) {
	file := filepath.Join(s.o.Data, ingest.SaltFile)
	if s.o.ReadOnly {
		file = ""
	}
	return ingest.OpenSalt(file, rand.Reader, s.o.Now())
}

// turnSalt destroys the salt of a day that is over, also where nobody comes.
func (s *Server) turnSalt(context.Context) error { return s.salt.Turn(s.o.Now()) }
