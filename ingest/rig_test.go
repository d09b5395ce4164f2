package ingest

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/valyala/fasthttp"

	"footfall/access"
	"footfall/catalog"
	"footfall/event"
	"footfall/journal"
	"footfall/leads"
	"footfall/sessionize"
	"footfall/store"
)

const (
	testKey    = "wk_0123456789abcdef"
	testSecret = "sk_0123456789abcdef"
	pageOrigin = "https://agent.example"
)

// now is where the clock of every rig begins: a Monday noon. It stands still unless a test moves it.
var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// rig is a real server with everything below it, in memory.
type rig struct {
	t        testing.TB
	in       *Ingest
	journal  *journal.Journal
	db       *store.DB
	sessions *sessionize.Sessions
	catalog  *catalog.Catalog
	client   *http.Client
	elapsed  atomic.Int64 // since now
	step     atomic.Int64 // by which every look at the clock moves it
}

func (g *rig) now() time.Time { return now.Add(time.Duration(g.elapsed.Add(g.step.Load()))) }

func newRig(t testing.TB) *rig {
	g := &rig{t: t}
	var err error
	g.db, err = store.Open("data", store.Options{FS: vfs.NewMem(), Merges: sessionize.Merges(), Mem: 1 << 20, Cache: 16 << 20})
	g.must(err)
	g.sessions, err = sessionize.Open(g.db, sessionize.Options{})
	g.must(err)
	g.catalog, err = catalog.Open(g.db)
	g.must(err)
	people, err := leads.Open(g.db, leads.Options{Sessions: g.sessions, Catalog: g.catalog, Now: g.now})
	g.must(err)
	g.journal, err = journal.Open(g.db, []journal.Owner{g.catalog, g.sessions, people},
		journal.Options{Now: g.now, Admit: g.sessions.Admit, CheckpointEvery: time.Hour})
	g.must(err)
	people.Attach(g.journal)
	g.catalog.Attach(g.journal)
	g.must(g.catalog.EnsureDefault(context.Background(), g.journal, "UTC"))
	keys, err := access.Open(g.db, access.Options{Now: g.now})
	g.must(err)
	g.must(keys.Flags(testKey, testSecret))
	g.in = New(Options{Journal: g.journal, Sessions: g.sessions, Leads: people, Catalog: g.catalog, Access: keys, DB: g.db, Now: g.now})
	stop := g.serve()
	t.Cleanup(func() {
		stop()
		if err := g.journal.Close(); err != nil {
			t.Error(err)
		}
		if err := g.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

func (g *rig) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// serve starts the server on a loopback address and returns what stops it.
func (g *rig) serve() (stop func()) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	g.must(err)
	srv := &fasthttp.Server{
		Handler: g.route, StreamRequestBody: true, DisablePreParseMultipartForm: true, MaxRequestBodySize: event.MaxWire,
		Logger: silent{},
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(ln) // it ends with the listener
	}()
	var dialer net.Dialer
	g.client = &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, "tcp", ln.Addr().String())
			},
			DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return func() {
		g.client.CloseIdleConnections()
		_ = ln.Close() // Shutdown alone does not end a Serve that has not begun
		_ = srv.Shutdown()
		<-done
	}
}

type silent struct{}

func (silent) Printf(string, ...any) {}

func (g *rig) route(ctx *fasthttp.RequestCtx) {
	switch path := string(ctx.Path()); {
	case ctx.IsOptions() && path == "/api/analytics/page-duration":
		g.in.PreflightPageDuration(ctx)
	case ctx.IsOptions():
		g.in.Preflight(ctx)
	case path == "/v1/events":
		g.in.Beacon(ctx)
	case path == "/v1/p":
		g.in.Pixel(ctx)
	case path == "/api/analytics/page-duration":
		g.in.PageDuration(ctx)
	case path == "/v1/leads":
		g.in.PostLead(ctx)
	case path == "/v1/import":
		site, _ := g.catalog.OnlySite()
		g.in.Import(ctx, site)
	}
}

// reply is an answer, its body read.
type reply struct {
	status int
	header http.Header
	body   string
}

// send makes a request; headers are name, value, name, value.
func (g *rig) send(method, target, body string, headers ...string) reply {
	g.t.Helper()
	return g.sendFrom(method, target, strings.NewReader(body), headers...)
}

func (g *rig) sendFrom(method, target string, body io.Reader, headers ...string) reply {
	g.t.Helper()
	r, err := http.NewRequest(method, "http://footfall.test"+target, body)
	g.must(err)
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := g.client.Do(r)
	g.must(err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	g.must(err)
	return reply{res.StatusCode, res.Header, string(text)}
}

func (g *rig) post(target, body string, headers ...string) reply {
	g.t.Helper()
	return g.send("POST", target, body, headers...)
}

// beacon posts to /v1/events with the key in the address.
func (g *rig) beacon(body string, headers ...string) reply {
	g.t.Helper()
	return g.post("/v1/events?k="+testKey, body, headers...)
}

// want checks an answer's status and, if code is not empty, its error.
func (g *rig) want(r reply, status int, code string) {
	g.t.Helper()
	if r.status != status {
		g.t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	if r.header.Get("X-Request-Id") == "" {
		g.t.Error("no X-Request-Id")
	}
	if code == "" {
		return
	}
	var e struct{ Error errorBody }
	if err := json.Unmarshal([]byte(r.body), &e); err != nil {
		g.t.Fatalf("%v: %s", err, r.body)
	}
	if string(e.Error.Code) != code || e.Error.Message == "" || e.Error.RequestID != r.header.Get("X-Request-Id") {
		g.t.Fatalf("error %+v, want code %s and the id %s", e.Error, code, r.header.Get("X-Request-Id"))
	}
}

// events returns how many events a session counts.
func (g *rig) events(session string) int {
	g.t.Helper()
	return len(g.timeline(session))
}

func (g *rig) timeline(session string) []sessionize.TimelineEvent {
	g.t.Helper()
	events, _, err := g.sessions.Timeline(1, session, 0, -1, 1_000_000)
	g.must(err)
	return events
}

// restrict gives the site its only origin.
func (g *rig) restrict(change ...func(*catalog.Site)) {
	g.t.Helper()
	site, _ := g.catalog.OnlySite()
	s := *site
	s.Origins = []string{pageOrigin}
	for _, f := range change {
		f(&s)
	}
	g.must(g.catalog.Put(context.Background(), g.journal, s))
}

func (g *rig) rejected() []RejectRow {
	g.t.Helper()
	rows, err := g.in.Rejects([]uint32{1}, 10_000, nil)
	g.must(err)
	return rows
}
