package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"footfall/server"
)

type demoCmd struct {
	Log       string `help:"Access log in combined format to replay, gzip too." required:"" type:"existingfile"`
	Data      string `help:"Data directory, which must be empty or not exist. Default: a temporary one, deleted at the end." type:"path"`
	Listen    string `help:"Address of the public port." default:"127.0.0.1:8080"`
	OpsListen string `help:"Address of the operations port." default:"127.0.0.1:9090"`
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
	o := server.Options{Data: c.Data, Listen: c.Listen, OpsListen: c.OpsListen, ShutdownGrace: 5 * time.Second}
	p.prepare(&o)
	s, err := server.Open(p.ctx, o)
	if err != nil {
		return err
	}
	return p.serve(s, &o, func() error { return s.Demo(p.ctx, log, p.out) })
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
