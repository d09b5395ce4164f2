// Package server is the composition root: it opens the store, the owners and the journal in their order, serves the
// public and the operations port, and closes everything the other way round.
//
// It guarantees that nothing is served on the public port before the journal has recovered, and that Close answers every
// request that was taken, commits what is queued and writes a checkpoint. A poisoned journal ends Serve with an error;
// the program must then exit non-zero. The operations port answers from before the recovery on.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"footfall/access"
	"footfall/api"
	"footfall/catalog"
	"footfall/event"
	"footfall/fault"
	"footfall/ingest"
	"footfall/journal"
	"footfall/leads"
	"footfall/learn"
	"footfall/market"
	"footfall/sessionize"
	"footfall/store"
	"footfall/web"

	"github.com/valyala/fasthttp"
)

// Options of a Server. The tags are read by the command line.
type Options struct {
	Listen           string         `help:"Address of the public port." default:"127.0.0.1:8080"`
	OpsListen        string         `help:"Address of the operations port (/healthz, /readyz, /metrics)." default:"127.0.0.1:9090"`
	Data             string         `help:"Data directory." default:"footfall-data" type:"path"`
	TimeZone         string         `help:"IANA time zone of the initial site; a change counts for events received later." placeholder:"ZONE"`
	WriteKey         string         `help:"Public key of the initial site: wk_ and at least 16 characters." placeholder:"wk_…"`
	AdminKey         string         `help:"Secret admin key: sk_ and at least 16 characters." placeholder:"sk_…"`
	AdminKeyFile     string         `help:"File that holds the admin key." type:"path" placeholder:"FILE"`
	Memory           Size           `help:"Memory to use at most, such as 2GiB; 60 % of the control group's or the machine's by default." placeholder:"SIZE"`
	QueueBytes       Size           `help:"Bytes of events that may wait to be committed; 5 % of --memory, at most 32MiB, by default." placeholder:"SIZE"`
	QueueWait        time.Duration  `help:"How long a request waits for room in a full queue before it is answered with 503." default:"250ms"`
	MinFree          Size           `help:"Free disk space under which beacons are answered with 503; by default 1GiB or 2 %, whichever is more, and 5 % of disks under 20GiB." placeholder:"SIZE"`
	MaxConnections   int            `help:"Open connections of the public port; one more closes the one that has been idle for the longest." default:"10000"`
	TrustedProxies   ingest.Proxies `help:"Networks whose X-Forwarded-For is believed, with commas between them: 10.0.0.0/8,127.0.0.1." placeholder:"NETWORKS"`
	TLSCert          string         `name:"tls-cert" help:"File of the public port's certificate and its chain, PEM." type:"path" placeholder:"FILE"`
	TLSKey           string         `name:"tls-key" help:"File of its private key, PEM." type:"path" placeholder:"FILE"`
	PublicURL        string         `name:"public-url" help:"Where browsers find the public port, such as https://footfall.example: for the links that are handed out, and the description of the API." placeholder:"URL"`
	TrackerPath      string         `help:"Another path of /ff.js, which no content blocker knows, such as /news.js." placeholder:"PATH"`
	BeaconPath       string         `help:"Another path of /v1/events, which no content blocker knows, such as /news." placeholder:"PATH"`
	RetainEvents     int            `help:"Whole days for which events are kept; 0: for ever." default:"0"`
	RetainSessions   int            `help:"Whole days for which sessions, and visitors without any, are kept after their last event; 0: for ever." default:"0"`
	RetainLeads      int            `help:"Whole days for which leads are kept; 0: for ever." default:"0"`
	RetainRejects    int            `help:"Whole days for which rejected events are kept; 0: for ever." default:"7"`
	BackupDir        string         `help:"Directory below which POST /backup of the operations port may write; none by default." type:"path" placeholder:"DIR"`
	ReadOnly         bool           `help:"Answer questions and take nothing; the data directory stays as it is, to the byte."`
	AcceptLoss       bool           `help:"Start although the end of the log is lost that held acknowledged records."`
	CheckpointEvery  time.Duration  `help:"How often state that changed is written, at most 5s; what came since is folded again at a start after a crash." default:"1s"`
	QueryConcurrency int            `help:"Queries that are worked on at a time; others wait for their turn. 0: no limit." default:"8"`
	QueryTimeout     time.Duration  `help:"How long a query may wait, for its turn and for the disk." default:"5s"`
	Pprof            bool           `help:"Serve /debug/pprof on the operations port."`
	ShutdownGrace    time.Duration  `help:"How long to wait for open requests when stopping." default:"20s"`
	SlowLog          time.Duration  `help:"Log requests that take this long or longer, and where the time went; 0: none." default:"1s"`

	Version   string                                 `kong:"-"` // of the program, for its metrics
	Now       func() time.Time                       `kong:"-"`
	Log       *slog.Logger                           `kong:"-"`
	Fatal     func(msg string)                       `kong:"-"` // ends the program when the disk fails; must not return
	Hurry     context.Context                        `kong:"-"` // once it ends, a stop waits for no request and writes no checkpoint; may be nil
	DiskUsage func() (free, total uint64, err error) `kong:"-"` // bytes; default: of the file system of Data
}

