package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// sentEvents returns the types of the events of a request.
func (r *request) events(t *testing.T) (types []string) {
	t.Helper()
	var body struct {
		Events []struct{ EventType string }
		SentAt int64
	}
	if err := json.Unmarshal([]byte(r.body), &body); err != nil || body.SentAt == 0 {
		t.Fatalf("%v in %s", err, r.body)
	}
	for _, e := range body.Events {
		types = append(types, e.EventType)
	}
	return types
}

func TestLiveEventsGoTogetherAsPlainTextWithoutCredentials(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.open(s.url)
	s.backend.wait("page_view", 1)
	b.run(`footfall.track("one"); footfall.track("two")`)
	s.backend.wait("two", 1) // by itself, within 2 s
	sent := s.backend.sent()
	last := sent[len(sent)-1]
	if got := strings.Join(last.events(t), " "); got != "one two" {
		t.Errorf("sent together: %s", got)
	}
	if last.beacon || !strings.HasPrefix(last.header.Get("Content-Type"), "text/plain") || last.header.Get("Cookie") != "" {
		t.Errorf("%+v", last)
	}
	before := len(sent)
	b.run(`for (let i = 0; i < 20; i++) footfall.track("many"); window.at = performance.now()`)
	eventually(t, "twenty go at once", func() bool { return len(s.backend.sent()) > before })
	if got := s.backend.sent()[before].events(t); len(got) != 20 {
		t.Errorf("%d events, not 20", len(got))
	}
}

func TestWhatIsLeftGoesByBeaconsInPieces(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.before(`const send = navigator.sendBeacon.bind(navigator); window.sizes = []
		navigator.sendBeacon = (url, text) => { sizes.push(new Blob([text]).size); return send(url, text) }`)
	b.open(s.url)
	s.backend.wait("page_view", 1)
	b.run(`for (let i = 0; i < 10; i++) footfall.track("big", { text: "ü".repeat(2000) }); dispatchEvent(new Event("pagehide"))`)
	if sizes := eval[[]int](b, `sizes`); len(sizes) < 3 || max(sizes[0], sizes[1], sizes[2]) > 15<<10 {
		t.Errorf("sizes %v", sizes)
	}
	b.run(`location.href = "/next"`)
	s.backend.wait("big", 10)
}

func TestABeaconThatIsRefusedIsSplitOnceAndThenKept(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.before(`window.tries = []; navigator.sendBeacon = (url, text) => { tries.push(JSON.parse(text).events.length); return false }`)
	b.open(s.url + "/a")
	s.backend.wait("page_view", 1)
	b.run(`for (let i = 0; i < 4; i++) footfall.track("kept"); dispatchEvent(new Event("pagehide"))`)
	if n := eval[[]int](b, `tries`); len(n) != 3 || n[0] < 4 || n[1]+n[2] != n[0] || n[2]-n[1] > 1 {
		t.Errorf("tried with %v events", n)
	}
	b.open(s.url + "/b")
	s.backend.wait("kept", 4)
}

// answered returns a fault that answers with a status, n times; then the server answers.
func (b *backend) answered(status, n int, header ...string) {
	var asked atomic.Int64 // requests come at once
	b.spoil(func(w http.ResponseWriter, r *http.Request) bool {
		if asked.Add(1) > int64(n) || !strings.HasPrefix(r.URL.Path, "/v1/events") {
			return false
		}
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		return true
	})
}

func TestRefusalsThatMayPassAreTriedAgainLater(t *testing.T) {
	for _, status := range []int{429, 500, 503} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			b, s := newTab(t), newSite(t, "")
			b.before(steered)
			s.backend.answered(status, 2)
			b.open(s.url)
			b.run(`footfall.flush()`)
			b.until(`answers >= 1`)
			b.run(`advance(2000); footfall.track("later")`)
			time.Sleep(300 * time.Millisecond)
			b.run(`advance(500)`)
			if n := len(s.backend.sent()); n > 2 { // the first, and that of the load
				t.Errorf("%d tries within 3 s", n)
			}
			eventually(t, "the view", func() bool { b.run(`advance(1000)`); return len(of(s.backend.events(), "page_view")) == 1 })
			eventually(t, "what came meanwhile", func() bool { b.run(`advance(1000)`); return len(of(s.backend.events(), "later")) == 1 })
			sent := s.backend.sent()
			first, second := sent[0], sent[1]
			_, a, _ := strings.Cut(first.body, `"events"`)
			if !strings.Contains(second.body, a[2:len(a)-2]) || first.body[:25] == second.body[:25] {
				t.Errorf("the retry differs, or not in sentAt:\n%s\n%s", first.body, second.body)
			}
		})
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.before(steered)
	s.backend.answered(503, 1, "Retry-After", "120")
	b.open(s.url)
	b.run(`footfall.flush(); footfall.track("meanwhile")`)
	b.until(`answers == 1`)
	b.run(`footfall.flush(); dispatchEvent(new Event("pageshow")); dispatchEvent(new Event("online")); advance(110000)`)
	time.Sleep(300 * time.Millisecond)
	if n := len(s.backend.sent()); n != 1 {
		t.Errorf("%d tries within 110 s", n)
	}
	eventually(t, "the view", func() bool { b.run(`advance(5000)`); return len(of(s.backend.events(), "page_view")) == 1 })
}

