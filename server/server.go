// Package server is the composition root: it opens the store, the owners and the journal in their order, serves the
// public and the operations port, and closes everything the other way round.
//
// It guarantees that nothing is served before the journal has recovered, and that Close answers every request that
// was taken, commits what is queued and writes a checkpoint. A poisoned journal ends Serve with an error; the program
// must then exit non-zero.
package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"footfall/access"
	"footfall/api"
	"footfall/catalog"
	"footfall/event"
	"footfall/ingest"
	"footfall/journal"
	"footfall/leads"
	"footfall/market"
	"footfall/sessionize"
	"footfall/store"

	"github.com/valyala/fasthttp"
)

// Options of a Server. The tags are read by the command line.
type Options struct {
	Listen        string        `help:"Address of the public port." default:"127.0.0.1:8080"`
	OpsListen     string        `help:"Address of the operations port (/healthz, /readyz)." default:"127.0.0.1:9090"`
	Data          string        `help:"Data directory." default:"footfall-data" type:"path"`
	TimeZone      string        `help:"IANA time zone of the initial site; a change counts for events received later." placeholder:"ZONE"`
	WriteKey      string        `help:"Public key of the initial site: wk_ and at least 16 characters." placeholder:"wk_…"`
	AdminKey      string        `help:"Secret admin key: sk_ and at least 16 characters." placeholder:"sk_…"`
	QueueBytes    int64         `help:"Bytes of events that may wait to be committed; more is answered with 503." default:"33554432"`
	Pprof         bool          `help:"Serve /debug/pprof on the operations port."`
	ShutdownGrace time.Duration `help:"How long to wait for open requests when stopping." default:"20s"`

	Now   func() time.Time `kong:"-"`
	Log   *slog.Logger     `kong:"-"`
	Fatal func(msg string) `kong:"-"` // ends the program when the disk fails; must not return
}

// Server is an open data directory and what serves it.
type Server struct {
	o        Options
	db       *store.DB
	catalog  *catalog.Catalog
	sessions *sessionize.Sessions
	leads    *leads.Leads
	journal  *journal.Journal
	keys     *access.Keys
	created  bool // the initial keys were made by this start
	ingest   *ingest.Ingest
	api      *api.API

	public   *fasthttp.Server
	ops      *http.Server
	draining atomic.Bool
	warm     sync.WaitGroup
	stopWarm context.CancelFunc
}

// Open opens or creates the data directory and recovers its state.
func Open(ctx context.Context, o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	s := &Server{o: o}
	if err := s.openState(ctx); err != nil {
		return nil, errors.Join(err, s.closeState())
	}
	s.ingest = ingest.New(ingest.Options{
		Journal: s.journal, Leads: s.leads, Catalog: s.catalog, Keys: s.keys, DB: s.db, Now: o.Now, Log: o.Log,
	})
	cursorKey := s.db.ID("the key of cursors") // secret, and the same after a restart
	s.api = api.New(api.Options{
		Ingest: s.ingest, Sessions: s.sessions, Leads: s.leads, Market: market.New(s.sessions, s.catalog),
		Catalog: s.catalog, Keys: s.keys, WaitDurable: s.journal.WaitDurable, CursorKey: cursorKey[:], Now: o.Now, Log: o.Log,
	})
	var warmCtx context.Context
	warmCtx, s.stopWarm = context.WithCancel(context.Background())
	s.warm.Go(func() {
		if err := s.sessions.Warm(warmCtx); err != nil && warmCtx.Err() == nil {
			o.Log.Error("live sessions could not be brought back", "error", err)
		}
	})
	return s, nil
}

func (s *Server) openState(ctx context.Context) (err error) {
	o := s.o
	if s.db, err = store.Open(o.Data, store.Options{Merges: sessionize.Merges(), Log: o.Log, Fatal: o.Fatal, Mem: 64 << 20, Cache: 384 << 20}); err != nil {
		return err
	}
	if s.catalog, err = catalog.Open(s.db); err != nil {
		return err
	}
	if s.sessions, err = sessionize.Open(s.db, sessionize.Options{Log: o.Log}); err != nil {
		return err
	}
	if s.leads, err = leads.Open(s.db, leads.Options{Sessions: s.sessions, Catalog: s.catalog, Now: o.Now}); err != nil {
		return err
	}
	began := time.Now()
	s.journal, err = journal.Open(s.db, s.owners(), journal.Options{
		Now: o.Now, Log: o.Log, Queue: o.QueueBytes, Admit: s.sessions.Admit,
	})
	if err != nil {
		return err
	}
	o.Log.Info("recovered", "position", s.journal.Applied(), "took", time.Since(began).String())
	s.leads.Attach(s.journal)
	if err := s.catalog.EnsureDefault(ctx, s.journal, o.TimeZone); err != nil {
		return err
	}
	s.keys, s.created, err = access.LoadOrCreate(o.Data, o.WriteKey, o.AdminKey, rand.Reader)
	return err
}

