// Package examples_test runs the examples of clients against the real server.
package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"footfall/api/openapitest"
	footfall "footfall/docs/examples/go"
	"footfall/server"
)

const (
	writeKey = "wk_0123456789abcdef"
	adminKey = "sk_0123456789abcdef"
)

// serve runs a server on an empty directory. Whatever is sent to it and answered must be as its description says.
func serve(t *testing.T) *footfall.Client {
	t.Helper()
	s, err := server.Open(t.Context(), server.Options{
		Data: t.TempDir(), Listen: "127.0.0.1:0", OpsListen: "127.0.0.1:0", WriteKey: writeKey, AdminKey: adminKey,
		ShutdownGrace: 10 * time.Second, QueueBytes: 32 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	public, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	tap, err := openapitest.NewTap(public.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, public) }()
	transport := &http.Transport{}
	c := &footfall.Client{URL: "http://" + tap.Addr(), SecretKey: adminKey, WriteKey: writeKey, HTTP: &http.Client{Transport: transport}}
	t.Cleanup(func() {
		doc := fetch(t, c)
		transport.CloseIdleConnections()
		all, err := tap.Close()
		stop()
		if err := errors.Join(err, <-served, s.Close()); err != nil {
			t.Error(err)
		}
		checker, err := openapitest.New(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			if err := checker.Check(e); err != nil {
				t.Error(err)
			}
		}
	})
	return c
}

func fetch(t *testing.T, c *footfall.Client) []byte {
	t.Helper()
	res, err := c.HTTP.Get(c.URL + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	doc, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// reluctant stands before a server and refuses each first try of a request.
func reluctant(t *testing.T, to string, status int) (address string, refused *atomic.Int64) {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	refused = new(atomic.Int64)
	proxy := httputil.NewSingleHostReverseProxy(u)
	transport := &http.Transport{}
	proxy.Transport = transport
	var last atomic.Value
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if last.Swap(r.RequestURI) == r.RequestURI {
			proxy.ServeHTTP(w, r)
			return
		}
		refused.Add(1)
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(status)
		fmt.Fprint(w, `{"error":{"code":"overloaded","message":"later","request_id":"r"}}`)
	}))
	t.Cleanup(func() {
		ts.Close()
		transport.CloseIdleConnections()
	})
	return ts.URL, refused
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestTheGoClientSendsEventsMakesLeadsAndReadsThemBack(t *testing.T) {
	c, ctx := serve(t), t.Context()
	var refused *atomic.Int64
	direct := c.URL
	c.URL, refused = reluctant(t, direct, http.StatusServiceUnavailable)
	deep := 90.0
	rejected, err := c.SendEvents(ctx,
		footfall.Event{Type: "property_view", SessionID: "s", VisitorID: "v", ID: "1", ListingID: "oak-street-5", At: footfall.MillisOf(time.Now())},
		footfall.Event{Type: "scroll_depth", SessionID: "s", ID: "2", Scroll: &deep},
		footfall.Event{Type: "No Such Type", SessionID: "s"})
	if err != nil || len(rejected) != 1 || rejected[0].Index != 2 || rejected[0].Code != "invalid_field" {
		t.Fatalf("%v %v", rejected, err)
	}
	made := must[footfall.Lead](t)
	form := footfall.NewLead{Form: map[string]any{"name": "Ada", "email": "ada@homes.example"}, SessionID: "s", ListingID: "oak-street-5"}
	first := made(c.CreateLead(ctx, "call-1", form))
	if again := made(c.CreateLead(ctx, "call-1", form)); first.ID == "" || first.ID != again.ID || first.Email != "ada@homes.example" || first.VisitorID != "v" {
		t.Errorf("%+v %+v", first, again)
	}
	for i := range 450 { // more than two pages
		made(c.CreateLead(ctx, fmt.Sprint("call-b", i), footfall.NewLead{Form: map[string]any{"name": "Bob"}}))
	}
	if err := c.RecordOutcome(ctx, "won", first.ID, footfall.Outcome{Outcome: "closed_won", DealValue: 12500.5}); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for lead, err := range c.Leads(ctx, footfall.LeadQuery{Sort: "ml_score"}) {
		if err != nil {
			t.Fatal(err)
		}
		seen[lead.ID] = true
	}
	if len(seen) != 450 || seen[first.ID] {
		t.Errorf("%d open leads", len(seen))
	}
	for lead, err := range c.Leads(ctx, footfall.LeadQuery{Status: "closed_won", UpdatedSince: first.CreatedAt}) {
		if err != nil || lead.ID != first.ID || lead.Status != "closed_won" {
			t.Errorf("%+v %v", lead, err)
		}
	}
	if n := refused.Load(); n < 5 { // the first of each kind of call
		t.Errorf("the server was reluctant %d times", n)
	}
	var no *footfall.Error
	if err := c.RecordOutcome(ctx, "none", "a/b?", footfall.Outcome{Outcome: "closed_won"}); !errors.As(err, &no) || no.Code != "not_found" || no.RequestID == "" {
		t.Errorf("%v", err)
	}
	c.URL, c.Tries = direct, 1
	if _, err := c.SendEvents(ctx, footfall.Event{Type: "page_view"}); !errors.As(err, &no) || no.Status != 400 || no.Code != "all_rejected" {
		t.Errorf("%v", err)
	}
}

// pull runs the script and returns the names in the leads that it prints.
func pull(t *testing.T, address, state string) (names []string) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("python3 is not installed, and CI must run this")
		}
		t.Skip("python3 is not installed: make test installs it where it may")
	}
	cmd := exec.CommandContext(t.Context(), python, "python/pull_leads.py", address, state)
	cmd.Env = append(os.Environ(), "FOOTFALL_SECRET_KEY="+adminKey)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	for line := range bytes.Lines(out) {
		var lead struct{ ID, Name, Status string }
		if err := json.Unmarshal(line, &lead); err != nil || lead.ID == "" {
			t.Fatalf("%s: %v", line, err)
		}
		names = append(names, lead.Name+" "+lead.Status)
	}
	slices.Sort(names)
	return names
}

