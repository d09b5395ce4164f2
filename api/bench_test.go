package api

import (
	"fmt"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// BenchmarkQuery asks the handler, without a network, about 2,000 sessions of 8 events over 200 listings, the newest of
// them live.
func BenchmarkQuery(b *testing.B) {
	w := newWorld(b)
	for s := range 2000 {
		events := make([]sent, 8)
		for i := range events {
			events[i] = sent{
				"eventType": "property_view", "sessionId": fmt.Sprint("s", s), "visitorId": fmt.Sprint("v", s/2),
				"eventId": fmt.Sprint(i), "propertyId": fmt.Sprint("mls-", (s*7+i)%200), "pageId": fmt.Sprint("p", i), "durationSeconds": i,
			}
			events[i].ago(time.Duration(2000-s) * time.Second)
		}
		w.beacon(events...)
	}
	for _, q := range []struct{ name, target string }{
		{"session", "/v1/sessions/s1990"},
		{"timeline", "/v1/sessions/s1990/events"},
		{"visitor", "/v1/visitors/v900"},
		{"live", "/v1/sessions?active=5m&limit=50"},
		{"engagement", "/v1/listings/mls-17/engagement"},
		{"ranked", "/v1/engagement/listings?limit=50"},
	} {
		b.Run(q.name, func(b *testing.B) {
			var ctx fasthttp.RequestCtx
			ctx.Request.SetRequestURI(q.target)
			ctx.Request.Header.Set("Authorization", "Bearer "+secretKey)
			b.ReportAllocs()
			for b.Loop() {
				ctx.Response.Reset()
				w.api.Handler(&ctx)
				if ctx.Response.StatusCode() != fasthttp.StatusOK {
					b.Fatalf("%d %s", ctx.Response.StatusCode(), ctx.Response.Body())
				}
			}
		})
	}
}

func BenchmarkFraming(b *testing.B) {
	raw := []byte("Host: agent.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0\r\n" +
		"Accept: */*\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nReferer: https://agent.example/\r\n" +
		"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: 412\r\nOrigin: https://agent.example\r\nConnection: keep-alive\r\n" +
		"Sec-Fetch-Dest: empty\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Site: cross-site\r\n\r\n")
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if lines := scanLines(raw); lines != (headerLines{}) {
			b.Fatal(lines)
		}
	}
}
