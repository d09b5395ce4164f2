package ingest

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strconv"

	"unsafe"

	"github.com/valyala/fasthttp"

	"footfall/fault"
	"footfall/journal"
)

// Keys of what a request carries in its user values.
type (
	requestIDKey struct{}
	logKey       struct{}
)

// UseLog says where WriteError logs what a client must not see of this request; without it that is slog's default.
func UseLog(ctx *fasthttp.RequestCtx, log *slog.Logger) { ctx.SetUserValue(logKey{}, log) }

// RequestID returns the id of a request. It is made at the first call and stays the same for this request.
func RequestID(ctx *fasthttp.RequestCtx) string {
	if id, ok := ctx.UserValue(requestIDKey{}).(string); ok {
		return id
	}
	var raw [8]byte
	for i, n := 0, rand.Uint64(); i < len(raw); i, n = i+1, n>>8 {
		raw[i] = byte(n)
	}
	id := hex.EncodeToString(raw[:])
	ctx.SetUserValue(requestIDKey{}, id)
	return id
}

// setHeader sets a header whose name is in its canonical form already: making it so costs more than the rest.
func setHeader(h *fasthttp.ResponseHeader, name, value string) {
	h.SetCanonical(lent(name), lent(value))
}

// lent returns the bytes of a string, not to be written to.
func lent(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

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
	h := &ctx.Response.Header
	h.Set("X-Request-Id", RequestID(ctx))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	ctx.SetContentType("application/json")
	ctx.SetStatusCode(status)
	ctx.SetBody(body)
}

// WriteError answers with the fault in err's chain, in the one public shape, and logs the cause of those that are ours.
// An error that is no fault and has no better meaning is an Internal one.
func WriteError(ctx *fasthttp.RequestCtx, err error) { writeError(ctx, err, nil) }

func writeError(ctx *fasthttp.RequestCtx, err error, rejected []rejection) {
	f := faultOf(err)
	if f.Code == fault.Internal || f.Code == fault.DataCorrupt {
		logOf(ctx).Error("request failed", "request_id", RequestID(ctx), "error", err)
	}
	status := f.Code.Status()
	switch status {
	case fasthttp.StatusUnauthorized:
		ctx.Response.Header.Set("WWW-Authenticate", "Bearer")
	case fasthttp.StatusTooManyRequests, fasthttp.StatusServiceUnavailable:
		// Spread out, so that those who were refused together do not come back together.
		ctx.Response.Header.Set("Retry-After", strconv.Itoa(1+rand.IntN(5)))
	}
	WriteJSON(ctx, status, struct {
		Error errorBody `json:"error"`
	}{errorBody{f.Code, f.Message, f.Field, RequestID(ctx), rejected}})
}

func logOf(ctx *fasthttp.RequestCtx) *slog.Logger {
	if log, ok := ctx.UserValue(logKey{}).(*slog.Logger); ok {
		return log
	}
	return slog.Default()
}

// faultOf returns the fault that an error means to a client.
func faultOf(err error) *fault.Error {
	switch {
	case errors.Is(err, journal.ErrOverloaded):
		return fault.Wrap(fault.Overloaded, err, "The queue of records that wait for the disk is at its limit, --queue-bytes. Nothing of this request was taken: send it again later.")
	case errors.Is(err, journal.ErrClosed), errors.Is(err, context.Canceled):
		return fault.Wrap(fault.Unavailable, err, "The server is stopping. Nothing of this request was taken: send it again later.")
	}
	return fault.From(err)
}

// settle gives the errors of a poisoned journal their meaning: the same request may succeed once the server is back.
func (in *Ingest) settle(err error) error {
	if err == nil || in.o.Journal.Err() == nil || !errors.Is(err, in.o.Journal.Err()) {
		return err
	}
	return fault.Wrap(fault.Unavailable, err, "The server cannot write and is stopping. Send this again later, with the same ids.")
}