// Server is an open data directory and what serves it.
type Server struct {
	o        Options
	db       *store.DB
	catalog  *catalog.Catalog
	sessions *sessionize.Sessions
	leads    *leads.Leads
	learn    *learn.Learn
	journal  *journal.Journal
	access   *access.Access
	initial  access.Initial
	ingest   *ingest.Ingest
	api      *api.API
	salt     *ingest.Salt

	public     *fasthttp.Server
	tls        *tls.Config // of the public port, nil for plain HTTP
	ops        opsPort
	metrics    *metrics
	disk       *disk
	budget     budget
	jobs       *jobs
	recovering atomic.Bool
	draining   atomic.Bool
	warm       sync.WaitGroup
	stopWarm   context.CancelFunc
	unhurried  func() bool // nil: nobody can hurry

	purging         sync.Mutex
	retiredSessions uint16 // the UTC day before which the retention job has deleted sessions and visitors
	oldest          oldest

	corruptions    atomic.Int64 // times that stored bytes were found damaged
	backupVerified atomic.Int64 // when a backup was last verified, in seconds since 1970
	backups        sync.Mutex   // held while one is made, and for good once the store is closed
}

// Open opens or creates the data directory and recovers its state.
func Open(ctx context.Context, o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{o: o, metrics: newMetrics(o)}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if err := s.checkPublic(); err != nil {
		return nil, err
	}
	if err := makeData(o); err != nil {
		return nil, err
	}
	s.recovering.Store(true)
	if err := s.ops.start(o.OpsListen, s.opsHandler()); err != nil {
		return nil, err
	}
	if err := s.openState(ctx); err != nil {
		return nil, errors.Join(err, s.closeState(), s.ops.close())
	}
	scripts, err := web.Scripts(o.BeaconPath)
	app, aerr := web.App()
	if err = errors.Join(err, aerr); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare what browsers load: %w", err), s.closeState(), s.ops.close())
	}
	if s.salt, err = s.openSalt(); err != nil {
		return nil, errors.Join(err, s.closeState(), s.ops.close())
	}
	s.ingest = ingest.New(ingest.Options{
		Journal: s.journal, Sessions: s.sessions, Leads: s.leads, Catalog: s.catalog, Access: s.access, DB: s.db, Now: o.Now, Log: o.Log, Slow: o.SlowLog,
		Proxies: o.TrustedProxies, TLS: s.tls != nil, Bodies: int64(s.budget.bodies), Salt: s.salt,
	})
	cursorKey := s.db.ID("the key of cursors") // secret, and the same after a restart
	s.api = api.New(api.Options{
		Ingest: s.ingest, Sessions: s.sessions, Leads: s.leads, Learn: s.learn, Market: market.New(s.sessions, s.catalog),
		Agents:  market.NewAgents(s.leads, s.sessions, s.catalog),
		Catalog: s.catalog, Access: s.access, WaitDurable: s.journal.WaitDurable, CursorKey: cursorKey[:], BeaconPath: o.BeaconPath,
		Scripts: scripts, App: app, TrackerPath: o.TrackerPath, PublicURL: o.PublicURL, Now: o.Now, Log: o.Log,
		Observe: s.metrics.requests.observe, Queries: o.QueryConcurrency, QueryTimeout: o.QueryTimeout,
		Watch: s.sessions.NewWatch(s.journal), Streams: s.budget.streams,
		Purge: func(ctx context.Context) error { return s.purge(ctx, false) },
	})
	s.metrics.countRequests(s.api.Routes(), o)
	s.metrics.registry.MustRegister(newCollector(s.snapshot))
	var warmCtx context.Context
	warmCtx, s.stopWarm = context.WithCancel(context.Background())
	s.warm.Go(func() {
		if err := s.sessions.Warm(warmCtx, true); err != nil && warmCtx.Err() == nil {
			o.Log.Error("live sessions could not be brought back", "error", err)
		}
		s.sessions.Resume(o.Now().Add(-resumeFor).UnixMilli())
	})
	s.recovering.Store(false)
	return s, nil
}

