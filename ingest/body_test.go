package ingest

import (
	"bytes"
	"encoding/binary"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"footfall/event"
	"footfall/fault"
)

// compress writes what make yields through a compressor.
func compress(t testing.TB, open func(io.Writer) (io.WriteCloser, error), src io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err == nil {
		_, err = io.Copy(w, src)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func openGzip(w io.Writer) (io.WriteCloser, error)  { return gzip.NewWriterLevel(w, 9) }
func openZlib(w io.Writer) (io.WriteCloser, error)  { return zlib.NewWriter(w), nil }
func openFlate(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 9) }
func openZstd(w io.Writer) (io.WriteCloser, error) {
	return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(maxWindow))
}

// zstdSized is a frame that says how much it holds.
func zstdSized(t testing.TB, src []byte) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(src, nil)
}

func TestBodiesDecompress(t *testing.T) {
	var b Bodies
	for _, plain := range []string{"", "{}", strings.Repeat("footfall ", 5000), strings.Repeat("x", event.MaxBody)} {
		for _, tc := range []struct {
			name, encoding string
			wire           []byte
		}{
			{"nothing said", "", []byte(plain)},
			{"identity", " Identity ", []byte(plain)},
			{"gzip", "gzip", compress(t, openGzip, strings.NewReader(plain))},
			{"x-gzip", "X-GZIP", compress(t, openGzip, strings.NewReader(plain))},
			{"gzip by its first bytes", "", compress(t, openGzip, strings.NewReader(plain))},
			{"two gzip members", "gzip", append(compress(t, openGzip, strings.NewReader(plain)), compress(t, openGzip, strings.NewReader(""))...)},
			{"zstd of unknown size", "zstd", compress(t, openZstd, strings.NewReader(plain))},
			{"zstd of known size", "zstd", zstdSized(t, []byte(plain))},
			{"zlib", "deflate", compress(t, openZlib, strings.NewReader(plain))},
			{"raw deflate", "deflate", compress(t, openFlate, strings.NewReader(plain))},
		} {
			for range 2 { // the second time with used readers
				got, err := b.Decompress([]byte(">"), tc.encoding, tc.wire, event.MaxBody)
				if err != nil || string(got) != ">"+plain {
					t.Errorf("%s of %d bytes: %d bytes, error %v", tc.name, len(plain), len(got), err)
				}
			}
		}
	}
	if got, err := b.Decompress(nil, "", zstdSized(t, []byte("{}")), 10); err != nil || string(got) != "{}" {
		t.Errorf("zstd by its first bytes: %q, error %v", got, err)
	}
}

func TestBodiesAreRefused(t *testing.T) {
	var b Bodies
	gz := compress(t, openGzip, strings.NewReader(strings.Repeat("abc ", 1000)))
	zs := compress(t, openZstd, strings.NewReader(strings.Repeat("abc ", 1000)))
	broken := func(b []byte) []byte {
		b = bytes.Clone(b)
		b[len(b)-3] ^= 0x55
		return b
	}
	for _, tc := range []struct {
		name, encoding string
		wire           []byte
		max            int
		want           fault.Code
	}{
		{"an unknown encoding", "br", gz, 1 << 20, fault.UnsupportedEncoding},
		{"several encodings", "gzip, gzip", gz, 1 << 20, fault.UnsupportedEncoding},
		{"plain text said to be gzip", "gzip", []byte(`{"a":1}`), 1 << 20, fault.InvalidCompression},
		{"plain text said to be zstd", "zstd", []byte(`{"a":1}`), 1 << 20, fault.InvalidCompression},
		{"plain text said to be deflate", "deflate", []byte(`{"a":1}`), 1 << 20, fault.InvalidCompression},
		{"nothing said to be gzip", "gzip", nil, 1 << 20, fault.InvalidCompression},
		{"nothing said to be deflate", "deflate", nil, 1 << 20, fault.InvalidCompression},
		{"a zlib header alone", "deflate", []byte{0x78, 0x9c}, 1 << 20, fault.InvalidCompression},
		{"a cut gzip", "gzip", gz[:len(gz)-9], 1 << 20, fault.InvalidCompression},
		{"a cut zstd", "", zs[:len(zs)-5], 1 << 20, fault.InvalidCompression},
		{"a broken gzip check sum", "", broken(gz), 1 << 20, fault.InvalidCompression},
		{"a broken zstd check sum", "zstd", broken(zs), 1 << 20, fault.InvalidCompression},
		{"one byte too many", "", make([]byte, 101), 100, fault.TooLarge},
		{"one byte too many in gzip", "", compress(t, openGzip, bytes.NewReader(make([]byte, 101))), 100, fault.TooLarge},
		{"one byte too many in deflate", "deflate", compress(t, openZlib, bytes.NewReader(make([]byte, 101))), 100, fault.TooLarge},
		{"one byte too many in zstd", "", compress(t, openZstd, bytes.NewReader(make([]byte, 101))), 100, fault.TooLarge},
		{"one byte too many in sized zstd", "", zstdSized(t, make([]byte, 101)), 100, fault.TooLarge},
		{"a zstd window of gigabytes", "", []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0, 0}, 1 << 20, fault.InvalidCompression},
		{"a zstd frame that says terabytes", "", append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0}, binary.LittleEndian.AppendUint64(nil, 1<<40)...), 1 << 20, fault.TooLarge},
		{"a zstd frame that says more than it holds", "", append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xa0}, 0, 0, 8, 0, 0x09, 0, 0, 'x'), 1 << 20, fault.InvalidCompression},
	} {
		for range 2 {
			got, err := b.Decompress([]byte(">"), tc.encoding, tc.wire, tc.max)
			if err == nil || fault.From(err).Code != tc.want || string(got) != ">" {
				t.Errorf("%s: %d bytes, error %v, want %s", tc.name, len(got), err, tc.want)
			}
		}
	}
}

