package catalog

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/fault"
	"footfall/journal"
	"footfall/store"

	"pgregory.net/rapid"
)

// shop is a world with two sites of one organization, in Chicago.
func shop(t *testing.T) *world {
	w := newWorld(t)
	w.catalog.Attach(w.journal)
	for id := uint32(1); id <= 2; id++ {
		s := site(id)
		s.TimeZone = "America/Chicago"
		w.put(s)
	}
	_, err := w.catalog.CreateProfile(t.Context(), Profile{ID: "ann", Organization: "org", FullName: "Ann"})
	w.must(err)
	return w
}

func (w *world) siteOf(id uint32) *Site {
	s, ok := w.catalog.Site(id)
	if !ok {
		w.t.Fatalf("no site %d", id)
	}
	return s
}

// clock are ms since 1970 of a day, 2026-03-10T12:00:00Z, and n minutes.
func minute(n int) time.Time { return time.Date(2026, 3, 10, 12, n, 0, 0, time.UTC) }

// sell puts a listing of JSON on a site, which must be taken.
func (w *world) sell(id uint32, name string, at time.Time, body string) PutResult {
	w.t.Helper()
	r := w.offer(id, name, "", at, body)
	w.must(r.Err)
	return r
}

func (w *world) offer(id uint32, name, of string, at time.Time, body string) PutResult {
	w.t.Helper()
	l, err := w.catalog.ReadListing(w.siteOf(id), name, []byte(body))
	if err != nil {
		return PutResult{Err: err}
	}
	results, err := w.catalog.PutListings(w.t.Context(), w.siteOf(id), of, at, l)
	w.must(err)
	return results[0]
}

func TestAListingIsReadUnderOurNamesAndRESOs(t *testing.T) {
	w := shop(t)
	want := `{"id":"L1","profile_id":"ann","status":"under_contract","price_cents":45000050,"address":"1 Elm St","city":"Oak Park",` +
		`"property_type":"single_family","beds":0,"baths_hundredths":250,"sqft":1500,"description":"Sunny.\nQuiet.",` +
		`"listed_ms":1767247200000,"closed_ms":1769947200000,"created_ms":1773144000000,"updated_ms":1773144000000}`
	for name, body := range map[string]string{
		"snake case": `{"id":"L1","price":450000.50,"address":" 1 Elm St ","city":"Oak  Park","property_type":"Single Family","beds":0,"baths":2.5,
			"sqft":1500,"status":"Under Contract","description":"Sunny.\nQuiet.","listed_at":"2026-01-01","closed_at":"2026-02-01T12:00:00Z","profile_id":"ann"}`,
		"camel case": `{"listingId":"L1","price":"450000.5","address":"1 Elm St","city":"Oak Park","propertyType":"single_family","beds":0,"baths":2.5,
			"sqft":1500,"status":"under_contract","description":"Sunny.\nQuiet.","listedAt":"2026-01-01","closedAt":"2026-02-01T13:00:00+01:00","profileId":"ann",
			"site_id":1,"daysOnMarket":3,"history":[]}`,
		"RESO": `{"ListingKey":"L1","ListPrice":450000.5,"ClosePrice":1,"UnparsedAddress":"1 Elm St","City":"Oak Park","PropertyType":"Residential",
			"PropertySubType":"Single Family Residence","BedroomsTotal":0,"BathroomsTotalInteger":3,"BathroomsTotalDecimal":2.5,"LivingArea":139.3546,
			"LivingAreaUnits":"Square Meters","StandardStatus":"Active Under Contract","PublicRemarks":"Sunny.\nQuiet.","ListingContractDate":"2026-01-01",
			"CloseDate":"2026-02-01T12:00:00Z","ListAgentKey":"ann","ModificationTimestamp":"2026-01-01T00:00:00Z","PhotosCount":12}`,
		"ours before RESO's, null is nothing": `{"id":"L1","price":450000.5,"ListPrice":1,"address":"1 Elm St","city":null,"City":"Oak Park",
			"property_type":"single-family","beds":0,"baths":2.5,"sqft":"1500","status":"contingent","description":"Sunny.\nQuiet.",
			"listed_at":"2026-01-01","closed_at":"2026-02-01T12:00:00Z","profile_id":"ann","ListAgentKey":"nobody"}`,
	} {
		w.sell(2, "", minute(0), body)
		l, found, err := w.catalog.Listing(2, "L1")
		w.must(err)
		got, err := json.Marshal(l)
		w.must(err)
		if !found || string(got) != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
		w.must(w.catalog.DeleteListing(t.Context(), w.siteOf(2), "L1"))
	}
}

