package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// clean has axe-core look at the page, at WCAG 2.2 AA, and looks itself that nothing hangs out of the window.
func (b *tab) clean(name string) {
	b.t.Helper()
	if !eval[bool](b, `!!window.axe`) {
		script, err := os.ReadFile("testdata/axe.min.js")
		if err != nil {
			b.t.Fatal(err)
		}
		b.run("%s", string(script))
	}
	found := eval[[]string](b, `axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then((r) =>
		r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.html.slice(0, 200) + " | " + n.failureSummary)))`)
	for _, f := range found {
		b.t.Errorf("%s: %s", name, f)
	}
	if wide := eval[[]string](b, `[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, nav, pre, .unseen, svg, [popover]")).map((e) => e.outerHTML.slice(0, 120))`); len(wide) > 0 {
		b.t.Errorf("%s: wider than the window: %s", name, strings.Join(wide[:min(3, len(wide))], "\n"))
	}
}

// settled waits until the page has what it asked for.
func (b *tab) settled() {
	b.t.Helper()
	b.until(`!!document.querySelector("main#page h1") && !document.querySelector(".loading") && document.readyState === "complete"`)
	eval[any](b, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))`)
}

// named waits until homes are called by their addresses, which come after the leads.
func (b *tab) named() {
	b.t.Helper()
	b.until(`![...document.querySelectorAll(".lead, .leadrow, .visitor")].some((e) => /\d-[a-z]+-street/.test(e.innerText)) && ![...document.querySelectorAll("article.lead .days")].some((e) => !e.firstChild)`)
}

// dark has the browser ask for dark pages.
func (b *tab) dark() {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		return call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	}))
}

// noErrors fails the test for what scripts of the page did not catch.
func (b *tab) noErrors() {
	b.t.Helper()
	for _, e := range eval[[]string](b, `window.errors_ || []`) {
		b.t.Errorf("a script failed: %s", e)
	}
}

// newest returns the id of the lead that was seen last.
func (o *office) newest() string {
	o.t.Helper()
	var all struct{ Leads []struct{ ID string } }
	o.get("/v1/leads?limit=1&sort=activity", &all)
	if len(all.Leads) == 0 {
		o.t.Fatal("there are no leads")
	}
	return all.Leads[0].ID
}

// Every page, for everybody, with nothing and with some leads, wide and narrow, light and dark. What a role may not see is
// not there.
func TestEveryPageOfTheDashboardIsCleanForEverybody(t *testing.T) {
	pages := map[string]string{
		"today": "/app/", "live": "/app/live", "setup": "/app/setup", "setup-past": "/app/setup?part=past", "setup-scores": "/app/setup?part=scores",
		"setup-team": "/app/setup?part=team", "setup-keys": "/app/setup?part=keys", "listings": "/app/listings", "listing": "/app/listings/12-maple-street",
		"performance": "/app/performance", "market": "/app/market", "brokerage": "/app/brokerage", "model": "/app/model",
	}
	for _, leads := range []int{0, 30} {
		for _, role := range []string{"admin", "agent", "viewer"} {
			if leads == 0 && role != "admin" {
				continue // an empty page is the same for everybody
			}
			t.Run(fmt.Sprintf("%s with %d leads", role, leads), func(t *testing.T) {
				t.Parallel()
				o := newOffice(t, leads)
				look := map[string]string{"lead": "/app/leads/none"}
				if leads > 0 {
					o.live("s-3-live", "v-3", "12-maple-street")
					o.live("s-3-live", "v-3", "12-maple-street")
					o.live("s-7-live", "v-7", "10-oak-street")
					o.live("s-new", "v-new", "14-cedar-street")
					look["lead"] = "/app/leads/" + o.newest()
				}
				for name, path := range pages {
					look[name] = path
				}
				b := newTab(t)
				b.size(1280, 900)
				b.enter(o, role, "/app/")
				for name, path := range look {
					b.open(o.url + path)
					b.settled()
					if admins := strings.HasPrefix(path, "/app/setup") || path == "/app/brokerage"; admins && role != "admin" {
						b.until(`document.body.innerText.includes("There is no such page")`)
						if eval[bool](b, `!!document.querySelector('nav a[href="/app/setup"]')`) {
							t.Error("a link leads to the setup")
						}
						continue
					}
					size := map[int]string{0: "empty", 30: "small"}[leads]
					for _, width := range []int{1280, 360} {
						b.size(width, 800)
						b.settled()
						b.named()
						b.clean(fmt.Sprintf("%s, %d px", path, width))
						if role == "admin" && (leads > 0 || name == "today" || name == "live" || name == "setup") {
							b.picture(fmt.Sprintf("%s-%s-%d", name, size, width))
						}
					}
				}
				b.dark()
				for _, path := range []string{"/app/", look["lead"], "/app/live"} {
					b.open(o.url + path)
					b.settled()
					b.clean(path + ", dark")
				}
				if role == "admin" && leads > 0 {
					b.size(1280, 800)
					b.picture("live-dark-1280")
					b.open(o.url + "/app/")
					b.settled()
					b.named()
					b.picture("today-dark-1280")
				}
				if role == "viewer" && leads > 0 {
					b.open(o.url + look["lead"])
					b.settled()
					text := eval[string](b, `document.body.innerText`)
					if strings.Contains(text, "@example.com") || strings.Contains(text, "Tanaka") || eval[bool](b, `!!document.querySelector('main button, main select, a[href^="tel:"], a[href^="mailto:"]')`) {
						t.Errorf("a viewer sees or may do too much:\n%s", text)
					}
				}
				b.noErrors()
			})
		}
	}
}

// What strangers type in is text wherever it is shown.
func TestHostileStringsAreShownAsText(t *testing.T) {
	t.Parallel()
	const evil = `<img src=x onerror="window.evil=1">"'<script>window.evil=1</script>`
	b, o := newTab(t), newOffice(t, 0)
	text, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("W", 300)
	event := fmt.Sprintf(`{"eventType":"property_view","sessionId":"s-evil","visitorId":%s,"propertyId":%s,"pageId":"p","url":"https://homes.example/","utm_source":%s,"eventData":{"interactionType":%s}}`, text, text, text, text)
	o.send("POST", "/v1/events?k="+writeKey, event)
	o.send("POST", "/v1/events?k="+writeKey, strings.Replace(event, "property_view", "property_search", 1))
	o.send("POST", "/v1/leads", fmt.Sprintf(`{"formData":{"full_name":%s,"email":"javascript:alert(1)@x.example","phone":"javascript:alert(1)","message":%s,%s:%s,"__proto__":"x","constructor":%s},"sessionId":"s-evil","listingId":%s}`,
		text, text, text, text, text, text))
	o.send("POST", "/v1/leads", fmt.Sprintf(`{"formData":{"full_name":"%s","message":"%s"}}`, long, long))
	b.size(360, 740)
	lead := "/app/leads/" + o.newest()
	o.send("POST", "/v1"+strings.TrimPrefix(lead, "/app")+"/activities", fmt.Sprintf(`{"type":"note","note":%s}`, text))
	o.send("PATCH", "/v1/sites/1", fmt.Sprintf(`{"name":%s}`, text))
	for _, role := range []string{"admin"} {
		b.enter(o, role, "/app/")
		for _, path := range []string{"/app/", lead, "/app/live", "/app/setup", "/app/setup?part=keys", "/app/leads/" + url.PathEscape(evil)} {
			b.open(o.url + path)
			b.settled()
			if path == "/app/" || path == lead {
				b.until(`document.querySelector("main").innerText.includes("onerror")`)
			}
			b.run(`document.querySelectorAll("details").forEach((d) => (d.open = true))`)
			if eval[bool](b, `!!window.evil || !!document.querySelector("main img, main script, a[href^='javascript']")`) {
				t.Errorf("%s: markup of a stranger became the page's", path)
			}
			b.clean(path)
		}
	}
	b.noErrors()
}