// owners are applied in this order: what others read comes first.
func (s *Server) owners() []journal.Owner { return []journal.Owner{s.catalog, s.sessions, s.leads} }

// Keys returns the keys in force and whether this start made them.
func (s *Server) Keys() (keys *access.Keys, created bool) { return s.keys, s.created }

// Ingest returns the door for imports from within the process.
func (s *Server) Ingest() *ingest.Ingest { return s.ingest }

// Site returns the initial site.
func (s *Server) Site() *catalog.Site {
	site, _ := s.catalog.Site(catalog.DefaultSite)
	return site
}

// Listen opens both ports.
func (s *Server) Listen() (public, ops net.Listener, err error) {
	if public, err = net.Listen("tcp", s.o.Listen); err != nil {
		return nil, nil, fmt.Errorf("open the public port (--listen): %w", err)
	}
	if ops, err = net.Listen("tcp", s.o.OpsListen); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open the operations port (--ops-listen): %w", err), public.Close())
	}
	return public, ops, nil
}

// Serve serves both ports until ctx ends, or until the journal is poisoned, which is an error. It returns once the
// requests that were open are answered, or the grace is over.
func (s *Server) Serve(ctx context.Context, public, ops net.Listener) error {
	s.public = &fasthttp.Server{
		Handler:                      s.api.Handler,
		ErrorHandler:                 s.api.ErrorHandler,
		StreamRequestBody:            true, // imports are of any length; beacons read no more than they may
		MaxRequestBodySize:           event.MaxWire,
		ReadBufferSize:               16 << 10,
		NoDefaultServerHeader:        true,
		SecureErrorLogMessage:        true,
		DisablePreParseMultipartForm: true,
		IdleTimeout:                  2 * time.Minute,
		CloseOnShutdown:              true,
		Logger:                       quiet{s.o.Log},
	}
	s.ops = &http.Server{Handler: s.opsHandler(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 2)
	go func() { failed <- s.public.Serve(public) }()
	go func() { failed <- s.ops.Serve(ops) }()
	var err error
	running := 2
	select {
	case <-ctx.Done():
	case <-s.journal.Failed():
		err = s.journal.Err()
	case err = <-failed:
		running--
		err = fmt.Errorf("serve: %w", err)
	}
	s.stopServing(err)
	for range running {
		if serr := <-failed; serr != nil && !errors.Is(serr, http.ErrServerClosed) {
			err = errors.Join(err, serr)
		}
	}
	return err
}

func (s *Server) stopServing(cause error) {
	began := time.Now()
	s.draining.Store(true)
	grace, cancel := context.WithTimeout(context.Background(), s.o.ShutdownGrace)
	defer cancel()
	if cause != nil {
		s.o.Log.Error("stopping", "error", cause)
	}
	err := errors.Join(s.public.ShutdownWithContext(grace), s.ops.Shutdown(grace))
	s.o.Log.Info("stopped serving", "took", time.Since(began).String(), "error", err)
}

// Close commits what is queued, writes a checkpoint and closes the directory. Serve must have returned.
func (s *Server) Close() error {
	s.stopWarm()
	s.warm.Wait()
	return s.closeState()
}

func (s *Server) closeState() (err error) {
	began := time.Now()
	if s.journal != nil {
		err = s.journal.Close()
		s.o.Log.Info("journal closed", "took", time.Since(began).String())
	}
	if s.db != nil {
		began = time.Now()
		err = errors.Join(err, s.db.Close())
		s.o.Log.Info("store closed", "took", time.Since(began).String())
	}
	return err
}

// quiet keeps fasthttp's words about single connections out of the log unless someone looks for them.
type quiet struct{ log *slog.Logger }

func (q quiet) Printf(format string, args ...any) {
	q.log.Debug("http", "message", fmt.Sprintf(format, args...))
}
