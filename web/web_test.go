package web_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"footfall/web"
	"footfall/web/bundle"
)

// maxTracker is how many bytes the tracker may have compressed, 4.0 KB. gzip -9 makes it some 30 bytes smaller than Go does.
const maxTracker = 4096

func TestTheTrackerIsBuiltFromItsSources(t *testing.T) {
	built, err := bundle.Tracker(".")
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("dist/ff.js")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(built, committed) {
		t.Error("dist/ff.js is not what the sources make: go run ./web/build")
	}
	for _, name := range []string{"dist/ff.d.ts", "tracker/ff.d.ts"} {
		text, err := os.ReadFile(name)
		if err != nil || len(text) < 1000 {
			t.Errorf("%s: %d bytes, %v", name, len(text), err)
		}
	}
}

func TestTheTrackerIsSmall(t *testing.T) {
	body, err := os.ReadFile("dist/ff.js")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes, %d compressed", len(body), b.Len())
	if b.Len() > maxTracker {
		t.Errorf("%d bytes compressed, more than %d", b.Len(), maxTracker)
	}
}

func TestEveryReleaseIsNamedWithItsHashInTheDocs(t *testing.T) {
	docs, err := os.ReadFile("../docs/tracker.md")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := web.Scripts("")
	if err != nil {
		t.Fatal(err)
	}
	frozen := 0
	for _, s := range scripts {
		if !s.Frozen {
			continue
		}
		frozen++
		if row := "| `" + s.Name + "` | `" + web.Integrity(s.Body) + "` |"; !strings.Contains(string(docs), row) {
			t.Errorf("docs/tracker.md lacks the row %s", row)
		}
	}
	if frozen == 0 {
		t.Error("no release is frozen")
	}
}

func TestABeaconPathIsWrittenIntoTheCurrentTrackerOnly(t *testing.T) {
	plain, err := web.Scripts("")
	if err != nil {
		t.Fatal(err)
	}
	renamed, err := web.Scripts("/news")
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range renamed {
		if changed := !bytes.Equal(s.Body, plain[i].Body); changed == s.Frozen {
			t.Errorf("%s is frozen: %v, changed: %v", s.Name, s.Frozen, changed)
		}
		if !s.Frozen && (bytes.Contains(s.Body, []byte("v1/events")) || !bytes.Contains(s.Body, []byte(`"/news"`)) || s.ETag == plain[i].ETag) {
			t.Errorf("%s still sends where content blockers look, or under the old ETag", s.Name)
		}
		r, err := gzip.NewReader(bytes.NewReader(s.Gzip))
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(r); err != nil || !bytes.Equal(body, s.Body) {
			t.Errorf("%s unpacks to something else, %v", s.Name, err)
		}
	}
}

func TestTheTypesOfTheSourcesHold(t *testing.T) {
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("npm is not installed")
	}
	dir := t.TempDir()
	install := exec.Command("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", dir, "typescript@5.9.3")
	if out, err := install.CombinedOutput(); err != nil {
		t.Skipf("typescript cannot be installed: %v %s", err, out)
	}
	for _, project := range []string{"tracker", "app"} {
		check := exec.Command(filepath.Join(dir, "node_modules", ".bin", "tsc"), "-p", project)
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", project, err, out)
		}
	}
}
