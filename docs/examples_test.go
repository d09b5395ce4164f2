package docs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"footfall/api/openapitest"
	"footfall/server"
)

// Every block of shell that calls curl is run, in the order of the page, against a server on an empty directory, and
// the block of HTTP after it must be what the server answers: the status, the headers that are named, and the body,
// in which … stands for anything. Whatever went over the wire is as /openapi.json describes it.
func TestExamplesAnswerAsWritten(t *testing.T) {
	for _, page := range []string{"../README.md", "http.md"} {
		t.Run(page, func(t *testing.T) {
			r := newReader(t)
			for _, e := range examplesOf(t, page) {
				r.run(e)
			}
			r.asDescribed()
		})
	}
}

const (
	writeKey = "wk_0123456789abcdef"
	adminKey = "sk_0123456789abcdef"
)

// began is when the examples begin. Each takes a second.
var began = time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)

// reader is somebody who tries the examples.
type reader struct {
	t     *testing.T
	clock atomic.Int64 // ms since 1970
	url   string
	tap   *openapitest.Tap
	env   []string
	dir   string // where files land
}

func newReader(t *testing.T) *reader {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal("curl is not installed; make test installs it")
	}
	r := &reader{t: t, dir: t.TempDir()}
	r.clock.Store(began.UnixMilli())
	s, err := server.Open(t.Context(), server.Options{
		Data: t.TempDir(), Listen: "127.0.0.1:0", OpsListen: "127.0.0.1:0", WriteKey: writeKey, AdminKey: adminKey,
		ShutdownGrace: 10 * time.Second, QueueBytes: 32 << 20, Now: func() time.Time { return time.UnixMilli(r.clock.Load()).UTC() },
	})
	if err != nil {
		t.Fatal(err)
	}
	public, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	if r.tap, err = openapitest.NewTap(public.Addr().String()); err != nil {
		t.Fatal(err)
	}
	r.url = "http://" + r.tap.Addr()
	r.env = append(os.Environ(), "FOOTFALL_WRITE_KEY="+writeKey, "FOOTFALL_ADMIN_KEY="+adminKey,
		"URL="+r.url, "OPS=http://"+s.OpsAddr().String())
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, public) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// asDescribed holds what went over the wire against the server's description of itself.
func (r *reader) asDescribed() {
	r.t.Helper()
	res, err := http.Get(r.url + "/openapi.json")
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	doc, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	c, err := openapitest.New(doc)
	if err != nil {
		r.t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	all, err := r.tap.Close()
	if err != nil {
		r.t.Error(err)
	}
	for _, e := range all {
		if err := c.Check(e); err != nil {
			r.t.Errorf("not as /openapi.json says: %v\n%.1000s", err, e.ReplyBody)
		}
	}
}

// run tries one example and remembers what later ones name: $LEAD, $CURSOR, $JOB, $USERID, $INVITE and $TOKEN.
func (r *reader) run(e example) {
	r.t.Helper()
	r.clock.Add(1000)
	cmd := exec.CommandContext(r.t.Context(), "sh", "-c", e.command)
	cmd.Env, cmd.Dir = r.env, r.dir
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("line %d: %s: %v", e.line, e.command, err)
	}
	got, err := parseAnswer(string(out))
	if err != nil {
		r.t.Fatalf("line %d: %s: %v in %q", e.line, e.command, err, out)
	}
	want, err := parseAnswer(e.answer)
	if err != nil {
		r.t.Fatalf("line %d: the answer written there: %v", e.line, err)
	}
	if err := want.match(got); err != nil {
		r.t.Errorf("line %d: %v\n$ %s\n%s", e.line, err, e.command, out)
	}
	r.remember(got)
}

func (r *reader) remember(a *answer) {
	var body struct {
		Leads []struct{ ID string }
		Next  *string `json:"next_cursor"`
		Job   string  `json:"job_id"`

		Users, Invites []struct{ ID string }
		Token          string
	}
	if json.Unmarshal([]byte(a.body), &body) != nil {
		return // not every answer is an object
	}
	if len(body.Leads) > 0 {
		r.env = append(r.env, "LEAD="+body.Leads[0].ID)
	}
	if len(body.Users) > 0 {
		r.env = append(r.env, "USERID="+body.Users[0].ID)
	}
	if len(body.Invites) > 0 {
		r.env = append(r.env, "INVITE="+body.Invites[0].ID)
	}
	if body.Token != "" {
		r.env = append(r.env, "TOKEN="+body.Token)
	}
	if body.Job != "" {
		r.env = append(r.env, "JOB="+body.Job)
	}
	if body.Next != nil {
		r.env = append(r.env, "CURSOR="+*body.Next)
	}
}

