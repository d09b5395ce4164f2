package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"footfall/fault"
	"footfall/journal"
	"footfall/store"
)

func TestErrorsHaveOneShape(t *testing.T) {
	for _, c := range []struct {
		err     error
		status  int
		code    string
		message string
		header  string
	}{
		{fault.Field(fault.MissingField, "sessionId", "It is required."), 400, "missing_field", "It is required.", ""},
		{fmt.Errorf("look up: %w", fault.New(fault.NotFound, "No.")), 404, "not_found", "No.", ""},
		{fault.New(fault.Unauthorized, "No key."), 401, "unauthorized", "No key.", "WWW-Authenticate"},
		{fault.New(fault.RateLimited, "Too often."), 429, "rate_limited", "Too often.", "Retry-After"},
		{fmt.Errorf("submit: %w", journal.ErrOverloaded), 503, "overloaded", "--queue-bytes", "Retry-After"},
		{journal.ErrClosed, 503, "unavailable", "again", "Retry-After"},
		{context.Canceled, 503, "unavailable", "again", "Retry-After"},
		{fmt.Errorf("submit: %w", context.DeadlineExceeded), 503, "unavailable", "in time", "Retry-After"},
		{fault.Wrap(fault.NotFound, context.DeadlineExceeded, "No."), 404, "not_found", "No.", ""},
		{fmt.Errorf("scan: %w", store.ErrClosed), 503, "unavailable", "again", "Retry-After"},
		{errors.New("disk on fire"), 500, "internal", "report the request_id", ""},
	} {
		var ctx fasthttp.RequestCtx
		WriteError(&ctx, c.err)
		body, id := string(ctx.Response.Body()), RequestID(&ctx)
		if ctx.Response.StatusCode() != c.status || !strings.HasPrefix(body, `{"error":{"code":"`+c.code+`","message":"`) ||
			!strings.Contains(body, c.message) || !strings.HasSuffix(body, `"request_id":"`+id+`"}}`) {
			t.Errorf("%v: %d %s", c.err, ctx.Response.StatusCode(), body)
		}
		if string(ctx.Response.Header.Peek("X-Request-Id")) != id {
			t.Errorf("%v: X-Request-Id differs", c.err)
		}
		if c.header != "" && len(ctx.Response.Header.Peek(c.header)) == 0 {
			t.Errorf("%v: no %s", c.err, c.header)
		}
	}
}

func TestTheCauseOfAnInternalFaultIsKeptForTheLogAndNotTold(t *testing.T) {
	var ctx fasthttp.RequestCtx
	WriteError(&ctx, errors.New("disk on fire"))
	if strings.Contains(string(ctx.Response.Body()), "fire") {
		t.Errorf("told: %s", ctx.Response.Body())
	}
	if err := Failure(&ctx); err == nil || err.Error() != "disk on fire" {
		t.Errorf("kept: %v", err)
	}
}
