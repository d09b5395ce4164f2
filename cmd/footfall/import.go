package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"footfall/ingest"
	"footfall/server"

	"github.com/schollz/progressbar/v3"
)

type importCmd struct {
	offline `embed:""`
	Format  string         `help:"ndjson (events) or combined (access log)." enum:"ndjson,combined" default:"ndjson"`
	Pattern *regexp.Regexp `help:"For access logs: a path that it matches is a listing's page; its first group is the listing's id." placeholder:"REGEXP"`
	Shift   time.Duration  `help:"For access logs: added to every time."`
	File    string         `arg:"" help:"File to read, gzip too; - for standard input."`
}

// AfterApply says what is wrong with a pattern before anything is opened.
func (c *importCmd) AfterApply() error {
	if c.Pattern != nil && c.Pattern.NumSubexp() < 1 {
		return errors.New("--pattern needs a group in parentheses around the listing's id")
	}
	return nil
}

func (c *importCmd) Run(p *program) (err error) {
	f, size, err := openInput(c.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	s, err := server.Open(p.ctx, c.options(p))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r, show, done := p.progress(f, size)
	plain, err := gunzip(r)
	if err != nil {
		return err
	}
	sum, err := c.importFrom(p.ctx, s, plain, show)
	done()
	fmt.Fprintf(p.out, "%d lines: %d events accepted, %d rejected, %d lines that are no page views\n",
		sum.Lines, sum.Accepted, sum.Rejected, sum.Skipped)
	for _, r := range sum.Reasons {
		fmt.Fprintf(p.out, "  rejected %d: %s\n", r.Lines, r.Message)
	}
	return err
}

func (c *importCmd) importFrom(ctx context.Context, s *server.Server, r io.Reader, show func(ingest.Progress)) (ingest.Progress, error) {
	if c.Format == "combined" {
		return s.Ingest().ImportLog(ctx, s.Site(), r, ingest.LogOptions{Pattern: c.Pattern, Shift: c.Shift}, show)
	}
	return s.Ingest().ImportLines(ctx, s.Site(), r, show)
}

// progress shows how far reading r has come: a bar with rate and time left on a terminal, plain lines elsewhere.
func (p *program) progress(r io.Reader, size int64) (counted io.Reader, show func(ingest.Progress), done func()) {
	if !p.isTerm {
		return r, func(pr ingest.Progress) {
			fmt.Fprintf(p.out, "%d lines, %d accepted, %d rejected\n", pr.Lines, pr.Accepted, pr.Rejected)
		}, func() {}
	}
	bar := progressbar.DefaultBytes(size, "importing")
	counting := progressbar.NewReader(r, bar)
	return &counting, func(ingest.Progress) {}, func() { _ = bar.Finish() } // a bar that cannot be drawn harms nothing
}

func openInput(name string) (f *os.File, size int64, err error) {
	if name == "-" {
		return os.Stdin, -1, nil
	}
	if f, err = os.Open(name); err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	if info.IsDir() {
		return nil, 0, errors.Join(fmt.Errorf("%s is a directory", name), f.Close())
	}
	return f, info.Size(), nil
}

// gunzip unpacks r if it begins like gzip.
func gunzip(r io.Reader) (io.Reader, error) {
	head := make([]byte, 2)
	n, err := io.ReadFull(r, head)
	whole := io.MultiReader(strings.NewReader(string(head[:n])), r)
	if err != nil || head[0] != 0x1f || head[1] != 0x8b {
		return whole, nil // short or plain; a read error comes again
	}
	return gzip.NewReader(whole)
}
