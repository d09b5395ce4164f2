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
func opened(t *testing.T, now func() time.Time) *Server {
	t.Helper()
	s, err := Open(t.Context(), Options{Data: t.TempDir(), OpsListen: "127.0.0.1:0", Now: now})
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

func TestReadinessNamesItsReasonsForEachUse(t *testing.T) {
	s := opened(t, nil)
	expect := func(path, want string) {
		t.Helper()
		if got := s.ask(t, path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	const ready = `200 {"ready":true,"reasons":[]}`
	expect("/readyz", ready)
	expect("/readyz?for=ingest", ready)
	expect("/readyz?for=query", ready)
	expect("/readyz?for=tea", "400 for is ingest or query")
	s.corruptions.Add(1)
	expect("/readyz?for=query", `503 {"ready":false,"reasons":["corrupt"]}`)
	s.draining.Store(true)
	expect("/readyz", `503 {"ready":false,"reasons":["draining","corrupt"]}`)
	expect("/readyz?for=ingest", `503 {"ready":false,"reasons":["draining","corrupt"]}`)
	expect("/healthz", ready)
}

func TestAReasonOfEventsAloneLeavesQuestionsReady(t *testing.T) {
	for _, r := range opened(t, nil).reasons() {
		if want := r.name == "draining" || r.name == "corrupt"; !r.ingest || r.query != want {
			t.Errorf("%s: ingest %v, query %v", r.name, r.ingest, r.query)
		}
	}
}

func TestHealthIsTheCommittersHeartbeat(t *testing.T) {
	still := opened(t, func() time.Time { return time.UnixMilli(1) })
	if got := still.ask(t, "/healthz"); got != `200 {"ready":true,"reasons":[]}` {
		t.Error(got)
	}
	var seconds atomic.Int64 // each look at the clock is 11 s after the last: the committer never came by lately
	late := opened(t, func() time.Time { return time.Unix(seconds.Add(11), 0) })
	if got := late.ask(t, "/healthz"); got != `503 {"ready":false,"reasons":["stuck"]}` {
		t.Error(got)
	}
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
	s := opened(t, nil)
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
