package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// stub is the short one of the docs.
const stub = `<script>window.footfall=window.footfall||function(){(footfall.q=footfall.q||[]).push(arguments)}</script>`

// timedStub is the one that notes when it was called.
const timedStub = `<script>window.footfall=window.footfall||function(){var a=arguments;a.t=Date.now();(footfall.q=footfall.q||[]).push(a)}</script>`

func TestTheStubIsReplayedInOrderWithItsTimes(t *testing.T) {
	for name, stub := range map[string]string{"short": stub, "with times": timedStub} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, s := newTab(t), newSite(t, "")
			s.head = stub + `<script>footfall("track", "first", { n: 1 }); footfall("property", "L1"); footfall("track", "second")</script>`
			s.backend.late = 1500 * time.Millisecond
			b.open(s.url)
			b.until(`!!footfall.ids`)
			b.run(`footfall("track", "third"); footfall.flush()`)
			third := s.backend.wait("third", 1)[0]
			var order []string
			for _, e := range s.backend.events() {
				order = append(order, e.Type)
				if e.Type != "third" && third.Time.Sub(e.Time) < 1400*time.Millisecond {
					t.Errorf("%s is told %s before the script came", e.Type, third.Time.Sub(e.Time))
				}
			}
			if got := strings.Join(order, " "); got != "page_view first property_view second third" {
				t.Error(got)
			}
		})
	}
}

func TestEveryCallTellsWhatItSays(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, `data-profile="agent-7"`)
	b.open(s.url)
	b.run(`
		footfall("track", "saved_search", { beds: 3 }); footfall("track", { eventType: "property_save", eventData: { a: 1 }, propertyId: "L5" })
		footfall("property", "L1"); footfall("property", "L1"); footfall("interaction", "map_view"); footfall("interaction", "L9", "share_click"); footfall.trackPropertyInteraction("L8", "schedule_showing")
		footfall.trackPropertyView("L2"); footfall("formStart", "tour"); footfall.trackFormStart("offer"); footfall("formAbandon", "tour", ["name"]); footfall.trackFormAbandon("offer", ["email"]); footfall("formSubmit", "tour")
		footfall("page"); footfall("flush")`)
	s.backend.wait("page_view", 2)
	var got []string
	for _, e := range s.backend.events() {
		if e.Type != "page_duration" {
			got = append(got, fmt.Sprint(e.Type, " ", e.Listing, " ", e.Data))
		}
	}
	want := []string{
		"page_view  map[]", "saved_search  map[beds:3]", "property_save L5 map[a:1]",
		"property_view L1 map[]", "property_interaction L1 map[interactionType:map_view]", "property_interaction L9 map[interactionType:share_click]",
		"property_interaction L8 map[interactionType:schedule_showing]", "property_view L2 map[]",
		"form_start L2 map[formType:tour]", "form_start L2 map[formType:offer]", "form_abandon L2 map[fieldsCompleted:[name] formType:tour]",
		"form_abandon L2 map[fieldsCompleted:[email] formType:offer]", "form_submit L2 map[formType:tour]", "page_view  map[]",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !strings.Contains(s.backend.said(), `"profileId":"agent-7"`) {
		t.Error("the profile is not told")
	}
}

func TestIdentifyNamesTheVisitor(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.head = stub + `<script>footfall("identify", "crm-7")</script>`
	b.open(s.url)
	if e := s.backend.wait("page_view", 1)[0]; e.Visitor != "crm-7" {
		t.Errorf("%+v", e)
	}
	b.open(s.url)
	if ids := eval[map[string]string](b, `footfall("ids")`); ids["visitorId"] != "crm-7" {
		t.Errorf("%v", ids)
	}
}

func TestBeforeEditsOrDropsEvents(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.head = stub + `<script>footfall("before", e => {
		if (e.eventType == "secret") return null
		if (e.eventType == "never") return false
		if (e.eventType == "edited") e.eventData.added = 1
		if (e.eventType == "page_view") return { ...e, url: "https://elsewhere.example/" }
	})</script>`
	b.open(s.url)
	b.until(`!!footfall.ids`)
	b.run(`footfall("track", "secret"); footfall("track", "never"); footfall("track", "edited", {}); footfall.flush()`)
	if e := s.backend.wait("edited", 1)[0]; e.Data["added"] != 1.0 {
		t.Errorf("%+v", e)
	}
	if e := s.backend.wait("page_view", 1)[0]; e.URL != "https://elsewhere.example/" {
		t.Errorf("%+v", e)
	}
	s.backend.wait("secret", 0)
	s.backend.wait("never", 0)
}

