package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Wherever a lead is shown it says on which site it is: ids that browsers chose may be known on several, and then
// everything else that is asked about them needs it.
func TestALeadNamesItsSite(t *testing.T) {
	w := newWorld(t)
	elm, oak := w.tenant("elm"), w.tenant("oak")
	leads := map[uint32]string{elm.site: w.fill(elm)["ben"], oak.site: w.fill(oak)["ben"]}
	sites := func(rows []map[string]any) (sites []uint32) {
		for _, row := range rows {
			site, _ := row["site_id"].(float64)
			if sites = append(sites, uint32(site)); row["id"] == leads[uint32(site)] {
				leads[uint32(site)] += " met"
			}
		}
		slices.Sort(sites)
		return sites
	}
	want := []uint32{elm.site, elm.site, oak.site, oak.site}
	var listed []map[string]any
	for _, row := range w.got("/v1/leads").at("leads").([]any) {
		listed = append(listed, row.(map[string]any))
	}
	if got := sites(listed); !slices.Equal(got, want) {
		t.Errorf("the list has leads of %v", got)
	}
	for _, site := range []uint32{elm.site, oak.site} {
		id, met := strings.CutSuffix(leads[site], " met")
		if one := w.got("/v1/leads/" + id); !met || one.at("site_id") != float64(site) {
			t.Errorf("the lead of site %d says it is of %v; listed: %v", site, one.at("site_id"), met)
		}
	}
	if got := sites(w.got("/v1/export/leads").lines(t)); !slices.Equal(got, want) {
		t.Errorf("the export has leads of %v", got)
	}
	if res := w.do("DELETE", "/v1/leads/"+strings.TrimSuffix(leads[oak.site], " met"), "", bearer); res.StatusCode != 202 {
		t.Errorf("erased with a key to several sites: %d %s", res.StatusCode, res.raw)
	}
	if res := w.get(fmt.Sprintf("/v1/visitors/v?site_id=%d", oak.site)); res.StatusCode != 404 {
		t.Errorf("%d %s", res.StatusCode, res.raw)
	}
	w.beacon(sent{"eventType": "page_view", "sessionId": "here", "visitorId": "v"})
	if res := w.get("/v1/visitors/v"); res.code() != "ambiguous" {
		t.Errorf("%d %s", res.StatusCode, res.raw)
	}
	if res := w.got(fmt.Sprintf("/v1/visitors/v?site_id=%d", elm.site)); res.at("site_id") != float64(elm.site) {
		t.Errorf("%s", res.raw)
	}
}
