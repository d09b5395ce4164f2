package catalog

import (
	"context"
	"errors"
	"testing"
	"time"

	"footfall/fault"
	"footfall/journal"
	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
)

type world struct {
	t       *testing.T
	fs      *vfs.MemFS
	db      *store.DB
	catalog *Catalog
	journal *journal.Journal
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, fs: vfs.NewMem()}
	w.open()
	t.Cleanup(func() {
		v := w.db.NewView()
		w.catalog.Check(v, func(err error) { t.Error(err) })
		w.must(v.Close())
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

func (w *world) open() {
	var err error
	w.db, err = store.Open("data", store.Options{FS: w.fs})
	w.must(err)
	w.catalog, err = Open(w.db)
	w.must(err)
	w.journal, err = journal.Open(w.db, []journal.Owner{w.catalog}, journal.Options{
		Now: func() time.Time { return time.UnixMilli(1) }, CheckpointEvery: time.Hour,
	})
	w.must(err)
}

func (w *world) close() {
	w.must(w.journal.Close())
	w.must(w.db.Close())
}

func (w *world) put(s Site) {
	w.t.Helper()
	w.must(w.catalog.Put(context.Background(), w.journal, s))
}

func site(id uint32, origins ...string) Site {
	return Site{ID: id, Organization: "org", Profile: "agent", Origins: origins}
}

func TestEnsureDefaultMakesTheInitialSiteOnce(t *testing.T) {
	w := newWorld(t)
	w.must(w.catalog.EnsureDefault(context.Background(), w.journal, "America/Chicago"))
	s, ok := w.catalog.OnlySite()
	if !ok || s.ID != 1 || s.Organization != "default" || s.Profile != "default" || s.Consent != "granted" ||
		s.Zone().String() != "America/Chicago" {
		t.Fatalf("initial site %+v, %v", s, ok)
	}
	before := w.journal.Applied()
	for _, zone := range []string{"America/Chicago", ""} {
		w.must(w.catalog.EnsureDefault(context.Background(), w.journal, zone))
	}
	if w.journal.Applied() != before {
		t.Error("an unchanged time zone wrote a record")
	}
}

func TestEnsureDefaultChangesOnlyTheTimeZone(t *testing.T) {
	w := newWorld(t)
	s := site(1, "https://a.example")
	s.TimeZone = "UTC"
	w.put(s)
	w.must(w.catalog.EnsureDefault(context.Background(), w.journal, "Europe/Berlin"))
	got, _ := w.catalog.Site(1)
	if got.Zone().String() != "Europe/Berlin" || got.Organization != "org" || len(got.Origins) != 1 {
		t.Errorf("site is now %+v", got)
	}
}

func TestSitesAreThereAfterReopening(t *testing.T) {
	w := newWorld(t)
	w.put(site(2, "https://b.example"))
	w.put(site(1))
	w.put(site(2, "https://c.example"))
	w.close()
	w.open()
	sites := w.catalog.Sites()
	if len(sites) != 2 || sites[0].ID != 1 || sites[1].ID != 2 || sites[1].Origins[0] != "https://c.example" {
		t.Fatalf("sites after reopening: %+v", sites)
	}
	if w.catalog.Position() != w.journal.Applied() {
		t.Errorf("position %d, journal at %d", w.catalog.Position(), w.journal.Applied())
	}
}

func TestSitesAreMadeAgainFromTheJournal(t *testing.T) {
	w := newWorld(t)
	w.put(site(7))
	w.must(w.journal.Close())
	b := w.db.NewBatch()
	lo, hi := store.Catalog.Span()
	b.DeleteRange(lo, hi)
	journal.ForgetPositions(b)
	w.must(b.Commit(true))
	w.must(w.db.Close())
	w.open()
	if s, ok := w.catalog.Site(7); !ok || s.Profile != "agent" {
		t.Errorf("rebuilt site %+v, %v", s, ok)
	}
}

func TestAllowsOriginsExactly(t *testing.T) {
	for _, tt := range []struct {
		origins []string
		origin  string
		want    bool
	}{
		{nil, "https://anything.example", true},
		{nil, "null", true},
		{[]string{"https://a.example"}, "https://a.example", true},
		{[]string{"https://A.example"}, "HTTPS://a.Example", true},
		{[]string{"https://a.example"}, "http://a.example", false},
		{[]string{"https://a.example"}, "https://a.example:8443", false},
		{[]string{"https://a.example"}, "https://www.a.example", false},
		{[]string{"https://a.example"}, "https://a.example.evil.example", false},
		{[]string{"https://a.example"}, "null", false},
		{[]string{"null"}, "null", true},
		{[]string{"https://a.example"}, "", false},
	} {
		s := site(1, tt.origins...)
		if err := s.normalize(); err != nil {
			t.Fatal(err)
		}
		if got := s.Allows(tt.origin); got != tt.want {
			t.Errorf("%v allows %q: %v", tt.origins, tt.origin, got)
		}
	}
}

func TestSiteByOriginNeverGuesses(t *testing.T) {
	w := newWorld(t)
	w.put(site(1)) // takes every origin, lists none
	w.put(site(2, "https://two.example", "https://both.example"))
	w.put(site(3, "https://both.example"))
	for origin, want := range map[string]uint32{
		"https://two.example": 2, "https://both.example": 0, "https://none.example": 0,
	} {
		s, ok := w.catalog.SiteByOrigin(origin)
		if ok != (want != 0) || ok && s.ID != want {
			t.Errorf("%s: %+v, %v", origin, s, ok)
		}
	}
	if s, ok := w.catalog.OnlySite(); ok {
		t.Errorf("only site of three: %+v", s)
	}
}

func TestPutRefuses(t *testing.T) {
	w := newWorld(t)
	for field, change := range map[string]func(*Site){
		"id":              func(s *Site) { s.ID = 0 },
		"organization_id": func(s *Site) { s.Organization = "" },
		"profile_id":      func(s *Site) { s.Profile = "" },
		"time_zone":       func(s *Site) { s.TimeZone = "Mars/Olympus" },
		"consent":         func(s *Site) { s.Consent = "denied" },
		"allowed_origins": func(s *Site) { s.Origins = []string{"https://a.example/path"} },
	} {
		s := site(1)
		change(&s)
		var f *fault.Error
		if err := w.catalog.Put(context.Background(), w.journal, s); !errors.As(err, &f) || f.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, origin := range []string{"", "a.example", "https://", "https://a.example/", "https://u@a.example", "https://a.example?q"} {
		if isOrigin(origin) {
			t.Errorf("%q passes for an origin", origin)
		}
	}
	s := site(1)
	s.TimeZone = "Local"
	if err := w.catalog.Put(context.Background(), w.journal, s); err == nil {
		t.Error("the machine's own zone was accepted")
	}
}

func FuzzDecodeSite(f *testing.F) {
	s := site(3, "https://a.example")
	good, err := encodeSite(&s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{siteVersion, '{', '}'})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeSite(b)
		if err != nil {
			return
		}
		again, err := encodeSite(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeSite(again); err != nil {
			t.Errorf("%q became %q: %v", b, again, err)
		}
	})
}
