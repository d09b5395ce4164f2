package e2e

import (
	"strings"
	"testing"
	"time"
)

const keys = `Object.keys(localStorage).sort().join(" ")`

func TestVisitorAndSessionLastAcrossTabsAndLoads(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.open(s.url + "/a")
	s.backend.wait("page_view", 1)
	b.open(s.url + "/b")
	other := b.beside()
	other.open(s.url + "/c")
	views := s.backend.wait("page_view", 3)
	for _, v := range views {
		if v.Session != views[0].Session || v.Visitor != views[0].Visitor {
			t.Errorf("%+v", v)
		}
	}
	s.backend.wait("return_visit", 0)
}

func TestAfter30MinutesAKnownVisitorComesBackInANewSession(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.pages["/"] = `<main data-ff-property="L1">x</main>`
	b.before(steered)
	b.open(s.url + "/")
	b.run(`work(5); advance(29*60000); footfall.track("still"); advance(31*60000); work(3); footfall.track("again"); footfall.flush()`)
	b.run(`advance(3000)`)
	still, again := s.backend.wait("still", 1)[0], s.backend.wait("again", 1)[0]
	if still.Session == again.Session || still.Page == again.Page || still.Visitor != again.Visitor || again.Clock > 4 {
		t.Errorf("%+v\n%+v", still, again)
	}
	if e := s.backend.wait("return_visit", 1)[0]; e.Session != again.Session {
		t.Errorf("%+v", e)
	}
	s.backend.wait("page_view", 2)
	s.backend.wait("property_view", 2)
}

func TestAnonymousStoresNothing(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, `data-consent="anonymous"`)
	b.open(s.url + "/a")
	b.run(`history.pushState(0, "", "/b"); footfall.flush()`)
	views := s.backend.wait("page_view", 2)
	if views[0].Session != views[1].Session || views[0].Visitor != "" {
		t.Errorf("%+v", views)
	}
	if stored := eval[string](b, keys); stored != "" {
		t.Errorf("stored %s", stored)
	}
	if !strings.Contains(s.backend.said(), `"consent":"anonymous"`) {
		t.Error("consent is not told")
	}
	b.open(s.url + "/c")
	if views := s.backend.wait("page_view", 3); views[2].Session == views[0].Session {
		t.Error("the session lasted beyond the page")
	}
}

func TestDeniedSendsNothing(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, `data-consent="denied"`)
	b.before(steered)
	s.pages["/"] = leadForm
	b.open(s.url + "/")
	b.fill("email", "ada@example.com")
	b.run(`work(30); footfall.track("x"); footfall.property("L1"); f.onsubmit = e => e.preventDefault(); f.requestSubmit(); hide(); show(); footfall.flush(); advance(10000)`)
	b.open(s.url + "/next")
	time.Sleep(time.Second) // what should not be sent would be on its way
	if sent := s.backend.sent(); len(sent) > 0 {
		t.Errorf("%+v", sent)
	}
	if stored := eval[string](b, keys); stored != "" {
		t.Errorf("stored %s", stored)
	}
}

func TestConsentMayChange(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, `data-consent="anonymous"`)
	s.pages["/a"] = `<main data-ff-property="L1">x</main>`
	b.open(s.url + "/a")
	s.backend.wait("page_view", 1)
	b.run(`footfall("consent", "granted"); footfall.flush()`)
	views := s.backend.wait("page_view", 2)
	if views[0].Session == views[1].Session || views[0].Visitor != "" || views[1].Visitor == "" {
		t.Errorf("the anonymous past is linked: %+v", views)
	}
	s.backend.wait("property_view", 2)
	if stored := eval[string](b, keys); !strings.HasPrefix(stored, "ff_c ff_") || !strings.Contains(stored, "ff_v") {
		t.Errorf("stored %s", stored)
	}
	b.open(s.url + "/b")
	if views = s.backend.wait("page_view", 3); views[2].Session != views[1].Session {
		t.Errorf("what was granted did not last: %+v", views)
	}
	b.run(`footfall("track", "before_down"); footfall("consent", "anonymous"); footfall("track", "after_down"); footfall.flush()`)
	before, after := s.backend.wait("before_down", 1)[0], s.backend.wait("after_down", 1)[0]
	if before.Session == after.Session || after.Visitor != "" {
		t.Errorf("%+v\n%+v", before, after)
	}
	if stored := eval[string](b, keys); stored != "" {
		t.Errorf("stored %s", stored)
	}
	b.run(`footfall("track", "last"); footfall("consent", "denied"); footfall("track", "denied_now"); footfall.flush()`)
	b.open(s.url + "/c")
	s.backend.wait("page_view", 5)
	s.backend.wait("denied_now", 0)
}

func TestGrantingWhatIsTheDefaultChangesNothing(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.open(s.url)
	b.run(`footfall("consent", "granted"); footfall("track", "x"); footfall.flush()`)
	x, v := s.backend.wait("x", 1)[0], s.backend.wait("page_view", 1)[0]
	if x.Page != v.Page || !strings.Contains(s.backend.said(), `"consent":"granted"`) {
		t.Errorf("%+v %+v", x, v)
	}
}

func TestGlobalPrivacyControlMeansAnonymous(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, `data-consent="granted"`)
	b.open(s.url + "/")
	s.backend.wait("page_view", 1)
	b.before(`Object.defineProperty(navigator, "globalPrivacyControl", { get: () => true })`)
	b.open(s.url + "/")
	b.run(`footfall("consent", "granted")`)
	if views := s.backend.wait("page_view", 2); views[1].Visitor != "" || views[1].Session == views[0].Session {
		t.Errorf("%+v", views)
	}
	if stored := eval[string](b, keys); stored != "" {
		t.Errorf("stored %s", stored)
	}
}

func TestConsentThatIsSaidBeforeTheScriptCounts(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.head = stub + `<script>footfall("track", "x"); footfall("consent", "denied")</script>`
	b.open(s.url)
	b.until(`!!footfall.ids`)
	b.run(`footfall.flush()`)
	time.Sleep(500 * time.Millisecond) // what should not be sent would be on its way
	if sent := s.backend.sent(); len(sent) > 0 {
		t.Errorf("%+v", sent)
	}
}
