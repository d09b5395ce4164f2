package openapitest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
)

// Tap stands before a server, hands everything on byte for byte, and remembers it.
type Tap struct {
	to    string
	ln    net.Listener
	owner sync.WaitGroup

	mu    sync.Mutex
	conns []*tapped
}

// tapped is one connection, as it was read by each side.
type tapped struct {
	asked, answered bytes.Buffer
}

// NewTap listens, on a free port of this machine, before the server at an address.
func NewTap(to string) (*Tap, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("tap: %w", err)
	}
	t := &Tap{to: to, ln: ln}
	t.owner.Go(t.serve)
	return t, nil
}

// Addr is where the tap listens.
func (t *Tap) Addr() string { return t.ln.Addr().String() }

func (t *Tap) serve() {
	for {
		client, err := t.ln.Accept()
		if err != nil {
			return // closed
		}
		server, err := net.Dial("tcp", t.to)
		if err != nil {
			client.Close()
			continue
		}
		c := &tapped{}
		t.mu.Lock()
		t.conns = append(t.conns, c)
		t.mu.Unlock()
		t.owner.Go(func() {
			defer client.Close()
			defer server.Close()
			var both sync.WaitGroup
			both.Go(func() { hand(server, client, &c.asked) })
			both.Go(func() { hand(client, server, &c.answered) })
			both.Wait()
		})
	}
}

// hand copies until the sender ends, and then says so to the receiver.
func hand(to, from net.Conn, kept *bytes.Buffer) {
	// An end that breaks shows in what was kept.
	_, _ = io.Copy(to, io.TeeReader(from, kept))
	if half, ok := to.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
}

// Close takes no more connections, waits for those that there are, and returns what went through them.
func (t *Tap) Close() (all []*Exchange, err error) {
	err = t.ln.Close()
	t.owner.Wait()
	for _, c := range t.conns {
		some, bad := c.exchanges()
		all, err = append(all, some...), errors.Join(err, bad)
	}
	return all, err
}

func (c *tapped) exchanges() (all []*Exchange, err error) {
	asked, answered := bufio.NewReader(&c.asked), bufio.NewReader(&c.answered)
	for {
		req, err := http.ReadRequest(asked)
		if errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return all, fmt.Errorf("tap: %w", err)
		}
		e := &Exchange{Method: req.Method, Target: req.RequestURI, Header: req.Header}
		if e.Body, err = io.ReadAll(req.Body); err != nil {
			return all, fmt.Errorf("tap: %w", err)
		}
		res, err := http.ReadResponse(answered, req)
		for err == nil && res.StatusCode == http.StatusContinue {
			res, err = http.ReadResponse(answered, req)
		}
		if err != nil {
			return all, fmt.Errorf("tap: the answer to %s %s: %w", e.Method, e.Target, err)
		}
		if e.ReplyBody, err = io.ReadAll(res.Body); err != nil {
			return all, fmt.Errorf("tap: %w", err)
		}
		e.Status, e.Reply = res.StatusCode, res.Header
		all = append(all, e)
	}
}
