package e2e

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every block of HTML of docs/tracker.md is a page that is opened as it stands, but for the server's address and key.
func TestThePagesOfTheDocsWork(t *testing.T) {
	text, err := os.ReadFile("../docs/tracker.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```html\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 7 {
		t.Fatalf("%d pages", len(blocks))
	}
	want := []string{"page_view", "saved_search", "property_view oak-street-5", "property_view L7", "page_view", "property_save oak-street-5", "page_view", "page_view"}
	for i, block := range blocks {
		t.Run(want[i], func(t *testing.T) {
			t.Parallel()
			b, s := newTab(t), newSite(t, "")
			body := strings.NewReplacer("https://stats.example", s.backend.url, "wk_…", writeKey).Replace(block[1])
			if !strings.Contains(body, "<script async") {
				body = timedStub + body + s.tag() // blocks of calls stand on a page with the tag
			}
			b.before(`window.errors = []; addEventListener("error", e => errors.push(e.message || e.target.src), true)`)
			s.pages["/homes/L7"] = "<!doctype html><title>docs</title>" + body
			b.open(s.url + "/homes/L7")
			b.until(`!!window.footfall && !!footfall.ids`)
			b.run(`footfall.flush()`)
			kind, listing, _ := strings.Cut(want[i], " ")
			for _, e := range s.backend.wait(kind, 1) {
				if listing != "" && e.Listing != listing {
					t.Errorf("%+v", e)
				}
			}
			if got := eval[string](b, `errors.join()`); got != "" {
				t.Errorf("errors: %s", got)
			}
		})
	}
}

func TestRenamedPathsNeedNothingOnThePage(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.backend.stop()
	s.backend.o.TrackerPath, s.backend.o.BeaconPath = "/assets/news.js", "/news"
	s.backend.start()
	s.pages["/"] = "<!doctype html>" + strings.Replace(s.tag(), "/ff.js", "/assets/news.js", 1)
	b.open(s.url + "/")
	s.backend.wait("page_view", 1)
	for _, r := range s.backend.sent() {
		if r.path != "/news" {
			t.Errorf("sent to %s", r.path)
		}
	}
}
