package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Whoever comes is told of by a pill; the rows that are looked at stay where they are.
func TestALiveVisitAppearsWithoutMovingRows(t *testing.T) {
	t.Parallel()
	b, o := newTab(t), newOffice(t, 6)
	o.live("s-a", "v-a", "10-oak-street")
	b.size(1280, 900)
	b.enter(o, "agent", "/app/live")
	b.settled()
	b.until(`document.querySelectorAll(".visitor").length === 1`)
	where := `JSON.stringify([...document.querySelectorAll(".visitor")].map((e) => [e.dataset.visitor, e.getBoundingClientRect().top]))`
	before := eval[string](b, where)
	o.live("s-b", "v-b", "11-larkspur-street")
	o.live("s-c", "v-c", "12-maple-street")
	b.until(`document.querySelector(".fresh button")?.innerText === "2 new"`)
	o.live("s-a", "v-a", "13-birch-street")
	b.until(`document.querySelector(".visitor").innerText.includes("13-birch-street") || document.querySelector(".visitor").innerText.includes("13 Birch St")`)
	if after := eval[string](b, where); after != before {
		t.Errorf("the rows moved: %s, %s", before, after)
	}
	b.clean("with somebody new")
	b.pressed("2 new")
	b.until(`document.querySelectorAll(".visitor").length === 3 && !document.querySelector(".fresh")`)
	b.noErrors()
}

// The list of the day does likewise, for leads who come back and for new ones.
func TestALeadWhoComesBackWaitsForThePill(t *testing.T) {
	t.Parallel()
	b, o := newTab(t), newOffice(t, 12)
	b.size(1280, 900)
	b.enter(o, "agent", "/app/")
	b.settled()
	where := `JSON.stringify([...document.querySelectorAll("[data-lead]")].map((e) => [e.dataset.lead, e.getBoundingClientRect().top]))`
	before := eval[string](b, where)
	o.send("POST", "/v1/leads", `{"formData":{"full_name":"Noa New","email":"noa@example.com"}}`)
	b.until(`document.querySelector(".fresh button")?.innerText === "1 new"`)
	if after := eval[string](b, where); after != before {
		t.Errorf("the rows moved: %s, %s", before, after)
	}
	b.keys("n")
	b.until(`!document.querySelector(".fresh")`)
	b.run(`scrollTo(0, document.documentElement.scrollHeight)`)
	b.says("Noa New")
	b.until(`!document.querySelector(".fresh")`)
	o.live("s-2-live", "v-2", "12-maple-street")
	o.live("s-2-live", "v-2", "12-maple-street")
	b.until(`!!document.querySelector(".fresh button") || [...document.querySelectorAll("[data-lead]")].some((e) => e.innerText.includes("On your site now"))`)
	b.run(`document.querySelector(".fresh button")?.click()`)
	b.until(`/\(\d+(st|nd|rd|th) view\)/.test(document.querySelector(".lead.online .where")?.innerText)`)
	repeat := `{"eventType":"property_view","sessionId":"s-2-live","visitorId":"v-2","propertyId":"12-maple-street","pageId":"one"}`
	o.send("POST", "/v1/events?k="+writeKey, repeat)
	o.send("POST", "/v1/events?k="+writeKey, repeat) // the same page: the same view
	b.open(o.url + eval[string](b, `document.querySelector(".lead.online a.name").pathname`))
	b.until(`/\(4th view\)/.test(document.querySelector(".now .where")?.innerText)`)
	b.until(`document.querySelector(".group summary").innerText.includes("12 Maple St 4 views")`)
	b.noErrors()
}

