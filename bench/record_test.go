package bench

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"github.com/valyala/fasthttp"
)

// over returns how many values are at least min.
func over(h *hdr.Histogram, min time.Duration) (n int64) {
	for _, bar := range h.Distribution() {
		if bar.From >= min.Microseconds() {
			n += bar.Count
		}
	}
	return n
}

func TestLatenciesCountFromWhenARequestWasDue(t *testing.T) {
	r := newRecorder(2)
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	r.acknowledged(0, sending{due: at(0), free: at(0), sent: at(0), done: at(400)}, 3)       // the server stood still
	r.acknowledged(0, sending{due: at(100), free: at(400), sent: at(400), done: at(401)}, 2) // and this one waited for it
	r.acknowledged(1, sending{due: at(900), free: at(401), sent: at(907), done: at(908)}, 1) // the harness overslept
	r.unsent(5 * time.Second)
	r.failed(1, "503")
	total := r.drain()
	for _, c := range []struct {
		name                string
		h                   *hdr.Histogram
		count, over, longer int64
	}{
		{"corrected", total.corrected, 4, 3, 1}, {"service", total.service, 3, 1, 0}, {"lag", total.lag, 3, 0, 0},
	} {
		if n := c.h.TotalCount(); n != c.count {
			t.Errorf("%s: %d values, want %d", c.name, n, c.count)
		}
		if n := over(c.h, 299*time.Millisecond); n != c.over {
			t.Errorf("%s: %d long ones, want %d", c.name, n, c.over)
		}
		if n := over(c.h, 4*time.Second); n != c.longer {
			t.Errorf("%s: %d very long ones, want %d", c.name, n, c.longer)
		}
	}
	if max := total.lag.Max(); max < 6900 || max > 7100 {
		t.Errorf("the harness was late by %d µs", max)
	}
	if total.requests != 3 || total.events != 6 || total.failures() != 1 || total.failed["503"] != 1 {
		t.Errorf("%+v", total)
	}
	if again := r.drain(); again.requests != 0 || again.corrected.TotalCount() != 0 || again.failures() != 0 {
		t.Errorf("drained twice: %+v", again)
	}
}

// serveHere serves a handler on this machine until the test ends.
func serveHere(t *testing.T, h fasthttp.RequestHandler) string {
	t.Helper()
	addr, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, addr, h) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + addr
}

func TestAStalledServerShowsInTheCorrectedLatencies(t *testing.T) {
	const stall = 300 * time.Millisecond
	var requests atomic.Int64
	o := small(serveHere(t, func(c *fasthttp.RequestCtx) {
		if requests.Add(1) == 20 {
			time.Sleep(stall)
		}
		c.SetStatusCode(fasthttp.StatusNoContent)
	}))
	tg, err := parseTarget(context.Background(), o.Target, false)
	if err != nil {
		t.Fatal(err)
	}
	out := o.newLoad(tg, "stall", 200, 1, 1, time.Second).run(context.Background(), nil, func(second) {})
	// 200 a second were due; those due in the first half of the stall had to wait for at least its other half.
	if n := over(out.total.corrected, stall/2); n < 25 {
		t.Errorf("%d of %d requests waited", n, out.total.corrected.TotalCount())
	}
	if n := out.total.corrected.TotalCount(); n != 200 {
		t.Errorf("%d of 200 planned requests have a latency", n)
	}
}
