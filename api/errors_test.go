package api

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"footfall/fault"

	"github.com/valyala/fasthttp"
)

func TestWhatIsNoRequestIsAnsweredInJSON(t *testing.T) {
	w := newWorld(t)
	for _, try := range []struct {
		name, request, code string
		status              int
	}{
		{"nonsense", "nonsense\r\n\r\n", "bad_request", 400},
		{"headers of 1 MB", "GET /v1/sessions HTTP/1.1\r\nHost: f\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n", "headers_too_large", 431},
		{"a cursor of 1 MB", "GET /v1/sessions?cursor=" + strings.Repeat("x", 1<<20) + " HTTP/1.1\r\nHost: f\r\n\r\n", "headers_too_large", 431},
		{"a body of 2 MB", "PATCH /v1/leads/x HTTP/1.1\r\nHost: f\r\nContent-Length: 2097152\r\n\r\n", "too_large", 413},
	} {
		res := w.send(try.request)
		if res.StatusCode != try.status || res.code() != try.code || res.at("error", "request_id") == nil {
			t.Errorf("%s: %d %s", try.name, res.StatusCode, res.raw)
		}
	}
	res := w.send("POST /v1/events HTTP/1.1\r\nHost: f\r\nOrigin: https://agent.example\r\nContent-Length: 2097152\r\n\r\n")
	if res.StatusCode != 413 || res.Header.Get("Access-Control-Allow-Origin") != "https://agent.example" {
		t.Errorf("the page cannot read why its beacon was refused: %d %v", res.StatusCode, res.Header)
	}
}

func TestErrorsOfTheServerHaveTheirStatus(t *testing.T) {
	for _, try := range []struct {
		err  error
		want fault.Code
	}{
		{&fasthttp.ErrSmallBuffer{}, fault.HeadersTooLarge},
		{fasthttp.ErrBodyTooLarge, fault.TooLarge},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, fault.Timeout},
		{errors.New("anything"), fault.BadRequest},
	} {
		if got := fault.From(unreadable(try.err)).Code; got != try.want {
			t.Errorf("%v: %s, want %s", try.err, got, try.want)
		}
	}
}

// A request that outlives the grace of a stop meets a closed store. It may be sent again; it is no mistake of ours.
func TestARequestThatOutlivesTheStoreIsToldToComeAgain(t *testing.T) {
	var w *world
	t.Cleanup(func() { // after that of the world, which closes everything
		var req fasthttp.Request
		req.SetRequestURI("/v1/sessions/s/events")
		req.Header.Set("Authorization", "Bearer "+secretKey)
		var ctx fasthttp.RequestCtx
		ctx.Init(&req, nil, nil)
		w.api.Handler(&ctx)
		if ctx.Response.StatusCode() != 503 || !strings.Contains(string(ctx.Response.Body()), `"code":"unavailable"`) || len(ctx.Response.Header.Peek("Retry-After")) == 0 {
			t.Errorf("%d %s", ctx.Response.StatusCode(), ctx.Response.Body())
		}
		if strings.Contains(w.log.String(), "a handler panicked") {
			t.Errorf("it is logged as a mistake: %s", w.log)
		}
	})
	w = newWorld(t)
}

func TestAPanicIsAnsweredAndLoggedUnderTheRequestID(t *testing.T) {
	w := newWorld(t)
	w.wait = func(context.Context) error { panic("a secret of the program") }
	res := w.get("/v1/sessions")
	if res.StatusCode != 500 || res.code() != "internal" || strings.Contains(res.raw, "secret") {
		t.Errorf("%d %s", res.StatusCode, res.raw)
	}
	if log := w.log.String(); !strings.Contains(log, "a secret of the program") || !strings.Contains(log, res.Header.Get("X-Request-Id")) {
		t.Errorf("the log does not tell: %s", log)
	}
	w.wait = func(context.Context) error { return nil }
	w.got("/v1/sessions")
}

func TestNoAnswerLeavesBeforeWhatItShowsIsOnDisk(t *testing.T) {
	w := newWorld(t)
	w.beacon(sent{"eventType": "page_view", "sessionId": "s"})
	w.wait = func(context.Context) error { return errors.New("the disk is gone") }
	for _, r := range w.api.Routes() {
		if r.Scope == Public || r.Path == "/v1/import" {
			continue
		}
		res := w.do(r.Method, pathOf(r, "s"), "", bearer)
		if res.StatusCode != 503 || res.code() != "unavailable" || res.Header.Get("Retry-After") == "" || strings.Contains(res.raw, "disk") {
			t.Errorf("%s %s: %d %s", r.Method, r.Path, res.StatusCode, res.raw)
		}
	}
}

func TestAQueryThatWaitsTooLongForItsTurnIsRefused(t *testing.T) {
	w := newWorld(t)
	w.api.turns, w.api.o.QueryTimeout = make(chan struct{}, 1), 20*time.Millisecond
	w.got("/v1/sessions")
	w.api.turns <- struct{}{} // somebody else's
	res := w.get("/v1/sessions")
	if res.StatusCode != 503 || res.code() != "overloaded" || !strings.Contains(res.raw, "--query-concurrency") || res.Header.Get("Retry-After") == "" {
		t.Errorf("%d %s", res.StatusCode, res.raw)
	}
	<-w.api.turns
	w.got("/v1/sessions")
}