func TestAListingThatCannotBeIsRefusedByField(t *testing.T) {
	w := shop(t)
	for body, want := range map[string]string{
		`[]`:          "invalid_json ",
		`{"price":1}`: "missing_field id",
		`{"id":"` + strings.Repeat("x", 256) + `"}`:                    "invalid_field id",
		`{"id":"a\u0000b"}`:                                            "invalid_field id",
		`{"id":"x","pirce":1}`:                                         "invalid_field pirce",
		`{"id":"x","price":0}`:                                         "invalid_field price",
		`{"id":"x","price":-1}`:                                        "invalid_field price",
		`{"id":"x","price":1e99}`:                                      "invalid_field price",
		`{"id":"x","price":"NaN"}`:                                     "invalid_field price",
		`{"id":"x","price":"a lot"}`:                                   "invalid_field price",
		`{"id":"x","ListPrice":[1]}`:                                   "invalid_field price",
		`{"id":"x","beds":2.5}`:                                        "invalid_field beds",
		`{"id":"x","baths":-0.5}`:                                      "invalid_field baths",
		`{"id":"x","sqft":0}`:                                          "invalid_field sqft",
		`{"id":"x","status":"gone fishing"}`:                           "invalid_field status",
		`{"id":"x","address":"a\u0007"}`:                               "invalid_field address",
		`{"id":"x","city":7}`:                                          "invalid_field city",
		`{"id":"x","property_type":"` + strings.Repeat("x", 51) + `"}`: "invalid_field property_type",
		`{"id":"x","description":"\u001b[2J"}`:                         "invalid_field description",
		`{"id":"x","listed_at":"yesterday"}`:                           "invalid_field listed_at",
		`{"id":"x","listed_at":"2026-02-02","closed_at":"2026-02-01"}`: "invalid_field closed_at",
		`{"id":"x","profile_id":"nobody"}`:                             "invalid_field profile_id",
	} {
		r := w.offer(1, "", "", minute(0), body)
		f := fault.From(r.Err)
		if got := string(f.Code) + " " + f.Field; r.Err == nil || got != want {
			t.Errorf("%.80s: %v, want %s", body, r.Err, want)
		}
	}
	if r := w.offer(1, "path", "", minute(0), `{"id":"body"}`); fault.From(r.Err).Field != "id" {
		t.Errorf("two ids: %v", r.Err)
	}
	if page, _, err := w.catalog.Listings(w.catalog.Sites(), ListingQuery{Limit: 9}); err != nil || len(page) != 0 {
		t.Errorf("refused, but there: %v, %v", page, err)
	}
}