func TestTheScriptPrintsWhatIsNewSinceItsLastRun(t *testing.T) {
	c, ctx := serve(t), t.Context()
	state := filepath.Join(t.TempDir(), "state.json")
	made := must[footfall.Lead](t)
	lead := func(name string) footfall.Lead {
		return made(c.CreateLead(ctx, name, footfall.NewLead{Form: map[string]any{"name": name}}))
	}
	expect := func(names ...string) {
		t.Helper()
		if got := pull(t, c.URL, state); !slices.Equal(got, names) {
			t.Errorf("printed %q, want %q", got, names)
		}
	}
	expect()
	ada := lead("Ada")
	lead("Zoë")
	expect("Ada new", "Zoë new")
	expect()
	if err := c.RecordOutcome(ctx, "k", ada.ID, footfall.Outcome{Outcome: "closed_lost", LossReason: "price"}); err != nil {
		t.Fatal(err)
	}
	expect("Ada closed_lost")

	var many []string
	for i := range 205 { // more than a page
		name := fmt.Sprintf("B%03d", i)
		lead(name)
		many = append(many, name+" new")
	}
	address, refused := reluctant(t, c.URL, http.StatusTooManyRequests)
	if got := pull(t, address, state); !slices.Equal(got, many) {
		t.Errorf("printed %d, want %d", len(got), len(many))
	}
	if refused.Load() != 5 { // two pages of open leads, one of each other status
		t.Errorf("it tried again %d times", refused.Load())
	}
	expect()
	if b, err := os.ReadFile(state); err != nil || !strings.Contains(string(b), `"since"`) {
		t.Errorf("%s %v", b, err)
	}
}
