package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestEveryFlagOfEveryCommandIsAlsoInTheEnvironment(t *testing.T) {
	_, help := command(t, "--help")
	commands := regexp.MustCompile(`(?m)^  ([a-z-]+(?: [a-z-]+)?)(?: <\S+>)?(?: \S*\[flags\])?(?:  .*)?$`).FindAllStringSubmatch(help, -1)
	if len(commands) < 7 {
		t.Fatalf("%d commands in\n%s", len(commands), help)
	}
	flag := regexp.MustCompile(`(?m)^ +(?:-[a-z], )?--(?:\[no-\])?([a-z0-9-]+)`)
	for _, c := range commands {
		_, help := command(t, append(strings.Fields(c[1]), "--help")...)
		words := strings.Join(strings.Fields(help), " ")
		flags := flag.FindAllStringSubmatch(help, -1)
		if len(flags) < 2 {
			t.Errorf("%s: %d flags in\n%s", c[1], len(flags), help)
		}
		for _, f := range flags {
			env := "($FOOTFALL_" + strings.ToUpper(strings.ReplaceAll(f[1], "-", "_")) + ")"
			if f[1] != "help" && !strings.Contains(words, env) {
				t.Errorf("%s --%s is not %s", c[1], f[1], env)
			}
		}
	}
}

func TestAFlagComesBeforeTheEnvironmentAndThatBeforeTheFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config.json")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A check says which directory it was to look at.
	expect := func(code int, says string, args ...string) {
		t.Helper()
		if got, out := command(t, append([]string{"check"}, args...)...); got != code || !strings.Contains(out, says) {
			t.Errorf("check %q exits %d, want %d and %q:\n%s", args, got, code, says, out)
		}
	}
	holdsNothing := func(name string) string { return fmt.Sprintf("%s holds no footfall data", filepath.Join(dir, name)) }
	write(fmt.Sprintf(`{"data": %q, "queue-bytes": 33554432, "shutdown-grace": "5s"}`, filepath.Join(dir, "file")))
	expect(1, holdsNothing("file"), "--config", file)
	t.Setenv("FOOTFALL_DATA", filepath.Join(dir, "environment"))
	expect(1, holdsNothing("environment"))
	expect(1, holdsNothing("environment"), "--config", file)
	expect(1, holdsNothing("flag"), "--config", file, "--data", filepath.Join(dir, "flag"))
	t.Setenv("FOOTFALL_CONFIG", file)
	write(`{"dta": "x"}`)
	expect(2, "there is no flag --dta")
	write(`{"data": `)
	expect(2, "--config")
	t.Setenv("FOOTFALL_CONFIG", filepath.Join(dir, "none"))
	expect(2, "none")
	if code, out := command(t, "version", "--config", file, "--log-level", "loud"); code != 2 {
		t.Errorf("a level that does not exist: %d\n%s", code, out)
	}
}
