package server_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A server that only reads answers as one that writes does, takes nothing, and leaves the directory as it lies there, with
// the tail that a kill left.
func TestReadOnlyAnswersAndTakesNothing(t *testing.T) {
	seed := seedOf(t)
	data := t.TempDir()
	p := start(t, data)
	p.addLeads("o")
	l := &load{}
	var once sync.Once
	l.run(p, seed, "o", func(acked int) {
		if acked >= 200 {
			once.Do(func() { go p.kill() })
		}
	})
	<-p.ended
	if err := os.Remove(filepath.Join(data, "ballast")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	before := bytesOf(t, data)
	p = start(t, data, "env", "FOOTFALL_READ_ONLY=true")
	l.verify(p)
	got := l.answers(p)
	for target, body := range map[string]string{
		"/v1/events?k=" + writeKey: beaconOf("x"),
		"/v1/leads":                `{"formData":{"email":"a@example.com"}}`,
	} {
		if status, answer, err := p.do("POST", target, body); status != http.StatusServiceUnavailable || !strings.Contains(answer, `"read_only"`) {
			t.Errorf("POST %s: %d %s %v", target, status, answer, err)
		}
	}
	for use, want := range map[string]string{"ingest": `["read_only"]`, "query": `[]`} {
		if _, answer := fetch(t, "http://"+p.ops+"/readyz?for="+use, ""); !strings.Contains(answer, want) {
			t.Errorf("ready for %s: %s", use, answer)
		}
	}
	if code := p.stop(); code != 0 {
		t.Errorf("it exits %d:\n%s", code, p.log.String())
	}
	if changed := differ(before, bytesOf(t, data)); len(changed) > 0 {
		t.Errorf("%v changed", changed)
	}
	p = start(t, data)
	for query, want := range l.answers(p) {
		if got[query] != want {
			t.Errorf("%s\nread only %.2000s\nelse      %.2000s", query, got[query], want)
		}
	}
	p.stop()
}