func TestExcludedPathsOtherDomainsAndOwnVisitsTellNothing(t *testing.T) {
	for name, test := range map[string]struct{ attrs, path string }{
		"excluded":           {`data-exclude="/admin/*, /account"`, "/admin/x?y"},
		"excluded by name":   {`data-exclude="/admin/*, /account"`, "/account"},
		"another domain":     {`data-domains="homes.example, www.homes.example"`, "/"},
		"own visits, hidden": {"", "/?ff_ignore=1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, s := newTab(t), newSite(t, test.attrs)
			b.open(s.url + test.path)
			b.run(`footfall("track", "x"); footfall.flush()`)
			time.Sleep(500 * time.Millisecond) // what should not be sent would be on its way
			if sent := s.backend.sent(); len(sent) > 0 {
				t.Errorf("%+v", sent)
			}
			if test.attrs == "" {
				b.open(s.url + "/still")
				b.open(s.url + "/?ff_ignore=0")
				s.backend.wait("page_view", 1)
			}
			if strings.HasPrefix(test.attrs, "data-exclude") {
				b.run(`history.pushState(0, "", "/open"); footfall.flush()`)
				s.backend.wait("page_view", 1)
			}
		})
	}
	t.Run("the site's domain", func(t *testing.T) {
		t.Parallel()
		b, s := newTab(t), newSite(t, `data-domains="homes.example,127.0.0.1"`)
		b.open(s.url)
		s.backend.wait("page_view", 1)
	})
}

func TestDebugPrintsEventsAndWhyTheyAreRejected(t *testing.T) {
	for name, test := range map[string]struct{ attrs, query string }{"attribute": {"data-debug", ""}, "address": {"", "?ff_debug=1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, s := newTab(t), newSite(t, test.attrs)
			var lines []string
			done := make(chan string, 100)
			if err := chromedp.Listen(b.ctx, func(ev any) {
				if e, ok := ev.(*runtime.EventConsoleAPICalled); ok {
					var line strings.Builder
					for _, arg := range e.Args {
						fmt.Fprintf(&line, "%s ", arg.Value)
					}
					done <- line.String()
				}
			}); err != nil {
				t.Fatal(err)
			}
			b.open(s.url + "/" + test.query)
			b.until(`!!footfall.ids`)
			b.run(`footfall("track", "Not A Name"); footfall.flush()`)
			eventually(t, "the reason", func() bool {
				select {
				case line := <-done:
					lines = append(lines, line)
				default:
				}
				all := strings.Join(lines, "\n")
				return strings.Contains(all, "page_view") && strings.Contains(all, "eventType must be small letters")
			})
		})
	}
}

func TestAutomatedBrowsersAreFlagged(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.before(`Object.defineProperty(navigator, "webdriver", { get: () => true })`)
	b.open(s.url)
	b.until(`!!footfall.ids`)
	b.run(`footfall.track("again"); footfall.flush()`)
	session := eval[map[string]string](b, `footfall.ids()`)["sessionId"]
	var stored []event // lists leave flagged sessions out
	eventually(t, "both events", func() bool {
		stored = s.backend.timeline(session)
		return len(of(stored, "page_view")) == 1 && len(of(stored, "again")) == 1
	})
	for _, e := range stored {
		if !e.Flagged {
			t.Errorf("%+v", e)
		}
	}
}

func TestAStrictContentSecurityPolicyNeedsTwoSources(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.pages["/"] = leadForm
	s.header = http.Header{"Content-Security-Policy": {"default-src 'none'; script-src " + s.backend.url + "; connect-src " + s.backend.url + "; form-action 'self'; require-trusted-types-for 'script'"}}
	b.before(`window.violations = []; addEventListener("securitypolicyviolation", e => violations.push(e.violatedDirective + " " + e.blockedURI))`)
	b.open(s.url + "/")
	s.backend.wait("page_view", 1)
	b.fill("email", "ada@example.com")
	if got := eval[string](b, `violations.join()`); got != "" && !strings.Contains(got, "favicon") {
		t.Errorf("violations: %s", got)
	}
	b.run(`f.requestSubmit()`)
	s.backend.wait("form_submit", 1)
}
