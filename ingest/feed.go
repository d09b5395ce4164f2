package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"footfall/fault"

	"github.com/valyala/fasthttp"
)

// Feed is a request's body of lines, which is read as it comes, decompressed, and an answer of lines, which is sent while
// it is. It is for bodies of any length that are no events.
type Feed struct {
	ctx     *fasthttp.RequestCtx
	plain   io.ReadCloser
	src     *bufio.Reader
	next    func() (answer []byte, more bool)
	pending []byte // of the answer, not yet read
	done    bool
}

// OpenFeed begins to read a request's body. Close it unless Answer is called.
func OpenFeed(ctx *fasthttp.RequestCtx) (*Feed, error) {
	plain, err := decompressor(encodingOf(ctx), requestBody(ctx))
	if err != nil {
		return nil, err
	}
	return &Feed{ctx: ctx, plain: plain, src: bufio.NewReaderSize(plain, maxLine+len("\r\n"))}, nil
}

// Line returns the next line that is not blank, lent until the next call, io.EOF at the end. A line that is too long is
// left out, with a fault that says so; any other error ends the body.
func (f *Feed) Line() ([]byte, error) {
	for {
		line, err := f.src.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = f.src.ReadSlice('\n')
			}
			if err != nil && err != io.EOF {
				return nil, unreadable(err)
			}
			return nil, fault.New(fault.TooLarge, "The line has more than %s bytes.", count(maxLine))
		}
		if line = bytes.Trim(line, " \t\r\n"); len(line) > 0 {
			return line, nil // what hinders the rest shows at the next call
		}
		if err == io.EOF {
			return nil, err
		}
		if err != nil {
			return nil, unreadable(err)
		}
	}
}

// Answer answers with the lines that next returns, until it says that there are no more. next reads the body, in the
// goroutine that owns the connection, and may use the context no longer than until then.
func (f *Feed) Answer(next func() (answer []byte, more bool)) {
	f.next = next
	setRequestID(f.ctx)
	noStore(&f.ctx.Response.Header)
	f.ctx.SetContentType("application/x-ndjson")
	f.ctx.Response.ImmediateHeaderFlush = true
	f.ctx.SetBodyStream(f, -1)
}

// Read returns what is next of the answer.
func (f *Feed) Read(p []byte) (int, error) {
	for len(f.pending) == 0 {
		if f.done {
			return 0, io.EOF
		}
		more := false
		f.pending, more = f.next()
		f.done = !more
		extend(f.ctx)
	}
	n := copy(p, f.pending)
	f.pending = f.pending[n:]
	return n, nil
}

// Close ends the feed where it is.
func (f *Feed) Close() error {
	_ = f.plain.Close()
	return nil
}
