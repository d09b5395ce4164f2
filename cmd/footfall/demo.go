package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"footfall/server"
	"footfall/server/agency"
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
		err := c.play(ctx, p, s, pages, log)
		if err != nil { // the pages go on until Ctrl-C, so it is told now
			p.log.Error("the demo is not played to its end", "error", err)
		}
		return errors.Join(err, <-shown)
	})
}

// play fills the server with the past of an agency and of a real log, says what to open, and lets visitors come.
func (c *demoCmd) play(ctx context.Context, p *program, s *server.Server, pages *homes.Site, log []byte) error {
	keys := s.Initial()
	o := agency.Options{Footfall: "http://" + c.Listen, WriteKey: keys.WriteKey, SecretKey: keys.AdminKey, Now: time.Now, Out: p.out}
	var ids []string
	for _, h := range pages.Homes() {
		ids = append(ids, h.ID)
		o.Homes = append(o.Homes, agency.Home{
			ID: h.ID, Address: h.Street, City: "King County", Price: h.Price, Beds: h.Beds, Baths: h.Baths, Sqft: h.Sqft,
			Listed: time.Now().AddDate(0, 0, -h.Beds*9).Truncate(24 * time.Hour),
		})
	}
	a := agency.New(o)
	if err := a.Past(ctx); err != nil {
		return err
	}
	var walking sync.WaitGroup
	defer walking.Wait()
	return s.Demo(ctx, log, ids, p.out, func() error {
		if err := a.Open(ctx); err != nil {
			return err
		}
		s.TellDemo(p.out)
		if err := a.Invite(ctx, "http://"+c.SiteListen); err != nil {
			return err
		}
		walking.Go(func() {
			if err := a.Walk(ctx); err != nil {
				p.log.Error("generated visitors stay away", "error", err)
			}
		})
		return nil
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
