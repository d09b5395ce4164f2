package e2e

import (
	"strings"
	"testing"
)

// listings returns the listings of the property views, in their order; "-" for none.
func listings(events []event) string {
	var all []string
	for _, e := range of(events, "property_view") {
		if e.Listing == "" {
			e.Listing = "-"
		}
		all = append(all, e.Listing)
	}
	return strings.Join(all, " ")
}

func TestAListingsPageIsAPropertyView(t *testing.T) {
	for name, test := range map[string]struct{ attrs, path, body, want string }{
		"the page's root":               {"", "/", `<main data-ff-property="L1"><a href=x>x</a></main>`, "L1"},
		"a card in the page's root":     {"", "/", `<main data-ff-property="L1"><div data-ff-property="L2"><a href=x>x</a></div></main>`, "L1"},
		"links":                         {"", "/", `<a href=x data-ff-property="L1">x</a><a href=x><b data-ff-property="L2">x</b></a>`, ""},
		"cards":                         {"", "/", `<div class="home-card" data-ff-property="L1">x</div><ul><li data-ff-property="L2">x</li></ul><div class=card><div data-ff-property="L3">x</div></div>`, ""},
		"a list of whatever":            {"", "/", `<div data-ff-property="L1">x</div><div data-ff-property="L2">x</div><div data-ff-property="L3">x</div>`, ""},
		"what nobody sees":              {"", "/", `<div hidden data-ff-property="L1">x</div>`, ""},
		"the address":                   {`data-property-pattern="/homes/(\w+)"`, "/homes/L7", `x`, "L7"},
		"another address":               {`data-property-pattern="/homes/(\w+)"`, "/about", `x`, ""},
		"the attribute and the address": {`data-property-pattern="/homes/(\w+)"`, "/homes/L7", `<main data-ff-property="L1">x</main>`, "L1"},
		"schema.org":                    {"", "/", `<script type="application/ld+json">{"@context":"https://schema.org","@type":"RealEstateListing","identifier":"L9"}</script>`, "L9"},
		"schema.org's graph":            {"", "/", `<script type="application/ld+json">{"@graph":[{"@type":"WebSite"},{"@type":["Product","RealEstateListing"],"identifier":{"@type":"PropertyValue","value":"L9"}}]}</script>`, "L9"},
		"schema.org's list":             {"", "/", `<script type="application/ld+json">[{"@type":"RealEstateListing","identifier":"L8"},{"@type":"RealEstateListing","identifier":"L9"}]</script>`, ""},
		"nonsense for schema.org":       {"", "/", `<script type="application/ld+json">{"@type":</script>`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, s := newTab(t), newSite(t, test.attrs)
			b.before(steered)
			s.pages[test.path] = test.body
			b.open(s.url + test.path)
			b.run(`advance(2000); footfall.track("end"); footfall.flush()`)
			s.backend.wait("end", 1)
			if got := listings(s.backend.events()); got != test.want {
				t.Errorf("property views of %q, not %q", got, test.want)
			}
		})
	}
}

func TestLateContentAndDialogsAreSeenOnce(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.pages["/"] = `<div id=app></div><dialog id=d data-ff-property="L2">x</dialog>`
	b.before(steered)
	b.open(s.url + "/")
	step := func(script, want string) {
		t.Helper()
		b.run("%s", script)
		eventually(t, script, func() bool {
			b.run(`advance(1000); footfall.flush()`)
			return listings(s.backend.events()) == want
		})
	}
	step(`app.innerHTML = '<main data-ff-property="L1">x</main>'`, "L1")
	step(`app.innerHTML = '<main data-ff-property="L1">drawn again</main>'`, "L1")
	step(`d.showModal()`, "L1 L2")
	step(`d.close()`, "L1 L2 L1")
	step(`app.innerHTML = ""`, "L1 L2 L1 -")
}

func TestARouteDoesNotInheritTheListing(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.pages["/1"] = `<main id=app data-ff-property="L1">x</main>`
	b.before(steered)
	b.open(s.url + "/1")
	b.run(`history.pushState(0, "", "/2"); advance(200); app.dataset.ffProperty = "L2"`)
	eventually(t, "the second", func() bool { b.run(`advance(1000); footfall.flush()`); return listings(s.backend.events()) == "L1 L2" })
	b.run(`history.pushState(0, "", "/2/photos")`)
	eventually(t, "the second still", func() bool {
		b.run(`advance(1000); footfall.flush()`)
		return listings(s.backend.events()) == "L1 L2 L2"
	})
	views := of(s.backend.events(), "property_view")
	if views[0].Page == views[1].Page || views[1].Page == views[2].Page {
		t.Errorf("%+v", views)
	}
}

func TestClicksTellWhatTheyAreOn(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.pages["/"] = `<main data-ff-property="L1">
		<button id=share data-ff-interaction=share_click><b>share</b></button>
		<a id=card href="#x" class=card data-ff-property="L2"><i id=photos data-ff-interaction=photo_gallery_open>photos</i></a>
		<button id=tour data-ff-event=tour_start data-ff-prop-floor=2 data-ff-prop-room-kind=bath>tour</button>
		<a id=tel href="tel:+1-555-0100">call</a><a id=sms href="sms:+15550100">text</a><a id=mail href="mailto:ada@example.com?subject=x">mail</a>
		<a id=out target=_blank href="https://elsewhere.example/path?q=secret">out</a><a id=in href="/in">in</a></main>`

	b.before(`addEventListener("click", e => e.preventDefault())`) // stay on the page
	b.open(s.url + "/")
	b.run(`for (const id of "share photos tour tel sms mail out in".split(" ")) (document.querySelector("#" + id + " b") || document.getElementById(id)).click(); footfall.flush()`)
	interactions := s.backend.wait("property_interaction", 2)
	for i, want := range []struct{ listing, kind string }{{"L1", "share_click"}, {"L2", "photo_gallery_open"}} {
		if e := interactions[i]; e.Listing != want.listing || e.Data["interactionType"] != want.kind {
			t.Errorf("%+v, not %+v", e, want)
		}
	}
	if e := s.backend.wait("tour_start", 1)[0]; e.Data["floor"] != "2" || e.Data["room-kind"] != "bath" || e.Listing != "L1" {
		t.Errorf("%+v", e)
	}
	for i, e := range s.backend.wait("contact_click", 3) {
		if want := []string{"tel", "sms", "mailto"}[i]; e.Data["method"] != want || len(e.Data) != 1 {
			t.Errorf("%+v, not %s", e, want)
		}
	}
	if e := s.backend.wait("outbound_click", 1)[0]; e.Data["url"] != "https://elsewhere.example/path" {
		t.Errorf("%+v", e)
	}
}

func TestAClickIsToldAlthoughThePageGoesAtOnce(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.pages["/"] = `<a id=go href="/next" data-ff-event=went>go</a>`
	b.open(s.url + "/")
	b.run(`go.click()`)
	b.until(`location.pathname == "/next"`)
	s.backend.wait("went", 1)
	s.backend.wait("page_view", 2)
}
