package server

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/valyala/fasthttp"
)

// door is a public port that holds few connections. Requests of /busy are not answered until busy is closed.
type door struct {
	t      *testing.T
	addr   string
	conns  *conns
	inside chan struct{}
	busy   chan struct{}
}

func openDoor(t *testing.T, most int) *door { return openScarceDoor(t, most, 0) }

// openScarceDoor opens a door whose first connections lack a file descriptor for so many times.
func openScarceDoor(t *testing.T, most, lacking int) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cs := newConns(most, 1<<30, slog.New(slog.DiscardHandler))
	d := &door{t, l.Addr().String(), cs, make(chan struct{}, 100), make(chan struct{})}
	s := &fasthttp.Server{ConnState: cs.changed, CloseOnShutdown: true, StreamRequestBody: true, Handler: d.handle, ErrorHandler: refuse, Logger: quiet{cs.log}}
	served := make(chan error)
	go func() { served <- s.Serve(boundedListener{&scarce{l, lacking}, cs}) }()
	t.Cleanup(func() {
		if err := s.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		cs.all.Wait()
		for left := true; left; runtime.Gosched() { // none stays counted; the last ones leave a little after Shutdown
			cs.mu.Lock()
			left = cs.open != 0 || cs.idle != (connList{}) || cs.active != (connList{})
			cs.mu.Unlock()
		}
	})
	return d
}

func (d *door) dial() net.Conn {
	d.t.Helper()
	c, err := net.Dial("tcp", d.addr)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = c.Close() })
	return c
}

// waitIdle waits until so many connections are idle: an answer is seen a little earlier.
func (d *door) waitIdle(n int) {
	for idle := -1; idle != n; runtime.Gosched() {
		idle = 0
		d.conns.mu.Lock()
		for c := d.conns.idle.first; c != nil; c = c.next {
			idle++
		}
		d.conns.mu.Unlock()
	}
}

// ask makes a request on a connection and returns the status, 0 if the connection is closed.
func (d *door) ask(c net.Conn, path string) int {
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return 0
	}
	b := make([]byte, 4096)
	n, err := c.Read(b)
	if err != nil || !strings.HasPrefix(string(b[:n]), "HTTP/1.1 ") {
		return 0
	}
	if strings.HasPrefix(string(b[:n]), "HTTP/1.1 503 ") {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

func TestAnotherConnectionClosesTheLongestIdle(t *testing.T) {
	d := openDoor(t, 3)
	defer close(d.busy)
	var conns []net.Conn
	for range 3 {
		c := d.dial()
		conns = append(conns, c)
		if status := d.ask(c, "/"); status != 200 {
			t.Fatalf("answered %d", status)
		}
		d.waitIdle(len(conns))
	}
	if status := d.ask(conns[0], "/"); status != 200 { // the second is idle for longer now
		t.Errorf("the first connection is answered %d", status)
	}
	d.waitIdle(3)
	if status := d.ask(d.dial(), "/"); status != 200 {
		t.Errorf("a fourth connection is answered %d", status)
	}
	for i, want := range []int{200, 0, 200} {
		if status := d.ask(conns[i], "/"); status != want {
			t.Errorf("connection %d is answered %d, want %d", i, status, want)
		}
	}
}

func TestWhereAllConnectionsAreBusyAnotherIsTurnedAway(t *testing.T) {
	d := openDoor(t, 2)
	answers := make(chan int)
	for range 2 {
		c := d.dial()
		go func() { answers <- d.ask(c, "/busy") }()
		<-d.inside
	}
	body, err := io.ReadAll(d.dial())
	if err != nil || !strings.Contains(string(body), "503") || !strings.Contains(string(body), "--max-connections") {
		t.Errorf("turned away with %q, %v", body, err)
	}
	close(d.busy)
	for range 2 {
		if status := <-answers; status != 200 {
			t.Errorf("who was busy is answered %d", status)
		}
	}
	d.waitIdle(2)
	if status := d.ask(d.dial(), "/"); status != 200 {
		t.Errorf("after that a connection is answered %d", status)
	}
}

func TestConnectionsThatNeverAskAreIdle(t *testing.T) {
	d := openDoor(t, 5)
	defer close(d.busy)
	for range 50 {
		d.dial()
	}
	if status := d.ask(d.dial(), "/"); status != 200 {
		t.Errorf("behind 50 silent connections one is answered %d", status)
	}
}

// scarce is a listener that lacks a file descriptor for its first connections.
type scarce struct {
	net.Listener
	lacking int
}

func (s *scarce) Accept() (net.Conn, error) {
	if s.lacking > 0 {
		s.lacking--
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return s.Listener.Accept()
}

func TestALackOfFilesDoesNotStopTheListener(t *testing.T) {
	d := openScarceDoor(t, 10, 3)
	defer close(d.busy)
	if status := d.ask(d.dial(), "/"); status != 200 {
		t.Errorf("answered %d", status)
	}
}
