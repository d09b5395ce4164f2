package ingest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"footfall/catalog"
)

func custom(n int) string { return fmt.Sprintf(`{"eventType":"own_%d","sessionId":"s"}`, n) }

func TestASiteHas200EventTypesOfItsOwn(t *testing.T) {
	g := newRig(t)
	from := g.from()
	for i := range 20 {
		var lines []string
		for j := range 10 {
			lines = append(lines, custom(10*i+j))
		}
		g.want(g.beacon(strings.Join(lines, "\n"), from("192.0.2.1")...), 204, "")
	}
	g.wantRefused(g.beacon(custom(200), from("192.0.2.2")...), "site_quota", "200 event types", 1)
	g.want(g.beacon(custom(7), from("192.0.2.1")...), 204, "")
	r := g.beacon(custom(201)+"\n"+custom(8)+"\n"+viewOf("a", "v")+"\n{}", from("192.0.2.1")...)
	g.want(r, http.StatusOK, "")
	if !strings.Contains(r.body, `"accepted":2,"rejected":[{"index":0,"code":"site_quota"`) || !strings.Contains(r.body, `{"index":3,"code":"missing_field"`) {
		t.Errorf("%s", r.body)
	}
	g.want(g.beacon(custom(202)+"\n{}", from("192.0.2.1")...), 400, "all_rejected")
	g.want(g.beacon(custom(203)), 204, "") // this machine
	g.want(g.post("/v1/import", `{"eventType":"own_204","sessionId":"s","ts":1700000000000}`, from("192.0.2.1")...), 200, "")
	other := &catalog.Site{ID: 2, Name: "other", Organization: catalog.Default, Profile: catalog.Default}
	g.must(g.catalog.Put(t.Context(), g.journal, *other))
	items := []Item{decodeOne(t, `,"event_type":"own_205"`)}
	if kept, rejects, err := g.in.quotas.within(other, items, nil, now); err != nil || len(kept) != 1 || len(rejects) != 0 {
		t.Errorf("another site's type: %v, %v, %v", kept, rejects, err)
	}
}

func TestASiteHasSoManyNewListingsADay(t *testing.T) {
	g := newRig(t)
	from := g.from()
	if limit := g.in.quotas.limits(catalog.Default).Listings; limit != 50_000 {
		t.Errorf("%d", limit)
	}
	_, err := g.catalog.ChangeOrganization(t.Context(), catalog.Default, func(o *catalog.Organization) error {
		o.Settings.Quotas.Listings = 3
		return nil
	})
	g.must(err)
	for _, listing := range []string{"a", "b", "a", "c", "b"} {
		g.want(g.beacon(viewOf(listing, ""), from("192.0.2.1")...), 204, "")
	}
	g.wantRefused(g.beacon(viewOf("d", ""), from("192.0.2.1")...), "site_quota", "3 new listings", 1)
	g.want(g.beacon(viewOf("c", ""), from("192.0.2.1")...), 204, "")
	g.elapsed.Add(int64(12 * time.Hour))
	g.want(g.beacon(viewOf("d", ""), from("192.0.2.1")...), 204, "")
}

func TestWhatIsStoredIsNotNew(t *testing.T) {
	g := newRig(t)
	from := g.from()
	g.want(g.beacon(viewOf("old", "ada")), 204, "")
	g.must(g.sessions.Checkpoint())
	little := func(string) catalog.Quotas { return catalog.Quotas{Listings: 0, Visitors: 1} }
	g.in.quotas = newQuotas(g.sessions, little) // as after a start
	g.want(g.beacon(viewOf("old", "ada"), from("192.0.2.1")...), 204, "")
	g.wantRefused(g.beacon(viewOf("new", "ada"), from("192.0.2.1")...), "site_quota", "new listings", 1)
	g.want(g.beacon(viewOf("old", "cyd"), from("192.0.2.1")...), 204, "")
	g.wantRefused(g.beacon(viewOf("old", "bob"), from("192.0.2.1")...), "site_quota", "new visitors", 1)
}

func TestASiteHasAThousandNewVisitorsASecond(t *testing.T) {
	g := newRig(t)
	from := g.from()
	var lines []string
	for i := range 1000 {
		lines = append(lines, viewOf("a", fmt.Sprint("v", i)))
	}
	g.want(g.beacon(strings.Join(lines[:500], "\n"), from("192.0.2.1")...), 204, "")
	g.want(g.beacon(strings.Join(lines[500:], "\n"), from("192.0.2.2")...), 204, "")
	g.wantRefused(g.beacon(viewOf("a", "one more"), from("192.0.2.3")...), "site_quota", "1000 a second", 1)
	g.want(g.beacon(viewOf("a", "v999"), from("192.0.2.3")...), 204, "")
	g.elapsed.Add(int64(time.Millisecond))
	g.want(g.beacon(viewOf("a", "one more"), from("192.0.2.3")...), 204, "")
}
