package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"slices"
	"strings"
	"sync"
	"time"
)

// opsPort serves the operations port from before the recovery on. The zero value is one that is not there.
type opsPort struct {
	listener net.Listener
	server   *http.Server
	serving  sync.WaitGroup
	failed   chan error // of size 1: why it does not serve any more
}

// start opens the port and serves it, unless the address is empty.
func (p *opsPort) start(address string, h http.Handler) (err error) {
	if address == "" {
		return nil
	}
	if p.listener, err = net.Listen("tcp", address); err != nil {
		return fmt.Errorf("open the operations port (--ops-listen): %w", err)
	}
	p.server = &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	p.failed = make(chan error, 1)
	p.serving.Go(func() {
		if err := p.server.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
			p.failed <- err
		}
	})
	return nil
}

func (p *opsPort) addr() net.Addr {
	if p.listener == nil {
		return nil
	}
	return p.listener.Addr()
}

// shutdown answers what is open and ends.
func (p *opsPort) shutdown(ctx context.Context) error {
	if p.server == nil {
		return nil
	}
	return p.server.Shutdown(ctx)
}

// close ends at once. It may follow shutdown.
func (p *opsPort) close() error {
	if p.server == nil {
		return nil
	}
	err := p.server.Close()
	p.serving.Wait()
	return err
}

const (
	maxBeat = 10 * time.Second // without a sign of the committer it counts as stuck
	maxLag  = 5 * time.Second  // of the fold, over which events had better go elsewhere
)

// reason is why the server is not ready.
type reason struct {
	name   string
	ingest bool // it stands in the way of events
	query  bool // it stands in the way of questions
	holds  func() bool
}

// reasons are all that can make the server not ready once it has recovered.
func (s *Server) reasons() []reason {
	return []reason{
		{"draining", true, true, s.draining.Load},
		{"corrupt", true, true, func() bool { return s.corruptions.Load() > 0 }},
		{"read_only", true, false, func() bool { return s.o.ReadOnly }},
		{"disk_low", true, false, s.disk.low},
		{"write_stall", true, false, s.db.Stalling},
		{"fold_lag", true, false, func() bool { return s.journal.Lag() > maxLag }},
	}
}

// notReady returns the reasons that hold, for what the server is asked: "ingest", "query", or "" for both.
func (s *Server) notReady(use string) (names []string) {
	if s.recovering.Load() {
		return []string{"recovering"}
	}
	for _, r := range s.reasons() {
		asked := use == "" || use == "ingest" && r.ingest || use == "query" && r.query
		if asked && r.holds() {
			names = append(names, r.name)
		}
	}
	return names
}

// unhealthy returns why the process had better be ended and started again. The disk is no reason: a start does not
// mend it.
func (s *Server) unhealthy() []string {
	switch {
	case s.recovering.Load():
		return nil
	case s.journal.Err() != nil:
		return []string{"failed"}
	case s.journal.SinceHeartbeat() >= maxBeat:
		return []string{"stuck"}
	}
	return nil
}

// opsHandler serves the operations port.
func (s *Server) opsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeState(w, s.unhealthy()) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		use := r.URL.Query().Get("for")
		if !slices.Contains([]string{"", "ingest", "query"}, use) {
			http.Error(w, "for is ingest or query", http.StatusBadRequest)
			return
		}
		writeState(w, s.notReady(use))
	})
	// A page in a browser on this machine must not make backups.
	ours := http.NewCrossOriginProtection()
	mux.Handle("POST /backup", ours.Handler(http.HandlerFunc(s.serveBackup)))
	mux.Handle("POST /backup/verified", ours.Handler(http.HandlerFunc(s.serveVerified)))
	if s.o.Pprof {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return s.afterRecovery(mux)
}

// afterRecovery keeps all but what looks at the process itself waiting until there is a state to look at.
func (s *Server) afterRecovery(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		early := slices.Contains([]string{"/metrics", "/healthz", "/readyz"}, r.URL.Path) || strings.HasPrefix(r.URL.Path, "/debug/")
		if s.recovering.Load() && !early {
			writeState(w, []string{"recovering"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// writeState answers 200 if there are no reasons against it, else 503.
func writeState(w http.ResponseWriter, reasons []string) {
	status := http.StatusOK
	if len(reasons) > 0 {
		status = http.StatusServiceUnavailable
	} else {
		reasons = []string{}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client may be gone; there is nobody else to tell.
	_ = json.NewEncoder(w).Encode(struct {
		Ready   bool     `json:"ready"`
		Reasons []string `json:"reasons"`
	}{len(reasons) == 0, reasons})
}
