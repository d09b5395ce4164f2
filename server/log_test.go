package server_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"footfall/server"
)

// logged is where a log writes, safely for many.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// lines parses the log.
func (l *logged) lines(t *testing.T) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(l.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		all = append(all, m)
	}
	return all
}

func TestTheLogCutsStringsAndKeepsLinesWhole(t *testing.T) {
	var out logged
	log := server.NewLog(&out, slog.LevelInfo)
	long := strings.Repeat("é", 300)
	log.Info("one\ntwo", "text", long, "error", errors.New(long), "list", []string{long, "short"}, "n", 7, "named", uint16(3))
	lines := out.lines(t)
	if len(lines) != 1 {
		t.Fatalf("%d lines: %s", len(lines), out.String())
	}
	l := lines[0]
	want := strings.Repeat("é", 126) + "…"
	list, _ := l["list"].([]any)
	if l["msg"] != "one\ntwo" || l["text"] != want || l["error"] != want || len(list) != 2 || list[0] != want || l["n"] != 7. || l["named"] != 3. {
		t.Errorf("%v", l)
	}
}

func TestOfAMessageThereIsOneLineASecond(t *testing.T) {
	var out logged
	h := server.NewLog(&out, slog.LevelInfo).Handler()
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	say := func(message string, after time.Duration) {
		t.Helper()
		if err := h.Handle(t.Context(), slog.NewRecord(at.Add(after), slog.LevelError, message, 0)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10 {
		say("often", time.Duration(i)*100*time.Millisecond)
		if i == 5 {
			say("once", 500*time.Millisecond)
		}
	}
	say("often", time.Second)
	say("often", 0) // the clock went back
	var got []string
	for _, l := range out.lines(t) {
		got = append(got, fmt.Sprint(l["msg"], " ", l["left_out"]))
	}
	if s := strings.Join(got, ", "); s != "often <nil>, once <nil>, often 9, often <nil>" {
		t.Error(s)
	}
}

// What people and their browsers send stands in no line, whatever goes wrong and however much is logged.
func TestTheLogTellsNothingOfPeople(t *testing.T) {
	var out logged
	o := options(t.TempDir())
	o.Log, o.SlowLog = server.NewLog(&out, slog.LevelDebug), time.Nanosecond
	servingWith(t, o, func(public, _ string) {
		secrets := `"eventData":{"email":"ada@example.com","note":"SECRETNOTE"}`
		for _, c := range []struct{ path, body string }{
			{"/v1/events?SECRETQUERY=1&k=" + writeKey, `{"eventType":"page_view","sessionId":"SECRETSESSION",` + secrets + `}`},
			{"/v1/events?k=wk_SECRETKEYSECRETKEY", `{"eventType":"page_view","sessionId":"s",` + secrets + `}`},
			{"/v1/events?k=" + writeKey, `{"eventType":"SECRETTYPE","sessionId":"s",` + secrets},
			{"/v1/leads?k=" + writeKey, `{"formData":{"name":"SECRETNAME","email":"ada@example.com"}}`},
			{"/v1/sessions/SECRETSESSION?SECRETQUERY=1", ""},
			{"/v1/leads?cursor=SECRETQUERY", ""},
		} {
			fetch(t, public+c.path, c.body)
		}
		raw(t, public, "GET /v1/SECRETQUERY HTTP/9.9\r\nAuthorization: Bearer SECRETKEY\r\n\r\n")
		raw(t, public, "SECRETQUERY\r\n\r\n")
		raw(t, public, "POST /v1/events?k=SECRETKEY HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nSECRETBODY")
		raw(t, public, "GET / HTTP/1.1\r\nX-Long: "+strings.Repeat("SECRETHEADER", 2000)+"\r\n\r\n")
	})
	log := out.String()
	for _, never := range []string{"SECRET", "ada@", writeKey, adminKey, "127.0.0.1"} {
		for line := range strings.Lines(log) {
			if strings.Contains(line, never) {
				t.Errorf("%s stands in %s", never, line)
			}
		}
	}
	for _, once := range []string{`"slow request"`, `"slow events"`} {
		if !strings.Contains(log, once) {
			t.Errorf("no line %s", once)
		}
	}
	for _, l := range out.lines(t) {
		switch l["msg"] {
		case "slow events":
			for _, key := range []string{"request_id", "decode", "queue", "fold", "commit"} {
				if _, err := time.ParseDuration(fmt.Sprint(l[key])); err != nil && key != "request_id" || l[key] == nil {
					t.Errorf("%s is %v in %v", key, l[key], l)
				}
			}
		case "slow request":
			if l["request_id"] == nil || l["route"] == nil || l["took"] == nil {
				t.Errorf("%v", l)
			}
		}
	}
}

// raw sends bytes and reads the answer to its end.
func raw(t *testing.T, url, request string) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(request)); err != nil {
		return // it was refused before it was read: as good as an answer
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return
	}
	var answer bytes.Buffer
	_, _ = answer.ReadFrom(c) // a reset is an answer too
	if answer.Len() > 0 && !strings.HasPrefix(answer.String(), "HTTP/1.") {
		t.Errorf("answered %q", answer.String())
	}
}
