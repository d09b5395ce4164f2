package ingest

import (
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/valyala/fasthttp"

	"footfall/catalog"
	"footfall/fault"
	"footfall/journal"
)

// Import answers POST /v1/import for a site whose key the caller has checked: newline-delimited events, or with
// ?format=combined an access log, whose ?listing_pattern= finds the listing's id in a path and whose ?shift= is added
// to every time. The body is read as it comes, and the answer tells the progress line by line while it is.
func (in *Ingest) Import(ctx *fasthttp.RequestCtx, site *catalog.Site) {
	if err := in.o.Journal.Refuses(journal.KindChunk); err != nil {
		WriteError(ctx, err)
		return
	}
	body := requestBody(ctx)
	plain, err := decompressor(encodingOf(ctx), body)
	if err != nil {
		WriteError(ctx, err)
		return
	}
	im, err := in.importOf(ctx, site, plain)
	if err != nil {
		_ = plain.Close()
		WriteError(ctx, err)
		return
	}
	setRequestID(ctx)
	noStore(&ctx.Response.Header)
	ctx.SetContentType("application/x-ndjson")
	// The server reads the answer in the goroutine that owns the connection, so the request's body may be read from
	// within: a writer of its own would go on reading after the connection is someone else's.
	ctx.Response.ImmediateHeaderFlush = true
	ctx.SetBodyStream(&importStream{ctx: ctx, im: im, plain: plain}, -1)
}

func (in *Ingest) importOf(ctx *fasthttp.RequestCtx, site *catalog.Site, r io.Reader) (*importer, error) {
	switch format := string(ctx.QueryArgs().Peek("format")); format {
	case "", "ndjson":
		return in.newLineImport(site, r), nil
	case "combined":
		o, err := logOptions(ctx)
		if err != nil {
			return nil, err
		}
		return in.newLogImport(site, r, o), nil
	}
	return nil, fault.Field(fault.InvalidField, "format", "format must be ndjson or combined.")
}

func logOptions(ctx *fasthttp.RequestCtx) (o LogOptions, err error) {
	if p := string(ctx.QueryArgs().Peek("listing_pattern")); p != "" {
		if o.Pattern, err = regexp.Compile(p); err != nil {
			return o, fault.Field(fault.InvalidField, "listing_pattern", "listing_pattern is no regular expression.")
		}
	}
	if s := string(ctx.QueryArgs().Peek("shift")); s != "" {
		if o.Shift, err = time.ParseDuration(s); err != nil {
			return o, fault.Field(fault.InvalidField, "shift", "shift must be a duration such as 72h.")
		}
	}
	return o, nil
}

// importStream is the answer to an import: reading it does the import.
type importStream struct {
	ctx   *fasthttp.RequestCtx
	im    *importer
	plain io.Closer
	line  []byte // not yet read
	done  bool
}

// Read returns the next lines of progress.
func (s *importStream) Read(p []byte) (int, error) {
	if len(s.line) == 0 {
		if s.done {
			return 0, io.EOF
		}
		s.line = s.next()
	}
	n := copy(p, s.line)
	s.line = s.line[n:]
	return n, nil
}

// next imports until it is time for a line.
func (s *importStream) next() []byte {
	var line struct {
		Progress
		Done  bool       `json:"done,omitempty"`
		Error *errorBody `json:"error,omitempty"`
	}
	for start, due := s.im.in.o.Now(), false; !due && !s.done; {
		more, err := s.im.step(s.ctx)
		if err != nil {
			f := faultOf(err)
			s.im.in.o.Log.Warn("import ended early", "request_id", RequestID(s.ctx), "error", err)
			line.Error = &errorBody{Code: f.Code, Message: f.Message, Field: f.Field, RequestID: RequestID(s.ctx)}
		}
		s.done = !more
		due = s.im.in.o.Now().Sub(start) >= progressEvery
	}
	line.Progress, line.Done = s.im.sum, s.done && line.Error == nil
	text, err := json.Marshal(line)
	if err != nil {
		text = nil // integers and strings always encode
	}
	extend(s.ctx)
	return append(text, '\n')
}

// Close ends the import where it is. What was wrong with the body has been told: an error here would cut the answer.
func (s *importStream) Close() error {
	s.im.close()
	_ = s.plain.Close()
	return nil
}

// idle is how long an import may send or read nothing.
const idle = time.Minute

// extend moves the connection's deadlines, which are meant for short requests. They go by the machine's clock.
func extend(ctx *fasthttp.RequestCtx) {
	deadline := time.Now().Add(idle)
	// A connection without deadlines, or one that is gone, shows at the next read.
	_ = ctx.SetReadDeadline(deadline)
	_ = ctx.SetWriteDeadline(deadline)
}

// requestBody returns a request's body, whole or as a stream whose end is checked.
func requestBody(ctx *fasthttp.RequestCtx) io.Reader {
	stream := ctx.RequestBodyStream()
	if stream == nil {
		return strings.NewReader(string(ctx.PostBody()))
	}
	return &streamedBody{ctx: ctx, stream: stream, left: ctx.Request.Header.ContentLength()}
}

// streamedBody moves the deadline with each read, and tells a body that broke off from one that ended.
type streamedBody struct {
	ctx    *fasthttp.RequestCtx
	stream io.Reader
	left   int // bytes by Content-Length; negative if that was not sent
}

func (b *streamedBody) Read(p []byte) (int, error) {
	extend(b.ctx)
	n, err := b.stream.Read(p)
	if b.left >= 0 {
		b.left -= n
		if err == io.EOF && b.left > 0 {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}

// decompressor returns what a body holds, by its encoding or, if none is named, by its first bytes.
func decompressor(encoding string, body io.Reader) (io.ReadCloser, error) {
	if encoding == "" {
		var first [4]byte
		n, err := io.ReadFull(body, first[:])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return nil, unreadable(err)
		}
		encoding = sniff(first[:n])
		body = io.MultiReader(strings.NewReader(string(first[:n])), body)
	}
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "identity":
		return io.NopCloser(body), nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, fault.Wrap(fault.InvalidCompression, err, "The body does not decompress as gzip.")
		}
		return z, nil
	case "zstd":
		z, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, fault.Wrap(fault.InvalidCompression, err, "The body does not decompress as zstd.")
		}
		return z.IOReadCloser(), nil
	}
	return nil, fault.New(fault.UnsupportedEncoding, "The body is encoded in a way that is not read here. Send gzip or zstd, once, or no encoding.")
}