// A page whose server is gone says so, keeps what it shows, and goes on by itself.
func TestALostConnectionIsToldAndMended(t *testing.T) {
	t.Parallel()
	b, o := newTab(t), newOffice(t, 5)
	b.size(1280, 900)
	b.enter(o, "agent", "/app/")
	b.settled()
	o.stop()
	b.run(`document.querySelector("a[href='/app/live']").click()`)
	b.says("Connection lost")
	b.clean("without a connection")
	b.run(`document.querySelector("nav a").click()`)
	b.until(`document.querySelectorAll("[data-lead]").length === 5`)
	o.start()
	o.send("POST", "/v1/leads", `{"formData":{"full_name":"Noa New","email":"noa@example.com"}}`)
	b.until(`!document.body.innerText.includes("Connection lost")`)
	b.says("Noa New")

	// Nor is a note lost that is being written meanwhile.
	lead := o.newest()
	b.run(`document.querySelector('.lead a.name[href$="%[1]s"], .leadrow a.name[href$="%[1]s"]').click()`, lead)
	b.pressed("Add a note or contact")
	b.run(`const f = document.querySelector("textarea"); f.value = "Wants to see it on Friday."; f.dispatchEvent(new Event("input", { bubbles: true }))`)
	o.stop()
	b.pressed("Add")
	b.says("It is not added.")
	b.says("Connection lost")
	o.start()
	b.until(`!document.body.innerText.includes("Connection lost")`)
	if got := eval[string](b, `document.querySelector("textarea").value`); got != "Wants to see it on Friday." {
		t.Errorf("the note is %q now", got)
	}
	b.pressed("Add")
	eventually(t, "the note", func() bool { return len(o.deeds(lead).Activities) == 1 })
}

// What Today asks for first is asked for by its document, while the scripts load, and not again by them.
func TestTheFirstViewIsAskedForOnce(t *testing.T) {
	t.Parallel()
	b, o := newTab(t), newOffice(t, 12)
	b.enter(o, "agent", "/app/live")
	b.settled()
	before := len(o.looked())
	b.open(o.url + "/app/")
	b.settled()
	times := map[string]int{}
	for _, path := range o.looked()[before:] {
		times[path]++
	}
	for _, path := range []string{"/v1/leads?sort=activity&limit=4", "/v1/leads?priority=high&status=new&sort=ml_score&limit=8"} {
		if times[path] != 1 {
			t.Errorf("%s was asked for %d times, of %v", path, times[path], times)
		}
	}
	b.noErrors()
}

// 5,000 leads on a slow machine: how long it takes is printed, and that only what is seen is in the page is tested. The
// server is the program as it is built: with the race detector, which the other tests are for, the leads took minutes.
func TestFiveThousandLeadsOnASlowMachine(t *testing.T) {
	t.Parallel()
	b, o := newTab(t), officeOf(newProgram(t), 5000)
	o.live("s-3-live", "v-3", "12-maple-street")
	b.size(1280, 900)
	b.enter(o, "admin", "/app/live")
	b.settled()
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		return call(ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: 4})
	}))
	b.before(`new MutationObserver((_, o) => { if (document.querySelector("[data-lead]")) { o.disconnect(); requestAnimationFrame(() => setTimeout(() => (window.interactive = performance.now()))) } }).observe(document, { childList: true, subtree: true })`)
	for range 3 {
		b.open(o.url + "/app/")
		b.until(`!!window.interactive`)
		t.Logf("interactive after %.0f ms on 4 times less CPU, %d bytes loaded", eval[float64](b, `window.interactive`),
			eval[int](b, `performance.getEntriesByType("resource").filter((e) => e.name.includes("/app/files/")).reduce((n, e) => n + e.transferSize, 0)`))
	}
	b.named()
	b.picture("today-large-1280")
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		return call(ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: 1})
	}))
	b.clean("5,000 leads")
	b.run(`document.getElementById("find").focus()`)
	b.keys("person4321@example.com")
	b.until(`document.querySelectorAll("[data-lead]").length === 1 && document.querySelector("[data-lead]").innerText.length > 0`)
	b.run(`const f = document.getElementById("find"); f.value = ""; f.dispatchEvent(new Event("input", { bubbles: true }))`)
	b.until(`document.querySelector(".rows").getBoundingClientRect().height > 30 * 64`)
	start := time.Now()
	b.until(`scrollTo(0, document.documentElement.scrollHeight), [...document.querySelectorAll(".leadrow")].at(-1)?.getAttribute("aria-posinset") > 900`)
	t.Logf("900 leads further down after %s", time.Since(start).Round(time.Millisecond))
	if n := eval[int](b, `document.querySelectorAll("[data-lead]").length`); n > 100 {
		t.Errorf("%d leads are in the page", n)
	}
	b.size(360, 740)
	b.settled()
	b.clean("far down among 5,000 leads, narrow")
	b.run(`scrollTo(0, 0)`)
	b.picture("today-large-360")
	b.noErrors()
}
