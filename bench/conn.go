package bench

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// conn is one persistent connection that carries one request at a time. It writes requests that its caller renders
// and reads no more of an answer than it must: on a machine that also runs the server, each microsecond spent here is
// one that the server does not get.
type conn struct {
	target  *target
	timeout time.Duration
	now     func() time.Time
	c       net.Conn
	until   time.Time // the deadline that is set
	in      []byte
}

var (
	errHead    = errors.New("the answer has no HTTP/1.1 head")
	errChunked = errors.New("the answer has no length")
	headEnd    = []byte("\r\n\r\n")
)

const maxHead = 64 << 10

// answer is a status and what came with it; the body is lent until the next request.
type answer struct {
	status int
	body   []byte
}

// do sends one request and waits for its answer. After an error the connection is closed; the next call opens another.
func (c *conn) do(request []byte) (answer, error) {
	a, keep, err := c.exchange(request)
	if err != nil || !keep {
		c.close()
	}
	return a, err
}

func (c *conn) exchange(request []byte) (a answer, keep bool, err error) {
	if err = c.open(); err != nil {
		return a, false, err
	}
	// Setting a deadline costs a timer, so one serves all requests of the next second.
	if now := c.now(); c.until.Sub(now) < c.timeout {
		c.until = now.Add(c.timeout + time.Second)
		if err = c.c.SetDeadline(c.until); err != nil {
			return a, false, err
		}
	}
	if _, err = c.c.Write(request); err != nil {
		return a, false, err
	}
	return c.read()
}

// open opens the connection if it is not open.
func (c *conn) open() (err error) {
	if c.c == nil {
		c.until = time.Time{}
		c.c, err = c.target.dial(c.timeout)
	}
	return err
}

func (c *conn) read() (a answer, keep bool, err error) {
	if c.in == nil {
		c.in = make([]byte, 2048)
	}
	n, end := 0, -1
	for end < 0 {
		if n, err = c.fill(n); err != nil {
			return a, false, err
		}
		end = bytes.Index(c.in[:n], headEnd)
	}
	head, start := c.in[:end], end+len(headEnd)
	var length int
	if a.status, length, keep, err = parseHead(head); err != nil {
		return a, false, err
	}
	for n < start+length {
		if n, err = c.fill(n); err != nil {
			return a, false, err
		}
	}
	a.body = c.in[start : start+length]
	return a, keep, nil
}

// fill reads more behind the n bytes that are there.
func (c *conn) fill(n int) (int, error) {
	if n == len(c.in) {
		if n >= maxHead {
			return n, errHead
		}
		c.in = append(c.in, make([]byte, n)...)
	}
	m, err := c.c.Read(c.in[n:])
	if m > 0 {
		err = nil // it comes again
	}
	return n + m, err
}

// parseHead returns the status of an answer, the length of its body and whether the connection stays open.
func parseHead(head []byte) (status, length int, keep bool, err error) {
	const proto = len("HTTP/1.1 ")
	if len(head) < proto+3 || !bytes.HasPrefix(head, []byte("HTTP/1.")) {
		return 0, 0, false, errHead
	}
	if status, err = strconv.Atoi(string(head[proto : proto+3])); err != nil {
		return 0, 0, false, errHead
	}
	keep, length = head[proto-2] == '1', -1
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 || length > maxHead {
				return 0, 0, false, fmt.Errorf("the answer has the length %q", value)
			}
		case bytes.EqualFold(name, []byte("Connection")):
			keep = !bytes.EqualFold(value, []byte("close"))
		}
	}
	if status == 204 || status == 304 {
		length = 0
	}
	if length < 0 {
		return 0, 0, false, errChunked
	}
	return status, length, keep, nil
}

func (c *conn) close() {
	if c.c != nil {
		_ = c.c.Close() // nothing is left to lose
		c.c = nil
	}
}
