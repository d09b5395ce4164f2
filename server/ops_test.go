package server

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"footfall/api"

	"github.com/valyala/fasthttp"
)

// opened returns a server with an operations port only.
func opened(t *testing.T, o Options) *Server {
	t.Helper()
	o.Data, o.OpsListen = t.TempDir(), "127.0.0.1:0"
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// expect asks the operations port.
func (s *Server) expect(t *testing.T, path, want string) {
	t.Helper()
	if got := s.ask(t, path); got != want {
		t.Errorf("%s: %s, want %s", path, got, want)
	}
}

// ready is what it answers when all is well.
const ready = `200 {"ready":true,"reasons":[]}`

// ask asks the operations port.
func (s *Server) ask(t *testing.T, path string) string {
	t.Helper()
	res, err := http.Get("http://" + s.OpsAddr().String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	return res.Status[:3] + " " + strings.TrimSpace(string(text))
}

func TestReadinessNamesItsReasons(t *testing.T) {
	s := opened(t, Options{})
	s.expect(t, "/readyz", ready)
	s.expect(t, "/readyz?for=tea", "400 for is ingest or query")
	s.corruptions.Add(1)
	s.expect(t, "/readyz", `503 {"ready":false,"reasons":["corrupt"]}`)
	s.draining.Store(true)
	for _, use := range []string{"", "?for=ingest", "?for=query"} {
		s.expect(t, "/readyz"+use, `503 {"ready":false,"reasons":["draining","corrupt"]}`)
	}
	s.expect(t, "/healthz", ready)
}

func TestWhatStopsEventsAloneLeavesItReadyForQuestions(t *testing.T) {
	s := opened(t, Options{DiskUsage: func() (free, total uint64, err error) { return 1 << 20, 1 << 40, nil }})
	s.expect(t, "/readyz", `503 {"ready":false,"reasons":["disk_low"]}`)
	s.expect(t, "/readyz?for=ingest", `503 {"ready":false,"reasons":["disk_low"]}`)
	s.expect(t, "/readyz?for=query", ready)
	s.expect(t, "/healthz", ready)
}

func TestHealthIsTheCommittersHeartbeat(t *testing.T) {
	opened(t, Options{Now: func() time.Time { return time.UnixMilli(1) }}).expect(t, "/healthz", ready)
	var seconds atomic.Int64 // each look at the clock is 11 s after the last: the committer never came by lately
	late := opened(t, Options{Now: func() time.Time { return time.Unix(seconds.Add(11), 0) }})
	late.expect(t, "/healthz", `503 {"ready":false,"reasons":["stuck"]}`)
}

func TestWhileItRecoversTheOpsPortSaysSo(t *testing.T) {
	s := &Server{metrics: newMetrics(Options{})}
	s.recovering.Store(true)
	h := s.opsHandler()
	for path, want := range map[string]int{"/healthz": 200, "/metrics": 200, "/readyz": 503, "/anything": 503} {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest("GET", path, nil))
		if answer.Code != want || want == 503 && !strings.Contains(answer.Body.String(), `["recovering"]`) {
			t.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
	}
}

// answered returns a request that was answered, and its route.
func answered(s *Server) (*fasthttp.RequestCtx, *api.Route) {
	ctx := new(fasthttp.RequestCtx)
	ctx.Init2(nil, nil, false) // begins its time
	ctx.SetStatusCode(fasthttp.StatusNoContent)
	return ctx, &s.api.Routes()[0]
}

func TestCountingARequestTakesNoMemory(t *testing.T) {
	s := opened(t, Options{})
	ctx, route := answered(s)
	if n := testing.AllocsPerRun(1000, func() { s.metrics.requests.observe(ctx, route) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	s, err := Open(b.Context(), Options{Data: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	ctx, route := answered(s)
	for b.Loop() {
		s.metrics.requests.observe(ctx, route)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
