package server_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"footfall/store"
)

// newer makes a directory that looks as if a newer program had written it.
func newer(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := db.NewBatch()
	b.Set([]byte("\x00format"), []byte{store.FormatVersion + 1})
	if err := b.Commit(true); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestExitCodesSayWhatIsWrong(t *testing.T) {
	used := t.TempDir()
	start(t, used)
	newer := newer(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := taken.Close(); err != nil {
			t.Error(err)
		}
	})
	none := filepath.Join(t.TempDir(), "none")
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"version", 0, "format 1"},
		{"serve --no-such-flag", 2, "no-such-flag"},
		{"serve --queue-bytes many", 2, "queue-bytes"},
		{"no-such-command", 2, "no-such-command"},
		{"", 2, ""},
		{"import", 2, "file"},
		{"serve --listen 127.0.0.1:0 --ops-listen 127.0.0.1:0 --data " + used, 75, "in use"},
		{"check --data " + used, 75, "in use"},
		{"rebuild --data " + used, 75, "in use"},
		{"serve --listen 127.0.0.1:0 --ops-listen 127.0.0.1:0 --data " + newer, 73, "newer footfall"},
		{"check --data " + newer, 73, "newer footfall"},
		{"check --data " + none, 1, "holds no footfall data"},
		{"rebuild --data " + none, 1, "holds no footfall data"},
		{"verify " + used, 75, "in use"},
		{"upgrade --data " + used, 75, "in use"},
		{"verify " + newer, 73, "newer footfall: format 2, this program knows up to 1"},
		{"upgrade --data " + newer, 73, "newer footfall"},
		{"verify " + none, 1, "holds no footfall data"},
		{"upgrade --data " + none, 1, "holds no footfall data"},
		{"backup --data " + none + " --to " + none, 1, "holds no footfall data"},
		{"restore --to " + none + " --from " + none, 1, "holds no footfall data"},
		{"restore --to " + none + " --from " + newer, 1, "SHA256SUMS"},
		{"serve --read-only --listen 127.0.0.1:0 --ops-listen 127.0.0.1:0 --data " + none, 1, "holds no footfall data"},
		{"serve --ops-listen 127.0.0.1:0 --listen " + taken.Addr().String() + " --data " + t.TempDir(), 1, "--listen"},
		{"serve --listen 127.0.0.1:0 --ops-listen " + taken.Addr().String() + " --data " + t.TempDir(), 1, "--ops-listen"},
		{"serve --listen 127.0.0.1:0 --ops-listen 127.0.0.1:0 --write-key wk_short --data " + t.TempDir(), 2, "--write-key"},
	} {
		code, out := command(t, strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("footfall %s exits %d, want %d and %q:\n%s", c.args, code, c.code, c.says, out)
		}
	}
	if _, err := os.Stat(none); !os.IsNotExist(err) {
		t.Errorf("a check made the directory: %v", err)
	}
}
