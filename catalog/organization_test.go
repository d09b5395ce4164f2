package catalog

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"footfall/fault"
	"footfall/journal"
)

// setUp returns a world whose catalog takes changes, with the organization elm.
func setUp(t *testing.T) *world {
	w := newWorld(t)
	w.catalog.Attach(w.journal)
	w.must(w.catalog.CreateOrganization(t.Context(), Organization{ID: "elm", Name: "Elm Realty", Created: time.UnixMilli(1).UTC()}))
	return w
}

func TestAnOrganizationStartsWithAProfileAndKeepsWhatIsSet(t *testing.T) {
	w := setUp(t)
	if p, ok := w.catalog.Profile("elm", Default); !ok || p.FullName != "Elm Realty" || p.TimeZone != "UTC" {
		t.Errorf("%+v, %v", p, ok)
	}
	_, err := w.catalog.CreateProfile(t.Context(), Profile{ID: "ann", Organization: "elm", FullName: "Ann", TimeZone: "America/Chicago", Specialties: []string{"condos"}})
	w.must(err)
	_, err = w.catalog.ChangeOrganization(t.Context(), "elm", func(o *Organization) (err error) {
		o.ID, o.Name = "oak", "Elm & Oak" // the id stays what it was
		o.Settings, err = o.Settings.Merge([]byte(`{"thresholds":{"high":80},"horizon_days":90}`))
		return err
	})
	w.must(err)
	_, err = w.catalog.ChangeProfile(t.Context(), "elm", "ann", func(p *Profile) error {
		p.ID, p.Organization, p.Email = "eve", "oak", "ann@elm.example" // ids stay what they were
		return nil
	})
	w.must(err)
	check := func(when string) {
		t.Helper()
		o, ok := w.catalog.Organization("elm")
		if s := o.Settings; !ok || o.Name != "Elm & Oak" || o.Created != time.UnixMilli(1).UTC() || s.Thresholds.High != 80 || s.Horizon != 90 {
			t.Errorf("%s: %+v, %v", when, o, ok)
		}
		want := Profile{ID: "ann", Organization: "elm", FullName: "Ann", Email: "ann@elm.example", TimeZone: "America/Chicago",
			ServiceAreas: []string{}, Specialties: []string{"condos"}}
		if p, ok := w.catalog.Profile("elm", "ann"); !ok || !reflect.DeepEqual(p, want) {
			t.Errorf("%s: %+v, %v", when, p, ok)
		}
		if n := len(w.catalog.Profiles("elm")); n != 2 || w.catalog.HasProfile("oak", "ann") || len(w.catalog.Organizations()) != 1 {
			t.Errorf("%s: %d profiles, %+v", when, n, w.catalog.Organizations())
		}
	}
	check("at once")
	w.close()
	w.open()
	check("opened again")
	w.must(w.journal.Close())
	b := w.db.NewBatch()
	for _, key := range [][]byte{w.catalog.organizationKey("elm"), w.catalog.profileKey("elm", "ann"), w.catalog.profileKey("elm", Default)} {
		b.Delete(key)
	}
	journal.ForgetPositions(b)
	w.must(b.Commit(true))
	w.must(w.db.Close())
	w.open()
	check("made again from the journal")
}

