package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
)

// conns bounds the open connections of the public port. One more than it may hold closes the one that has been idle
// for the longest; where none is idle, the new one is refused.
type conns struct {
	most int
	log  *slog.Logger

	mu          sync.Mutex
	open        int
	first, last *conn // those that are idle, the longest first
}

// conn is a connection and its place in the list of idle ones. It is written to with conns.mu held.
type conn struct {
	net.Conn
	prev, next *conn
	idle       bool // is in the list
	gone       bool // is not counted any more
}

// descriptors are what the store and everything else but connections may need.
const descriptors = 1200

const defaultConnections = 10_000

// newConns returns a bound of most connections, 0 for the default, or fewer if the process may not open so many files:
// what is left is for the store, which a lack of them would stop.
func newConns(most int, log *slog.Logger) *conns {
	if most == 0 {
		most = defaultConnections
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
	}
	cs.mu.Unlock()
	if !full {
		return &conn{Conn: accepted}
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
	c := cs.first
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
		if !c.idle && !c.gone {
			cs.push(c)
		}
	case fasthttp.StateActive:
		cs.remove(c)
	case fasthttp.StateClosed, fasthttp.StateHijacked:
		cs.remove(c)
		cs.leave(c)
	}
}

func (cs *conns) leave(c *conn) {
	if !c.gone {
		c.gone = true
		cs.open--
	}
}

func (cs *conns) push(c *conn) {
	c.idle, c.prev, c.next = true, cs.last, nil
	if cs.last != nil {
		cs.last.next = c
	} else {
		cs.first = c
	}
	cs.last = c
}

func (cs *conns) remove(c *conn) {
	if !c.idle {
		return
	}
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		cs.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		cs.last = c.prev
	}
	c.idle, c.prev, c.next = false, nil, nil
}
