package server

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// Patience with clients, in seconds: looks of the watch, which looks each second. No deadline is set for a request that
// goes well, as each costs a call of the system.
const (
	idlePatience    = 120
	arrivalPatience = 10  // then a request must have come at arrivalRate
	arrivalRate     = 500 // bytes a second
	writePatience   = 10  // for one write to be taken
)

// What the goroutine of a connection is at: the lowest bits of pace.state, below the number of the call.
const (
	working = iota
	reading
	writing
	states
)

// pace is how a connection gets on. Its goroutine writes state and received, the watch reads them.
type pace struct {
	calls    atomic.Uint64 // of Read and Write, which a stream does at once
	state    atomic.Uint64
	received atomic.Int64 // bytes since the connection was idle
	minded   atomic.Bool  // the handler sets deadlines of its own

	since int64  // look at which it became idle or its request began; conns.mu
	last  uint64 // state at the look before
	stuck int    // looks for which it has been in the same write
}

func (p *pace) begin(what uint64) {
	p.state.Store(p.calls.Add(1)*states + what)
}

// Read reads, and tells the watch that it does.
func (c *conn) Read(b []byte) (int, error) {
	c.begin(reading)
	n, err := c.Conn.Read(b)
	c.received.Add(int64(n))
	c.state.Store(working)
	return n, err
}

// Write writes, and tells the watch that it does.
func (c *conn) Write(b []byte) (int, error) {
	c.begin(writing)
	n, err := c.Conn.Write(b)
	c.state.Store(working)
	return n, err
}

// SetReadDeadline is called for long requests: with a deadline the watch does not mind how fast they arrive.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.minded.Store(!t.IsZero())
	return c.Conn.SetReadDeadline(t)
}

// Close closes the connection. If a request was cut short the client may be sending still; closing at once would then
// take the answer from it. So the rest is read for a moment.
func (c *conn) Close() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && c.busy.Load() && half.CloseWrite() == nil {
		const linger, most = time.Second, 2 << 20
		_ = c.Conn.SetReadDeadline(time.Now().Add(linger))
		_, _ = io.CopyN(io.Discard, c.Conn, most)
	}
	err := c.Conn.Close()
	c.closed.Store(true)
	if c.taken.Load() {
		c.home.gone(c)
	}
	return err
}

// watch looks at every connection, once a second. Who takes too long to send a request is answered with 408, who takes
// no answer or asks nothing is closed.
func (cs *conns) watch(context.Context) error {
	cs.mu.Lock()
	cs.looks++
	var idle, deaf, slow []*conn
	for c := cs.idle.first; c != nil && cs.looks-c.since > idlePatience; c = cs.idle.first {
		cs.remove(c)
		cs.leave(c)
		idle = append(idle, c)
	}
	for c := cs.active.first; c != nil; c = c.next {
		switch c.look(cs.looks) {
		case reading:
			slow = append(slow, c)
		case writing:
			deaf = append(deaf, c)
		}
	}
	cs.mu.Unlock()
	for _, c := range append(idle, deaf...) {
		_ = c.Conn.Close() // its goroutine ends with an error
	}
	var errs []error
	for _, c := range slow {
		if err := c.Conn.SetReadDeadline(time.Unix(1, 0)); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// look says at what a connection has been for too long, working if at nothing.
func (c *conn) look(now int64) int {
	state := c.state.Load()
	again := state == c.last
	c.last = state
	switch state % states {
	case reading:
		took := now - c.since
		if !c.minded.Load() && took > arrivalPatience && c.received.Load() < took*arrivalRate {
			return reading
		}
	case writing:
		if !again {
			c.stuck = 0
		}
		if c.stuck++; c.stuck > writePatience {
			return writing
		}
	}
	return working
}
