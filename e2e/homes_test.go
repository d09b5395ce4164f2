package e2e

import (
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"footfall/server/homes"
)

// newHomes returns the address of a site of homes as the demo has it, and the server to which its pages send.
func newHomes(t *testing.T) (address string, b *backend) {
	t.Helper()
	b = newBackend(t)
	site, err := homes.New(homes.Options{Footfall: b.url, WriteKey: writeKey, SecretKey: adminKey, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(site)
	t.Cleanup(func() {
		front.CloseClientConnections()
		front.Close()
	})
	return front.URL, b
}

// click clicks what a selector finds, as soon as it is there.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.until(fmt.Sprintf("!!document.querySelector(%q)", selector))
	b.run("document.querySelector(%q).dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))", selector)
}

// stroll is a visit from the list to a lead.
func stroll(b *tab, server *backend, address, base string) {
	b.t.Helper()
	b.open(address + base + "/")
	b.until(`!!window.footfall && !!footfall.ids`)
	b.run(`document.querySelector("[name=q]").value = "larkspur"; document.getElementById("search").requestSubmit()`)
	b.until(`document.querySelectorAll(".cards > a").length == 1 && document.readyState == "complete" && !!footfall.ids`)
	b.click(".cards > a")
	b.until(`location.pathname.endsWith("/homes/214-larkspur-street") && !!document.querySelector("main[data-ff-property]") && document.readyState == "complete" && !!footfall.ids`)
	eventually(b.t, "the view of the home, before anything is clicked", func() bool {
		b.run(`footfall.flush()`)
		return listings(server.events()) == "214-larkspur-street"
	})
	for _, dialog := range []string{"gallery", "where", "showing"} {
		b.click(fmt.Sprintf(".actions [data-open=%s]", dialog))
		b.until(fmt.Sprintf("document.getElementById(%q).open", dialog))
		if dialog == "gallery" {
			b.click("#gallery [data-slide='1']")
		}
		b.click(fmt.Sprintf("#%s [data-close]", dialog))
		b.until(fmt.Sprintf("!document.getElementById(%q).open", dialog))
	}
	b.click("[data-share]")
	b.click("[data-save]")
	b.run(`for (const [name, value] of Object.entries({ full_name: "Ada Lovelace", email: "ada@example.com" })) {
		const field = document.querySelector("#contact [name=" + name + "]")
		field.value = value
		field.dispatchEvent(new InputEvent("input", { bubbles: true }))
	}
	document.querySelector("#contact form").requestSubmit()`)
	b.until(`location.pathname.endsWith("/thanks") && document.querySelector("h1").textContent == "Thank you" && document.readyState == "complete" && !!footfall.ids`)
	b.run(`footfall.flush()`)
}

// told returns a timeline as text, without what depends on how long the visit took.
func told(events []event) (all []string) {
	for _, e := range events {
		line := e.Type
		switch e.Type {
		case "page_duration", "scroll_depth":
			continue
		case "page_view":
			if u, err := url.Parse(e.URL); err == nil {
				line += " " + u.Path
			}
		case "property_interaction":
			line += " " + fmt.Sprint(e.Data["interactionType"])
		}
		if e.Listing != "" {
			line += " of " + e.Listing
		}
		all = append(all, line)
	}
	return all
}

func TestTheSiteOfTheDemoTellsAVisit(t *testing.T) {
	const home = "214-larkspur-street"
	for name, test := range map[string]struct {
		base  string
		again []string // what the search adds: a page, or nothing where only the query changes
	}{
		"plain pages": {"", []string{"page_view /"}},
		"single page": {"/app", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newTab(t)
			address, server := newHomes(t)
			stroll(b, server, address, test.base)
			want := slices.Concat([]string{"page_view " + test.base + "/", "property_search"}, test.again, []string{
				"page_view " + test.base + "/homes/" + home, "property_view of " + home,
				"property_interaction photo_gallery_open of " + home, "property_interaction map_view of " + home,
				"property_interaction schedule_showing of " + home, "property_interaction share_click of " + home,
				"property_save of " + home, "form_start of " + home, "form_submit of " + home, "page_view " + test.base + "/thanks",
			})
			var got []string
			eventually(t, "the form and the last page", func() bool {
				got = told(server.events())
				return slices.Contains(got, want[len(want)-1]) && slices.Contains(got, "form_submit of "+home)
			})
			if !slices.Equal(got, want) {
				t.Errorf("stored is\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			var leads struct{ Leads []map[string]any }
			eventually(t, "the lead", func() bool { server.get("/v1/leads", &leads); return len(leads.Leads) == 1 })
			if lead := leads.Leads[0]; lead["email"] != "ada@example.com" || lead["listing_id"] != home || lead["session_id"] != server.sessions()[0] {
				t.Errorf("%v", lead)
			}
			for show, want := range map[string]string{"viewed": "1", "form": "sent, is a lead", "visits": "1"} {
				b.until(fmt.Sprintf("document.querySelector('[data-show=%s]').textContent == %q", show, want))
			}
		})
	}
}
