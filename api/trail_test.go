package api

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"footfall/journal"
)

// trail returns actions and targets of an organization's trail, the oldest first.
func (w *world) trail(organization string) (rows []string) {
	w.t.Helper()
	for _, row := range w.got("/v1/audit?limit=1000&organization_id=" + organization).at("audit").([]any) {
		m := row.(map[string]any)
		rows = append(rows, fmt.Sprint(m["action"], " ", m["target"], " ", m["detail"]))
	}
	slices.Reverse(rows)
	return rows
}

// Were the entry a submission of its own, a crash or a full disk between the two would leave a change of which nobody is
// told. They stand next to each other, whatever comes at the same time.
func TestAChangeAndItsEntryInTheTrailAreOneSubmission(t *testing.T) {
	w := newWorld(t)
	elm := w.tenant("elm")
	w.fill(elm)
	from := w.journal.Applied()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for j, call := range []struct{ method, path, body string }{
				{"POST", "/v1/organizations", `{"name":"Oak"}`}, {"PATCH", "/v1/organizations/elm", `{"name":"Elm %d"}`},
				{"PATCH", "/v1/organizations/elm/settings", `{"stories":true}`}, {"POST", "/v1/profiles", `{"organization_id":"elm","full_name":"Cid"}`},
				{"PATCH", "/v1/profiles/ann?organization_id=elm", `{"full_name":"Ann %d"}`}, {"POST", "/v1/sites", `{"organization_id":"elm","profile_id":"ann"}`},
				{"PATCH", fmt.Sprint("/v1/sites/", elm.site), `{"name":"Site %d"}`}, {"DELETE", fmt.Sprintf("/v1/visitors/nobody?site_id=%d", elm.site), ""},
			} {
				if call.body != "" && call.method == "PATCH" && j != 2 {
					call.body = fmt.Sprintf(call.body, i)
				}
				if res := w.do(call.method, call.path, call.body, bearer, asJSON); res.StatusCode >= 300 {
					t.Errorf("%s %s: %d %s", call.method, call.path, res.StatusCode, res.raw)
				}
			}
		})
	}
	all.Wait()
	changes, before := 0, journal.Kind(0)
	for r, err := range w.journal.Read(from) {
		w.must(err)
		if (before == journal.KindSite || before == journal.KindErase) && r.Kind != journal.KindAccess ||
			before == journal.KindCatalog && r.Kind != journal.KindAccess && r.Kind != journal.KindCatalog {
			t.Errorf("after a record of kind %d comes one of kind %d", before, r.Kind)
		}
		if before = r.Kind; before == journal.KindAccess {
			changes++
		}
	}
	if changes != 4*8 || before != journal.KindAccess {
		t.Errorf("%d entries, the last record is of kind %d", changes, before)
	}
}

func TestASiteThatIsMovedStandsInBothTrails(t *testing.T) {
	w := newWorld(t)
	elm := w.tenant("elm")
	w.tenant("oak")
	path := fmt.Sprint("/v1/sites/", elm.site)
	for _, body := range []string{`{"name":"Elm"}`, `{"organization_id":"oak"}`, `{"name":"Oak"}`} {
		if res := w.do("PATCH", path, body, bearer, asJSON); res.StatusCode != 200 {
			t.Fatalf("%d %s", res.StatusCode, res.raw)
		}
	}
	change := fmt.Sprintf("site.change %d ", elm.site)
	for organization, want := range map[string][]string{
		"elm": {change, change + "moved between organizations"}, "oak": {change + "moved between organizations", change},
	} {
		got := slices.DeleteFunc(w.trail(organization), func(row string) bool { return row[:4] != "site" })
		if !slices.Equal(got, want) {
			t.Errorf("%s's trail: %q, want %q", organization, got, want)
		}
	}
}
