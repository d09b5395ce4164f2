package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"footfall/bench"

	"github.com/schollz/progressbar/v3"
)

type benchCmd struct {
	Run            benchRunCmd      `cmd:"" default:"withargs" help:"Load a server over HTTP, then ask back all that it acknowledged."`
	BareServer     bareServerCmd    `cmd:"" hidden:"" help:"A server that answers 204 and does nothing."`
	PostgresServer postgresFrontCmd `cmd:"" hidden:"" help:"A server that writes events to PostgreSQL."`
}

type benchRunCmd struct {
	bench.Options `embed:""`
	JSON          string `help:"File for the report as JSON." type:"path" name:"json"`
	HTML          string `help:"File for the report as a page with plots." type:"path" name:"html"`
}

func (c *benchRunCmd) Run(p *program) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program, to start servers from: %w", err)
	}
	show, done := benchProgress()
	c.Program, c.Now, c.Show = program, time.Now, show
	report, err := bench.Run(p.ctx, c.Options)
	done()
	if report == nil {
		return err
	}
	return errors.Join(report.WriteText(p.out), writeFile(c.JSON, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(report)
	}), writeFile(c.HTML, report.WriteHTML), err)
}

// writeFile writes a file, if it has a name.
func writeFile(name string, write func(io.Writer) error) (err error) {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return write(f)
}

// benchProgress shows progress on stderr: a bar on a terminal, else one line a second.
func benchProgress() (show func(bench.Progress), done func()) {
	if !isTerminal(os.Stderr) {
		return func(pr bench.Progress) {
			fmt.Fprintf(os.Stderr, "%s  %3.0f %%  %s\n", pr.Phase, 100*pr.Part, pr.Text)
		}, func() {}
	}
	const steps = 1000
	bar := progressbar.NewOptions(steps, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetWidth(20),
		progressbar.OptionSetPredictTime(false), progressbar.OptionClearOnFinish())
	return func(pr bench.Progress) {
		bar.Describe(pr.Phase + "  " + pr.Text)
		_ = bar.Set(int(min(pr.Part, .999) * steps)) // a bar that cannot be drawn harms nothing
	}, func() { _ = bar.Clear() }
}

type bareServerCmd struct {
	Listen string `help:"Address." required:""`
}

func (c *bareServerCmd) Run(p *program) error { return bench.ServeBare(p.ctx, c.Listen) }

type postgresFrontCmd struct {
	Listen   string `help:"Address." required:""`
	DSN      string `help:"Where the database is." required:"" name:"dsn"`
	Listings int    `help:"Listings that the load views." required:""`
}

func (c *postgresFrontCmd) Run(p *program) error {
	return bench.ServePostgres(p.ctx, c.Listen, c.DSN, c.Listings)
}
