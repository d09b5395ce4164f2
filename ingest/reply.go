package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"
	"unsafe"

	"github.com/valyala/fasthttp"

	"footfall/fault"
	"footfall/journal"
	"footfall/store"
)

// failureKey is where WriteError leaves what a client must not see, for Failure.
type failureKey struct{}

// Failure returns the error that WriteError answered as ours, nil if it answered none: whoever serves logs it.
func Failure(ctx *fasthttp.RequestCtx) error {
	err, _ := ctx.UserValue(failureKey{}).(error)
	return err
}

// RequestID returns the id of a request, the same at every call: 16 hexadecimal digits of its connection's time and
// number and its own number on it, so that nothing needs to be kept.
func RequestID(ctx *fasthttp.RequestCtx) string {
	var id [requestIDLen]byte
	appendRequestID(id[:0], ctx)
	return string(id[:])
}

const requestIDLen = 16

func appendRequestID(b []byte, ctx *fasthttp.RequestCtx) []byte {
	const odd = 0x9e3779b97f4a7c15 // numbers that differ little give ids that differ much
	x := (uint64(ctx.ConnTime().UnixNano())*odd ^ ctx.ID()) * odd
	x ^= x >> 32
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[x>>shift&15])
	}
	return b
}

// setRequestID writes the request's id into its answer.
func setRequestID(ctx *fasthttp.RequestCtx) {
	var id [requestIDLen]byte
	ctx.Response.Header.SetCanonical(lent("X-Request-Id"), appendRequestID(id[:0], ctx))
}

// setHeader sets a header whose name is in its canonical form already: making it so costs more than the rest.
func setHeader(h *fasthttp.ResponseHeader, name, value string) {
	h.SetCanonical(lent(name), lent(value))
}

// lent returns the bytes of a string, not to be written to.
func lent(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// noStore keeps an answer out of caches and from being taken for something else than it says.
func noStore(h *fasthttp.ResponseHeader) {
	setHeader(h, "Cache-Control", "no-store")
	setHeader(h, "X-Content-Type-Options", "nosniff")
}

// errorBody is what a client reads under "error".
type errorBody struct {
	Code      fault.Code  `json:"code"`
	Message   string      `json:"message"`
	Field     string      `json:"field,omitempty"`
	RequestID string      `json:"request_id"`
	Rejected  []rejection `json:"rejected,omitempty"`
}

// rejection is one event that was not taken, as its sender reads it.
type rejection struct {
	Index   int        `json:"index"`
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
}

func rejections(rejects []Reject) []rejection {
	list := make([]rejection, len(rejects))
	for i, r := range rejects {
		list[i] = rejection{r.Index, r.Code, r.Message}
	}
	return list
}

// WriteJSON answers with v as JSON.
func WriteJSON(ctx *fasthttp.RequestCtx, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		WriteError(ctx, err)
		return
	}
	writeBody(ctx, status, body)
}

func writeBody(ctx *fasthttp.RequestCtx, status int, body []byte) {
	setRequestID(ctx)
	noStore(&ctx.Response.Header)
	ctx.SetContentType("application/json")
	ctx.SetStatusCode(status)
	ctx.SetBody(body)
}

// WriteEmpty answers without a body.
func WriteEmpty(ctx *fasthttp.RequestCtx, status int) {
	setRequestID(ctx)
	noStore(&ctx.Response.Header)
	ctx.SetStatusCode(status)
}

// WriteError answers with the fault in err's chain, in the one public shape, and leaves those that are ours to Failure.
// An error that is no fault and has no better meaning is an Internal one.
func WriteError(ctx *fasthttp.RequestCtx, err error) { writeError(ctx, err, nil) }

func writeError(ctx *fasthttp.RequestCtx, err error, rejected []rejection) {
	f := faultOf(err)
	if f.Code == fault.Internal || f.Code == fault.DataCorrupt {
		ctx.SetUserValue(failureKey{}, err)
	}
	SetFaultHeaders(&ctx.Response.Header, f)
	WriteJSON(ctx, f.Code.Status(), struct {
		Error errorBody `json:"error"`
	}{errorBody{f.Code, f.Message, f.Field, RequestID(ctx), rejected}})
}

// SetFaultHeaders sets the headers that go with a fault, whatever its body is.
func SetFaultHeaders(h *fasthttp.ResponseHeader, f *fault.Error) {
	switch f.Code.Status() {
	case fasthttp.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case fasthttp.StatusTooManyRequests, fasthttp.StatusServiceUnavailable:
		// Spread out, so that those who were refused together do not come back together.
		seconds := int(f.After / time.Second)
		h.Set("Retry-After", strconv.Itoa(seconds+1+rand.IntN(5)))
	}
}

// faultOf returns the fault that an error means to a client.
func faultOf(err error) *fault.Error {
	switch {
	case errors.Is(err, journal.ErrOverloaded):
		return fault.Wrap(fault.Overloaded, err, "The queue of records that wait for the disk is at its limit, --queue-bytes, and was for --queue-wait. Nothing of this request was taken: send it again later.")
	case errors.Is(err, journal.ErrClosed), errors.Is(err, store.ErrClosed), errors.Is(err, context.Canceled):
		return fault.Wrap(fault.Unavailable, err, "The server is stopping. Nothing of this request was taken: send it again later.")
	}
	f := fault.From(err)
	if f.Code == fault.Internal && errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(fault.Unavailable, err, "The server did not come to this in time. Send it again later.")
	}
	return f
}

// Stopping says whether a handler panicked because the store was closed under it: it had not ended within the grace of a
// stop.
func Stopping(panicked any) bool {
	err, ok := panicked.(error)
	return ok && errors.Is(err, store.ErrClosed)
}

// settle gives the errors of a poisoned journal their meaning: the same request may succeed once the server is back.
func (in *Ingest) settle(err error) error {
	if err == nil || in.o.Journal.Err() == nil || !errors.Is(err, in.o.Journal.Err()) {
		return err
	}
	return fault.Wrap(fault.Unavailable, err, "The server cannot write and is stopping. Send this again later, with the same ids.")
}
