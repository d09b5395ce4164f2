package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"time"
)

// ErrForeign is the refusal to load a host that is not this one.
var ErrForeign = errors.New("is not an address of this machine; a load test of somebody else's server is an attack. If it is yours, say --i-own-this-target")

// target is the server under test.
type target struct {
	base    string // scheme and host
	host    string // for the Host header
	address string // an IP address and a port: what was checked is what is dialled
	tls     *tls.Config
}

// parseTarget resolves a URL and refuses what is not on this machine, unless it is owned.
func parseTarget(ctx context.Context, raw string, owned bool) (*target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("read --target: %w", err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || (u.Path != "" && u.Path != "/") {
		return nil, fmt.Errorf("--target %q must look like http://127.0.0.1:8080", raw)
	}
	t := &target{base: u.Scheme + "://" + u.Host, host: u.Host}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if u.Scheme == "https" {
		t.tls = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return nil, fmt.Errorf("find the target: %w", err)
	}
	for _, a := range addrs {
		if !owned && !a.Unmap().IsLoopback() {
			return nil, fmt.Errorf("%s (%s) %w", u.Hostname(), a.Unmap(), ErrForeign)
		}
	}
	t.address = net.JoinHostPort(preferred(addrs).String(), port)
	return t, nil
}

// preferred returns an IPv4 address if there is one: servers that listen on both are common, on IPv6 alone rare.
func preferred(addrs []netip.Addr) netip.Addr {
	for _, a := range addrs {
		if a.Unmap().Is4() {
			return a.Unmap()
		}
	}
	return addrs[0]
}

// dial opens one connection.
func (t *target) dial(timeout time.Duration) (net.Conn, error) {
	d := &net.Dialer{Timeout: timeout}
	if t.tls != nil {
		return tls.DialWithDialer(d, "tcp", t.address, t.tls)
	}
	return d.Dial("tcp", t.address)
}
