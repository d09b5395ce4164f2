package server_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"footfall/server"
)

// newest returns the path of the file of a directory that ends so and has the largest name.
func newest(t *testing.T, dir, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("there is no %s: %v", pattern, err)
	}
	return names[len(names)-1]
}

// damage changes the bytes of a file.
func damage(t *testing.T, name string, change func(b []byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(name, change(b), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A damaged block makes answers that need it fail, and the server not ready, and leaves all others.
func TestDamageIsA500OfWhatItTouches(t *testing.T) {
	const sessions = 80
	data := t.TempDir()
	random := rand.New(rand.NewPCG(5, 6))
	serving(t, data, func(public, _ string) {
		for i := range sessions {
			noise := make([]byte, 1500)
			for k := range noise {
				noise[k] = 'a' + byte(random.IntN(26))
			}
			body := fmt.Sprintf(`{"eventType":"property_view","sessionId":"s%d","listingId":"L1","eventData":{"note":"%s"}}`, i, noise)
			if status, answer := fetch(t, public+"/v1/events?k="+writeKey, body); status != http.StatusNoContent {
				t.Fatalf("%d: %s", status, answer)
			}
		}
	})
	serving(t, data, func(_, _ string) {}) // moves the log to a table
	table := newest(t, data, "*.sst")
	damage(t, table, func(b []byte) []byte { b[len(b)/3] ^= 1; return b })
	o := options(data)
	o.ReadOnly = true
	servingWith(t, o, func(public, ops string) {
		count := map[int]int{}
		for i := range sessions {
			status, answer := fetch(t, fmt.Sprintf("%s/v1/sessions/s%d/events", public, i), "")
			count[status]++
			if status != http.StatusOK && !strings.Contains(answer, `"data_corrupt"`) || strings.Contains(answer, ".sst") {
				t.Errorf("session %d: %d %s", i, status, answer)
			}
		}
		if bad := count[http.StatusInternalServerError]; bad == 0 || bad > sessions/2 || bad+count[http.StatusOK] != sessions {
			t.Errorf("answered %v", count)
		}
		if _, answer := fetch(t, ops+"/readyz", ""); !strings.Contains(answer, `"corrupt"`) {
			t.Errorf("readyz: %s", answer)
		}
		if _, metrics := fetch(t, ops+"/metrics", ""); strings.Contains(metrics, "corruptions_total 0\n") {
			t.Error("the metric does not tell of it")
		}
	})
	if _, err := server.Verify(t.Context(), options(data), 0, func(error) {}); err == nil || !strings.Contains(err.Error(), filepath.Base(table)) {
		t.Errorf("verify does not name %s: %v", filepath.Base(table), err)
	}
}

// Whatever is damaged that a start needs, the program ends with 65 and names it. A lost end of the log can be accepted.
func TestDamageAtTheStartExits65AndIsNamed(t *testing.T) {
	data := filled(t)
	refused := func(command, says string, args ...string) {
		t.Helper()
		code, out := commandOf(t, data, command, args...)
		if code != 65 || !strings.Contains(out, says) {
			t.Errorf("%s exits %d, want 65 and %q:\n%s", command, code, says, out)
		}
	}
	log := newest(t, data, "*.log")
	whole, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	manifest := newest(t, data, "MANIFEST-*")
	damage(t, manifest, func(b []byte) []byte { return b[:len(b)-10] })
	refused("serve", filepath.Base(manifest))
	data = filled(t)
	log = newest(t, data, "*.log")
	written := len(bytes.TrimRight(whole, "\x00")) // the rest is room for more
	damage(t, log, func(b []byte) []byte { return b[:written/4] })
	refused("serve", "log_tail_lost")
	refused("check", "log_tail_lost")
	refused("serve", "log_tail_lost", "--read-only")
	p := start(t, data, "env", "FOOTFALL_ACCEPT_LOSS=true")
	if code := p.stop(); code != 0 {
		t.Errorf("accepted, it exits %d:\n%s", code, p.log.String())
	}
	start(t, data).stop()
	checkSaysOK(t, data)
}

// commandOf runs a command on a data directory.
func commandOf(t *testing.T, data, name string, args ...string) (code int, out string) {
	t.Helper()
	args = append([]string{name, "--data", data}, args...)
	if name == "serve" {
		args = append(args, "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "--write-key", writeKey, "--admin-key", adminKey)
	}
	return command(t, args...)
}
