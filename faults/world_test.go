package faults

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"footfall/access"
	"footfall/api"
	"footfall/catalog"
	"footfall/ingest"
	"footfall/journal"
	"footfall/leads"
	"footfall/market"
	"footfall/sessionize"
	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/valyala/fasthttp"
)

const (
	writeKey  = "wk_0123456789abcdef"
	secretKey = "sk_0123456789abcdef"
	timeZone  = "America/New_York"
)

// machine is what a world runs on: a disk, and a clock that the test sets.
type machine struct {
	fs       vfs.FS
	now      atomic.Int64     // ms since 1970
	fatal    func(msg string) // nil: panics
	every    int              // records between checkpoints
	memory   int64            // of live sessions; 0: more than there are
	memtable int64            // bytes, 0: 256 KiB
}

func (m *machine) clock() time.Time { return time.UnixMilli(m.now.Load()) }

// world is the whole program below its ports, opened as package server does.
type world struct {
	db       *store.DB
	sessions *sessionize.Sessions
	catalog  *catalog.Catalog
	leads    *leads.Leads
	journal  *journal.Journal
	api      *api.API
}

func (m *machine) open() (w *world, err error) {
	w = &world{}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	w.db, err = store.Open("data", store.Options{
		FS: m.fs, Merges: sessionize.Merges(), Mem: cmp.Or(m.memtable, 256<<10), Cache: 4 << 20, Fatal: m.fatal,
	})
	if err != nil {
		return w, err
	}
	if w.catalog, err = catalog.Open(w.db); err != nil {
		return w, err
	}
	if w.sessions, err = sessionize.Open(w.db, sessionize.Options{Memory: cmp.Or(m.memory, 16<<20)}); err != nil {
		return w, err
	}
	w.leads, err = leads.Open(w.db, leads.Options{Sessions: w.sessions, Catalog: w.catalog, Now: m.clock})
	if err != nil {
		return w, err
	}
	w.journal, err = journal.Open(w.db, w.owners(), journal.Options{
		Now: m.clock, Admit: w.sessions.Admit, CheckpointEvery: time.Hour, CheckpointAfter: m.every,
	})
	if err != nil {
		return w, err
	}
	w.leads.Attach(w.journal)
	if err := w.catalog.EnsureDefault(context.Background(), w.journal, timeZone); err != nil {
		return w, err
	}
	return w, w.openDoors(m)
}

func (w *world) owners() []journal.Owner { return []journal.Owner{w.catalog, w.sessions, w.leads} }

func (w *world) openDoors(m *machine) error {
	keys, err := access.Open(w.db, access.Options{Now: m.clock})
	if err != nil {
		return err
	}
	if err := keys.Flags(writeKey, secretKey); err != nil {
		return err
	}
	in := ingest.New(ingest.Options{
		Journal: w.journal, Sessions: w.sessions, Leads: w.leads, Catalog: w.catalog, Access: keys, DB: w.db, Now: m.clock,
	})
	w.api = api.New(api.Options{
		Ingest: in, Sessions: w.sessions, Leads: w.leads, Market: market.New(w.sessions, w.catalog), Catalog: w.catalog,
		Access: keys, WaitDurable: w.journal.WaitDurable, CursorKey: []byte("key of cursors"), Now: m.clock,
		Log: slog.New(slog.DiscardHandler),
	})
	return nil
}

// close closes what is open.
func (w *world) close() (err error) {
	if w.journal != nil {
		err = w.journal.Close()
	}
	if w.sessions != nil {
		err = errors.Join(err, w.sessions.Close())
	}
	if w.db != nil {
		err = errors.Join(err, w.db.Close())
	}
	return err
}

// rebuild deletes all derived state; the next open makes it again. The world is closed then.
func (w *world) rebuild() error {
	if err := w.journal.Close(); err != nil {
		return err
	}
	b := w.db.NewBatch()
	for _, s := range store.Spaces {
		if s.Derived {
			b.DeleteRange(s.Space.Span())
		}
	}
	journal.ForgetPositions(b)
	return errors.Join(b.Commit(true), w.db.Close())
}

// check returns every broken invariant that the owners find in what they have stored.
func (w *world) check() (errs []error) {
	v := w.db.NewView()
	for _, o := range w.owners() {
		o.Check(v, func(err error) { errs = append(errs, fmt.Errorf("%s: %w", o.Name(), err)) })
	}
	if err := v.Close(); err != nil {
		errs = append(errs, err)
	}
	return errs
}

// call makes a request of the public port.
func (w *world) call(method, target, body string, headers ...string) (status int, answer []byte) {
	var req fasthttp.Request
	req.Header.SetMethod(method)
	req.SetRequestURI(target)
	req.Header.SetHost("footfall")
	req.Header.SetUserAgent("Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	req.SetBodyString(body)
	var ctx fasthttp.RequestCtx
	ctx.Init(&req, nil, nil)
	w.api.Handler(&ctx)
	return ctx.Response.StatusCode(), ctx.Response.Body()
}

// ask makes a request with the secret key and decodes the answer; found is false for 404.
func (w *world) ask(target string, to any) (found bool, err error) {
	status, answer := w.call("GET", target, "", "Authorization", "Bearer "+secretKey)
	switch status {
	case fasthttp.StatusOK:
		return true, json.Unmarshal(answer, to)
	case fasthttp.StatusNotFound:
		return false, nil
	}
	return false, fmt.Errorf("GET %s: %d %s", target, status, answer)
}