func TestRefusalsThatStayAreNotTriedAgain(t *testing.T) {
	for _, status := range []int{400, 401, 403, 413} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			b, s := newTab(t), newSite(t, "")
			b.before(steered)
			s.backend.answered(status, 1)
			b.open(s.url)
			b.run(`footfall.flush()`)
			b.until(`answers == 1`)
			b.run(`advance(60000); footfall.track("after"); footfall.flush()`)
			s.backend.wait("after", 1)
			s.backend.wait("page_view", 0)
		})
	}
}

func TestOfflineEventsGoOnceTheNetworkIsBack(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.open(s.url)
	s.backend.wait("page_view", 1)
	offline := func(yes bool) {
		b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			conditions := []*network.Conditions{{Offline: yes, DownloadThroughput: -1, UploadThroughput: -1}}
			return errors.Join(
				call(ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: conditions}),
				call(ctx, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: yes, DownloadThroughput: -1, UploadThroughput: -1}))
		}))
	}
	offline(true)
	b.run(`footfall.track("away"); footfall.flush(); setTimeout(() => footfall.flush(), 200)`)
	time.Sleep(500 * time.Millisecond)
	offline(false)
	s.backend.wait("away", 1)
}

func TestTheQueueIsBoundedAndOldEventsAreDropped(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	b.before(steered)
	b.open(s.url)
	s.backend.wait("page_view", 1)
	s.backend.answered(503, 1000)
	b.run(`footfall.track("old"); footfall.flush()`)
	time.Sleep(300 * time.Millisecond)
	b.run(`sleep(23.5 * 3600e3); for (let i = 0; i < 600; i++) footfall.track("many", { i }); dispatchEvent(new Event("pagehide"))`)
	if n := eval[int](b, `JSON.parse(localStorage.ff_q).length`); n != 500 {
		t.Errorf("%d events are kept, not 500", n)
	}
	s.backend.spoil(nil)
	eventually(t, "the rest", func() bool { b.run(`footfall.flush()`); return len(of(s.backend.events(), "many")) >= 480 })
	s.backend.wait("old", 0)
}

func TestAServerThatIsAwayLosesNothing(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	// The script itself is in the browser's cache while the server is away.
	b.open(s.url + "/")
	s.backend.wait("page_view", 1)
	b.run(`footfall.track("before"); footfall.flush()`)
	s.backend.wait("before", 1)
	s.backend.stop()
	b.run(`footfall.track("down_1"); footfall.flush()`)
	for i := range 2 {
		b.do(chromedp.Reload())
		b.until(`!!window.footfall && !!footfall.ids`)
		b.run(`footfall.track("down_%d"); footfall.flush()`, i+2)
	}
	b.run(`footfall.track("down_4")`)
	s.backend.start()
	b.run(`dispatchEvent(new Event("online"))`)
	for _, kind := range []string{"down_1", "down_2", "down_3", "down_4"} {
		s.backend.wait(kind, 1)
	}
	s.backend.wait("page_view", 3)
	if n := len(s.backend.sessions()); n != 1 {
		t.Errorf("%d sessions", n)
	}
	b.run(`footfall.track("end"); footfall.flush()`)
	s.backend.wait("end", 1)
	eventually(t, "nothing is kept any more", func() bool { return eval[string](b, `localStorage.ff_q`) == "[]" })
}

func TestNothingIsKeptWithoutConsent(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, `data-consent="anonymous"`)
	s.backend.answered(503, 1000)
	b.open(s.url)
	b.run(`footfall.flush()`)
	eventually(t, "a try", func() bool { return len(s.backend.sent()) > 0 })
	b.run(`dispatchEvent(new Event("pagehide"))`)
	if stored := eval[string](b, keys); stored != "" {
		t.Errorf("stored %s", stored)
	}
	s.backend.spoil(nil)
	b.run(`footfall.flush()`)
	eventually(t, "the view", func() bool { b.run(`footfall.flush()`); return len(of(s.backend.events(), "page_view")) == 1 })
}