func TestOnlyAnotherPriceOrStatusIsALineOfTheHistory(t *testing.T) {
	w := shop(t)
	for i, step := range []struct{ body, result string }{
		{`{"price":500000}`, ListingCreated},
		{`{"price":500000}`, ListingUnchanged},
		{`{"price":500000,"status":"Active","profile_id":"agent"}`, ListingUnchanged},
		{`{"price":500000,"beds":3}`, ListingUpdated},
		{`{"price":480000,"beds":3}`, ListingUpdated},
		{`{"price":480000,"beds":3,"status":"sold"}`, ListingUpdated},
	} {
		before := w.journal.Applied()
		r := w.sell(1, "L", minute(i), step.body)
		if r.Result != step.result || (w.journal.Applied() == before) != (step.result == ListingUnchanged) {
			t.Errorf("step %d: %s, %d records", i, r.Result, w.journal.Applied()-before)
		}
	}
	got, err := w.catalog.ListingHistory(1, "L")
	w.must(err)
	want := []ListingEvent{
		{minute(0).UnixMilli(), 50000000, "active"}, {minute(4).UnixMilli(), 48000000, "active"}, {minute(5).UnixMilli(), 48000000, "sold"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("history %+v", got)
	}
	w.must(w.catalog.DeleteListing(t.Context(), w.siteOf(1), "L"))
	if err := w.catalog.DeleteListing(t.Context(), w.siteOf(1), "L"); !fault.Is(err, fault.NotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	w.sell(1, "L", minute(9), `{}`)
	if got, err = w.catalog.ListingHistory(1, "L"); err != nil || len(got) != 1 {
		t.Errorf("it begins anew: %v, %v", got, err)
	}
}

// Worked by hand: 2026-03-10 in Chicago ends at 05:00 UTC of the 11th.
func TestDaysOnMarketEndWhenItClosedOrLeft(t *testing.T) {
	w := shop(t)
	for _, tt := range []struct {
		name   string
		bodies []string // put at minutes 0, 1, …
		later  time.Duration
		want   any // nil: not known
	}{
		{"listed today", []string{`{"listed_at":"2026-03-10"}`}, 0, 0},
		{"listed nine days ago", []string{`{"listed_at":"2026-03-01"}`}, 0, 9},
		{"before midnight in Chicago", []string{`{"listed_at":"2026-03-10"}`}, 16*time.Hour + 59*time.Minute, 0},
		{"after it", []string{`{"listed_at":"2026-03-10"}`}, 17 * time.Hour, 1},
		{"it was not said when", []string{`{}`}, 48 * time.Hour, 2},
		{"not yet listed", []string{`{"listed_at":"2026-04-01","status":"coming_soon"}`}, 0, 0},
		{"closed", []string{`{"listed_at":"2026-01-01","closed_at":"2026-01-31","status":"closed"}`}, 1000 * time.Hour, 30},
		{"left the market", []string{`{"listed_at":"2026-03-01"}`, `{"listed_at":"2026-03-01","status":"withdrawn"}`}, 1000 * time.Hour, 9},
		{"left it long ago, nobody knows when", []string{`{"listed_at":"2026-03-01","status":"sold"}`}, 1000 * time.Hour, nil},
		{"came back", []string{`{"listed_at":"2026-03-01"}`, `{"listed_at":"2026-03-01","status":"pending"}`, `{"listed_at":"2026-03-01"}`}, 24 * time.Hour, 10},
	} {
		for i, body := range tt.bodies {
			w.sell(1, tt.name, minute(i), body)
		}
		l, _, err := w.catalog.Listing(1, tt.name)
		w.must(err)
		if l.OnMarket() && l.LeftMarket != 0 {
			t.Errorf("%s: it left the market at %d", tt.name, l.LeftMarket)
		}
		days := l.DaysOnMarket(w.siteOf(1).Zone(), minute(0).Add(tt.later))
		if got := fmt.Sprint(deref(days)); got != fmt.Sprint(tt.want) {
			t.Errorf("%s: %s days, want %v", tt.name, got, tt.want)
		}
	}
}

// In Santiago 6 September 2026 begins at one o'clock.
func TestADateOfAListingIsADayOfItsSite(t *testing.T) {
	w := shop(t)
	s := site(1)
	s.TimeZone = "America/Santiago"
	w.put(s)
	w.sell(1, "home", minute(0), `{"listed_at":"2026-09-06","closed_at":"2026-09-07","status":"closed"}`)
	l, _, err := w.catalog.Listing(1, "home")
	w.must(err)
	if days := l.DaysOnMarket(w.siteOf(1).Zone(), minute(0)); *days != 1 {
		t.Errorf("%d days from one date to the next", *days)
	}
}

func deref(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

func TestPricesAreInTheRangeThatTheyBegin(t *testing.T) {
	for cents, want := range map[int64]string{
		0: "", 1: "0-250000", 249_999_99: "0-250000", 250_000_00: "250000-500000", 500_000_00: "500000-1000000",
		999_999_99: "500000-1000000", 1_000_000_00: "1000000+", maxPrice: "1000000+",
	} {
		if got := PriceRange(cents); got != want {
			t.Errorf("%d cents are in %q, want %q", cents, got, want)
		}
	}
}

func TestAProfilePutsItsOwnListingsOnly(t *testing.T) {
	w := shop(t)
	w.sell(1, "agents", minute(0), `{"price":1}`)
	if r := w.offer(1, "new", "ann", minute(1), `{"price":2}`); r.Err != nil || r.Listing.Profile != "ann" {
		t.Errorf("ann's own: %+v", r)
	}
	if r := w.offer(1, "agents", "ann", minute(1), `{"price":2}`); !fault.Is(r.Err, fault.NotFound) {
		t.Errorf("another's: %v", r.Err)
	}
	if r := w.offer(1, "new", "ann", minute(1), `{"price":2,"profile_id":"agent"}`); fault.From(r.Err).Field != "profile_id" {
		t.Errorf("given away: %v", r.Err)
	}
	if got := w.catalog.ListingProfile(w.siteOf(1), "new") + w.catalog.ListingProfile(w.siteOf(2), "new"); got != "annagent" {
		t.Errorf("profiles %s", got)
	}
}

// state is everything that readers can see.
func (w *world) listings() (seen []string) {
	w.t.Helper()
	q := ListingQuery{Limit: 3}
	for {
		page, next, err := w.catalog.Listings(w.catalog.Sites(), q)
		w.must(err)
		for _, l := range page {
			history, err := w.catalog.ListingHistory(l.Site.ID, l.ID)
			w.must(err)
			text, err := json.Marshal(l.Listing)
			w.must(err)
			seen = append(seen, fmt.Sprint(l.Site.ID, string(text), history, w.catalog.ReportLinks(l.Site.ID, l.ID, minute(0))))
		}
		if q.After = next; next == "" {
			break
		}
	}
	for _, profile := range []string{"agent", "ann"} {
		share, ok := w.catalog.PriceMatch("org", profile, 3_00, 6_00)
		seen = append(seen, fmt.Sprint(profile, share, ok))
	}
	return seen
}

// again empties the derived spaces of listings, if it should, and opens the directory again.
func (w *world) again(rebuild bool) {
	w.t.Helper()
	w.must(w.journal.Close())
	if rebuild {
		b := w.db.NewBatch()
		for _, space := range []store.Space{store.Catalog, store.Listings, store.ListingHistory, store.ReportLinks} {
			b.DeleteRange(space.Span())
		}
		journal.ForgetPositions(b)
		w.must(b.Commit(true))
	}
	w.must(w.db.Close())
	w.open()
	w.catalog.Attach(w.journal)
}

func TestListingsAreTheSameLiveRecoveredAndRebuilt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := shop(t)
		statuses := []string{"active", "pending", "sold", "withdrawn"}
		names := []string{"a", "b\u00e9", "c/d%", `e"\`, " f "}
		for i := range rapid.IntRange(1, 25).Draw(rt, "steps") {
			id := uint32(rapid.IntRange(1, 2).Draw(rt, "site"))
			name := rapid.SampledFrom(names).Draw(rt, "listing")
			switch rapid.IntRange(0, 6).Draw(rt, "what") {
			case 0:
				if err := w.catalog.DeleteListing(t.Context(), w.siteOf(id), name); err != nil && !fault.Is(err, fault.NotFound) {
					rt.Fatal(err)
				}
			case 1:
				if _, _, err := w.catalog.CreateReportLink(t.Context(), id, name, "key:x", minute(i), MinReportGood*20); err != nil && !fault.Is(err, fault.NotFound) {
					rt.Fatal(err)
				}
			case 2:
				for _, l := range w.catalog.ReportLinks(id, name, minute(i)) {
					if rapid.Bool().Draw(rt, "revoke") {
						w.must(w.catalog.RevokeReportLink(t.Context(), id, name, l.ID))
					}
				}
			default:
				w.sell(id, name, minute(i), fmt.Sprintf(`{"price":%d,"status":%q,"profile_id":%q}`, rapid.IntRange(1, 9).Draw(rt, "price"),
					rapid.SampledFrom(statuses).Draw(rt, "status"), rapid.SampledFrom([]string{"agent", "ann"}).Draw(rt, "profile")))
			}
		}
		live := w.listings()
		for _, rebuild := range []bool{false, true} {
			w.again(rebuild)
			if got := w.listings(); !slices.Equal(got, live) {
				rt.Fatalf("live\n%s\nafterwards (rebuilt: %v)\n%s", strings.Join(live, "\n"), rebuild, strings.Join(got, "\n"))
			}
		}
	})
}

func TestPagesOfListingsAreTheNewestFirstAndFiltered(t *testing.T) {
	w := shop(t)
	for i, body := range []string{
		`{"city":"Oak Park","property_type":"Condo","price":1}`, `{"city":"OAK PARK","status":"sold","price":2}`,
		`{"city":"Elgin","profile_id":"ann","price":3}`, `{"property_type":"Condominium","profile_id":"ann","price":4}`, `{"price":5}`,
	} {
		w.sell(uint32(1+i%2), fmt.Sprint("L", i), minute(i), body)
	}
	for want, q := range map[string]ListingQuery{
		"L4 L3 L2 L1 L0": {}, "L3 L2": {Profile: "ann"}, "L1": {Status: "Sold"}, "L1 L0": {City: "oak park"}, "L3 L0": {Type: "condo"},
		"L0": {City: "Oak Park", Type: "condo"}, "": {Profile: "nobody"},
	} {
		var got []string
		for q.Limit = 1; ; {
			page, next, err := w.catalog.Listings(w.catalog.Sites(), q)
			w.must(err)
			for _, l := range page {
				got = append(got, l.ID)
			}
			if q.After = next; next == "" {
				break
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%+v: %v, want %s", q, got, want)
		}
	}
	if page, _, err := w.catalog.Listings(w.catalog.Sites()[:1], ListingQuery{Limit: 9}); err != nil || len(page) != 3 {
		t.Errorf("of one site: %d, %v", len(page), err)
	}
}

func TestALinkToAReportIsGoodUntilItEndsIsRevokedOrItsListingGoes(t *testing.T) {
	w := shop(t)
	w.sell(1, "L", minute(0), `{}`)
	w.sell(1, "M", minute(0), `{}`)
	link := func(listing string, good time.Duration) (ReportLink, string) {
		l, token, err := w.catalog.CreateReportLink(t.Context(), 1, listing, "key:x", minute(0), good)
		w.must(err)
		return l, token
	}
	short, shortToken := link("L", time.Minute)
	long, longToken := link("L", time.Hour)
	_, other := link("M", time.Hour)
	good := func(token string, at time.Time) bool { _, ok := w.catalog.Report(token, at); return ok }
	if !good(shortToken, minute(0)) || good(shortToken, minute(1)) || !good(longToken, minute(59)) || good(long.Hash, minute(0)) || good("", minute(0)) {
		t.Error("links are good for another time than they say")
	}
	if l, _ := w.catalog.Report(other, minute(0)); l.Listing != "M" || len(other) != 43 {
		t.Errorf("a link to %q, %d characters", l.Listing, len(other))
	}
	for r, err := range w.journal.Read(0) {
		if w.must(err); strings.Contains(string(r.Body), shortToken) || strings.Contains(string(r.Body), longToken) {
			t.Errorf("a token stands in the journal: %s", r.Body)
		}
	}
	if got := w.catalog.ReportLinks(1, "L", minute(1)); len(got) != 1 || got[0] != long {
		t.Errorf("good links %v", got)
	}
	w.must(w.catalog.RevokeReportLink(t.Context(), 1, "L", long.ID))
	if err := w.catalog.RevokeReportLink(t.Context(), 1, "M", short.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another listing's link: %v", err)
	}
	w.must(w.catalog.DeleteListing(t.Context(), w.siteOf(1), "M"))
	w.sell(1, "M", minute(3), `{}`)
	if good(longToken, minute(0)) || good(other, minute(0)) {
		t.Error("a link outlived its end")
	}
	for _, d := range []time.Duration{0, MinReportGood - 1, MaxReportGood + 1} {
		if _, _, err := w.catalog.CreateReportLink(t.Context(), 1, "L", "key:x", minute(0), d); fault.From(err).Field != "expires_in" {
			t.Errorf("good for %v: %v", d, err)
		}
	}
}

// What is past its end goes when the next link is made.
func TestEndedLinksGoWithTheNext(t *testing.T) {
	w := shop(t)
	w.sell(1, "L", minute(0), `{}`)
	for i := range 3 {
		_, _, err := w.catalog.CreateReportLink(t.Context(), 1, "L", "key:x", minute(i*2), time.Minute)
		w.must(err)
	}
	n := 0
	w.must(scanLinks(w.db.Reader(), func(*ReportLink) { n++ }))
	if all := w.catalog.links.of(1, "L"); n != 1 || len(all) != 1 || all[0].Created != minute(4) {
		t.Errorf("%d stored, %v", n, all)
	}
}

func FuzzDecodeListing(f *testing.F) {
	f.Add([]byte("\x01{\"id\":\"x\",\"profile_id\":\"p\",\"status\":\"sold\",\"beds\":0,\"closed_ms\":1}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := decodeListing(b)
		if err != nil {
			return
		}
		again, err := encodeVersioned(&l)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decodeListing(again); err != nil || !reflect.DeepEqual(got, l) {
			t.Errorf("%q became %+v and then %+v: %v", b, l, got, err)
		}
	})
}

func FuzzReadListing(f *testing.F) {
	f.Add([]byte(`{"id":"x","price":"1e3","listed_at":"2026-01-01","LivingArea":3,"LivingAreaUnits":"Square Meters"}`))
	f.Add([]byte(`{"ListingKey":7,"StandardStatus":"Closed","PublicRemarks":"\u2028"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c := &Catalog{}
		c.tables.Store(newTables())
		l, err := c.ReadListing(&Site{ID: 1, Organization: "o", Profile: "p"}, "", body)
		if err != nil {
			if fault.From(err).Code == fault.Internal {
				t.Fatal(err)
			}
			return
		}
		l.Profile = "p"
		b, err := encodeVersioned(l)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeListing(b)
		if err != nil || !reflect.DeepEqual(again, *l) {
			t.Errorf("%q became %+v and then %+v: %v", body, l, again, err)
		}
	})
}
