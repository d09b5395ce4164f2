package ingest

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/valyala/fasthttp"
)

// Proxies are the networks whose word about whom they speak for is believed.
type Proxies []netip.Prefix

// UnmarshalText reads networks and single addresses with commas between them.
func (p *Proxies) UnmarshalText(text []byte) error {
	*p = nil
	for part := range strings.SplitSeq(string(text), ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		network, err := netip.ParsePrefix(part)
		if err != nil {
			addr, err := netip.ParseAddr(part)
			if err != nil {
				return fmt.Errorf("%q is no network: write 10.0.0.0/8, or an address", part)
			}
			network = netip.PrefixFrom(addr, addr.BitLen())
		}
		*p = append(*p, network.Masked())
	}
	return nil
}

func (p Proxies) trust(addr netip.Addr) bool {
	for _, network := range p {
		if network.Contains(addr) {
			return true
		}
	}
	return false
}

// client is who sent a request. The zero client is held to no limits.
type client struct {
	addr    netip.Addr
	limited bool
}

// clientOf returns who sent a request: the peer of its connection or, if that is a trusted proxy, the last address in
// X-Forwarded-For that is not. A peer on this machine that speaks for nobody else is held to no limits.
func (in *Ingest) clientOf(ctx *fasthttp.RequestCtx) client {
	addr, ok := peerOf(ctx)
	if !ok {
		return client{} // no network is between
	}
	h := &ctx.Request.Header
	if addr.IsLoopback() && !forwarded(h) {
		return client{}
	}
	if len(in.o.Proxies) > 0 && in.o.Proxies.trust(addr) {
		addr = in.o.Proxies.sender(addr, h.PeekAll("X-Forwarded-For"))
	}
	return client{addr, true}
}

// peerOf returns the address at the other end of a request's connection, if it comes over a network.
func peerOf(ctx *fasthttp.RequestCtx) (netip.Addr, bool) {
	peer, ok := ctx.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	addr, _ := netip.AddrFromSlice(peer.IP)
	return addr.Unmap(), true
}

// forwarded says whether a proxy says that it speaks for somebody else.
func forwarded(h *fasthttp.RequestHeader) bool {
	return len(h.Peek("X-Forwarded-For")) > 0 || len(h.Peek("Forwarded")) > 0 || len(h.Peek("X-Real-Ip")) > 0
}

// sender goes from hop to hop, the last first, up to one that is not trusted. Of what is no address nobody knows who said
// it: the hop before counts.
func (p Proxies) sender(hop netip.Addr, lines [][]byte) netip.Addr {
	for i := len(lines) - 1; i >= 0; i-- {
		for rest := lines[i]; rest != nil; {
			var last []byte
			if comma := bytes.LastIndexByte(rest, ','); comma >= 0 {
				rest, last = rest[:comma], rest[comma+1:]
			} else {
				rest, last = nil, rest
			}
			addr, ok := parseHop(lend(bytes.TrimSpace(last)))
			if !ok {
				return hop
			}
			if hop = addr; !p.trust(hop) {
				return hop
			}
		}
	}
	return hop
}

// parseHop reads an address, with a port if some proxy adds one.
func parseHop(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone(""), true
}