// answer is what curl -i prints.
type answer struct {
	status string
	header http.Header
	body   string
}

func parseAnswer(text string) (*answer, error) {
	head, body, _ := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n")
	status, lines, _ := strings.Cut(strings.TrimSpace(head), "\n")
	if !strings.HasPrefix(status, "HTTP/1.1 ") {
		return nil, fmt.Errorf("no status line: begin curl with -i, and the answer with HTTP/1.1")
	}
	a := &answer{status: strings.TrimSpace(status), header: http.Header{}, body: strings.TrimSpace(body)}
	for line := range strings.Lines(lines) {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("%q is no header", line)
		}
		a.header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return a, nil
}

// match compares a written answer with a real one.
func (a *answer) match(got *answer) error {
	if a.status != got.status {
		return fmt.Errorf("the status is %q, not %q", got.status, a.status)
	}
	for name := range a.header {
		if want, have := a.header.Get(name), got.header.Get(name); !matchText(want, have) {
			return fmt.Errorf("the header %s is %q, not %q", name, have, want)
		}
	}
	switch kind := got.header.Get("Content-Type"); {
	case kind == "text/event-stream":
		if !matchText(a.body, got.body) {
			return fmt.Errorf("the stream says\n%s", got.body)
		}
		return nil
	case a.body == got.body:
		return nil
	case kind == "application/x-ndjson":
		return matchLines(a.body, got.body)
	}
	return matchJSON(a.body, got.body)
}

func matchLines(want, got string) error {
	wants, gots := strings.Split(want, "\n"), strings.Split(got, "\n")
	if len(wants) != len(gots) {
		return fmt.Errorf("%d lines, not %d", len(gots), len(wants))
	}
	for i := range wants {
		if err := matchJSON(wants[i], gots[i]); err != nil {
			return fmt.Errorf("in line %d: %w", i+1, err)
		}
	}
	return nil
}

func matchJSON(want, got string) error {
	var w, g any
	if err := json.Unmarshal(quoteDots(want), &w); err != nil {
		return fmt.Errorf("what is written is no JSON: %w", err)
	}
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		return fmt.Errorf("the answer is no JSON: %w", err)
	}
	return matchValue("the body", w, g)
}

const dots = "…"

// quoteDots makes JSON of JSON with dots: as a value they become a string, among members a member.
func quoteDots(text string) []byte {
	var b bytes.Buffer
	inString, last := false, rune(0) // the last character that is no space
	var open []rune
	for i, c := range text {
		switch {
		case c == '"' && (i == 0 || text[i-1] != '\\'):
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			open = append(open, c)
		case (c == '}' || c == ']') && len(open) > 0:
			open = open[:len(open)-1]
		case string(c) == dots:
			if len(open) > 0 && open[len(open)-1] == '{' && last != ':' {
				b.WriteString(`"` + dots + `":`)
			}
			b.WriteString(`"` + dots + `"`)
			last = c
			continue
		}
		b.WriteRune(c)
		if c != ' ' && c != '\n' {
			last = c
		}
	}
	return b.Bytes()
}

// matchValue compares values. Dots match anything; as the last of an object or array, whatever else there is.
func matchValue(at string, want, got any) error {
	switch w := want.(type) {
	case string:
		if g, ok := got.(string); w == dots || ok && matchText(w, g) {
			return nil
		}
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			break
		}
		_, open := w[dots]
		for name := range g {
			if _, ok := w[name]; !ok && !open {
				return fmt.Errorf("%s also has %q", at, name)
			}
		}
		for name, value := range w {
			if have, ok := g[name]; name != dots && !ok {
				return fmt.Errorf("%s lacks %q", at, name)
			} else if name == dots {
				continue
			} else if err := matchValue(at+"."+name, value, have); err != nil {
				return err
			}
		}
		return nil
	case []any:
		g, ok := got.([]any)
		if !ok {
			break
		}
		if n := len(w); n > 0 && w[n-1] == dots && len(g) >= n-1 {
			w, g = w[:n-1], g[:n-1]
		}
		if len(w) != len(g) {
			return fmt.Errorf("%s has %d elements, not %d", at, len(g), len(w))
		}
		for i := range w {
			if err := matchValue(fmt.Sprintf("%s[%d]", at, i), w[i], g[i]); err != nil {
				return err
			}
		}
		return nil
	default:
		if want == got {
			return nil
		}
	}
	return fmt.Errorf("%s is %v, not %v", at, got, want)
}

// matchText compares texts in which dots stand for any text.
func matchText(want, got string) bool {
	parts := strings.Split(want, dots)
	if len(parts) == 1 {
		return want == got
	}
	rest, ok := strings.CutPrefix(got, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
