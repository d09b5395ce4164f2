package server_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A request as it goes over the wire, and what it is answered. In requests, KEY is the write key; lines end with \r\n
// where \n is written, and ␊ is a line feed alone.
type rawRequest struct {
	name, request string
	status        int
	code          string // "" for an answer that is no error
	open          bool   // the connection serves another request afterwards
}

const page = `{"eventType":"page_view","sessionId":"raw"}`

func rawRequests() []rawRequest {
	post := func(headers, body string) string {
		return "POST /v1/events?k=KEY HTTP/1.1\nHost: f\n" + headers + "\n" + body
	}
	sized := fmt.Sprintf("Content-Length: %d\n", len(page))
	chunk := fmt.Sprintf("%x\n%s\n0\n\n", len(page), page)
	return []rawRequest{
		{"a beacon", post(sized, page), 204, "", true},
		{"an empty line before it", "\n" + post(sized, page), 204, "", true},
		{"HTTP/1.0", "GET /v1/nowhere HTTP/1.0\n\n", 401, "unauthorized", false},
		{"HTTP/1.0 that stays", "GET /v1/nowhere HTTP/1.0\nConnection: keep-alive\n\n", 401, "unauthorized", true},
		{"a client that closes", post("Connection: close\n"+sized, page), 204, "", false},
		{"a small header", post("X: 1\n"+sized, page), 204, "", true},
		{"headers in odd letters", post("cOnTeNt-LeNgTh: "+fmt.Sprint(len(page))+"\n", page), 204, "", true},
		{"an expectation", post("Expect: 100-continue\n"+sized, page), 204, "", true},
		{"an expectation of too much", post("Expect: 100-continue\nContent-Length: 9999999\n", ""), 413, "too_large", false},
		{"an import in chunks", "POST /v1/import HTTP/1.1\nHost: f\nAuthorization: Bearer ADMIN\nTransfer-Encoding: chunked\n\n0\n\n", 200, "", true},

		{"nonsense", "nonsense\n\n", 400, "bad_request", false},
		{"no target", "GET  HTTP/1.1\nHost: f\n\n", 400, "bad_request", false},
		{"no version", "GET /\nHost: f\n\n", 400, "bad_request", false},
		{"HTTP/2 said aloud", "PRI * HTTP/2.0\n\nSM\n\n", 400, "bad_request", false},
		{"HTTP/9.9", "GET / HTTP/9.9\nHost: f\n\n", 400, "bad_request", false},
		{"HTTP/0.9", "GET /\n\n", 400, "bad_request", false},
		{"a method with a tab", "GE\tT / HTTP/1.1\nHost: f\n\n", 400, "bad_request", false},
		{"a TLS greeting", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n", 400, "bad_request", false},
		{"a NUL in the target", "GET /v1/\x00 HTTP/1.1\nHost: f\n\n", 400, "bad_request", false},
		{"a line feed in the target", "GET /v1/␊x HTTP/1.1\nHost: f\n\n", 400, "bad_request", false},
		{"a space in the target", "GET /v1/a b HTTP/1.1\nHost: f\n\n", 400, "bad_request", false},
		{"no host", "GET / HTTP/1.1\n\n", 400, "bad_request", false},
		{"two hosts", "GET / HTTP/1.1\nHost: a\nHost: b\n\n", 400, "bad_request", false},
		{"a host with a slash", "GET / HTTP/1.1\nHost: a/b\n\n", 400, "bad_request", false},
		{"absolute-form", "GET http://f/v1/sessions HTTP/1.1\nHost: f\n\n", 400, "bad_request", false},
		{"absolute-form of another host", "POST http://evil.example/v1/events?k=KEY HTTP/1.1\nHost: f\n" + sized + "\n" + page, 400, "bad_request", false},
		{"authority-form", "CONNECT evil.example:443 HTTP/1.1\nHost: f\n\n", 400, "bad_request", false},
		{"asterisk-form", "OPTIONS * HTTP/1.1\nHost: f\n\n", 400, "bad_request", false},
		{"a target without slash", "GET v1/sessions HTTP/1.1\nHost: f\n\n", 400, "bad_request", false},

		{"Content-Length and chunks", post(sized+"Transfer-Encoding: chunked\n", chunk), 400, "bad_request", false},
		{"chunks and Content-Length", post("Transfer-Encoding: chunked\n"+sized, chunk), 400, "bad_request", false},
		{"both, for the import", "POST /v1/import HTTP/1.1\nHost: f\nAuthorization: Bearer ADMIN\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n", 400, "bad_request", false},
		{"chunks for a beacon", post("Transfer-Encoding: chunked\n", chunk), 411, "length_required", false},
		{"chunks for a query", "GET /v1/sessions HTTP/1.1\nHost: f\nTransfer-Encoding: chunked\n\n" + chunk, 411, "length_required", false},
		{"identity", post("Transfer-Encoding: identity\n"+sized, page), 400, "bad_request", false},
		{"gzip and chunks", post("Transfer-Encoding: gzip, chunked\n", chunk), 400, "bad_request", false},
		{"chunks twice", post("Transfer-Encoding: chunked\nTransfer-Encoding: chunked\n", chunk), 400, "bad_request", false},
		{"chunks in HTTP/1.0", "POST /v1/import HTTP/1.0\nTransfer-Encoding: chunked\n\n0\n\n", 400, "bad_request", false},
		{"chunks by a name with a space", post("Transfer-Encoding : chunked\n"+sized, page), 400, "bad_request", false},
		{"chunks with a tab before", post("Transfer-Encoding:\tchunked\n", chunk), 411, "length_required", false},
		{"chunks with a strange letter", post("Transfer-Encoding: \x0bchunked\n", chunk), 400, "bad_request", false},
		{"two lengths", post(sized+"Content-Length: 5\n", page), 400, "bad_request", false},
		{"the same length twice", post(sized+sized, page), 400, "bad_request", false},
		{"a list of lengths", post(fmt.Sprintf("Content-Length: %d, %[1]d\n", len(page)), page), 400, "bad_request", false},
		{"a length with a sign", post(fmt.Sprintf("Content-Length: +%d\n", len(page)), page), 400, "bad_request", false},
		{"a length below 0", post("Content-Length: -1\n", page), 400, "bad_request", false},
		{"a length in hexadecimal", post("Content-Length: 0x2a\n", page), 400, "bad_request", false},
		{"a length beyond numbers", post("Content-Length: 99999999999999999999\n", page), 400, "bad_request", false},
		{"an empty length", post("Content-Length: \n", page), 400, "bad_request", false},
		{"a length of gigabytes", post("Content-Length: 9999999999\n", strings.Repeat(" ", 10_000)), 413, "too_large", false},

		{"a folded header", post("X: a\n b\n"+sized, page), 400, "bad_request", false},
		{"a header folded by a tab", post("X: a\n\tb\n"+sized, page), 400, "bad_request", false},
		{"a length that is folded", post("Content-Length:\n "+fmt.Sprint(len(page))+"\n", page), 400, "bad_request", false},
		{"a fold at the beginning", "GET / HTTP/1.1\n X: a\nHost: f\n\n", 400, "bad_request", false},
		{"a bare line feed", post("X: a␊"+sized, page), 400, "bad_request", false},
		{"a NUL in a header", post("X: a\x00b\n"+sized, page), 400, "bad_request", false},
		{"a carriage return in a header", post("X: a\rY: b\n"+sized, page), 400, "bad_request", false},
		{"a name with a space", post("X Y: a\n"+sized, page), 204, "", true},
		{"a name with a NUL", post("X\x00: a\n"+sized, page), 400, "bad_request", false},
		{"a header without a name", post(": a\n"+sized, page), 400, "bad_request", false},
		{"a header without a colon", post("X\n"+sized, page), 400, "bad_request", false},
		{"a header of 1 MB", post("X: "+strings.Repeat("x", 1<<20)+"\n"+sized, page), 431, "headers_too_large", false},
		{"10,000 headers", post(strings.Repeat("X: 1\n", 10_000)+sized, page), 431, "headers_too_large", false},
		{"a request line of 64 KB", "GET /" + strings.Repeat("x", 64<<10) + " HTTP/1.1\nHost: f\n\n", 431, "headers_too_large", false},
	}
}

func TestRawRequestsAreAnsweredExactly(t *testing.T) {
	o := options(t.TempDir())
	servingWith(t, o, func(public, _ string) {
		for _, r := range rawRequests() {
			t.Run(r.name, func(t *testing.T) { r.try(t, strings.TrimPrefix(public, "http://")) })
		}
	})
}

func (r *rawRequest) try(t *testing.T, addr string) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil { // an answer that does not come is a failure
		t.Fatal(err)
	}
	text := strings.NewReplacer("\n", "\r\n", "␊", "\n", "KEY", writeKey, "ADMIN", adminKey).Replace(r.request)
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(c)
	r.want(t, in)
	if !r.open {
		// What is behind the answer would be that to a smuggled request.
		if rest, err := io.ReadAll(in); err != nil || len(rest) > 0 {
			t.Errorf("then %q, %v; want the end of the connection", rest, err)
		}
		return
	}
	if _, err := io.WriteString(c, "GET /v1/again HTTP/1.1\r\nHost: f\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	again := rawRequest{status: 401, code: "unauthorized"}
	again.want(t, in)
}

// want reads an answer.
func (r *rawRequest) want(t *testing.T, in *bufio.Reader) {
	t.Helper()
	res, err := http.ReadResponse(in, nil)
	for err == nil && res.StatusCode == http.StatusContinue {
		res, err = http.ReadResponse(in, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Error struct {
			Code      string `json:"code"`
			Message   string `json:"message"`
			RequestID string `json:"request_id"`
		} `json:"error"`
	}
	if r.code != "" {
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Fatalf("%d %q: %v", res.StatusCode, body, err)
		}
	}
	e := answer.Error
	if res.StatusCode != r.status || e.Code != r.code || r.code != "" && (e.Message == "" || e.RequestID != res.Header.Get("X-Request-Id")) {
		t.Errorf("answered %d %s", res.StatusCode, body)
	}
}
