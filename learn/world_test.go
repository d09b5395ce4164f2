package learn

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"footfall/catalog"
	"footfall/journal"
	"footfall/scorer"
	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// start is 2024-01-01 00:00 UTC.
var start = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// world is learn on the real journal and store, in memory, with leads and a clock that the test sets.
type world struct {
	t       testing.TB
	fs      *vfs.MemFS
	now     atomic.Int64 // ms
	db      *store.DB
	catalog *catalog.Catalog
	learn   *Learn
	journal *journal.Journal
	leads   map[string][]Lead
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, fs: vfs.NewCrashableMem(), leads: map[string][]Lead{}}
	w.at(start)
	w.open()
	w.must(w.catalog.EnsureDefault(t.Context(), w.journal, "UTC"))
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

func (w *world) at(now time.Time) { w.now.Store(now.UnixMilli()) }

func (w *world) clock() time.Time { return time.UnixMilli(w.now.Load()) }

func (w *world) open() {
	var err error
	w.db, err = store.Open("data", store.Options{FS: w.fs, Mem: 1 << 20, Cache: 16 << 20})
	w.must(err)
	w.catalog, err = catalog.Open(w.db)
	w.must(err)
	w.learn, err = Open(w.db, Options{Now: w.clock, Catalog: w.catalog, Leads: func(o string) ([]Lead, error) { return w.leads[o], nil }})
	w.must(err)
	w.journal, err = journal.Open(w.db, []journal.Owner{w.catalog, w.learn}, journal.Options{Now: w.clock, CheckpointEvery: time.Hour})
	w.must(err)
	w.catalog.Attach(w.journal)
	w.learn.Attach(w.journal)
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
	w.learn.Check(v, func(err error) { errs = append(errs, err) })
	w.must(v.Close())
	return errs
}

// state is everything that readers can see of an organization.
func (w *world) state(organization string) string {
	w.t.Helper()
	versions, err := w.learn.Versions(organization)
	w.must(err)
	history, err := w.learn.History(organization, 100)
	w.must(err)
	b, err := json.Marshal([]any{versions, history, w.learn.stateOf(organization), w.predict(organization, busy())})
	w.must(err)
	return string(b)
}

func (w *world) predict(organization string, f scorer.Features) *Prediction {
	return w.learn.Predict(&Question{Organization: organization, Features: f, At: w.clock(), Points: f.RulePoints(), Intent: scorer.IntentLow})
}

func (w *world) train(organization string) *Listed {
	w.t.Helper()
	v, err := w.learn.Train(w.t.Context(), organization, "test", nil)
	w.must(err)
	return v
}

// busy are the features of a lead of somebody who looked at much.
func busy() scorer.Features {
	return scorer.Features{85, 3, 400, 6, 2, 0.5, 14, 2, 1, 1, 66, 70, 0, 40}
}

// market makes leads, a few each day, whose chances depend on what they did, and whose ends come late: the truth that a
// model should find. They are generated and stand for nobody.
type market struct {
	rng   *rand.Rand
	base  float64 // log-odds of a lead that did nothing
	slope float64 // what a unit of interest adds; 0: nothing tells who closes
	count int
}

func newMarket(seed uint64, base, slope float64) *market {
	return &market{rng: rand.New(rand.NewPCG(seed, 1)), base: base, slope: slope}
}

// lead makes the next lead. Winners are recorded after 20 to 120 days, losers that are recorded at all after 5 to 60.
func (m *market) lead(created time.Time) Lead {
	r := m.rng
	interest := r.NormFloat64()
	views := math.Round(math.Exp(1 + 0.6*interest + 0.3*r.NormFloat64()))
	visits := 1 + math.Round(max(0, interest+r.NormFloat64()))
	seconds := math.Round(math.Exp(4.5 + 0.7*interest + 0.4*r.NormFloat64()))
	f := scorer.UnknownFeatures()
	copy(f[:], []float64{
		50 + min(50, 5*views), visits, seconds, views, math.Round(views / 4), float64(1+r.IntN(6)) / 6, float64(r.IntN(24)), float64(r.IntN(7)),
		float64(r.IntN(2)), 0, seconds / max(1, views), 30 + 50*r.Float64(), float64(r.IntN(2)), math.NaN(),
	})
	if visits > 1 {
		f[scorer.IsReturningVisitor] = 1
	}
	m.count++
	d := Lead{ID: fmt.Sprint("ld_", m.count), Profile: "ann", Created: created.UnixMilli(), Arrived: created.UnixMilli(), Features: f,
		Points: int(f[0]), Priority: scorer.PriorityMedium, Probability: 0.02, Model: Rules}
	binary.BigEndian.PutUint64(d.Person[:], uint64(m.count))
	p := 1 / (1 + math.Exp(-m.base-m.slope*interest))
	switch {
	case r.Float64() < p:
		days := 20 + r.IntN(100)
		d.Ends = []End{endAfter(created, days, days, Won)}
	case r.Float64() < 0.8:
		days := 5 + r.IntN(55)
		d.Ends = []End{endAfter(created, days, days, Lost)}
	}
	return d
}

func endAfter(created time.Time, days, recorded int, was Ended) End {
	at := created.Add(time.Duration(recorded) * day).UnixMilli()
	return End{At: at, Heard: at, Days: days, Was: was}
}

// fill gives an organization the leads of some days from the start on, n a day.
func (w *world) fill(organization string, m *market, days, n int) {
	for i := range days * n {
		w.leads[organization] = append(w.leads[organization], m.lead(start.Add(time.Duration(i)*day/time.Duration(n))))
	}
}

func organization(id string) catalog.Organization { return catalog.Organization{ID: id, Name: id} }