func TestOrganizationsAndProfilesRefuse(t *testing.T) {
	w := setUp(t)
	long := strings.Repeat("x", maxNameBytes+1)
	organization := func(o Organization) error { return w.catalog.CreateOrganization(t.Context(), o) }
	profile := func(p Profile) error {
		_, err := w.catalog.CreateProfile(t.Context(), p)
		return err
	}
	_, noOrganization := w.catalog.ChangeOrganization(t.Context(), "oak", func(*Organization) error { return nil })
	_, noProfile := w.catalog.ChangeProfile(t.Context(), "elm", "eve", func(*Profile) error { return nil })
	_, noOwner := w.catalog.CreateSite(t.Context(), Site{Organization: "oak", Profile: Default})
	_, noAgent := w.catalog.CreateSite(t.Context(), Site{Organization: "elm", Profile: "eve"})
	for _, tt := range []struct {
		name  string
		err   error
		code  fault.Code
		field string
	}{
		{"an id twice", organization(Organization{ID: "elm", Name: "Elm"}), fault.Conflict, "id"},
		{"no id", organization(Organization{Name: "Oak"}), fault.MissingField, "id"},
		{"no name", organization(Organization{ID: "oak", Name: " "}), fault.MissingField, "name"},
		{"a long name", organization(Organization{ID: "oak", Name: long}), fault.InvalidField, "name"},
		{"an organization that is not there", noOrganization, fault.NotFound, ""},
		{"a profile twice", profile(Profile{ID: Default, Organization: "elm", FullName: "x"}), fault.Conflict, "id"},
		{"no full name", profile(Profile{ID: "ann", Organization: "elm"}), fault.MissingField, "full_name"},
		{"two addresses", profile(Profile{ID: "ann", Organization: "elm", FullName: "x", Email: "a@b@c"}), fault.InvalidField, "email"},
		{"the machine's zone", profile(Profile{ID: "ann", Organization: "elm", FullName: "x", TimeZone: "Local"}), fault.InvalidField, "time_zone"},
		{"many specialties", profile(Profile{ID: "ann", Organization: "elm", FullName: "x", Specialties: make([]string, maxWords+1)}), fault.InvalidField, "specialties"},
		{"a line break", profile(Profile{ID: "ann", Organization: "elm", FullName: "x", ServiceAreas: []string{"a\nb"}}), fault.InvalidField, "service_areas"},
		{"a profile that is not there", noProfile, fault.NotFound, ""},
		{"a site of no organization", noOwner, fault.InvalidField, "organization_id"},
		{"a site of no profile", noAgent, fault.InvalidField, "profile_id"},
	} {
		if f := fault.From(tt.err); tt.err == nil || f.Code != tt.code || f.Field != tt.field {
			t.Errorf("%s: %v", tt.name, tt.err)
		}
	}
	if len(w.catalog.Organizations()) != 1 || len(w.catalog.Profiles("elm")) != 1 || len(w.catalog.Sites()) != 0 {
		t.Error("something that was refused is there")
	}
}

func TestASiteTakesItsOrganizationsConsentAndWhatItNamedStays(t *testing.T) {
	w := newWorld(t)
	w.catalog.Attach(w.journal)
	w.put(site(1)) // as a first start does: its organization and profile are named only
	w.must(w.catalog.CreateOrganization(t.Context(), Organization{ID: "elm", Name: "Elm", Settings: Settings{Consent: ConsentAnonymous}}))
	s, err := w.catalog.CreateSite(t.Context(), Site{Organization: "elm", Profile: Default})
	w.must(err)
	if s.ID != 2 || s.Consent != ConsentAnonymous {
		t.Errorf("%+v", s)
	}
	_, err = w.catalog.ChangeSite(t.Context(), 1, func(s *Site) error {
		s.ID, s.Organization, s.Profile = 7, "elm", Default // the id stays what it was
		return nil
	})
	w.must(err)
	w.close()
	w.open()
	if s, ok := w.catalog.Site(1); !ok || s.Organization != "elm" || len(w.catalog.Sites()) != 2 {
		t.Errorf("%+v, %v", s, ok)
	}
	if _, ok := w.catalog.Organization("org"); !ok || !w.catalog.HasProfile("org", "agent") {
		t.Error("the organization went with its only site")
	}
}

