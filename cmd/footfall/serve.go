package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"footfall/access"
	"footfall/server"
)

type serveCmd struct {
	server.Options `embed:""`
}

func (c *serveCmd) Run(p *program) error {
	p.prepare(&c.Options)
	s, err := server.Open(p.ctx, c.Options)
	if err != nil {
		return err
	}
	if err := p.serve(s, &c.Options, nil); err != nil {
		return err
	}
	return nil
}

// serve serves until the program is told to stop. begun, if not nil, runs beside it and is waited for.
func (p *program) serve(s *server.Server, o *server.Options, begun func() error) error {
	public, err := s.Listen()
	if err != nil {
		return errors.Join(err, s.Close())
	}
	p.log.Info("serving", "listen", public.Addr().String(), "ops_listen", s.OpsAddr().String(), "data", o.Data)
	if _, created := s.Keys(); created {
		fmt.Fprintf(p.out, "Keys were made; read them in %s, keep them elsewhere and delete that file.\n",
			filepath.Join(o.Data, access.InitialFile))
	}
	beside := make(chan error, 1)
	go func() {
		if begun == nil {
			beside <- nil
			return
		}
		beside <- begun()
	}()
	err = s.Serve(p.ctx, public)
	return errors.Join(err, <-beside, s.Close())
}