// zeros yields n zero bytes.
func zeros(n int64) io.Reader { return io.LimitReader(zeroReader{}, n) }

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// zstdBomb is one frame of RLE blocks: four bytes for each 128 KiB.
func zstdBomb(blocks int) []byte {
	b := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38} // a window of 128 KiB, the size not said
	for range blocks {
		header := uint32(128<<10)<<3 | 1<<1
		b = append(b, byte(header), byte(header>>8), byte(header>>16), 0)
	}
	return b
}

func TestCompressionBombsLeaveMemoryFlat(t *testing.T) {
	nested := compress(t, openGzip, bytes.NewReader(compress(t, openGzip, zeros(8<<20))))
	for _, tc := range []struct {
		name, encoding string
		wire           []byte
	}{
		{"gzip", "gzip", bytes.Repeat(compress(t, openGzip, zeros(1<<20)), 60)},
		{"deflate", "deflate", compress(t, openFlate, zeros(8<<20))},
		{"zstd", "zstd", zstdBomb(16_000)}, // 2 GiB
		{"zstd of compressed blocks", "zstd", compress(t, openZstd, zeros(16<<20))},
	} {
		if len(tc.wire) > event.MaxWire+1024 {
			t.Fatalf("the %s bomb has %d bytes", tc.name, len(tc.wire))
		}
		var b Bodies
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := b.Decompress(nil, tc.encoding, tc.wire, event.MaxBody)
		runtime.ReadMemStats(&after)
		if err == nil || fault.From(err).Code != fault.TooLarge {
			t.Errorf("%s: error %v, want too_large", tc.name, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 5*event.MaxBody {
			t.Errorf("%s: %d bytes allocated", tc.name, n)
		}
	}
	var b Bodies
	inner, err := b.Decompress(nil, "", nested, event.MaxBody)
	if err != nil {
		t.Fatal(err)
	}
	if got := summary(string(inner)); got != "invalid_json" {
		t.Errorf("gzip in gzip: %s, want invalid_json", got)
	}
}

func FuzzDecompress(f *testing.F) {
	for _, open := range []func(io.Writer) (io.WriteCloser, error){openGzip, openZlib, openFlate, openZstd} {
		f.Add(compress(f, open, strings.NewReader(strings.Repeat("footfall", 50))))
	}
	f.Add(zstdBomb(3))
	f.Add(zstdSized(f, []byte("{}")))
	const limit = 10_000
	var b Bodies
	f.Fuzz(func(t *testing.T, wire []byte) {
		for _, encoding := range []string{"", "gzip", "zstd", "deflate"} {
			out, err := b.Decompress(nil, encoding, wire, limit)
			if len(out) > limit || cap(out) > 2*(limit+maxBlock) {
				t.Fatalf("%s: %d bytes in %d", encoding, len(out), cap(out))
			}
			if err != nil && len(out) > 0 {
				t.Fatalf("%s: both %d bytes and %v", encoding, len(out), err)
			}
		}
	})
}

func BenchmarkDecompress(b *testing.B) {
	plain := strings.Repeat(typicalEvent+"\n", 10)
	for _, tc := range []struct {
		name string
		wire []byte
	}{
		{"identity", []byte(plain)},
		{"gzip", compress(b, openGzip, strings.NewReader(plain))},
		{"zstd", zstdSized(b, []byte(plain))},
	} {
		b.Run(tc.name, func(b *testing.B) {
			var bodies Bodies
			var dst []byte
			b.ReportAllocs()
			b.SetBytes(int64(len(plain)))
			for b.Loop() {
				var err error
				if dst, err = bodies.Decompress(dst[:0], "", tc.wire, event.MaxBody); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
