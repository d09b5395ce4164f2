package server_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// openStream opens an event stream, of which it has read the head.
func openStream(t testing.TB, public, key string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(public, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /v1/live HTTP/1.1\r\nHost: footfall\r\nAuthorization: Bearer %s\r\n\r\n", key)
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%v %v", res, err)
	}
	return conn, bufio.NewReader(res.Body)
}

// readingKey makes a key: 20 streams are the most of one.
func readingKey(t *testing.T, public string) string {
	t.Helper()
	_, answer := fetch(t, public+"/v1/keys", `{"kind":"secret","organization_id":"default","scopes":["read"]}`)
	_, rest, _ := strings.Cut(answer, `"key":"`)
	key, _, ok := strings.Cut(rest, `"`)
	if !ok {
		t.Fatal(answer)
	}
	return key
}

// Streams that never read hold neither the beacons nor the readers up, nor the end of the server, and leave no goroutine.
func TestDeafStreamsHoldNobodyUp(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent(), goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
	defer http.DefaultClient.CloseIdleConnections()
	servingWith(t, options(t.TempDir()), func(public, _ string) {
		const deaf = 50
		var key string
		for i := range deaf {
			if i%20 == 0 {
				key = readingKey(t, public)
			}
			conn, _ := openStream(t, public, key)
			defer conn.Close()
		}
		conn, in := openStream(t, public, adminKey)
		defer conn.Close()
		const beacons = 400 // about 300 KiB to each stream
		seen := make(chan error, 1)
		go func() {
			for n := 0; n < beacons; {
				line, err := in.ReadString('\n')
				if err != nil {
					seen <- fmt.Errorf("after %d: %w", n, err)
					return
				}
				if line == "event: session\n" {
					n++
				}
			}
			seen <- nil
		}()
		for i := range beacons {
			body := fmt.Sprintf(`{"eventType":"page_view","sessionId":"s%d","visitorId":"v%d","url":"https://homes.example/%s"}`, i, i, strings.Repeat("x", 300))
			if status, answer := fetch(t, public+"/v1/events?k="+writeKey, body); status != 204 {
				t.Fatalf("%d %s", status, answer)
			}
		}
		if err := <-seen; err != nil {
			t.Errorf("who reads is not told all: %v", err)
		}
	})
}

// BenchmarkBeaconToStream measures from the moment that a beacon is sent until its message is read.
func BenchmarkBeaconToStream(b *testing.B) {
	servingWith(b, options(b.TempDir()), func(public, _ string) {
		conn, in := openStream(b, public, adminKey)
		defer conn.Close()
		for i := 0; b.Loop(); i++ {
			body := fmt.Sprintf(`{"eventType":"page_view","sessionId":"s%d","visitorId":"v%d"}`, i, i)
			res, err := http.Post(public+"/v1/events?k="+writeKey, "text/plain", strings.NewReader(body))
			if err != nil {
				b.Fatal(err)
			}
			_ = res.Body.Close()
			for line := ""; line != "event: session\n"; {
				if line, err = in.ReadString('\n'); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func TestStreamsAreCounted(t *testing.T) {
	servingWith(t, options(t.TempDir()), func(public, ops string) {
		is := func(want string) func() bool {
			return func() bool { return slices.Contains(scrape(t, ops), want) }
		}
		var conns []net.Conn
		for range 3 {
			conn, _ := openStream(t, public, adminKey)
			conns = append(conns, conn)
		}
		for _, want := range []string{"footfall_streams_open 3", "footfall_streams_dropped_total 0", "footfall_exports_running 0"} {
			if !is(want)() {
				t.Errorf("no %s", want)
			}
		}
		for _, conn := range conns {
			conn.Close()
		}
		for deadline := time.Now().Add(30 * time.Second); !is("footfall_streams_open 0")(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("streams whose client went away are counted")
			}
		}
	})
}
