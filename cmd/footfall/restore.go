package main

import (
	"fmt"

	"footfall/server"
)

type restoreCmd struct {
	From     string `help:"Backup to restore." required:"" type:"path" placeholder:"DIR"`
	Erasures string `help:"Erasure list of the directory that was backed up; by default the one beside the backup." type:"path" placeholder:"FILE"`
	To       string `help:"Data directory to make; it must be empty, or not be there." required:"" type:"path" placeholder:"DIR"`
}

func (c *restoreCmd) Run(p *program) error {
	o := server.Options{Data: c.To}
	p.prepare(&o)
	broken := 0
	v, err := server.Restore(p.ctx, c.From, c.Erasures, o, func(err error) {
		broken++
		fmt.Fprintln(p.out, err)
	})
	if err != nil {
		return err
	}
	p.show(v)
	fmt.Fprintf(p.out, "erased    %d\n", v.Erased)
	return brokenIn(c.To, broken)
}
