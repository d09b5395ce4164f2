package ingest

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
)

func TestPixelsAndRobotsAreRefusedFirst(t *testing.T) {
	g := newRig(t)
	const robot = "Googlebot/2.1 (+http://www.google.com/bot.html)"
	pixel := "/v1/p?k=" + testKey + "&e=" + url.QueryEscape(base64.RawURLEncoding.EncodeToString([]byte(viewOf("a", ""))))
	g.in.load.waiting.Store(g.in.load.queue / 4 * 3)
	for _, r := range []reply{g.send("GET", pixel, ""), g.beacon(viewOf("a", ""), "User-Agent", robot)} {
		g.want(r, 503, "overloaded")
		if !strings.Contains(r.body, "--queue-bytes") || r.header.Get("Retry-After") == "" {
			t.Errorf("%s", r.body)
		}
	}
	g.want(g.beacon(viewOf("a", "")), 204, "")
	g.in.load.waiting.Store(g.in.load.queue / 2)
	g.want(g.send("GET", pixel, ""), 200, "")
	g.want(g.beacon(viewOf("a", ""), "User-Agent", robot), 204, "")
	if left := g.in.load.waiting.Load(); left != g.in.load.queue/2 {
		t.Errorf("%d bytes are still counted", left-g.in.load.queue/2)
	}
}

func TestASiteHasHalfOfTheQueueWhileOthersWait(t *testing.T) {
	l := load{queue: 1000}
	var greedy, modest siteUse
	if err := l.occupy(&greedy, 900, false); err != nil {
		t.Errorf("alone: %v", err)
	}
	if err := l.occupy(&modest, 10, false); err != nil {
		t.Errorf("another site: %v", err)
	}
	if err := l.occupy(&greedy, 10, false); err == nil {
		t.Error("with 900 of 1,000 it has more while another site waits")
	}
	l.vacate(&greedy, 500)
	if err := l.occupy(&greedy, 10, false); err != nil {
		t.Errorf("with 410: %v", err)
	}
	l.vacate(&greedy, 410)
	l.vacate(&modest, 10)
	if l.waiting.Load() != 0 || greedy.waiting.Load() != 0 {
		t.Errorf("%d and %d are left", l.waiting.Load(), greedy.waiting.Load())
	}
}

func TestBodiesThatAreReadHaveABudget(t *testing.T) {
	g := newRig(t)
	g.in.load.bodies = 100 << 10
	g.in.load.reading.Store(100<<10 - 200)
	r := g.beacon(viewOf("a", "") + strings.Repeat(" ", 200))
	g.want(r, 503, "overloaded")
	if !strings.Contains(r.body, "--memory") {
		t.Errorf("%s", r.body)
	}
	g.want(g.beacon(viewOf("a", "")), 204, "")
	if left := g.in.load.reading.Load(); left != 100<<10-200 {
		t.Errorf("%d bytes are still counted", left-100<<10+200)
	}
}
