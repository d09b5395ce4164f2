package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

func TestTheTagAloneTellsOfAPageView(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.open(s.url + "/homes?utm_source=news&secret=1#frag")
	e := s.backend.wait("page_view", 1)[0]
	if e.URL != s.url+"/homes?utm_source=news" || e.Visitor == "" || e.Page == "" || e.ID == "" || e.Flagged {
		t.Errorf("%+v", e)
	}
}

func TestASecondTagDoesNothing(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.pages["/"] = s.tag() + `<script>addEventListener("load", () => { const s = document.createElement("script"); s.src = document.querySelector("script[src]").src; s.dataset.key = "` + writeKey + `"; document.head.append(s); s.onload = () => window.again = true })</script>`
	b.open(s.url)
	b.until("window.again === true")
	b.run(`history.pushState(0, "", "/next"); footfall.flush()`)
	s.backend.wait("page_view", 2)
}

func TestAPageThatNobodyHasSeenTellsNothing(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.before(steered + ";startHidden()")
	b.open(s.url)
	b.run(`footfall("track", "early"); advance(10000); footfall.flush()`)
	if n := len(s.backend.sent()); n > 0 {
		t.Errorf("%d requests from a tab in the background", n)
	}
	b.run(`show(); advance(3000)`)
	view, early := s.backend.wait("page_view", 1)[0], s.backend.wait("early", 1)[0]
	if d := view.Time.Sub(early.Time); d < 9*time.Second {
		t.Errorf("the view was seen %s after the call before it", d)
	}
	b.run(`hide(); show(); advance(3000)`)
	s.backend.wait("page_view", 1)
}

func TestAPrerenderedPageTellsOnceItIsShown(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.pages["/"] = `<script type="speculationrules">{"prerender":[{"urls":["/next"],"eagerness":"immediate"}]}</script><a href="/next">next</a>`
	b.open(s.url + "/")
	s.backend.wait("page_view", 1)
	eventually(t, "the next page is loaded ahead", func() bool { return s.loaded("/next") > 0 })
	time.Sleep(time.Second) // a page that told too early would do so by now
	if n := len(of(s.backend.events(), "page_view")); n != 1 {
		t.Fatalf("%d views before the page is shown", n)
	}
	b.do(chromedp.Click(chromedp.CSS("a")))
	views := s.backend.wait("page_view", 2)
	if s.loaded("/next") != 1 || !strings.HasSuffix(views[1].URL, "/next") {
		t.Errorf("loaded %d times: %+v", s.loaded("/next"), views[1])
	}
}

func TestARouteBeginsAViewOnlyIfThePathChanges(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.before(steered)
	b.open(s.url + "/a?utm_source=x")
	b.run(`work(5)
		history.replaceState(0, "", "/a"); history.pushState(0, "", "/a?page=2"); history.pushState(0, "", "/a#x"); location.hash = "y"
		history.pushState(0, "", "/b"); work(3); history.back(); footfall.flush()`)
	b.until(`location.pathname == "/a"`)
	b.run(`footfall.flush()`)
	views := s.backend.wait("page_view", 3)
	for i, path := range []string{"/a?utm_source=x", "/b", "/a"} {
		if views[i].URL != s.url+path {
			t.Errorf("view %d is of %s, not %s", i, views[i].URL, path)
		}
	}
	if views[0].Page == views[1].Page || views[1].Page == views[2].Page || views[1].Clock > 0.2 {
		t.Errorf("the view did not begin anew: %+v", views)
	}
	if views[1].Referrer != s.url+"/a" {
		t.Errorf("referrer %s", views[1].Referrer)
	}
	told := of(s.backend.events(), "page_duration")
	if len(told) != 2 || told[0].Page != views[0].Page || told[0].Clock < 4.9 || told[0].Clock > 6 || told[1].Page != views[1].Page || told[1].Clock > 4 {
		t.Errorf("what ended the views: %+v", told)
	}
}

func TestHashRoutesAreViewsOnlyIfTheSiteSaysSo(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "data-hash")
	b.open(s.url + "/#/a")
	b.run(`location.hash = "#/b"`)
	b.until(`location.hash == "#/b"`)
	eventually(t, "a view of the second hash", func() bool {
		b.run(`footfall.flush()`)
		return len(of(s.backend.events(), "page_view")) == 2
	})
}

func TestAPageFromTheBackForwardCacheIsANewView(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.header = http.Header{"Cache-Control": {"max-age=60"}}
	b.open(s.url + "/a")
	s.backend.wait("page_view", 1)
	b.run(`window.kept = true; addEventListener("pageshow", e => window.restored = e.persisted); location.href = "/b"`)
	s.backend.wait("page_view", 2)
	b.run(`history.back()`)
	b.until(`location.pathname == "/a" && window.restored === true`)
	if !eval[bool](b, `window.kept === true`) {
		t.Fatal("the page was loaded anew: something keeps it out of the cache")
	}
	views := s.backend.wait("page_view", 3)
	if views[0].Page == views[2].Page || views[2].URL != s.url+"/a" || views[0].Session != views[2].Session {
		t.Errorf("%+v", views)
	}
}

func TestNothingListensForUnload(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.before(`window.types = []; for (const target of [Window.prototype, EventTarget.prototype]) { const add = target.addEventListener; target.addEventListener = function (type, ...rest) { types.push(type); return add.call(this, type, ...rest) } }`)
	b.open(s.url)
	s.backend.wait("page_view", 1)
	if types := eval[string](b, `types.join(" ") + " " + (onunload || onbeforeunload ? "unload" : "")`); !strings.Contains(types, "pagehide") || strings.Contains(types, "unload") {
		t.Errorf("listens for %s", types)
	}
}

func TestThrowingStorageFetchAndBeaconDoNotBreakThePage(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.before(`window.errors = 0; onerror = () => errors++; addEventListener("unhandledrejection", () => errors++)
		Object.defineProperty(window, "localStorage", { get() { throw new Error("storage") } })
		window.fetch = () => { throw new Error("fetch") }
		navigator.sendBeacon = () => { throw new Error("beacon") }`)
	s.pages["/"] = `<form data-ff-form=f><input name=a required></form><div data-ff-property=L1>x</div>`
	b.open(s.url + "/")
	b.until(`!!window.footfall.ids`)
	b.run(`footfall("nonsense"); footfall("track", "x", { self: window }); footfall("track", "big", { n: 1n }); footfall("before", () => { throw 1 }); footfall("track", "y")
		history.pushState(0, "", "/b"); dispatchEvent(new Event("pagehide")); dispatchEvent(new Event("online"))
		document.forms[0].a.dispatchEvent(new Event("input", { bubbles: true })); document.body.click(); footfall.flush()`)
	time.Sleep(300 * time.Millisecond)
	if n := eval[int](b, `errors`); n > 0 {
		t.Errorf("%d errors reached the page", n)
	}
	if ids := eval[map[string]string](b, `footfall.ids()`); ids["sessionId"] == "" || ids["pageId"] == "" {
		t.Errorf("ids %v", ids)
	}
}

func TestThrowingStorageLosesNothing(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.before(`Object.defineProperty(window, "localStorage", { get() { throw new Error("storage") } })`)
	b.open(s.url)
	b.run(`footfall("track", "one"); footfall("track", "two"); footfall.flush()`)
	one, two := s.backend.wait("one", 1)[0], s.backend.wait("two", 1)[0]
	if one.Session != two.Session {
		t.Error("two sessions")
	}
}
