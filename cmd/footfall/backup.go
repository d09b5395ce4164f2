package main

import (
	"fmt"

	"footfall/server"
)

type backupCmd struct {
	Data      string `help:"Data directory." default:"footfall-data" type:"path"`
	To        string `help:"Directory to make; of a running server below its --backup-dir." required:"" type:"path" placeholder:"DIR"`
	OpsListen string `help:"Operations port of the server that has the directory open, if one has." default:"127.0.0.1:9090"`
}

func (c *backupCmd) Run(p *program) error {
	if err := server.Backup(p.ctx, c.Data, c.To, c.OpsListen, p.log); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "backed up to %s; a backup counts once it is verified: footfall verify %s\n", c.To, c.To)
	return nil
}
