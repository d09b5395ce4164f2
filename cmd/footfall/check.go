package main

import (
	"errors"
	"fmt"

	"footfall/server"
	"footfall/store"
)

// offline are the flags of commands that open a directory which no server has open.
type offline struct {
	Data string `help:"Data directory." default:"footfall-data" type:"path"`
}

func (o offline) options(p *program) server.Options {
	so := server.Options{Data: o.Data}
	p.prepare(&so)
	return so
}

type checkCmd struct {
	offline `embed:""`
}

func (c *checkCmd) Run(p *program) error {
	broken, damaged := 0, false
	records, err := server.Check(p.ctx, c.options(p), func(err error) {
		broken++
		damaged = damaged || errors.Is(err, store.ErrDamaged)
		fmt.Fprintln(p.out, err)
	})
	if err != nil {
		return err
	}
	if damaged {
		return brokenIn(c.Data, broken)
	}
	if broken > 0 {
		return fmt.Errorf("%d things are not as they must be in %s", broken, c.Data)
	}
	fmt.Fprintf(p.out, "ok: %d records of the journal and everything made from them\n", records)
	return nil
}

type rebuildCmd struct {
	offline `embed:""`
}

func (c *rebuildCmd) Run(p *program) error {
	records, err := server.Rebuild(p.ctx, c.options(p))
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "rebuilt from %d records of the journal\n", records)
	return nil
}
