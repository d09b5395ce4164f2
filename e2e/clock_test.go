package e2e

import (
	"math"
	"testing"
)

// clocks returns the clocks of the page durations.
func clocks(events []event) (all []float64) {
	for _, e := range of(events, "page_duration") {
		all = append(all, e.Clock)
	}
	return all
}

func near(a, b float64) bool { return math.Abs(a-b) < 1.2 }

func TestEngagedTimeIsToldAt10And20And40And60ThenEachMinute(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.before(steered)
	b.open(s.url)
	b.run(`work(185); footfall.flush()`)
	got := clocks(s.backend.wait("page_duration", 6))
	for i, want := range []float64{10, 20, 40, 60, 120, 180} {
		if !near(got[i], want) {
			t.Errorf("told at %v", got)
		}
	}
}

func TestTheClockStandsWhileNobodyIsThere(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.before(steered)
	b.open(s.url)
	b.run(`move(); advance(2000); hide(); advance(600000); show(); work(2); leave(); advance(600000); move(); advance(2000); enter(); work(2)
		sleep(300000); advance(1000); work(1); footfall.track("busy"); advance(1200000); footfall.track("idle"); footfall.flush()`)
	busy, idle := s.backend.wait("busy", 1)[0], s.backend.wait("idle", 1)[0]
	if busy.Clock < 5.5 || busy.Clock > 9 {
		t.Errorf("hidden, out of focus or asleep the clock went on: %v s", busy.Clock)
	}
	if d := idle.Clock - busy.Clock; d < 57 || d > 61 {
		t.Errorf("without input it went on for %v s", d)
	}
}

func TestEngagedTimeIsToldWhenThePageIsHiddenOrLeft(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.before(steered)
	b.open(s.url)
	b.run(`work(3); hide()`)
	if got := clocks(s.backend.wait("page_duration", 1)); !near(got[0], 3) {
		t.Errorf("hidden after 3 s: %v", got)
	}
	b.run(`advance(5000); hide(); show(); hide(); show(); work(2); location.href = "/next"`)
	if got := clocks(s.backend.wait("page_duration", 2)); !near(got[1], 5) {
		t.Errorf("left after 5 s: %v", got)
	}
}

func TestScrollDepthIsToldOnceAView(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.pages["/"] = `<div style="height:5000px">long</div>`
	b.open(s.url + "/")
	b.run(`scrollTo(0, 0.6 * (document.documentElement.scrollHeight - innerHeight))`)
	eventually(t, "half is told", func() bool { b.run(`footfall.flush()`); return len(of(s.backend.events(), "scroll_depth")) == 2 })
	b.run(`scrollTo(0, 0)`)
	b.run(`setTimeout(() => scrollTo(0, 1e6), 300)`)
	eventually(t, "the end is told", func() bool { b.run(`footfall.flush()`); return len(of(s.backend.events(), "scroll_depth")) >= 5 })
	for i, e := range s.backend.wait("scroll_depth", 5) {
		if want := []float64{25, 50, 75, 90, 100}[i]; e.Scroll != want {
			t.Errorf("%v, not %v", e.Scroll, want)
		}
	}
	b.run(`scrollTo(0, 0); history.pushState(0, "", "/again"); setTimeout(() => scrollTo(0, 0.3 * (document.documentElement.scrollHeight - innerHeight)), 400)`)
	eventually(t, "the next view is told", func() bool { b.run(`footfall.flush()`); return len(of(s.backend.events(), "scroll_depth")) == 6 })
}

func TestAPageThatDoesNotScrollTellsNoDepth(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.before(steered)
	b.open(s.url)
	b.run(`dispatchEvent(new Event("scroll")); document.dispatchEvent(new Event("scroll")); advance(1000); footfall.track("after"); footfall.flush()`)
	s.backend.wait("after", 1)
	s.backend.wait("scroll_depth", 0)
}

func TestScrollRootIsTheElementThatScrolls(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, `data-scroll-root="#pane"`)
	s.pages["/"] = `<div id=pane style="height:200px;overflow:auto"><div style="height:1000px">long</div></div>`
	b.open(s.url + "/")
	b.run(`pane.scrollTop = 420`)
	eventually(t, "half of the pane", func() bool { b.run(`footfall.flush()`); return len(of(s.backend.events(), "scroll_depth")) == 2 })
}
