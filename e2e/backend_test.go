package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"footfall/server"
)

const (
	writeKey = "wk_0123456789abcdef"
	adminKey = "sk_0123456789abcdef"
)

// backend is the real server, which may be stopped and started again, and the front that stands before it.
type backend struct {
	t     *testing.T
	o     server.Options
	url   string // of the front
	stop  func() // nil while the server is down
	front *httptest.Server
	late  time.Duration // by which the script comes late

	mu       sync.Mutex
	fault    func(w http.ResponseWriter, r *http.Request) bool // answers in the server's place, if it returns true
	requests []request
	looks    []string // what pages asked to see
}

// request is one that pages have sent to /v1.
type request struct {
	path   string
	header http.Header
	body   string
	beacon bool
}

// errorLog holds what a server has logged as its own mistake, which its answers do not tell.
type errorLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *errorLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *errorLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newBackend(t *testing.T, change ...func(*server.Options)) *backend {
	t.Helper()
	b := &backend{t: t, o: server.Options{
		Data: t.TempDir(), Listen: "127.0.0.1:0", OpsListen: "127.0.0.1:0", WriteKey: writeKey, AdminKey: adminKey,
		QueueBytes: 8 << 20, Memory: 128 << 20, ShutdownGrace: 5 * time.Second,
	}}
	for _, f := range change {
		f(&b.o)
	}
	var log errorLog
	b.o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server's errors:\n%s", log.String())
		}
	})
	b.start()
	b.open()
	return b
}

// open puts the front before the server.
func (b *backend) open() {
	b.front = httptest.NewServer(b)
	b.url = b.front.URL
	b.t.Cleanup(func() {
		b.front.CloseClientConnections()
		if b.stop != nil {
			b.stop() // event streams through the front end with it
		}
		b.front.Close()
	})
}

// start starts the server, where it was before.
func (b *backend) start() {
	b.t.Helper()
	s, err := server.Open(b.t.Context(), b.o)
	if err != nil {
		b.t.Fatal(err)
	}
	public, err := s.Listen()
	if err != nil {
		b.t.Fatal(err)
	}
	b.mu.Lock() // a page that is still open asks while the server starts again
	b.o.Listen = public.Addr().String()
	b.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, public) }()
	b.stop = func() {
		b.stop = nil
		cancel()
		if err := <-served; err != nil {
			b.t.Error(err)
		}
		if err := s.Close(); err != nil {
			b.t.Error(err)
		}
	}
}

// spoil answers requests to /v1 in the server's place from now on; nil ends that.
func (b *backend) spoil(f func(w http.ResponseWriter, r *http.Request) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = f
}

// sent returns the requests to /v1 so far.
func (b *backend) sent() []request {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]request(nil), b.requests...)
}

// looked returns what pages asked to see so far.
func (b *backend) looked() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.looks)
}

// ServeHTTP is the front.
func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the page has gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	b.mu.Lock()
	fault, listen := b.fault, b.o.Listen
	if r.Method == http.MethodGet {
		b.looks = append(b.looks, r.URL.RequestURI())
	}
	if r.Method != http.MethodGet && r.Method != http.MethodOptions {
		b.requests = append(b.requests, request{r.URL.Path, r.Header.Clone(), string(body), r.Header.Get("Sec-Fetch-Mode") == "no-cors"})
	}
	b.mu.Unlock()
	if fault != nil && r.Method != http.MethodGet && fault(w, r) {
		return
	}
	if strings.HasSuffix(r.URL.Path, ".js") {
		time.Sleep(b.late)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(&url.URL{Scheme: "http", Host: listen})
			p.Out.Host = p.In.Host
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }, // a network error to the page
		ErrorLog:     log.New(io.Discard, "", 0),
	}
	proxy.ServeHTTP(w, r)
}

// event is one of a timeline.
type event struct {
	Session  string `json:"-"`
	Type     string `json:"event_type"`
	ID       string `json:"event_id"`
	Time     time.Time
	Page     string         `json:"page_id"`
	Visitor  string         `json:"visitor_id"`
	Listing  string         `json:"listing_id"`
	Device   string         `json:"device_type"`
	URL      string         `json:"url"`
	Referrer string         `json:"referrer_url"`
	Clock    float64        `json:"duration_seconds"`
	Scroll   float64        `json:"scroll_percentage"`
	Flagged  bool           `json:"flagged"`
	Data     map[string]any `json:"event_data"`
}

// get asks the API for what must be there.
func (b *backend) get(path string, v any) {
	b.t.Helper()
	if status := b.ask(path, v); status != http.StatusOK {
		b.t.Fatalf("GET %s: %d", path, status)
	}
}

// ask asks the API for what may not be there yet. It returns the status, and fills v in if that is 200.
func (b *backend) ask(path string, v any) (status int) {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://"+b.o.Listen+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminKey)
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return res.StatusCode
	}
	if err := json.NewDecoder(res.Body).Decode(v); err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode
}

// events returns what is stored: the sessions by their first event, in each the events of its timeline.
func (b *backend) events() []event {
	b.t.Helper()
	var sessions [][]event
	for _, session := range b.sessions() {
		sessions = append(sessions, b.timeline(session))
	}
	slices.SortFunc(sessions, func(a, b []event) int { return a[0].Time.Compare(b[0].Time) })
	return slices.Concat(sessions...)
}

// timeline returns what is stored of a session, nothing while it is not known. What was sent may not be stored yet.
func (b *backend) timeline(session string) []event {
	b.t.Helper()
	var timeline struct{ Events []event }
	path := "/v1/sessions/" + session + "/events?limit=1000"
	if status := b.ask(path, &timeline); status != http.StatusOK && status != http.StatusNotFound {
		b.t.Fatalf("GET %s: %d", path, status)
	}
	for i := range timeline.Events {
		timeline.Events[i].Session = session
	}
	return timeline.Events
}

func (b *backend) sessions() (ids []string) {
	b.t.Helper()
	var live struct {
		Sessions []struct {
			ID string `json:"session_id"`
		}
	}
	b.get("/v1/sessions?active=24h&limit=1000", &live)
	for _, s := range live.Sessions {
		ids = append(ids, s.ID)
	}
	return ids
}

// of returns the events of one type.
func of(events []event, kind string) (some []event) {
	for _, e := range events {
		if e.Type == kind {
			some = append(some, e)
		}
	}
	return some
}

// wait waits until n events of a type are stored and returns them. More of them fail the test.
func (b *backend) wait(kind string, n int) []event {
	b.t.Helper()
	var found []event
	eventually(b.t, kind, func() bool {
		found = of(b.events(), kind)
		return len(found) >= n
	})
	if len(found) > n {
		b.t.Fatalf("%d events %s, not %d: %+v", len(found), kind, n, found)
	}
	return found
}
