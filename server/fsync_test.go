package server_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// needStrace skips the test where strace is missing, but not in CI: make test installs it there.
func needStrace(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("strace is not installed, and CI must run this")
		}
		t.Skip("strace is not installed: make test installs it where it may")
	}
}

// Between reading a beacon and answering it, the log is synced, as the kernel sees it.
func TestBeaconIsAnsweredOnlyAfterASyncOfTheLog(t *testing.T) {
	needStrace(t)
	trace := filepath.Join(t.TempDir(), "trace")
	p := start(t, t.TempDir(), "strace", "-D", "-f", "-y", "-s", "64", "-o", trace, "-e", "trace=read,write,writev,fdatasync,fsync")
	if err := p.post(beaconOf("one")); err != nil {
		t.Fatal(err)
	}
	if code := p.stop(); code != 0 {
		t.Fatalf("it exits %d:\n%s", code, p.log.String())
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	find := func(from int, words ...string) int {
		i := slices.IndexFunc(lines[from:], func(line string) bool {
			return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) })
		})
		if i < 0 {
			t.Fatalf("no %q after line %d of the trace:\n%s", words, from, strings.Join(lines[max(from-3, 0):min(from+30, len(lines))], "\n"))
		}
		return from + i
	}
	read := find(0, "POST /v1/events")
	answer := find(read, "HTTP/1.1 204")
	synced := find(read, "fdatasync(", ".log>")
	if thread, _, _ := strings.Cut(lines[synced], " "); strings.Contains(lines[synced], "unfinished") {
		synced = find(synced, thread+" ", "fdatasync resumed", "= 0")
	} else if !strings.HasSuffix(lines[synced], "= 0") {
		t.Fatalf("the sync failed: %s", lines[synced])
	}
	if synced > answer {
		t.Errorf("answered before the sync was done:\n%s", strings.Join(lines[read:synced+1], "\n"))
	}
}

// A sync that fails ends the program with 74, and what waited for it is not acknowledged.
func TestFailedSyncExits74WithoutAnAnswer(t *testing.T) {
	needStrace(t)
	data := t.TempDir()
	p := start(t, data)
	if err := p.post(beaconOf("before")); err != nil {
		t.Fatal(err)
	}
	if code := p.stop(); code != 0 {
		t.Fatalf("it exits %d", code)
	}
	around := []string{"strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO"}
	for n := range 50 { // the log's number is one of the next
		around = append(around, "-P", filepath.Join(data, fmt.Sprintf("%06d.log", n)))
	}
	p = start(t, data, around...)
	if err := p.post(beaconOf("after")); err == nil {
		t.Error("it acknowledged what it could not sync")
	}
	<-p.ended
	if code := p.cmd.ProcessState.ExitCode(); code != 74 {
		t.Errorf("it exits %d, want 74:\n%s", code, p.log.String())
	}
	p = start(t, data)
	if got := p.eventsOf("s"); len(got) < 1 || got[0] != "before" {
		t.Errorf("the session has %q", got)
	}
}

// A flush that fails when the program starts ends it too; it does not try for ever.
func TestFailedFlushExits74(t *testing.T) {
	needStrace(t)
	data := t.TempDir()
	p := start(t, data)
	if err := p.post(beaconOf("before")); err != nil {
		t.Fatal(err)
	}
	p.kill()
	out, err := exec.Command("strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO",
		binary, "serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "--data", data).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 74 || !strings.Contains(string(out), "the disk failed") {
		t.Errorf("%v:\n%.3000s", err, out)
	}
	checkSaysOK(t, data)
}

func beaconOf(id string) string {
	return `{"eventType":"page_view","sessionId":"s","eventId":"` + id + `"}`
}
