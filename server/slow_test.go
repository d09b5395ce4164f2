package server

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// await waits until the only connection that is not idle is at something.
func (d *door) await(what uint64) {
	for is := uint64(states); is != what; runtime.Gosched() {
		is = states
		d.conns.mu.Lock()
		if c := d.conns.active.first; c != nil {
			is = c.state.Load() % states
		}
		d.conns.mu.Unlock()
	}
}

// look lets the watch look, as if so many seconds had passed.
func (d *door) look(times int) {
	d.t.Helper()
	for range times {
		if err := d.conns.watch(d.t.Context()); err != nil {
			d.t.Fatal(err)
		}
	}
}

// status reads the status of an answer, 0 if the connection was closed without one.
func status(t *testing.T, c net.Conn) int {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	return res.StatusCode
}

func (d *door) write(c net.Conn, text string) {
	d.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		d.t.Fatal(err)
	}
}

func TestARequestThatDripsInIsAnsweredWith408(t *testing.T) {
	for name, part := range map[string]string{
		"a head":           "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"a body":           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{",
		"a later request":  "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT",
		"a chunk":          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nf",
		"a line break too": "GET / HTTP/1.1\r",
	} {
		d := openDoor(t, 5)
		close(d.busy)
		c := d.dial()
		d.write(c, part)
		if strings.Count(part, "GET") > 1 {
			if got := status(t, c); got != 200 {
				t.Errorf("%s: the first request is answered %d", name, got)
			}
		}
		d.await(reading)
		d.look(arrivalPatience)
		before := d.received()
		d.write(c, "0") // it comes, but too slowly
		for d.received() == before {
			runtime.Gosched()
		}
		d.await(reading)
		d.look(1)
		if got := status(t, c); got != http.StatusRequestTimeout {
			t.Errorf("%s: answered %d, want 408", name, got)
		}
	}
}

func TestAPauseIsForgiven(t *testing.T) {
	d := openDoor(t, 5)
	close(d.busy)
	c := d.dial()
	d.write(c, "GET / HTTP/1.1\r\nHost")
	d.await(reading)
	d.look(arrivalPatience)
	d.write(c, ": x\r\n\r\n")
	if got := status(t, c); got != 200 {
		t.Errorf("answered %d", got)
	}
}

func TestARequestThatComesFastEnoughIsWaitedFor(t *testing.T) {
	d := openDoor(t, 5)
	close(d.busy)
	c := d.dial()
	const size = 60_000
	d.write(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n")
	const part = size / 30
	for sent := part; sent < size; sent += part {
		d.write(c, strings.Repeat("x", part))
		for d.received() < int64(sent) { // the watch may look before the bytes are read
			runtime.Gosched()
		}
		d.await(reading)
		d.look(3) // 2,000 bytes in 3 seconds
	}
	d.write(c, strings.Repeat("x", part))
	if got := status(t, c); got != 200 {
		t.Errorf("answered %d", got)
	}
}

// received returns what the only busy connection has received.
func (d *door) received() int64 {
	d.conns.mu.Lock()
	defer d.conns.mu.Unlock()
	if d.conns.active.first == nil {
		return 0
	}
	return d.conns.active.first.received.Load()
}

func TestWhoAsksNothingIsClosedAfterTwoMinutes(t *testing.T) {
	d := openDoor(t, 5)
	close(d.busy)
	silent, asking := d.dial(), d.dial()
	if d.ask(asking, "/") != 200 {
		t.Fatal("not answered")
	}
	d.waitIdle(2)
	d.look(idlePatience)
	if d.ask(asking, "/") != 200 {
		t.Error("who asks again in time is closed")
	}
	d.waitIdle(2)
	d.look(1)
	if status := d.ask(silent, "/"); status != 0 {
		t.Errorf("who asked nothing for over two minutes is answered %d", status)
	}
	if d.ask(asking, "/") != 200 {
		t.Error("who has just asked is closed")
	}
}

func TestWhoTakesNoAnswerIsClosed(t *testing.T) {
	d := openDoor(t, 5)
	close(d.busy)
	c := d.dial()
	d.write(c, "GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
	d.await(writing)
	var before int64 = -1
	for now := d.written(); now != before; now = d.written() { // until its buffers are full
		before = now
		time.Sleep(50 * time.Millisecond)
	}
	d.look(writePatience)
	if d.written() != before {
		t.Fatal("it was still taking")
	}
	d.look(1)
	n, err := io.Copy(io.Discard, c)
	if n >= long {
		t.Errorf("all %d bytes were sent, %v", n, err)
	}
}

// written counts the writes of the only busy connection.
func (d *door) written() int64 {
	d.conns.mu.Lock()
	defer d.conns.mu.Unlock()
	if d.conns.active.first == nil {
		return 0
	}
	return int64(d.conns.active.first.state.Load() / states)
}

func TestARequestThatMindsItsOwnDeadlinesIsNotHurried(t *testing.T) {
	d := openDoor(t, 5)
	close(d.busy)
	c := d.dial()
	d.write(c, "POST /minded HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n"+strings.Repeat("x", 10_000))
	<-d.inside
	d.await(reading)
	d.look(10 * arrivalPatience)
	d.write(c, strings.Repeat("x", 50_000))
	if got := status(t, c); got != 200 {
		t.Errorf("answered %d", got)
	}
}

const long = 64 << 20

// handle is the door's handler.
func (d *door) handle(ctx *fasthttp.RequestCtx) {
	switch string(ctx.Path()) {
	case "/busy":
		d.inside <- struct{}{}
		<-d.busy
	case "/long":
		ctx.SetBodyStream(io.LimitReader(zeros{}, long), long)
	case "/minded":
		if err := ctx.SetReadDeadline(time.Now().Add(time.Hour)); err != nil {
			d.t.Error(err)
		}
		d.inside <- struct{}{}
		fallthrough
	default:
		if body := ctx.RequestBodyStream(); body != nil {
			if _, err := io.Copy(io.Discard, body); err != nil {
				ctx.SetStatusCode(fasthttp.StatusRequestTimeout)
				ctx.SetConnectionClose()
			}
		}
	}
}

// refuse is the door's error handler.
func refuse(ctx *fasthttp.RequestCtx, err error) {
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		ctx.SetStatusCode(fasthttp.StatusRequestTimeout)
		return
	}
	ctx.SetStatusCode(fasthttp.StatusBadRequest)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
