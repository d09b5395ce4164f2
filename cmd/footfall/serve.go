package main

import (
	"context"
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

// serve serves until the program is told to stop. begun, if not nil, runs beside it, is told when that ends, and is
// waited for.
func (p *program) serve(s *server.Server, o *server.Options, begun func(context.Context) error) error {
	public, err := s.Listen()
	if err != nil {
		return errors.Join(err, s.Close())
	}
	p.log.Info("serving", "listen", public.Addr().String(), "ops_listen", s.OpsAddr().String(), "data", o.Data)
	if s.Initial().Created {
		fmt.Fprintf(p.out, "Keys were made; read them in %s, keep them elsewhere and delete that file.\n",
			filepath.Join(o.Data, access.InitialFile))
	}
	ctx, end := context.WithCancel(p.ctx)
	defer end()
	beside := make(chan error, 1)
	go func() {
		if begun == nil {
			beside <- nil
			return
		}
		beside <- begun(ctx)
	}()
	err = s.Serve(p.ctx, public)
	end()
	return errors.Join(err, <-beside, s.Close())
}
