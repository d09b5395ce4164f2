package main

import (
	"footfall/server"
)

type personCmd struct {
	Export personExportCmd `cmd:"" help:"Print everything that is known of a person as one JSON document."`
}

type personExportCmd struct {
	offline `embed:""`
	who     `embed:""`
}

func (c *personExportCmd) Run(p *program) error {
	return server.ExportPerson(c.options(p), c.Site, c.person(), p.out)
}
