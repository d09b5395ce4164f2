package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"footfall/access"
	"footfall/api/openapitest"
	"footfall/catalog"
	"footfall/ingest"
	"footfall/journal"
	"footfall/leads"
	"footfall/learn"
	"footfall/market"
	"footfall/sessionize"
	"footfall/store"
	"footfall/web"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"
)

const (
	writeKey  = "wk_0123456789abcdef"
	secretKey = "sk_0123456789abcdef"
)

// now is when everything in these tests happens, 2026-03-10T12:00:00Z; in America/New_York it is the 10th too.
var now = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// world is the real packages on the real journal and store, in memory, behind the real server.
type world struct {
	t       testing.TB
	api     *API
	journal *journal.Journal
	catalog *catalog.Catalog
	ln      *fasthttputil.InmemoryListener
	log     *strings.Builder
	access  *access.Access
	wait    func(context.Context) error // stands before the journal's WaitDurable
	later   atomic.Int64                // ns by which the clock is past now
	paused  atomic.Int64                // how often somebody was made to wait who had failed to sign in
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, ln: fasthttputil.NewInmemoryListener(), log: new(strings.Builder)}
	w.wait = func(context.Context) error { return nil }
	clock := func() time.Time { return now.Add(time.Duration(w.later.Load())) }
	ctx := context.Background()

	db, err := store.Open("data", store.Options{FS: vfs.NewMem(), Merges: sessionize.Merges(), Mem: 1 << 20, Cache: 16 << 20})
	w.must(err)
	w.catalog, err = catalog.Open(db)
	w.must(err)
	sessions, err := sessionize.Open(db, sessionize.Options{})
	w.must(err)
	var forms *leads.Leads
	models, err := learn.Open(db, learn.Options{
		Now: clock, Catalog: w.catalog, Leads: func(organization string) ([]learn.Lead, error) { return forms.Teach(organization) },
	})
	w.must(err)
	forms, err = leads.Open(db, leads.Options{Sessions: sessions, Catalog: w.catalog, Learn: models, Now: clock})
	w.must(err)
	w.access, err = access.Open(db, access.Options{Now: clock, Pause: func(context.Context, time.Duration) error {
		w.paused.Add(1)
		return nil
	}})
	w.must(err)
	w.journal, err = journal.Open(db, []journal.Owner{w.catalog, w.access, models, sessions, forms}, journal.Options{Now: clock, Admit: sessions.Admit})
	w.must(err)
	w.catalog.Attach(w.journal)
	w.access.Attach(w.journal)
	forms.Attach(w.journal)
	models.Attach(w.journal)
	w.must(w.catalog.EnsureDefault(ctx, w.journal, "America/New_York"))
	w.must(w.access.Flags(writeKey, secretKey))
	in := ingest.New(ingest.Options{Journal: w.journal, Sessions: sessions, Leads: forms, Catalog: w.catalog, Access: w.access, DB: db, Now: clock})

	scripts, err := web.Scripts("")
	w.must(err)
	app, err := web.App()
	w.must(err)
	w.api = New(Options{
		Scripts: scripts, App: app,
		Ingest: in, Sessions: sessions, Leads: forms, Learn: models, Market: market.New(sessions, w.catalog), Agents: market.NewAgents(forms, sessions, w.catalog), Catalog: w.catalog, Access: w.access,
		WaitDurable: func(ctx context.Context) error {
			if err := w.wait(ctx); err != nil {
				return err
			}
			return w.journal.WaitDurable(ctx)
		},
		Purge: func(ctx context.Context) error {
			_, err := forms.Purge(ctx, true, func(*leads.Gone) error { return nil })
			return err
		},
		Watch:     sessions.NewWatch(w.journal),
		CursorKey: []byte("key of cursors"), Now: clock, Log: slog.New(slog.NewTextHandler(w.log, nil)),
	})
	server := &fasthttp.Server{
		Handler: w.api.Handler, ErrorHandler: w.api.ErrorHandler, Logger: discard{},
		MaxRequestBodySize: 1 << 20, ReadBufferSize: 16 << 10, NoDefaultServerHeader: true,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(w.ln) }()
	conn, err := w.ln.Dial() // returns once the server accepts, before which it cannot be shut down
	w.must(err)
	w.must(conn.Close())
	t.Cleanup(func() {
		w.must(server.Shutdown())
		w.must(<-served)
		w.api.Close()
		w.must(w.journal.Close())
		w.must(db.Close())
	})
	return w
}

type discard struct{}

func (discard) Printf(string, ...any) {}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// reply is an answer with its body as JSON, if it has one that is an object.
type reply struct {
	*http.Response
	raw  string
	body map[string]any
}

// code returns the code of an error.
func (r *reply) code() string { return fmt.Sprint(r.at("error", "code")) }

// at returns what stands under the names.
func (r *reply) at(names ...string) any {
	var v any = r.body
	for _, name := range names {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// send sends a request as it stands, byte for byte.
func (w *world) send(request string) *reply {
	w.t.Helper()
	conn, err := w.ln.Dial()
	w.must(err)
	defer conn.Close()
	go io.WriteString(conn, request)
	method, _, _ := strings.Cut(request, " ")
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		w.t.Fatalf("%.80q: %v", request, err)
	}
	if res.Header.Get("Content-Type") == "text/event-stream" && res.StatusCode == 200 {
		return &reply{Response: res} // it has no end
	}
	raw, err := io.ReadAll(res.Body)
	w.must(err)
	r := &reply{Response: res, raw: string(raw)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") && res.Header.Get("Content-Encoding") == "" && len(raw) > 0 && raw[0] == '{' {
		if err := json.Unmarshal(raw, &r.body); err != nil {
			w.t.Fatalf("%.80q: %v in %s", request, err, raw)
		}
	}
	return r
}

// do sends a request with a body and header lines. What comes back must be as the description says.
func (w *world) do(method, target, body string, headers ...string) *reply {
	w.t.Helper()
	lines := append([]string{
		method + " " + target + " HTTP/1.1", "Host: footfall", fmt.Sprintf("Content-Length: %d", len(body)),
	}, headers...)
	r := w.send(strings.Join(lines, "\r\n") + "\r\n\r\n" + body)
	w.check(&openapitest.Exchange{Method: method, Target: target, Header: parseHeader(headers), Body: []byte(body),
		Status: r.StatusCode, Reply: r.Header, ReplyBody: []byte(r.raw)})
	return r
}

const bearer = "Authorization: Bearer " + secretKey

// get asks with the secret key.
func (w *world) get(target string) *reply {
	w.t.Helper()
	return w.do("GET", target, "", bearer)
}

// got is get for what must be there.
func (w *world) got(target string) *reply {
	w.t.Helper()
	r := w.get(target)
	if r.StatusCode != 200 {
		w.t.Fatalf("GET %s: %d %s", target, r.StatusCode, r.raw)
	}
	return r
}

// sent is one event of a beacon, as in the wire contract.
type sent map[string]any

// beacon sends events that must be accepted.
func (w *world) beacon(events ...sent) {
	w.t.Helper()
	body, err := json.Marshal(events)
	w.must(err)
	if r := w.do("POST", "/v1/events?k="+writeKey, string(body)); r.StatusCode != 204 {
		w.t.Fatalf("beacon: %d %s", r.StatusCode, r.raw)
	}
}

// ago is the ts of so long ago, with the sentAt that makes it count.
func (e sent) ago(d time.Duration) sent {
	e["ts"], e["sentAt"] = now.Add(-d).UnixMilli(), now.UnixMilli()
	return e
}
