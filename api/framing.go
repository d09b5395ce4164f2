package api

import (
	"bytes"

	"footfall/event"
	"footfall/fault"

	"github.com/valyala/fasthttp"
)

// importPath is the one path that takes a chunked body.
const importPath = "/v1/import"

// framed refuses what fasthttp reads but other servers read otherwise: where one request ends and the next begins must
// not be a matter of opinion between a proxy and us. The connection of such a request is closed.
func framed(c *call) error {
	err := misframed(c)
	if err != nil {
		c.SetConnectionClose()
	}
	return err
}

func misframed(c *call) error {
	if target := c.Request.Header.RequestURI(); len(target) == 0 || target[0] != '/' {
		return fault.New(fault.BadRequest, "The request's target must be a path that begins with a slash, such as /v1/events.")
	}
	if !c.Request.Header.IsHTTP11() && string(c.Request.Header.Protocol()) != "HTTP/1.0" {
		return fault.New(fault.BadRequest, "This version of HTTP is not spoken here. Speak HTTP/1.1.")
	}
	raw := c.Request.Header.RawHeaders()
	lines := scanLines(raw)
	switch {
	case lines.folded:
		return fault.New(fault.BadRequest, "A header is folded over several lines, which nobody should send.")
	case lines.bare:
		return fault.New(fault.BadRequest, "A line of the headers ends without a carriage return.")
	case lines.encoded && (sized(raw) || c.Request.Header.ContentLength() != -1):
		return fault.New(fault.BadRequest, "The request has Transfer-Encoding with Content-Length, or one that is not chunked: it is not clear where it ends.")
	case lines.encoded && (c.route == nil || c.route.Path != importPath):
		return fault.New(fault.LengthRequired, "A chunked body is taken by %s alone. Send Content-Length.", importPath)
	}
	return nil
}

// headerLines is what the lines of a request's headers say of its framing.
type headerLines struct {
	folded  bool // one goes on in the next
	bare    bool // one ends with a line feed alone
	encoded bool // Transfer-Encoding
}

// scanLines looks at headers as they were sent, from behind the request line on. It is run on every request.
func scanLines(raw []byte) (l headerLines) {
	for len(raw) > 0 {
		if c := raw[0]; c == ' ' || c == '\t' {
			l.folded = true
		} else if c|0x20 == 't' && named(raw, fasthttp.HeaderTransferEncoding) {
			l.encoded = true
		}
		end := bytes.IndexByte(raw, '\n')
		if end <= 0 || raw[end-1] != '\r' {
			l.bare = true
		}
		if end < 0 {
			return l
		}
		raw = raw[end+1:]
	}
	return l
}

// sized says whether headers have Content-Length.
func sized(raw []byte) bool {
	for line := range bytes.Lines(raw) {
		if named(line, fasthttp.HeaderContentLength) {
			return true
		}
	}
	return false
}

func named(line []byte, name string) bool {
	return len(line) > len(name) && line[len(name)] == ':' && bytes.EqualFold(line[:len(name)], []byte(name))
}

// ExpectHandler says for fasthttp.Server.ExpectHandler whether a client that asks before it sends a body should. A body
// that will be refused for its size need not come.
func (a *API) ExpectHandler(ctx *fasthttp.RequestCtx) int {
	path := string(ctx.URI().PathOriginal())
	if ctx.Request.Header.ContentLength() <= event.MaxWire || path == importPath || path == batchPath {
		return fasthttp.StatusContinue
	}
	a.ErrorHandler(ctx, fasthttp.ErrBodyTooLarge)
	return ctx.Response.StatusCode()
}

// limited returns why a request is refused: for what is wrong with it or, if its sender has been refused too often, for
// that.
func (a *API) limited(c *call, refusal error) error {
	if err := a.o.Ingest.Limit(c.RequestCtx); err != nil {
		return err
	}
	return refusal
}
