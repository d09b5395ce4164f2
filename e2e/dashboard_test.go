package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// picture writes what is shown to docs/app, if the environment asks for it: FOOTFALL_PICTURES=../docs/app.
func (b *tab) picture(name string) {
	b.t.Helper()
	dir := os.Getenv("FOOTFALL_PICTURES")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	png, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png.Data, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

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

func TestScratch(t *testing.T) {
	n := 0
	fmt.Sscan(os.Getenv("LEADS"), &n)
	start := time.Now()
	o := newOffice(t, n)
	t.Log("filled", time.Since(start))
	if n > 0 {
		o.live("s-3-live", "v-3", "12-maple-street")
		o.live("s-7-live", "v-7", "12-maple-street")
		o.live("s-x-live", "v-x", "12-maple-street")
	}
	b := newTab(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(eval[string](b, `location.href + JSON.stringify(window.errors_) + document.body.innerHTML.slice(0, 3000)`))
		}
	})
	b.size(1280, 900)
	b.enter(o, os.Getenv("ROLE"), "/app/")
	for i, p := range strings.Fields(os.Getenv("PAGES")) {
		if p == "lead" {
			var l struct{ Leads []struct{ ID string } }
			o.get("/v1/leads?limit=1&sort=activity", &l)
			p = "/app/leads/" + l.Leads[0].ID
		}
		b.size(1280, 900)
		b.open(o.url + p)
		time.Sleep(2 * time.Second)
		b.clean(p + " wide")
		b.size(1280, min(1700, eval[int](b, `document.documentElement.scrollHeight`)))
		b.picture(fmt.Sprintf("scratch-%d-1280", i))
		b.size(360, 740)
		time.Sleep(time.Second)
		b.clean(p + " narrow")
		b.size(360, min(1700, eval[int](b, `document.documentElement.scrollHeight`)))
		b.picture(fmt.Sprintf("scratch-%d-360", i))
	}
	if e := eval[[]string](b, `window.errors_`); len(e) > 0 {
		t.Error(e)
	}
}
