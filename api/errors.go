package api

import (
	"errors"
	"net"
	"runtime/debug"
	"strings"

	"footfall/fault"
	"footfall/ingest"

	"github.com/valyala/fasthttp"
)

// ErrorHandler answers what fasthttp could not read as a request, for fasthttp.Server.ErrorHandler.
func (a *API) ErrorHandler(ctx *fasthttp.RequestCtx, err error) {
	if place, _, _ := a.paths.find(ctx.URI().PathOriginal(), false); place != nil {
		a.cors(ctx, place.routes)
	}
	ingest.WriteError(ctx, unreadable(err))
	a.logFailure(ctx)
	a.observe(&call{RequestCtx: ctx})
}

// logFailure logs what a client must not see of a request that failed by our fault.
func (a *API) logFailure(ctx *fasthttp.RequestCtx) {
	if err := ingest.Failure(ctx); err != nil {
		a.o.Log.Error("request failed", "request_id", ingest.RequestID(ctx), "error", err)
	}
}

// unreadable returns the fault of a request that fasthttp gave up on.
func unreadable(err error) error {
	var small *fasthttp.ErrSmallBuffer
	var network net.Error
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return fault.Wrap(fault.TooLarge, err, "The body is too large. Send less at once.")
	case errors.As(err, &small):
		return fault.Wrap(fault.HeadersTooLarge, err, "The request line or the headers are too large.")
	case errors.As(err, &network) && network.Timeout():
		return fault.Wrap(fault.Timeout, err, "The request did not arrive in time.")
	}
	return fault.Wrap(fault.BadRequest, err, "This is not an HTTP request that we understand.")
}

// recoverPanic is deferred around handlers. A commit runs in a goroutine of its own: a panic there ends the program, as
// it must.
func (a *API) recoverPanic(ctx *fasthttp.RequestCtx) {
	p := recover()
	switch {
	case p == nil:
	case ingest.Stopping(p):
		a.o.Log.Warn("a request outlived the store", "request_id", ingest.RequestID(ctx), "method", string(ctx.Method()))
		ingest.WriteError(ctx, p.(error))
	default:
		a.o.Log.Error("a handler panicked", "request_id", ingest.RequestID(ctx), "method", string(ctx.Method()),
			"panic", p, "stack", strings.Split(string(debug.Stack()), "\n"))
		ingest.WriteError(ctx, fault.New(fault.Internal, "Something went wrong here. Try again; if it stays, report the request_id."))
	}
}
