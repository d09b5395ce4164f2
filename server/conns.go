package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
)

// conns bounds the open connections of the public port. One more than it may hold closes the one that has been idle
// for the longest; where none is idle, the new one is refused.
type conns struct {
	most int
	log  *slog.Logger

	mu     sync.Mutex
	open   int
	looks  int64    // of the watch, see slow.go
	idle   connList // the longest first
	active connList // those with a request

	all sync.WaitGroup // those that are open
}

// conn is a connection and its place in the list of those that are idle, or of those that are not. The list and gone are
// written to with conns.mu held.
type conn struct {
	net.Conn
	pace
	prev, next *conn
	in         *connList   // nil: in none
	gone       bool        // is not counted any more
	busy       atomic.Bool // has a request
	taken      atomic.Bool // is an event stream: what writes to it minds its time
	closed     atomic.Bool
	home       *conns
}

// descriptors are what the store and everything else but connections may need.
const descriptors = 1200

const defaultConnections = 10_000

// newConns returns a bound of most connections, 0 for the default, or fewer if there is no memory for so many, or the
// process may not open so many files: what is left is for the store, which a lack of them would stop.
func newConns(most int, memory Size, log *slog.Logger) *conns {
	if most == 0 {
		most = defaultConnections
	}
	if may := int(memory / connMemory); may < most {
		log.Warn("fewer connections than --max-connections", "connections", may, "memory", memory.String())
		most = may
	}
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil {
		if may := int(min(files.Cur-min(files.Cur/2, descriptors), 1<<30)); may < most {
			log.Warn("fewer connections than --max-connections", "connections", may, "open_files", files.Cur)
			most = may
		}
	}
	return &conns{most: most, log: log}
}

// boundedListener accepts what conns has room for.
type boundedListener struct {
	net.Listener
	conns *conns
}

// Accept waits for a connection that may be served. It outlasts a lack of file descriptors.
func (l boundedListener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		switch {
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
			l.conns.closeIdle()
			time.Sleep(5 * time.Millisecond) // the descriptor is free once its reader has ended
		case err != nil:
			return nil, err
		default:
			if c := l.conns.admit(accepted); c != nil {
				return c, nil
			}
		}
	}
}

// admit counts a connection, nil if it was refused.
func (cs *conns) admit(accepted net.Conn) net.Conn {
	cs.mu.Lock()
	full := cs.open >= cs.most
	if !full {
		cs.open++
		cs.all.Add(1)
	}
	cs.mu.Unlock()
	if !full {
		return &conn{Conn: accepted, home: cs}
	}
	if cs.closeIdle() {
		return cs.admit(accepted)
	}
	cs.refuse(accepted)
	return nil
}

// refuse answers a connection that is not served.
func (cs *conns) refuse(c net.Conn) {
	body := fmt.Sprintf(`{"error":{"code":"overloaded","message":"The server has %d connections, all of them busy (--max-connections). Try again in a moment.","request_id":""}}`, cs.most)
	// Who does not read the answer may miss it.
	_ = c.SetDeadline(time.Now().Add(time.Second))
	_, _ = fmt.Fprintf(c, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	_ = c.Close()
}

// closeIdle closes the connection that has been idle for the longest, if one is.
func (cs *conns) closeIdle() bool {
	cs.mu.Lock()
	c := cs.idle.first
	if c != nil {
		cs.remove(c)
		cs.leave(c)
	}
	cs.mu.Unlock()
	if c == nil {
		return false
	}
	_ = c.Close() // its reader ends with an error
	return true
}

// changed is fasthttp's ConnState.
func (cs *conns) changed(nc net.Conn, state fasthttp.ConnState) {
	c, ok := nc.(*conn)
	if !ok {
		return
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	switch state {
	case fasthttp.StateNew, fasthttp.StateIdle:
		c.busy.Store(false)
		c.received.Store(0)
		cs.move(c, &cs.idle)
	case fasthttp.StateActive:
		c.busy.Store(true)
		cs.move(c, &cs.active)
	case fasthttp.StateClosed:
		cs.remove(c)
		cs.leave(c)
	case fasthttp.StateHijacked:
		cs.remove(c)
		c.busy.Store(false)
		if c.taken.Store(true); c.closed.Load() {
			cs.leave(c)
		}
	}
}

// gone counts a connection no more that was an event stream.
func (cs *conns) gone(c *conn) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.leave(c)
}

func (cs *conns) leave(c *conn) {
	if !c.gone {
		c.gone = true
		cs.open--
		cs.all.Done()
	}
}

// move puts a connection at the end of a list, unless it is in it or gone.
func (cs *conns) move(c *conn, to *connList) {
	if c.in == to || c.gone {
		return
	}
	cs.remove(c)
	c.since = cs.looks
	to.push(c)
}

func (cs *conns) remove(c *conn) {
	if c.in != nil {
		c.in.remove(c)
	}
}

// connList is a list of connections; each is in one at most.
type connList struct{ first, last *conn }

func (l *connList) push(c *conn) {
	c.in, c.prev, c.next = l, l.last, nil
	if l.last != nil {
		l.last.next = c
	} else {
		l.first = c
	}
	l.last = c
}

func (l *connList) remove(c *conn) {
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		l.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		l.last = c.prev
	}
	c.in, c.prev, c.next = nil, nil, nil
}
