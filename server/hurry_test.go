package server_test

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The first signal waits for a request that is half sent; the second does not, and leaves what a checkpoint would have
// written to the next start.
func TestASecondSignalHurriesAndLosesNothing(t *testing.T) {
	data := t.TempDir()
	t.Setenv("FOOTFALL_SHUTDOWN_GRACE", "1h")
	p := start(t, data)
	for i := range 20 {
		if err := p.post(fmt.Sprintf(`{"eventType":"page_view","sessionId":"s","eventId":"e%d"}`, i)); err != nil {
			t.Fatal(err)
		}
	}
	p.client.CloseIdleConnections()
	c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "POST /v1/events?k=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{", writeKey); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // for it to be read
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // two signals at once may arrive as one
	if code := p.stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if !strings.Contains(p.log.String(), "told to hurry") {
		t.Errorf("it did not hurry: %s", p.log.String())
	}
	p = start(t, data)
	if got := p.get("/v1/sessions/s"); !strings.Contains(got, `"event_count":20`) {
		t.Errorf("after a start: %s", got)
	}
	p.kill()
}
