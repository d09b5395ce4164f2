package server

import (
	"encoding/json"
	"net/http"
	"net/http/pprof"
)

// opsHandler serves the operations port.
func (s *Server) opsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if s.journal.Err() != nil {
			writeState(w, http.StatusServiceUnavailable, "failed")
			return
		}
		writeState(w, http.StatusOK)
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if s.draining.Load() {
			writeState(w, http.StatusServiceUnavailable, "draining")
			return
		}
		writeState(w, http.StatusOK)
	})
	if s.o.Pprof {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

func writeState(w http.ResponseWriter, status int, reasons ...string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if reasons == nil {
		reasons = []string{}
	}
	// The client may be gone; there is nobody else to tell.
	_ = json.NewEncoder(w).Encode(struct {
		Ready   bool     `json:"ready"`
		Reasons []string `json:"reasons"`
	}{len(reasons) == 0, reasons})
}
