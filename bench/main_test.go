package bench

import (
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// world is the program as it is shipped, and one server of it for all tests.
type world struct {
	dir     string
	program func() (string, error)
	server  func() (*Options, error)
	running *child
}

var shared world

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "footfall-bench-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	shared.dir = dir
	shared.program = sync.OnceValues(func() (string, error) {
		program := filepath.Join(dir, "footfall")
		out, err := exec.Command("go", "build", "-o", program, "../cmd/footfall").CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("build the program: %w\n%s", err, out)
		}
		return program, nil
	})
	shared.server = sync.OnceValues(func() (*Options, error) {
		program, err := shared.program()
		if err != nil {
			return nil, err
		}
		o := small("")
		o.Program, o.Dir = program, dir
		shared.running, err = startOwn(context.Background(), &o)
		return &o, err
	})
	code := m.Run()
	if shared.running != nil {
		err = shared.running.stop()
	}
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// small returns the options of a short run.
func small(target string) Options {
	return Options{
		Target: target, Mode: ModeClosed, Connections: 8, Rate: 400, Duration: 500 * time.Millisecond, Sessions: 40, Listings: 50, Seed: 7,
		P99Limit: time.Minute, WriteKey: "wk_0123456789abcdef", AdminKey: "sk_0123456789abcdef", Origin: "http://localhost",
		VerifySample: 20_000, Rounds: 1, Timeout: 10 * time.Second, Now: time.Now,
	}
}

// served returns the options of a short run on the real server.
func served(t *testing.T) Options {
	t.Helper()
	o, err := shared.server()
	if err != nil {
		t.Fatal(err)
	}
	s := small(o.Target)
	s.PID, s.Program, s.Dir = o.PID, o.Program, o.Dir
	return s
}

func TestTheHarnessKnowsNothingOfTheServerButTheEvents(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if path, err := strconv.Unquote(i.Path.Value); err != nil || strings.HasPrefix(path, "footfall/") && path != "footfall/event" {
				t.Errorf("%s imports %s", name, i.Path.Value)
			}
		}
	}
}
