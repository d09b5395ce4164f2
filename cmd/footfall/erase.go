package main

import (
	"errors"
	"fmt"

	"footfall/leads"
	"footfall/server"
)

// who are the flags that name a person.
type who struct {
	Visitor string `help:"Id of a visitor, as the site sends it." placeholder:"ID" xor:"who" required:""`
	Email   string `help:"E-mail address in a lead's form." placeholder:"ADDRESS" xor:"who" required:""`
	Site    uint32 `help:"Number of the site that the visitor was on; may be left out if there is only one." placeholder:"N"`
}

func (w who) person() leads.Who { return leads.Who{Visitor: w.Visitor, Email: w.Email} }

type eraseCmd struct {
	offline `embed:""`
	who     `embed:""`
	Verify  bool `help:"Change nothing; look for the person in every file, also of a backup, and fail if something is found."`
}

func (c *eraseCmd) Run(p *program) error {
	if c.Verify {
		return c.verify(p)
	}
	f, err := server.Erase(p.ctx, c.options(p), c.Site, c.person())
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "erased: %d visitors, %d sessions, %d leads\n", f.Visitors, f.Sessions, f.Leads)
	return nil
}

func (c *eraseCmd) verify(p *program) error {
	traces, err := server.SearchErased(p.ctx, c.options(p), c.person())
	if err != nil {
		return err
	}
	left := false
	for _, t := range traces {
		left = left || !t.None()
		fmt.Fprintf(p.out, "%-10s tables %d, logs %d, manifests %d, erasure list %d\n", t.What, t.Tables, t.Logs, t.Manifests, t.Listed)
	}
	if left {
		return errors.New("something of the person is left")
	}
	return nil
}
