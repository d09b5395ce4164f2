package main

import (
	"fmt"

	"footfall/server"
)

type upgradeCmd struct {
	offline `embed:""`
}

func (c *upgradeCmd) Run(p *program) error {
	from, to, err := server.Upgrade(c.options(p), func(to int, says string) {
		fmt.Fprintf(p.out, "to format %d: %s\n", to, says)
	})
	if err != nil {
		return err
	}
	if from == to {
		fmt.Fprintf(p.out, "%s has format %d, the newest: there is nothing to do\n", c.Data, from)
		return nil
	}
	fmt.Fprintf(p.out, "%s had format %d and has format %d; older programs refuse it now\n", c.Data, from, to)
	return nil
}
