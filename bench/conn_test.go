package bench

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestHeadsAreRead(t *testing.T) {
	for head, want := range map[string]struct {
		status, length int
		keep           bool
	}{
		"HTTP/1.1 204 No Content\r\nServer: x":                               {204, 0, true},
		"HTTP/1.1 200 OK\r\ncontent-length: 12":                              {200, 12, true},
		"HTTP/1.1 503 Service Unavailable\r\nContent-Length:7\r\nA: b":       {503, 7, true},
		"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close": {400, 0, false},
		"HTTP/1.0 204 No Content":                                            {204, 0, false},
		"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive":     {200, 1, true},
	} {
		status, length, keep, err := parseHead([]byte(head))
		if err != nil || status != want.status || length != want.length || keep != want.keep {
			t.Errorf("%q: %d, %d, %v, %v", head, status, length, keep, err)
		}
	}
}

func TestHeadsThatCannotBeRead(t *testing.T) {
	for _, head := range []string{
		"", "HTTP/1.1", "HTTP/2 200 OK\r\nContent-Length: 1", "SSH-2.0-OpenSSH_9.2", "HTTP/1.1 xyz\r\nContent-Length: 1",
		"HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "HTTP/1.1 200 OK\r\nContent-Length: -1",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999999",
	} {
		if status, length, _, err := parseHead([]byte(head)); err == nil {
			t.Errorf("%q: %d, %d", head, status, length)
		}
	}
}

// listen serves one connection after the other: each gets the answer, in the given pieces, to each request that ends in
// an empty line.
func listen(t *testing.T, pieces ...string) *target {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answerAll(c, pieces)
		}
	}()
	return &target{address: l.Addr().String()}
}

func answerAll(c net.Conn, pieces []string) {
	defer func() { _ = c.Close() }()
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		if line != "\r\n" {
			continue
		}
		for _, p := range pieces {
			if _, err := io.WriteString(c, p); err != nil {
				return
			}
			time.Sleep(time.Millisecond) // so that pieces arrive apart
		}
		if strings.Contains(strings.Join(pieces, ""), "close") {
			return
		}
	}
}

func TestAnswersInPiecesAreRead(t *testing.T) {
	for _, pieces := range [][]string{
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
		{"HTTP/1.1 200 O", "K\r\nContent-Length: 5\r", "\n\r\nhe", "llo"},
		{"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 5000) + "\r\nContent-Length: 5\r\n\r\n", "hello"},
		{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"},
	} {
		c := conn{target: listen(t, pieces...), timeout: 5 * time.Second, now: time.Now}
		for range 3 {
			a, err := c.do([]byte("POST / HTTP/1.1\r\n\r\n"))
			if err != nil || a.status != 200 || string(a.body) != "hello" {
				t.Errorf("%q: %d %q, %v", pieces, a.status, a.body, err)
			}
		}
		c.close()
	}
}

func TestAnAnswerThatDoesNotComeIsAnError(t *testing.T) {
	for name, pieces := range map[string][]string{
		"no answer": {""}, "half a head": {"HTTP/1.1 200 OK\r\n"}, "half a body": {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"},
		"no HTTP": {"hello\r\n\r\n"}, "an endless head": {strings.Repeat("x", 2*maxHead)},
	} {
		c := conn{target: listen(t, pieces...), timeout: 100 * time.Millisecond, now: time.Now}
		if a, err := c.do([]byte("POST / HTTP/1.1\r\n\r\n")); err == nil {
			t.Errorf("%s: %+v", name, a)
		}
		if c.c != nil {
			t.Errorf("%s: the connection is kept", name)
		}
	}
}
