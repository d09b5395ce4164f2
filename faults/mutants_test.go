package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutant is a way to break the program, and the tests that must notice. Its file has the lines file: and test: (package
// and pattern), then what to look for in the file and what to put in its place, each after a line of three dashes.
type mutant struct {
	name, file, pkg, test, from, to string
}

const root = ".."

func readMutants(t *testing.T) (mutants []mutant) {
	t.Helper()
	files, err := filepath.Glob("testdata/mutants/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m := mutant{name: strings.TrimSuffix(filepath.Base(name), ".txt")}
		parts := strings.Split(string(text), "---\n")
		if len(parts) != 3 {
			t.Fatalf("%s has %d parts", name, len(parts))
		}
		if n, err := fmt.Sscanf(parts[0], "file: %s\ntest: %s %s\n", &m.file, &m.pkg, &m.test); n != 3 {
			t.Fatalf("%s: %v", name, err)
		}
		m.from, m.to = strings.TrimSuffix(parts[1], "\n"), strings.TrimSuffix(parts[2], "\n")
		mutants = append(mutants, m)
	}
	return mutants
}

// broken returns the file with the break in it, which must have one place.
func (m *mutant) broken() ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(text, []byte(m.from)); n != 1 {
		return nil, fmt.Errorf("%s has %d places where %s would break it; the mutant needs a new one", m.file, n, m.name)
	}
	return bytes.Replace(text, []byte(m.from), []byte(m.to), 1), nil
}

// survives runs the mutant's tests on the broken program, which stands beside the tree as an overlay, and says how it
// comes that they did not notice.
func (m *mutant) survives(t *testing.T) error {
	text, err := m.broken()
	if err != nil {
		return err
	}
	dir := t.TempDir()
	file, overlay := filepath.Join(dir, "broken.go"), filepath.Join(dir, "overlay.json")
	original, err := filepath.Abs(filepath.Join(root, m.file))
	if err != nil {
		return err
	}
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {original: file}})
	if err != nil {
		return err
	}
	for name, b := range map[string][]byte{file: text, overlay: replace} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			return err
		}
	}
	test := func(args ...string) ([]byte, error) {
		cmd := exec.Command("go", append([]string{"test", "-overlay", overlay, m.pkg}, args...)...)
		cmd.Dir = root
		return cmd.CombinedOutput()
	}
	if out, err := test("-run", "^$"); err != nil {
		return fmt.Errorf("it does not even build: %w\n%s", err, out)
	}
	if out, err := test("-timeout", "120s", "-run", "^("+m.test+")$"); err == nil {
		return fmt.Errorf("%s did not notice:\n%s", m.test, out)
	}
	return nil
}

func TestEveryMutantHasItsPlace(t *testing.T) {
	mutants := readMutants(t)
	if len(mutants) < 10 {
		t.Errorf("only %d mutants", len(mutants))
	}
	for i := range mutants {
		if _, err := mutants[i].broken(); err != nil {
			t.Error(err)
		}
	}
}
