package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Two sites of a brokerage know a visitor and a home of the same id: each lead shows what was done on its own site, each
// home its own address, and who is erased is the right one.
func TestAnIDOnTwoSitesIsOpenedAndErasedOnItsOwn(t *testing.T) {
	t.Parallel()
	b, o := newTab(t), newOffice(t, 0)
	var second struct{ ID int }
	o.post("/v1/sites", `{"organization_id":"default","profile_id":"default","name":"Second","allowed_origins":[]}`, &second)
	var key struct{ Key string }
	o.post("/v1/keys", fmt.Sprintf(`{"kind":"write","site_id":%d}`, second.ID), &key)
	for site, k := range map[int]string{1: writeKey, second.ID: key.Key} {
		o.send("PUT", fmt.Sprintf("/v1/listings/home?site_id=%d", site), fmt.Sprintf(`{"address":"%d Elm St","price":300000}`, site))
		event := `{"eventType":"property_view","sessionId":"s","visitorId":"v","propertyId":"home","pageId":"p%d"}`
		for i := range site {
			o.send("POST", "/v1/events?k="+k, fmt.Sprintf(event, i))
		}
		o.send("POST", fmt.Sprintf("/v1/leads?site_id=%d", site), fmt.Sprintf(`{"formData":{"full_name":"Person of %d","email":"p%[1]d@example.com"},"sessionId":"s","listingId":"home"}`, site))
	}
	var all struct {
		Leads []struct {
			ID   string
			Site int `json:"site_id"`
		}
	}
	o.get("/v1/leads", &all)
	if len(all.Leads) != 2 {
		t.Fatalf("%+v", all)
	}
	b.enter(o, "admin", "/app/")
	b.settled()
	for _, l := range all.Leads {
		b.says(fmt.Sprintf("On your site now, %d Elm St", l.Site))
		b.open(o.url + "/app/leads/" + l.ID)
		b.settled()
		b.until(fmt.Sprintf(`[...document.querySelectorAll(".group summary")].some((e) => e.innerText.includes("%d Elm St") && /\b%d view/.test(e.innerText))`, l.Site, l.Site))
		b.open(o.url + "/app/listings")
		b.settled()
		b.pressed(fmt.Sprintf("%d Elm St", l.Site))
		b.until(fmt.Sprintf(`document.querySelector("h1").innerText === "%d Elm St" && /\b%d view/.test(document.querySelector(".figures").innerText)`, l.Site, l.Site))
		b.pressed("Compare it with others of its kind")
		b.says("It cannot be compared yet")
		b.open(o.url + "/app/")
	}
	for _, l := range all.Leads {
		if l.Site != second.ID {
			continue
		}
		b.open(o.url + "/app/leads/" + l.ID)
		b.settled()
		b.pressed("Erase this person …")
		b.pressed("Erase for good")
		b.says("Erased")
		eventually(t, "the person is erased", func() bool { return o.ask("/v1/leads/"+l.ID, new(any)) == http.StatusNotFound })
	}
	for site, want := range map[int]int{1: http.StatusOK, second.ID: http.StatusNotFound} {
		if got := o.ask(fmt.Sprintf("/v1/visitors/v?site_id=%d", site), new(any)); got != want {
			t.Errorf("the visitor of site %d: %d", site, got)
		}
	}
	for _, path := range o.looked() {
		if strings.HasPrefix(path, "/v1/visitors/v") && !strings.Contains(path, "site_id") {
			t.Errorf("asked for %s", path)
		}
	}
	b.noErrors()
}
