package api

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"footfall/access"
	"footfall/fault"
	"footfall/ingest"

	"github.com/valyala/fasthttp"
)

const (
	streamBuffer  = 64 << 10         // bytes that may wait for a reader
	writePatience = 10 * time.Second // with a write to one
)

// stream is one open event stream. Its goroutine writes; another one reads, to notice that the client is gone.
type stream struct {
	h       *streams
	grant   access.Grant
	cookie  string
	kinds   kind
	site    uint32 // the only one asked for, 0: all that the grant covers
	claimed bool   // its connection is served; of streams.mu

	beats atomic.Int64 // since something was written

	mu    sync.Mutex
	queue [][]byte
	size  int  // bytes of queue, and of what is being written
	over  bool // more came than may wait: what was queued is dropped
	ended bool
	conn  net.Conn
	wake  chan struct{} // of size 1
}

// live serves GET /v1/live: a stream of server-sent events.
func (a *API) live(c *call) {
	s, err := a.newStream(c)
	if err == nil {
		err = a.vouch(c) // a server that cannot write has nothing to tell
	}
	if err != nil {
		ingest.WriteError(c.RequestCtx, err)
		return
	}
	last := string(c.Request.Header.Peek("Last-Event-ID"))
	past, gap, err := a.streams.enter(s, last)
	if err != nil {
		ingest.WriteError(c.RequestCtx, err)
		return
	}
	head := streamHead(c)
	// fasthttp's own body streams end only with a write that fails. This takes the connection over: it can be watched for
	// the client going away, and each write has its own deadline.
	c.HijackSetNoResponse(true)
	c.Hijack(func(conn net.Conn) { s.serve(conn, head, past, gap) })
}

// streamHead returns the head of the answer. The body ends with the connection.
func streamHead(c *call) []byte {
	ingest.WriteEmpty(c.RequestCtx, fasthttp.StatusOK)
	h := &c.Response.Header
	h.SetContentType("text/event-stream")
	h.SetNoDefaultContentType(true)
	h.Set("X-Accel-Buffering", "no") // proxies pass on each message
	h.SetConnectionClose()
	var head bytes.Buffer
	for line := range bytes.Lines(h.Header()) {
		if !bytes.HasPrefix(line, []byte("Content-Length:")) {
			head.Write(line)
		}
	}
	return head.Bytes()
}

func (a *API) newStream(c *call) (*stream, error) {
	if c.IsHead() {
		c.Response.Header.Set(fasthttp.HeaderAllow, get)
		return nil, fault.New(fault.MethodNotAllowed, "A stream has nothing but its body: GET it.")
	}
	kinds, err := c.kinds()
	if err != nil {
		return nil, err
	}
	s := &stream{h: a.streams, kinds: kinds, wake: make(chan struct{}, 1), cookie: a.cookie(c), grant: c.grant}
	if c.param("site_id") != "" {
		sites, err := a.reach(c)
		if err != nil {
			return nil, err
		}
		s.site = sites[0].ID
	}
	return s, nil
}

// covers says whether the stream tells of a site.
func (s *stream) covers(id uint32) bool {
	if s.site != 0 && s.site != id {
		return false
	}
	site, ok := s.h.a.o.Catalog.Site(id)
	return ok && s.grant.CoversSite(site)
}

// valid says whether what the stream was opened with is still good.
func (s *stream) valid() bool {
	a := s.h.a
	if s.cookie != "" {
		return a.o.Access.Stays(s.cookie, s.grant, a.o.Now())
	}
	return a.o.Access.Valid(s.grant)
}

// send queues a message. It never waits.
func (s *stream) send(message []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.over || s.ended:
		return
	case s.size+len(message) > streamBuffer:
		s.over, s.queue = true, nil
	default:
		s.queue, s.size = append(s.queue, message), s.size+len(message)
	}
	s.nudge()
}

// shed gives the stream up if something waits for its reader.
func (s *stream) shed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.size > 0 {
		s.over, s.queue = true, nil
		s.nudge()
	}
}

// end ends the stream, also in the middle of a write.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if s.conn != nil {
		_ = s.conn.SetWriteDeadline(time.Unix(1, 0)) // a connection that is gone needs none
	}
	s.nudge()
}

func (s *stream) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// next returns what to write next. more is false at the end; then what is returned is the last.
func (s *stream) next() (message []byte, more bool) {
	for {
		s.mu.Lock()
		switch {
		case s.ended:
			s.mu.Unlock()
			return nil, false
		case s.over:
			s.mu.Unlock()
			s.h.dropped.Add(1)
			return resetMessage("slow"), false
		case len(s.queue) > 0:
			message = s.queue[0]
			s.queue = s.queue[1:]
			s.mu.Unlock()
			return message, true
		}
		s.mu.Unlock()
		<-s.wake
	}
}

// serve writes the stream to its connection, until it ends.
func (s *stream) serve(conn net.Conn, head []byte, past []news, gap bool) {
	if !s.h.claim(s) {
		return
	}
	defer s.h.leave(s)
	s.mu.Lock()
	s.conn = conn
	s.mu.Unlock()
	var watch sync.WaitGroup
	watch.Go(func() { // nothing more is to come: whatever does, or the end, ends the stream
		var b [1]byte
		_, _ = conn.Read(b[:])
		s.end()
	})
	if s.write(conn, head) && s.begin(conn, past, gap) {
		for more := true; more; {
			var message []byte
			if message, more = s.next(); len(message) > 0 && !s.write(conn, message) {
				break
			}
			s.wrote(len(message))
		}
	}
	_ = conn.SetReadDeadline(time.Unix(1, 0)) // ends the reader
	watch.Wait()
}

func (s *stream) wrote(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.size -= n
}

// write writes within writePatience and says whether it could.
func (s *stream) write(conn net.Conn, b []byte) bool {
	s.beats.Store(0)
	s.mu.Lock()
	ended := s.ended
	if !ended {
		_ = conn.SetWriteDeadline(time.Now().Add(writePatience)) // one that is gone shows at the write
	}
	s.mu.Unlock()
	if ended {
		return false
	}
	_, err := conn.Write(b)
	return err == nil
}
