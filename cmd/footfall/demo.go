package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"footfall/server"
	"footfall/server/homes"
)

type demoCmd struct {
	Log       string `help:"Access log in combined format to replay, gzip too." required:"" type:"existingfile"`
	Data      string `help:"Data directory, which must be empty or not exist. Default: a temporary one, deleted at the end." type:"path"`
	Listen    string `help:"Address of the public port." default:"127.0.0.1:8080"`
	OpsListen string `help:"Address of the operations port." default:"127.0.0.1:9090"`

	SiteListen string `help:"Address of the site of homes, which carries the tracker." default:"127.0.0.1:8081"`
}

func (c *demoCmd) Run(p *program) (err error) {
	log, err := readLog(c.Log)
	if err != nil {
		return err
	}
	if c.Data == "" {
		if c.Data, err = os.MkdirTemp("", "footfall-demo-"); err != nil {
			return fmt.Errorf("make a directory for the demo: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(c.Data)) }()
	} else if entries, rerr := os.ReadDir(c.Data); rerr == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty; the demo starts on an empty directory (--data)", c.Data)
	}
	site, err := net.Listen("tcp", c.SiteListen)
	if err != nil {
		return fmt.Errorf("open the port of the site of homes (--site-listen): %w", err)
	}
	o := server.Options{Data: c.Data, Listen: c.Listen, OpsListen: c.OpsListen, ShutdownGrace: 5 * time.Second}
	p.prepare(&o)
	s, err := server.Open(p.ctx, o)
	if err != nil {
		return errors.Join(err, site.Close())
	}
	keys := s.Initial()
	pages, err := homes.New(homes.Options{Footfall: "http://" + c.Listen, WriteKey: keys.WriteKey, SecretKey: keys.AdminKey, Log: p.log})
	if err != nil {
		return errors.Join(err, site.Close(), s.Close())
	}
	return p.serve(s, &o, func(ctx context.Context) error {
		shown := make(chan error, 1)
		go func() { shown <- pages.Serve(ctx, site) }()
		err := s.Demo(ctx, log, site.Addr().String(), p.out)
		if err != nil { // the pages go on until Ctrl-C, so it is told now
			p.log.Error("the log is not replayed to its end", "error", err)
		}
		return errors.Join(err, <-shown)
	})
}

func readLog(name string) (log []byte, err error) {
	f, _, err := openInput(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r, err := gunzip(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
