package ingest

import (
	"fmt"
	"net"
	"testing"

	"github.com/valyala/fasthttp"
)

// beacons posts one event a call to the handler, without a network, under ids of their own; twelve make a session.
func (g *rig) beacons() func() {
	var ctx fasthttp.RequestCtx
	ctx.Init(&fasthttp.Request{}, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, silent{})
	n := 0
	return func() {
		n++
		req := &ctx.Request
		req.Reset()
		ctx.Response.Reset()
		req.Header.SetMethod("POST")
		req.SetRequestURI("/v1/events?k=" + testKey)
		req.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36")
		req.Header.Set("Origin", pageOrigin)
		req.SetBodyString(fmt.Sprintf(`{"eventType":"property_view","sessionId":"s%d","visitorId":"v%d","pageId":"p%d",`+
			`"eventId":"e%d","propertyId":"mls-%d","durationSeconds":%d}`, n/12, n/12, n/4, n, n%500, n%4))
		g.in.Beacon(&ctx)
		if ctx.Response.StatusCode() != fasthttp.StatusNoContent {
			g.t.Fatalf("status %d: %s", ctx.Response.StatusCode(), ctx.Response.Body())
		}
	}
}

// The whole way of a beacon, committer and fold included. The bound has room for the race detector, and for a batch and
// a group that a beacon alone in its commit pays for itself; it has none for a copy of the body or an event.
func TestABeaconAllocatesLittle(t *testing.T) {
	send := newRig(t).beacons()
	for range 1000 {
		send()
	}
	const most = 24
	if allocs := testing.AllocsPerRun(2000, send); allocs > most {
		t.Errorf("%.0f allocations a beacon, want at most %d", allocs, most)
	} else {
		t.Logf("%.0f allocations a beacon", allocs)
	}
}

func BenchmarkBeacon(b *testing.B) {
	send := newRig(b).beacons()
	b.ReportAllocs()
	for b.Loop() {
		send()
	}
}
