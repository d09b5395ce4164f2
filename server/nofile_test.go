package server_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// With few files to open, many silent connections keep neither the store nor new clients from theirs.
func TestManyConnectionsAndFewFilesStopNothing(t *testing.T) {
	p := start(t, t.TempDir(), "sh", "-c", `ulimit -n 128 && exec "$@"`, "sh")
	for range 300 {
		c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	l := &load{}
	for n := range 20 {
		s := sent{beaconOf("e"), map[string][]string{"s": {"e"}}}
		if err := p.post(s.body); err != nil {
			t.Errorf("beacon %d: %v", n, err)
			continue
		}
		l.acked = append(l.acked, s)
	}
	l.verify(p)
	c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "GET /v1/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		t.Error(err)
	}
	if answer, err := io.ReadAll(c); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 401 ") {
		t.Errorf("answered %q, %v", answer, err)
	}
	if status, _, err := p.do(http.MethodGet, "/v1/leads", ""); err != nil || status != http.StatusOK {
		t.Errorf("leads: %d, %v", status, err)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("it exits %d:\n%s", code, p.log.String())
	}
	if !strings.Contains(p.log.String(), `"connections":64,"open_files":128`) {
		t.Errorf("half of the files are not kept:\n%s", p.log.String())
	}
}
