package main

import (
	"fmt"

	"footfall/server"
	"footfall/store"
)

type verifyCmd struct {
	Dir      string `arg:"" help:"A backup, or the data directory of a server that does not run." type:"path"`
	Position uint64 `help:"Position up to which the digest of the journal goes; all of it by default." placeholder:"N"`
	Tell     string `help:"Operations port of a server to tell that its backup is whole, for its metric." placeholder:"ADDRESS"`
}

func (c *verifyCmd) Run(p *program) error {
	o := server.Options{Data: c.Dir}
	p.prepare(&o)
	broken := 0
	v, err := server.Verify(p.ctx, o, c.Position, func(err error) {
		broken++
		fmt.Fprintln(p.out, err)
	})
	if err != nil {
		return err
	}
	p.show(v)
	if err := brokenIn(c.Dir, broken); err != nil || c.Tell == "" {
		return err
	}
	return server.TellVerified(p.ctx, c.Tell)
}

// show prints what was found, a name and a value a line.
func (p *program) show(v server.Verified) {
	files := "not listed"
	if v.Files > 0 {
		files = fmt.Sprint(v.Files)
	}
	fmt.Fprintf(p.out, "files     %s\ntables    %d\nrecords   %d\nposition  %d\n", files, v.Tables, v.Records, v.Position)
	journal := v.Journal
	if v.At != v.Position {
		journal += fmt.Sprintf(" up to position %d", v.At)
	}
	fmt.Fprintf(p.out, "journal   %s\ndigest    %s\n", journal, v.Digest)
}

// brokenIn is the error for broken invariants in a directory of which all bytes check.
func brokenIn(dir string, broken int) error {
	if broken == 0 {
		return nil
	}
	return fmt.Errorf("%w: %d things are not as they must be in %s", store.ErrDamaged, broken, dir)
}
