package leads

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"footfall/catalog"
	"footfall/event"
	"footfall/fault"
	"footfall/journal"
	"footfall/sessionize"
	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// start is Monday 2024-01-01 20:30:00 UTC, 14:30 in Chicago.
const start = int64(1_704_141_000_000)

// world is leads on the real fold, journal and store, in memory, with a clock that the test sets.
type world struct {
	t        testing.TB
	fs       *vfs.MemFS
	now      atomic.Int64
	db       *store.DB
	sessions *sessionize.Sessions
	catalog  *catalog.Catalog
	leads    *Leads
	journal  *journal.Journal
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, fs: vfs.NewMem()}
	w.now.Store(start)
	w.open()
	w.must(w.catalog.EnsureDefault(context.Background(), w.journal, "America/Chicago"))
	t.Cleanup(func() {
		w.check()
		w.close()
	})
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) clock() time.Time { return time.UnixMilli(w.now.Load()) }

func (w *world) open() {
	var err error
	w.db, err = store.Open("data", store.Options{FS: w.fs, Merges: sessionize.Merges(), Mem: 1 << 20, Cache: 16 << 20})
	w.must(err)
	w.catalog, err = catalog.Open(w.db)
	w.must(err)
	w.sessions, err = sessionize.Open(w.db, sessionize.Options{})
	w.must(err)
	w.leads, err = Open(w.db, Options{Sessions: w.sessions, Catalog: w.catalog, Now: w.clock})
	w.must(err)
	w.journal, err = journal.Open(w.db, []journal.Owner{w.catalog, w.sessions, w.leads}, journal.Options{
		Now: w.clock, Admit: w.sessions.Admit, CheckpointEvery: time.Hour, CheckpointAfter: 10,
	})
	w.must(err)
	w.leads.Attach(w.journal)
}

func (w *world) close() {
	w.must(w.journal.Close())
	w.must(w.db.Close())
}

func (w *world) check() {
	w.t.Helper()
	for _, err := range w.problems() {
		w.t.Error(err)
	}
}

func (w *world) problems() (errs []error) {
	v := w.db.NewView()
	w.leads.Check(v, func(err error) { errs = append(errs, err) })
	w.must(v.Close())
	return errs
}

func (w *world) site() *catalog.Site {
	s, ok := w.catalog.Site(1)
	if !ok {
		w.t.Fatal("no site")
	}
	return s
}

// form makes fields of names and JSON values.
func form(pairs ...string) (fields []Field) {
	for i := 0; i < len(pairs); i += 2 {
		fields = append(fields, Field{pairs[i], json.RawMessage(pairs[i+1])})
	}
	return fields
}

// create makes a lead as a secret key does and returns its id and JSON. Fields that the call leaves out get defaults.
func (w *world) create(c Create) (id string, lead map[string]any) {
	w.t.Helper()
	c.Whole = true
	if c.Site == nil {
		c.Site = w.site()
	}
	if c.Form == nil {
		c.Form = form("email", `"ann@example.com"`)
	}
	answer, id, _, err := w.leads.Create(context.Background(), c)
	w.must(err)
	var a struct {
		Success bool
		Lead    map[string]any
	}
	w.must(json.Unmarshal(answer, &a))
	if !a.Success || a.Lead["id"] != id {
		w.t.Fatalf("answer %s for lead %s", answer, id)
	}
	return id, a.Lead
}

// get returns a lead's JSON as it is now.
func (w *world) get(id string) map[string]any {
	w.t.Helper()
	v, err := w.leads.Get(1, id)
	w.must(err)
	return w.fields(v)
}

func (w *world) fields(v *View) (m map[string]any) {
	w.t.Helper()
	b, err := json.Marshal(v)
	w.must(err)
	w.must(json.Unmarshal(b, &m))
	return m
}

func (w *world) patch(id string, p Patch) map[string]any {
	w.t.Helper()
	v, err := w.leads.Patch(context.Background(), 1, id, p)
	w.must(err)
	return w.fields(v)
}

func (w *world) request(id string) Request { return Request{Site: w.site(), Lead: id, By: "user:7"} }

// added returns the JSON that a call answered.
func (w *world) added(answer []byte, _ bool, err error) (m map[string]any) {
	w.t.Helper()
	w.must(err)
	w.must(json.Unmarshal(answer, &m))
	return m
}

func (w *world) act(id, kind, note string) map[string]any {
	w.t.Helper()
	return w.added(w.leads.AddActivity(context.Background(), w.request(id), kind, note))
}

func (w *world) end(id string, res Result) map[string]any {
	w.t.Helper()
	return w.added(w.leads.AddOutcome(context.Background(), w.request(id), res))
}

func (w *world) judge(id string, accurate bool, text string) map[string]any {
	w.t.Helper()
	return w.added(w.leads.AddFeedback(context.Background(), w.request(id), &accurate, text))
}

// did returns what was done about a lead, newest first.
func (w *world) did(id string) []Deed {
	w.t.Helper()
	did, _, err := w.leads.Activities(1, id, Page{Limit: maxPage})
	w.must(err)
	return did
}

func (w *world) imports(rows ...[]Field) []ImportResult {
	w.t.Helper()
	results, err := w.leads.Import(context.Background(), Import{Site: w.site(), Whole: true}, rows)
	w.must(err)
	return results
}

func (w *world) setStatus(id, status string) {
	w.t.Helper()
	w.patch(id, Patch{Status: &status})
}

// browse is a session of ten minutes, over five listings of which two were looked at closely, from an Instagram link on
// a phone.
func (w *world) browse(session, visitor string) {
	w.t.Helper()
	var events []event.Event
	at := w.now.Load() - 600_000
	for i, clock := range []int32{0, 10_000, 50_000, 100_000, 110_000} {
		events = append(events, event.Event{
			Type: event.PropertyView, Page: "p", Listing: fmt.Sprintf("home-%d", i+1), At: at + int64(clock),
			Day: event.UTCDay(at), Clock: clock, Scroll: event.None,
		})
	}
	events[0].Attrs = []event.Attr{
		{Key: event.AttrURL, Value: "https://homes.example/"}, {Key: event.AttrReferrer, Value: "https://l.instagram.com/"},
		{Key: event.AttrUTMSource, Value: "spring"},
	}
	events = append(events,
		event.Event{Type: event.ScrollDepth, Page: "p", Listing: "home-1", At: at + 120_000, Day: event.UTCDay(at), Clock: event.None, Scroll: 405},
		event.Event{Type: event.PageDuration, Page: "p", At: at + 130_000, Day: event.UTCDay(at), Clock: 130_499, Scroll: event.None},
	)
	w.send(session, visitor, events)
}

func (w *world) send(session, visitor string, events []event.Event) {
	w.t.Helper()
	_, err := w.journal.Submit(context.Background(), journal.Record{
		Kind: journal.KindChunk, Site: 1, Session: session,
		Chunk: &event.Chunk{Session: session, Visitor: visitor, Device: event.Mobile, Events: events},
	})
	w.must(err)
}

// same fails unless the JSON of got is want.
func same(t testing.TB, what string, got any, want string) {
	t.Helper()
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != want {
		t.Errorf("%s is %s, want %s", what, b, want)
	}
}

// refused fails unless err is a fault of this code about this field.
func refused(t testing.TB, what string, err error, code fault.Code, field string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code || f.Field != field {
		t.Errorf("%s: %v, want %s about %q", what, err, code, field)
	}
}

func hashOf(s string) [32]byte { return sha256.Sum256([]byte(s)) }

func ptr[T any](v T) *T { return &v }

func words(s string) []string { return strings.Fields(s) }
