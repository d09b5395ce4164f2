package ingest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime/metrics"
	"strings"
	"testing"

	"footfall/event"
)

// What a stranger may write as JSON, and what exactly it is answered. § stands for the fields that an event needs.
func TestJSONThatIsMeantToHarmHasExactAnswers(t *testing.T) {
	g := newRig(t)
	const needed = `"eventType":"page_view","sessionId":"attack"`
	var keys strings.Builder
	for i := range 90_000 {
		fmt.Fprintf(&keys, `"k%d":0,`, i)
	}
	for _, c := range []struct {
		name, body string
		status     int
		code       string // of the error, or of the rejected event
	}{
		{"arrays 100,000 deep", `{§,"eventData":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, 400, "invalid_json"},
		{"objects 100,000 deep", strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000), 400, "invalid_json"},
		{"arrays that do not end", strings.Repeat("[", 500_000), 400, "invalid_json"},
		{"data 17 deep", `{§,"eventData":` + strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 17) + `}`, 400, "invalid_field"},
		{"data 16 deep", `{§,"eventData":` + strings.Repeat(`{"a":`, 16) + "1" + strings.Repeat("}", 16) + `}`, 204, ""},
		{"90,000 keys", `{` + keys.String() + `§}`, 204, ""},
		{"90,000 keys of data", `{§,"eventData":{` + keys.String() + `"z":0}}`, 400, "invalid_field"},
		{"a key twice", `{§,"sessionId":"attack"}`, 204, ""},
		{"1e400", `{§,"ts":1e400}`, 400, "invalid_field"},
		{"a duration of 1e400", `{§,"durationSeconds":1e400}`, 400, "invalid_field"},
		{"a duration of 1e-400", `{§,"durationSeconds":1e-400}`, 204, ""},
		{"minus zero", `{§,"durationSeconds":-0,"scrollPercentage":-0.0}`, 204, ""},
		{"2^63", `{§,"ts":9223372036854775808}`, 204, ""},
		{"2^63 - 1", `{§,"ts":9223372036854775807}`, 204, ""},
		{"-2^63", `{§,"ts":-9223372036854775808}`, 204, ""},
		{"a number of 100,000 digits", `{§,"durationSeconds":0.` + strings.Repeat("1", 100_000) + `}`, 204, ""},
		{"a number with a leading zero", `{§,"durationSeconds":01}`, 400, "invalid_json"},
		{"NaN", `{§,"durationSeconds":NaN}`, 400, "invalid_json"},
		{"a lone surrogate", `{§,"title":"\ud800"}`, 204, ""},
		{"surrogates the wrong way round", `{§,"title":"\udc00\ud800"}`, 204, ""},
		{"invalid UTF-8", "{§,\"title\":\"\xff\"}", 400, "invalid_json"},
		{"an overlong slash", "{§,\"title\":\"\xc0\xaf\"}", 400, "invalid_json"},
		{"a surrogate as UTF-8", "{§,\"title\":\"\xed\xa0\x80\"}", 400, "invalid_json"},
		{"NUL between", "{§,\x00\"title\":\"a\"}", 400, "invalid_json"},
		{"NUL in a string", "{§,\"title\":\"a\x00\"}", 400, "invalid_json"},
		{"NUL in an id", `{"eventType":"page_view","sessionId":"a\u0000b"}`, 400, "invalid_field"},
		{"a line break in a string", "{§,\"title\":\"a\nb\"}", 400, "invalid_json"},
		{"a BOM", "\xef\xbb\xbf{§}", 400, "invalid_json"},
		{"a comment", `{§ /* page */}`, 400, "invalid_json"},
		{"__proto__", `{§,"__proto__":{"eventType":"form_submit"},"constructor":1}`, 204, ""},
		{"a thousand and one events", strings.Repeat("{§}\n", 1001), 413, "too_many_events"},
	} {
		body := strings.ReplaceAll(c.body, "§", needed)
		wire := compress(t, openZstd, strings.NewReader(body))
		r := g.beacon(string(wire), "Content-Encoding", "zstd")
		if r.status != c.status || !strings.Contains(r.body, `"`+c.code+`"`) && c.code != "" {
			t.Errorf("%s: answered %d %.300s", c.name, r.status, r.body)
		}
	}
}

func TestBombsAreRefusedAndTakeNoMemory(t *testing.T) {
	g := newRig(t)
	lying := append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0}, binary.LittleEndian.AppendUint64(nil, 1<<40)...)
	small := binary.LittleEndian.AppendUint64([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0}, 1) // says 1 byte, holds gigabytes
	gz := compress(t, openGzip, zeros(64<<20))
	bombs := []struct {
		name, encoding string
		wire           []byte
		status         int
	}{
		{"gzip", "gzip", gz[:min(len(gz), event.MaxWire)], 413},
		{"gzip that says nothing", "", gz[:min(len(gz), event.MaxWire)], 413},
		{"many gzip members", "gzip", bytes.Repeat(compress(t, openGzip, zeros(1<<20)), 60), 413},
		{"gzip with a false length", "gzip", append(gz[:1<<10:1<<10], 0, 0, 0, 0, 1, 0, 0, 0), 400},
		{"zlib", "deflate", compress(t, openZlib, zeros(32<<20)), 413},
		{"deflate", "deflate", compress(t, openFlate, zeros(32<<20)), 413},
		{"zstd", "zstd", zstdBomb(16_000), 413},
		{"zstd that says nothing", "", zstdBomb(16_000), 413},
		{"zstd that says terabytes", "zstd", lying, 413},
		{"zstd that says a byte", "zstd", append(small, zstdBomb(1000)[6:]...), 400},
		{"gzip in gzip", "gzip", compress(t, openGzip, bytes.NewReader(gz)), 400},
		{"two encodings", "gzip, gzip", gz[:1000], 415},
	}
	send := func() {
		for _, b := range bombs {
			if r := g.beacon(string(b.wire), "Content-Encoding", b.encoding); r.status != b.status {
				t.Errorf("%s: answered %d %s", b.name, r.status, r.body)
			}
		}
	}
	send()
	before := heap()
	for range 5 {
		send()
	}
	after := heap()
	if grown := int64(after) - int64(before); grown > 32<<20 {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
}

// heap returns the bytes that the program has from the system, less what it gave back.
func heap() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}
