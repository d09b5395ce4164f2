package e2e

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// newProgram is newBackend with a server in a process of its own: the program as it is built, without the race detector.
func newProgram(t *testing.T) *backend {
	t.Helper()
	program := filepath.Join(t.TempDir(), "footfall")
	if out, err := exec.Command("go", "build", "-o", program, "footfall/cmd/footfall").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	cmd := exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "--data", t.TempDir(),
		"--write-key", writeKey, "--admin-key", adminKey, "--memory", "128MiB", "--queue-bytes", "8MiB")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	serving := make(chan string, 1) // closed when the program has ended
	b := &backend{t: t, stop: func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		for range serving { // whatever it still says is read first
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the program ended: %v", err)
		}
	}}
	go func() {
		defer close(serving)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			var line struct{ Msg, Level, Listen string }
			switch err := json.Unmarshal(lines.Bytes(), &line); {
			case err == nil && line.Msg == "serving":
				serving <- line.Listen
			case err != nil || line.Level == "ERROR":
				t.Log(lines.Text())
			}
		}
	}()
	if b.o.Listen = <-serving; b.o.Listen == "" {
		t.Fatalf("the program did not serve: %v", cmd.Wait())
	}
	b.open()
	return b
}
