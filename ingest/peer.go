package ingest

import (
	"net/netip"
	"strings"

	"github.com/valyala/fasthttp"
)

// Address returns the address of who sent a request: the peer of its connection or, if that is a trusted proxy, the last
// address in X-Forwarded-For that is not. Whoever is on this machine is one of its own addresses.
func (in *Ingest) Address(ctx *fasthttp.RequestCtx) netip.Addr {
	if c := in.clientOf(ctx); c.limited {
		return c.addr
	}
	return netip.IPv6Loopback()
}

// Secure says whether nobody between the sender and us, or our proxy, could read a request: the public port speaks TLS,
// or a trusted proxy says that it did.
func (in *Ingest) Secure(ctx *fasthttp.RequestCtx) bool {
	if in.o.TLS {
		return true
	}
	peer, ok := peerOf(ctx)
	if !ok || !in.o.Proxies.trust(peer) {
		return false
	}
	said := false
	for _, line := range ctx.Request.Header.PeekAll("X-Forwarded-Proto") {
		for hop := range strings.SplitSeq(string(line), ",") {
			if !strings.EqualFold(strings.TrimSpace(hop), "https") {
				return false
			}
			said = true
		}
	}
	return said
}
