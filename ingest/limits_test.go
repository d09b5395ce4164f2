package ingest

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"footfall/event"
)

// from makes every request of a rig come through a proxy on this machine, which says for whom.
func (g *rig) from() func(addr string) []string {
	g.must(g.in.o.Proxies.UnmarshalText([]byte("127.0.0.1")))
	return func(addr string) []string { return []string{"X-Forwarded-For", addr} }
}

func viewOf(listing, visitor string) string {
	return fmt.Sprintf(`{"eventType":"property_view","sessionId":"s","visitorId":%q,"propertyId":%q}`, visitor, listing)
}

// wantRefused checks a 429, with all that its reader needs to know.
func (g *rig) wantRefused(r reply, code, says string, least int) {
	g.t.Helper()
	g.want(r, http.StatusTooManyRequests, code)
	after, err := strconv.Atoi(r.header.Get("Retry-After"))
	if err != nil || after < least || after > least+10 || !strings.Contains(r.body, says) {
		g.t.Errorf("Retry-After %q, %s; want %q and %d seconds", r.header.Get("Retry-After"), r.body, says, least)
	}
}

func TestWhoSendsTooOftenIsToldSo(t *testing.T) {
	g := newRig(t)
	from := g.from()
	for i := range 1000 {
		if r := g.beacon("", from("192.0.2.1")...); r.status != http.StatusBadRequest {
			t.Fatalf("request %d: %d %s", i, r.status, r.body)
		}
	}
	r := g.beacon(viewOf("a", ""), append(from("192.0.2.1"), "Origin", pageOrigin)...)
	g.wantRefused(r, "rate_limited", "200 requests a second", 1)
	if r.header.Get("Access-Control-Allow-Origin") != pageOrigin {
		t.Error("the page cannot read why")
	}
	for _, target := range []string{"/v1/events", "/v1/events?k=wk_ofnobodyofnobody", "/v1/leads?k=" + testKey, "/api/analytics/page-duration"} {
		g.wantRefused(g.post(target, "{}", from("192.0.2.1")...), "rate_limited", "200 requests a second", 1)
	}
	g.wantRefused(g.send("GET", "/v1/p?k="+testKey, "", from("192.0.2.1")...), "rate_limited", "200 requests a second", 1)
	g.wantRefused(g.send("OPTIONS", "/v1/events?k="+testKey, "", from("192.0.2.1")...), "rate_limited", "200 requests a second", 1)
	guess := append(from("192.0.2.1"), "Authorization", "Bearer sk_guessedguessedguessed")
	g.wantRefused(g.post("/v1/leads", "{}", guess...), "rate_limited", "200 requests a second", 1)
	g.want(g.beacon(viewOf("a", ""), from("192.0.2.2")...), 204, "")
	if n := g.events("s"); n != 1 {
		t.Errorf("%d events were counted", n)
	}
	g.elapsed.Add(int64(time.Second))
	g.want(g.beacon(viewOf("a", ""), from("192.0.2.1")...), 204, "")
}

func TestForgedAddressesMakeNobodyAnother(t *testing.T) {
	g := newRig(t)
	for i := range 1000 {
		g.beacon("", "X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i%250))
	}
	g.wantRefused(g.beacon("", "X-Forwarded-For", "198.51.100.1", "Forwarded", "for=198.51.100.2"), "rate_limited", "requests", 1)
	for range 1500 {
		if r := g.beacon(""); r.status != http.StatusBadRequest {
			t.Fatalf("this machine itself is answered %d", r.status)
		}
	}
}

func TestEventsAndTheirBytesHaveRates(t *testing.T) {
	g := newRig(t)
	from := g.from()
	body := strings.Repeat(`{"eventType":"page_view","sessionId":"s"}`+"\n", event.MaxEvents)
	for range 5 {
		g.want(g.beacon(body, from("192.0.2.1")...), 204, "")
	}
	g.wantRefused(g.beacon(body, from("192.0.2.1")...), "rate_limited", "5,000 events a second", 1)
	g.elapsed.Add(int64(time.Second))
	g.want(g.beacon(body, from("192.0.2.1")...), 204, "")

	spaces := compress(t, openGzip, bytes.NewReader(bytes.Repeat([]byte(" "), 1<<20)))
	bomb := compress(t, openGzip, zeros(8<<20))
	for i, wire := range [][]byte{spaces, bomb, spaces, bomb} {
		if r := g.beacon(string(wire), from("192.0.2.2")...); r.status == http.StatusTooManyRequests {
			t.Errorf("body %d is refused: %s", i, r.body)
		}
	}
	g.wantRefused(g.beacon(viewOf("a", ""), from("192.0.2.2")...), "rate_limited", "4 MiB a second", 1)
}

func TestLeadFormsHaveRates(t *testing.T) {
	g := newRig(t)
	from := g.from()
	form := func(headers ...string) reply {
		return g.post("/v1/leads?k="+testKey, `{"formData":{"email":"ada@example.com"}}`, headers...)
	}
	for range 10 {
		g.want(form(from("192.0.2.1")...), 201, "")
	}
	g.wantRefused(form(from("192.0.2.1")...), "rate_limited", "10 lead forms a minute", 6)
	g.want(g.beacon(viewOf("a", ""), from("192.0.2.1")...), 204, "") // its events are not concerned
	for i := range 110 {
		g.want(form(from(fmt.Sprintf("192.0.2.%d", 10+i/10))...), 201, "")
	}
	g.wantRefused(form(from("192.0.2.99")...), "rate_limited", "120 a minute", 1)
	g.want(form("Authorization", "Bearer "+testSecret, "X-Forwarded-For", "192.0.2.99"), 201, "")
	g.want(form(), 201, "")
	g.elapsed.Add(int64(6 * time.Second))
	g.want(form(from("192.0.2.1")...), 201, "")
}

func BenchmarkEnterFromThisMachine(b *testing.B) { benchmarkEnter(b) }
func BenchmarkEnterThroughAProxy(b *testing.B)   { benchmarkEnter(b, "X-Forwarded-For", "192.0.2.1") }

func benchmarkEnter(b *testing.B, headers ...string) {
	g := newRig(b)
	g.from()
	g.step.Store(int64(10 * time.Millisecond))
	var ctx fasthttp.RequestCtx
	ctx.Init(&fasthttp.Request{}, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, silent{})
	for _, name := range []string{"User-Agent", "Accept", "Accept-Language", "Origin", "Referer", "Sec-Fetch-Mode", "Content-Type"} {
		ctx.Request.Header.Set(name, "what a browser says")
	}
	for i := 0; i < len(headers); i += 2 {
		ctx.Request.Header.Set(headers[i], headers[i+1])
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := g.in.Limit(&ctx); err != nil {
			b.Fatal(err)
		}
	}
}
