package ingest

import (
	"bytes"
	"io"

	"footfall/fault"

	"github.com/valyala/fasthttp"
)

// Wire returns the body of a request as it was sent, up to max bytes, and leaves it in the request for whoever reads it
// next.
func Wire(ctx *fasthttp.RequestCtx, max int) ([]byte, error) {
	wire, err := io.ReadAll(io.LimitReader(requestBody(ctx), int64(max)+1))
	switch {
	case err != nil:
		ctx.SetConnectionClose()
		return nil, unreadable(err)
	case len(wire) > max:
		ctx.SetConnectionClose()
		return nil, fault.New(fault.TooLarge, "The body is larger than %s bytes. Send it in parts.", count(max))
	}
	ctx.Request.SetBodyRaw(wire)
	return wire, nil
}

// Plain returns what a body as it was sent holds once it is decompressed, up to max bytes.
func Plain(ctx *fasthttp.RequestCtx, wire []byte, max int) ([]byte, error) {
	r, err := decompressor(encodingOf(ctx), bytes.NewReader(wire))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(r, int64(max)+1))
	if cerr := r.Close(); err == nil {
		err = cerr
	}
	switch {
	case err != nil:
		return nil, fault.Wrap(fault.InvalidCompression, err, "The body does not decompress.")
	case len(plain) > max:
		return nil, fault.New(fault.TooLarge, "The body has more than %s bytes once decompressed. Send it in parts.", count(max))
	}
	return plain, nil
}

// KeepOpen gives an answer that is streamed, or a long body, another minute before its connection is given up.
func KeepOpen(ctx *fasthttp.RequestCtx) { extend(ctx) }

// StreamLines answers with NDJSON that is read as it is made.
func StreamLines(ctx *fasthttp.RequestCtx, lines io.Reader) {
	setRequestID(ctx)
	noStore(&ctx.Response.Header)
	ctx.SetContentType("application/x-ndjson")
	ctx.Response.ImmediateHeaderFlush = true
	ctx.SetBodyStream(lines, -1)
}