func TestSettingsMergeWhatIsNamedAndRefuseTheRest(t *testing.T) {
	set, err := Settings{}.Merge([]byte(`{"thresholds":{"high":90,"medium":60},"horizon_days":365,"quotas":{"event_types":5},"stories":true,"pooling":{"models":true}}`))
	if err != nil {
		t.Fatal(err)
	}
	for patch, want := range map[string]func(*Settings){
		`{}`:                                  func(*Settings) {},
		`{"thresholds":{"medium":40}}`:        func(s *Settings) { s.Thresholds.Medium = 40 },
		`{"thresholds":{"high":null}}`:        func(s *Settings) { s.Thresholds.High = DefaultHigh },
		`{"horizon_days":null}`:               func(s *Settings) { s.Horizon = DefaultHorizon },
		`{"quotas":{"event_types":null}}`:     func(s *Settings) { s.Quotas.EventTypes = DefaultEventTypes },
		`{"pooling":{"benchmarks":true}}`:     func(s *Settings) { s.Pooling.Benchmarks = true },
		`{"consent_default":"anonymous"}`:     func(s *Settings) { s.Consent = ConsentAnonymous },
		`{"stories":false,"horizon_days":90}`: func(s *Settings) { s.Stories, s.Horizon = false, MinHorizon },
	} {
		expected := set.Filled()
		want(&expected)
		if got, err := set.Merge([]byte(patch)); err != nil || got.Filled() != expected {
			t.Errorf("%s: %+v, %v", patch, got, err)
		}
	}
	for patch, field := range map[string]string{
		`{"thresholds":{"high":60}}`:             "thresholds", // medium is as high
		`{"thresholds":{"high":101}}`:            "thresholds",
		`{"thresholds":{"medium":-1}}`:           "thresholds",
		`{"horizon_days":89}`:                    "horizon_days",
		`{"horizon_days":366}`:                   "horizon_days",
		`{"consent_default":"denied"}`:           "consent_default",
		`{"quotas":{"new_listings_per_day":-1}}`: "quotas",
		`{"quotas":{"event_types":2000000000}}`:  "quotas",
		`{"stories":1}`:                          "stories",
		`{"unheard_of":1}`:                       "",
		`{} {}`:                                  "",
		`[]`:                                     "",
		``:                                       "",
	} {
		_, err := set.Merge([]byte(patch))
		if f := fault.From(err); err == nil || f.Code == fault.Internal || f.Field != field {
			t.Errorf("%s: %v", patch, err)
		}
	}
}

func FuzzDecodeRow(f *testing.F) {
	for _, r := range []row{{organization: &Organization{ID: "elm", Name: "Elm"}}, {profile: &Profile{ID: "ann", Organization: "elm"}}} {
		b, err := r.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte{rowVersion, 200, 'x'})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRow(b)
		if err != nil || r == (row{}) {
			return
		}
		again, err := r.encode()
		if err != nil {
			t.Fatalf("%q was read and cannot be written: %v", b, err)
		}
		got, err := decodeRow(again)
		if err != nil {
			t.Fatalf("%q became %q: %v", b, again, err)
		}
		if third, err := got.encode(); err != nil || string(third) != string(again) {
			t.Errorf("%q became %q, and that %q: %v", b, again, third, err)
		}
	})
}

// A change of which the trail cannot tell is not made.
func TestAChangeIsNotMadeWithoutItsNote(t *testing.T) {
	w := setUp(t)
	ctx := t.Context()
	_, err := w.catalog.CreateSite(ctx, Site{Organization: "elm", Profile: Default})
	w.must(err)
	before := w.journal.Applied()
	cannot := func(string, ...string) ([]journal.Record, error) { return nil, errors.New("it cannot be told") }
	organization := w.catalog.CreateOrganization(ctx, Organization{ID: "oak", Name: "Oak"}, cannot)
	_, renamed := w.catalog.ChangeOrganization(ctx, "elm", func(o *Organization) error { o.Name = "Other"; return nil }, cannot)
	_, profile := w.catalog.CreateProfile(ctx, Profile{ID: "ann", Organization: "elm", FullName: "Ann"}, cannot)
	_, another := w.catalog.ChangeProfile(ctx, "elm", Default, func(p *Profile) error { p.FullName = "Ben"; return nil }, cannot)
	_, site := w.catalog.CreateSite(ctx, Site{Organization: "elm", Profile: Default}, cannot)
	_, moved := w.catalog.ChangeSite(ctx, DefaultSite, func(s *Site) error { s.Name = "Other"; return nil }, cannot)
	for i, err := range []error{organization, renamed, profile, another, site, moved} {
		if err == nil || err.Error() != "it cannot be told" {
			t.Errorf("change %d: %v", i, err)
		}
	}
	if after := w.journal.Applied(); after != before {
		t.Errorf("%d records were written", after-before)
	}
}
