package market

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"footfall/catalog"
	"footfall/journal"
	"footfall/leads"
	"footfall/sessionize"
	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// agency is agents with leads on the real journal and store, in memory, on two sites with a clock that the test sets:
// site 1 in Chicago, site 2 in Auckland.
type agency struct {
	t        testing.TB
	fs       *vfs.MemFS
	now      atomic.Int64
	db       *store.DB
	sessions *sessionize.Sessions
	catalog  *catalog.Catalog
	leads    *leads.Leads
	journal  *journal.Journal
	agents   *Agents
	n        int
}

func newAgency(t testing.TB, start time.Time) *agency {
	t.Helper()
	w := &agency{t: t, fs: vfs.NewMem()}
	w.now.Store(start.UnixMilli())
	w.open()
	ctx := context.Background()
	w.must(w.catalog.EnsureDefault(ctx, w.journal, "America/Chicago"))
	_, err := w.catalog.CreateSite(ctx, catalog.Site{Organization: catalog.Default, Profile: catalog.Default, TimeZone: "Pacific/Auckland"})
	w.must(err)
	for _, id := range []string{"ann", "ben"} {
		_, err := w.catalog.CreateProfile(ctx, catalog.Profile{ID: id, Organization: catalog.Default, FullName: "Agent " + id})
		w.must(err)
	}
	t.Cleanup(func() {
		v := w.db.NewView()
		w.leads.Check(v, func(err error) { t.Error(err) })
		w.sessions.Check(v, func(err error) { t.Error(err) })
		w.must(v.Close())
		w.close()
	})
	return w
}

func (w *agency) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *agency) clock() time.Time { return time.UnixMilli(w.now.Load()) }

func (w *agency) open() {
	var err error
	w.db, err = store.Open("data", store.Options{FS: w.fs, Merges: sessionize.Merges(), Mem: 1 << 20, Cache: 16 << 20})
	w.must(err)
	w.catalog, err = catalog.Open(w.db)
	w.must(err)
	w.sessions, err = sessionize.Open(w.db, sessionize.Options{})
	w.must(err)
	w.leads, err = leads.Open(w.db, leads.Options{Sessions: w.sessions, Catalog: w.catalog, Now: w.clock})
	w.must(err)
	w.journal, err = journal.Open(w.db, []journal.Owner{w.catalog, w.sessions, w.leads}, journal.Options{
		Now: w.clock, Admit: w.sessions.Admit, CheckpointEvery: time.Hour, CheckpointAfter: 7,
	})
	w.must(err)
	w.catalog.Attach(w.journal)
	w.leads.Attach(w.journal)
	w.agents = NewAgents(w.leads, w.sessions, w.catalog)
}

func (w *agency) close() {
	w.must(w.journal.Close())
	w.must(w.db.Close())
}

// rebuild makes the derived spaces again from the journal.
func (w *agency) rebuild() {
	w.t.Helper()
	w.must(w.journal.Close())
	b := w.db.NewBatch()
	for _, space := range store.Spaces {
		if space.Derived {
			b.DeleteRange(space.Space.Span())
		}
	}
	journal.ForgetPositions(b)
	w.must(b.Commit(true))
	w.must(w.db.Close())
	w.open()
}

func (w *agency) site(id uint32) *catalog.Site {
	s, ok := w.catalog.Site(id)
	if !ok {
		w.t.Fatalf("no site %d", id)
	}
	return s
}

func (w *agency) lead(site uint32, profile string) string {
	w.t.Helper()
	w.n++
	email, err := json.Marshal(fmt.Sprintf("p%d@example.com", w.n))
	w.must(err)
	_, id, _, err := w.leads.Create(context.Background(), leads.Create{
		Site: w.site(site), Profile: profile, Form: []leads.Field{{Name: "email", Value: email}}, Whole: true,
	})
	w.must(err)
	return id
}

func (w *agency) request(site uint32, id string) leads.Request {
	return leads.Request{Site: w.site(site), Lead: id, By: "user:7"}
}

func (w *agency) act(site uint32, id string) {
	w.t.Helper()
	_, _, err := w.leads.AddActivity(context.Background(), w.request(site, id), "call", "")
	w.must(err)
}

// undo takes back what was last done about a lead, if anything was.
func (w *agency) undo(site uint32, id string) {
	w.t.Helper()
	did, _, err := w.leads.Activities(site, id, leads.Page{Limit: 1})
	w.must(err)
	if len(did) > 0 {
		w.must(w.leads.UndoActivity(context.Background(), w.site(site), id, did[0].ID))
	}
}

func (w *agency) end(site uint32, id, outcome, date string) {
	w.t.Helper()
	_, _, err := w.leads.AddOutcome(context.Background(), w.request(site, id), leads.Result{Outcome: outcome, Date: date, DealValue: "1000"})
	w.must(err)
}

func (w *agency) patch(site uint32, id string, p leads.Patch) {
	w.t.Helper()
	_, err := w.leads.Patch(context.Background(), site, id, p)
	w.must(err)
}

func (w *agency) erase(site uint32, id string) {
	w.t.Helper()
	_, err := w.leads.Erase(context.Background(), w.site(site), leads.Who{Lead: id})
	w.must(err)
}

func (w *agency) performance(profile string, months int) *Performance {
	w.t.Helper()
	p, err := w.agents.Performance(w.catalog.Sites(), profile, months, w.clock())
	w.must(err)
	return p
}
