package ingest

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"footfall/fault"
)

// maxWindow is the largest zstd window accepted, what RFC 9659 allows on the web. It costs no memory: bodies are decoded
// in one piece, into the output itself.
const maxWindow = 8 << 20

// maxBlock is the most that one zstd block holds, with what the decoder writes past its end.
const maxBlock = 128<<10 + 64

// Bodies decompresses the bodies of requests. It keeps its readers for the next one and may be used by many goroutines.
// The zero value is ready.
type Bodies struct {
	gzips, zlibs, flates, zstds sync.Pool
}

// Decompress appends to dst what wire holds. encoding is a Content-Encoding (or what stands for one): gzip, zstd,
// deflate, identity; if it is empty, the first bytes of wire tell. It returns a *fault.Error for an encoding that it
// does not read, for bytes that do not decompress, and for more than max bytes. It allocates at most a small multiple of
// max, whatever wire says. max is at most 8 MiB.
func (b *Bodies) Decompress(dst []byte, encoding string, wire []byte, max int) ([]byte, error) {
	encoding = strings.TrimSpace(encoding)
	if encoding == "" {
		encoding = sniff(wire)
	}
	var out []byte
	var err error
	switch {
	case strings.EqualFold(encoding, "identity"):
		out, err = readPlain(dst, wire, max)
	case strings.EqualFold(encoding, "gzip"), strings.EqualFold(encoding, "x-gzip"):
		out, err = b.gunzip(dst, wire, max)
	case strings.EqualFold(encoding, "zstd"):
		out, err = b.unzstd(dst, wire, max)
	case strings.EqualFold(encoding, "deflate"):
		out, err = b.inflate(dst, wire, max)
	default:
		return dst, fault.New(fault.UnsupportedEncoding, "The body is encoded in a way that is not read here. Send gzip, zstd or deflate, once, or no encoding.")
	}
	switch {
	case errors.Is(err, errTooLarge):
		return dst, fault.New(fault.TooLarge, "The body has more than %s bytes once decompressed. Send fewer events at a time.", count(max))
	case err != nil:
		return dst, fault.Wrap(fault.InvalidCompression, err, "The body does not decompress as %s.", strings.ToLower(encoding))
	}
	return out, nil
}

var errTooLarge = errors.New("too large")

func sniff(wire []byte) string {
	switch {
	case bytes.HasPrefix(wire, []byte{0x1f, 0x8b}):
		return "gzip"
	case bytes.HasPrefix(wire, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "zstd"
	}
	return "identity"
}

func readPlain(dst, wire []byte, max int) ([]byte, error) {
	if len(wire) > max {
		return dst, errTooLarge
	}
	return append(dst, wire...), nil
}

func (b *Bodies) gunzip(dst, wire []byte, max int) ([]byte, error) {
	src := bytes.NewReader(wire)
	z, ok := b.gzips.Get().(*gzip.Reader)
	if !ok {
		z = new(gzip.Reader)
	}
	defer b.gzips.Put(z)
	if err := z.Reset(src); err != nil {
		return dst, err
	}
	return readAll(dst, z, max)
}

// inflate reads deflate as the standard has it, in a zlib frame, and as some clients send it, without.
func (b *Bodies) inflate(dst, wire []byte, max int) ([]byte, error) {
	src := bytes.NewReader(wire)
	if !isZlib(wire) {
		z, ok := b.flates.Get().(io.ReadCloser)
		if !ok {
			z = flate.NewReader(src)
		}
		defer b.flates.Put(z)
		if err := z.(flate.Resetter).Reset(src, nil); err != nil {
			return dst, err
		}
		return readAll(dst, z, max)
	}
	z, ok := b.zlibs.Get().(io.ReadCloser)
	if ok {
		if err := z.(zlib.Resetter).Reset(src, nil); err != nil {
			return dst, err
		}
	} else {
		var err error
		if z, err = zlib.NewReader(src); err != nil {
			return dst, err
		}
	}
	defer b.zlibs.Put(z)
	return readAll(dst, z, max)
}

// isZlib tells whether wire begins with a zlib header: method deflate, and a check sum of its two bytes.
func isZlib(wire []byte) bool {
	return len(wire) >= 2 && wire[0]&0x0f == 8 && (int(wire[0])<<8|int(wire[1]))%31 == 0
}

// readAll appends what r yields, growing dst by doubling and never past max.
func readAll(dst []byte, r io.Reader, max int) ([]byte, error) {
	base := len(dst)
	for {
		room := max + 1 - (len(dst) - base)
		if room == 0 {
			return dst, errTooLarge
		}
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, min(room, len(dst)-base+4096))
		}
		n, err := r.Read(dst[len(dst):min(cap(dst), len(dst)+room)])
		dst = dst[:len(dst)+n]
		switch {
		case err == io.EOF && n < room:
			return dst, nil
		case err != nil && err != io.EOF:
			return dst, err
		}
	}
}

// unzstd decodes into dst alone, whose room is the limit. A frame that says how much it holds is refused by that,
// before anything is made of it; for one that does not, the room grows fourfold until it is enough. There is always room
// for one block more than wanted: a decoder that runs out of it within a block does not say so.
func (b *Bodies) unzstd(dst, wire []byte, max int) ([]byte, error) {
	z, ok := b.zstds.Get().(*zstd.Decoder)
	if !ok {
		var err error
		z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow),
			zstd.WithDecoderMaxMemory(maxWindow), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return dst, err
		}
	}
	defer b.zstds.Put(z)
	base := len(dst)
	for room := 32*len(wire) + 4096; ; room *= 4 {
		room = min(room, max)
		dst = slices.Grow(dst, room+maxBlock)
		out, err := z.DecodeAll(wire, dst[:base:base+room+maxBlock])
		switch {
		case len(out)-base <= room && !errors.Is(err, zstd.ErrDecoderSizeExceeded):
			return out, err
		case room == max:
			return dst, errTooLarge
		}
	}
}
