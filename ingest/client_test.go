package ingest

import (
	"net"
	"net/netip"
	"testing"

	"github.com/valyala/fasthttp"
)

func TestTheClientIsTheLastHopThatIsNotTrusted(t *testing.T) {
	var proxies Proxies
	if err := proxies.UnmarshalText([]byte("10.0.0.0/8, 127.0.0.1,2001:db8:1::/48")); err != nil {
		t.Fatal(err)
	}
	const xff = "X-Forwarded-For"
	for _, c := range []struct {
		name    string
		peer    string
		headers []string
		proxies Proxies
		want    string // "" for one without limits
	}{
		{"nobody between", "192.0.2.1", nil, proxies, "192.0.2.1"},
		{"this machine", "127.0.0.1", nil, nil, ""},
		{"this machine by IPv6", "::1", nil, proxies, ""},
		{"this machine as IPv4 in IPv6", "::ffff:127.0.0.1", nil, nil, ""},
		{"a proxy here that is not trusted", "127.0.0.1", []string{xff, "192.0.2.1"}, nil, "127.0.0.1"},
		{"Forwarded is no word for us", "127.0.0.1", []string{"Forwarded", "for=192.0.2.1"}, proxies, "127.0.0.1"},
		{"nor is X-Real-IP", "127.0.0.1", []string{"x-real-ip", "192.0.2.1"}, proxies, "127.0.0.1"},
		{"a stranger says who it is", "192.0.2.1", []string{xff, "198.51.100.9"}, proxies, "192.0.2.1"},
		{"a proxy", "127.0.0.1", []string{xff, "192.0.2.1"}, proxies, "192.0.2.1"},
		{"a client who invents hops", "127.0.0.1", []string{xff, "127.0.0.1, 198.51.100.9, 192.0.2.1"}, proxies, "192.0.2.1"},
		{"a chain of proxies", "10.1.2.3", []string{xff, "192.0.2.1, 10.9.9.9 ,\t10.8.8.8"}, proxies, "192.0.2.1"},
		{"several lines", "10.1.2.3", []string{xff, "198.51.100.9", xff, "192.0.2.1,10.0.0.7", "X-Other", "1", xff, "10.0.0.8"}, proxies, "192.0.2.1"},
		{"all hops trusted", "10.1.2.3", []string{xff, "10.0.0.9,10.0.0.8"}, proxies, "10.0.0.9"},
		{"a port", "10.1.2.3", []string{xff, "192.0.2.1:5150"}, proxies, "192.0.2.1"},
		{"brackets", "10.1.2.3", []string{xff, "[2001:db8::7]"}, proxies, "2001:db8::7"},
		{"brackets and a port", "10.1.2.3", []string{xff, "[2001:db8::7]:5150"}, proxies, "2001:db8::7"},
		{"a zone", "10.1.2.3", []string{xff, "fe80::1%eth0"}, proxies, "fe80::1"},
		{"IPv4 in IPv6", "::ffff:10.1.2.3", []string{xff, "::ffff:192.0.2.1"}, proxies, "192.0.2.1"},
		{"a trusted IPv6", "10.1.2.3", []string{xff, "192.0.2.1,2001:db8:1:2::3"}, proxies, "192.0.2.1"},
		{"no address", "10.1.2.3", []string{xff, "192.0.2.1, unknown"}, proxies, "10.1.2.3"},
		{"no address behind a hop", "10.1.2.3", []string{xff, "192.0.2.1, , 10.0.0.8"}, proxies, "10.0.0.8"},
		{"an empty header", "10.1.2.3", []string{xff, ""}, proxies, "10.1.2.3"},
	} {
		var req fasthttp.Request
		for i := 0; i < len(c.headers); i += 2 {
			req.Header.Add(c.headers[i], c.headers[i+1])
		}
		var ctx fasthttp.RequestCtx
		ctx.Init(&req, &net.TCPAddr{IP: net.ParseIP(c.peer), Port: 5150}, silent{})
		in := &Ingest{o: Options{Proxies: c.proxies}}
		want := client{}
		if c.want != "" {
			want = client{netip.MustParseAddr(c.want), true}
		}
		if got := in.clientOf(&ctx); got != want {
			t.Errorf("%s: %+v, want %+v", c.name, got, want)
		}
	}
}

func TestProxiesAreNetworks(t *testing.T) {
	for text, want := range map[string]int{"": 0, " , ": 0, "10.1.2.3/8": 1, "::1,127.0.0.1": 2, "10.0.0.0/33": -1, "proxy.example": -1, "10": -1} {
		p := Proxies{netip.MustParsePrefix("192.0.2.0/24")}
		err := p.UnmarshalText([]byte(text))
		if got := len(p); err != nil && want >= 0 || err == nil && got != want {
			t.Errorf("%q: %v, %v", text, p, err)
		}
	}
}