// makeData makes the data directory, unless it is to be left as it is: then there must be one.
func makeData(o Options) error {
	if o.ReadOnly {
		return store.Exists(o.Data)
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	return nil
}

func (s *Server) openState(ctx context.Context) error {
	if err := s.openFold(); err != nil {
		return err
	}
	return s.openDoors(ctx)
}

// openFold opens the store and all state in it.
func (s *Server) openFold() (err error) {
	o := s.o
	if err := s.openDisk(); err != nil {
		return err
	}
	if s.db, err = store.Open(o.Data, store.Options{Merges: sessionize.Merges(), Log: o.Log, Now: o.Now, Fatal: o.Fatal, DiskFull: s.disk.full,
		ReadOnly: o.ReadOnly, Corrupt: func(string) { s.corruptions.Add(1) },
		Mem: int64(s.budget.memtables / memtables), Cache: int64(s.budget.cache + s.budget.memtables)}); err != nil {
		return err
	}
	if s.catalog, err = catalog.Open(s.db); err != nil {
		return err
	}
	if s.sessions, err = sessionize.Open(s.db, sessionize.Options{Memory: int64(s.budget.live), Log: o.Log}); err != nil {
		return err
	}
	if s.learn, err = learn.Open(s.db, learn.Options{Now: o.Now, Log: o.Log, Catalog: s.catalog, Yield: s.yield,
		Leads: func(organization string) ([]learn.Lead, error) { return s.leads.Teach(organization) },
		Wins:  func(organization string) int { return s.leads.Wins(organization) }}); err != nil {
		return err
	}
	if s.leads, err = leads.Open(s.db, leads.Options{Sessions: s.sessions, Catalog: s.catalog, Learn: s.learn, Now: o.Now}); err != nil {
		return err
	}
	if s.access, err = access.Open(s.db, access.Options{Now: o.Now}); err != nil {
		return err
	}
	began := time.Now()
	s.journal, err = journal.Open(s.db, s.owners(), journal.Options{
		Now: o.Now, Log: o.Log, Queue: int64(s.budget.queue), QueueWait: o.QueueWait,
		Admit: s.sessions.Admit, Refuse: s.refuse,
		Committed: s.metrics.committed, AcceptLoss: o.AcceptLoss, CheckpointEvery: o.CheckpointEvery,
	})
	if err != nil {
		return err
	}
	o.Log.Info("recovered", "position", s.journal.Applied(), "took", time.Since(began).String())
	s.catalog.Attach(s.journal)
	s.leads.Attach(s.journal)
	s.learn.Attach(s.journal)
	s.access.Attach(s.journal)
	if o.Hurry != nil {
		s.unhurried = context.AfterFunc(o.Hurry, func() {
			o.Log.Warn("told to hurry: no checkpoint is written, the next start folds the end of the log again")
			s.journal.Hurry()
		})
	}
	return nil
}

// refuse is journal.Options.Refuse.
func (s *Server) refuse(kind journal.Kind) error {
	if s.o.ReadOnly {
		return fault.New(fault.ReadOnly, "The server was started to read only (--read-only). Nothing of this request was taken: send it again later.")
	}
	return s.disk.refuse(kind)
}

// owners are applied in this order: what others read comes first.
func (s *Server) owners() []journal.Owner {
	return []journal.Owner{s.catalog, s.access, s.learn, s.sessions, s.leads}
}

// Routes returns what the public port serves.
func (s *Server) Routes() []api.Route { return s.api.Routes() }

// Ingest returns the door for imports from within the process.
func (s *Server) Ingest() *ingest.Ingest { return s.ingest }

// Site returns the initial site.
func (s *Server) Site() *catalog.Site {
	site, _ := s.catalog.Site(catalog.DefaultSite)
	return site
}

// Listen opens the public port. The operations port, if Options name one, is open since Open.
func (s *Server) Listen() (public net.Listener, err error) {
	if public, err = net.Listen("tcp", s.o.Listen); err != nil {
		return nil, fmt.Errorf("open the public port (--listen): %w", err)
	}
	if s.tls != nil {
		public = tls.NewListener(public, s.tls)
	}
	return public, nil
}

// OpsAddr returns the address of the operations port, nil if there is none.
func (s *Server) OpsAddr() net.Addr { return s.ops.addr() }

// Serve serves the public port until ctx ends, or until the journal is poisoned, which is an error. It returns once the
// requests that were open are answered, or the grace is over.
func (s *Server) Serve(ctx context.Context, public net.Listener) error {
	conns := newConns(s.o.MaxConnections, s.budget.conns, s.o.Log)
	s.jobs.start([]job{{"connections", time.Second, conns.watch}})
	s.public = &fasthttp.Server{
		Handler:                      s.api.Handler,
		ErrorHandler:                 s.api.ErrorHandler,
		ExpectHandler:                s.api.ExpectHandler,
		StreamRequestBody:            true, // imports are of any length; beacons read no more than they may
		MaxRequestBodySize:           event.MaxWire,
		ReadBufferSize:               16 << 10,
		NoDefaultServerHeader:        true,
		SecureErrorLogMessage:        true,
		DisablePreParseMultipartForm: true,
		CloseOnShutdown:              true,
		ConnState:                    conns.changed,
		Logger:                       quiet{s.o.Log},
	}
	ended := make(chan error, 1)
	go func() { ended <- s.public.Serve(boundedListener{public, conns}) }()
	s.jobs.start(s.chores())
	var err error
	running := true
	select {
	case <-ctx.Done():
	case <-s.journal.Failed():
		err = s.journal.Err()
	case err = <-s.ops.failed:
		err = fmt.Errorf("serve the operations port: %w", err)
	case err = <-ended:
		running = false
		err = fmt.Errorf("serve: %w", err)
	}
	stopped := s.stopServing(err)
	if running {
		_ = public.Close() // it is closed already, unless fasthttp had not begun with it when it was told to stop
		err = errors.Join(err, <-ended)
	}
	if stopped {
		conns.all.Wait()
	}
	return err
}

// stopServing tells whether every request was answered. Their connections may not all be closed yet.
func (s *Server) stopServing(cause error) bool {
	began := time.Now()
	s.draining.Store(true)
	s.api.EndStreams()
	grace, cancel := context.WithTimeout(context.Background(), s.o.ShutdownGrace)
	defer cancel()
	if s.o.Hurry != nil {
		defer context.AfterFunc(s.o.Hurry, cancel)()
	}
	if cause != nil {
		s.o.Log.Error("stopping", "error", cause)
	}
	public := s.public.ShutdownWithContext(grace)
	err := errors.Join(public, s.ops.shutdown(grace))
	s.o.Log.Info("stopped serving", "took", time.Since(began).String(), "error", err)
	return public == nil
}

// Close commits what is queued, writes a checkpoint and closes the directory. Serve must have returned.
func (s *Server) Close() error {
	s.api.Close()
	s.stopWarm()
	s.warm.Wait()
	return errors.Join(s.ops.close(), s.closeState())
}

func (s *Server) closeState() (err error) {
	if s.jobs != nil {
		s.jobs.stop()
	}
	began := time.Now()
	if s.journal != nil {
		err = s.journal.Close()
		if s.unhurried != nil {
			s.unhurried()
		}
		s.o.Log.Info("journal closed", "took", time.Since(began).String())
	}
	if s.sessions != nil {
		err = errors.Join(err, s.sessions.Close())
	}
	if s.db != nil {
		s.backups.Lock()
		began = time.Now()
		err = errors.Join(err, s.db.Close())
		s.o.Log.Info("store closed", "took", time.Since(began).String())
	}
	return err
}
