// Package docs_test holds the pages to what the program is: their examples are run, what they name exists, and their
// tables are those of the code.
package docs_test

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"footfall/api"
	"footfall/server"
	"footfall/store"
	"footfall/web"
)

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// pages are all pages of the project.
func pages(t *testing.T) []string {
	t.Helper()
	names := []string{"../README.md", "../CHANGELOG.md", "../NOTICE", "../examples/weblog/README.md"}
	for _, pattern := range []string{"*.md", "decisions/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	return names
}

// example is a block of shell that calls curl, and the block of HTTP after it.
type example struct {
	line            int // where the command begins
	heading         string
	command, answer string
}

func examplesOf(t *testing.T, page string) (all []example) {
	t.Helper()
	var kind, heading string
	var block []string
	begins, pending := 0, false
	line := 0
	for text := range strings.Lines(read(t, page)) {
		text = strings.TrimRight(text, "\n")
		line++
		fence, isFence := strings.CutPrefix(text, "```")
		switch {
		case isFence && kind == "":
			kind, block, begins = fence, nil, line+1
			if kind == "" {
				kind = "text"
			}
		case isFence:
			body := strings.Join(block, "\n")
			switch {
			case kind == "sh" && strings.Contains(body, "curl "):
				if pending {
					t.Errorf("%s:%d: the example before has no answer", page, begins)
				}
				all = append(all, example{line: begins, heading: heading, command: body})
				pending = true
			case kind == "http" && !pending:
				t.Errorf("%s:%d: an answer to nothing", page, begins)
			case kind == "http":
				all[len(all)-1].answer = body
				pending = false
			}
			kind = ""
		case kind != "":
			block = append(block, text)
		case strings.HasPrefix(text, "#"):
			heading = strings.TrimLeft(text, "# ")
		}
	}
	if kind != "" || pending {
		t.Errorf("%s: the last block does not end, or has no answer", page)
	}
	return all
}

func TestEveryRouteHasItsExample(t *testing.T) {
	shown := map[string]bool{}
	for _, e := range examplesOf(t, "http.md") {
		for _, route := range regexp.MustCompile("`([A-Z]+ /[^`]*)`").FindAllStringSubmatch(e.heading, -1) {
			shown[route[1]] = true
		}
	}
	scripts, err := web.Scripts("")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range api.New(api.Options{Scripts: scripts}).Routes() {
		if name := r.Method + " " + r.Path; !shown[name] {
			t.Errorf("http.md shows no `%s` under a heading with its name", name)
		}
		delete(shown, r.Method+" "+r.Path)
	}
	for name := range shown {
		t.Errorf("http.md shows `%s`, which is not served", name)
	}
}

// testNames are the tests and fuzz targets of the module.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		for _, m := range declared.FindAllStringSubmatch(read(t, name), -1) {
			names[m[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestTheTestsThatPagesNameExist(t *testing.T) {
	names := testNames(t)
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)`")
	quoted := regexp.MustCompile("`rules/(\\w+\\.txt)`(?: “([^”]+)”)?")
	for _, page := range pages(t) {
		text := read(t, page)
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			if !names[m[1]] {
				t.Errorf("%s names the test %s, which does not exist", page, m[1])
			}
		}
		for _, m := range quoted.FindAllStringSubmatch(strings.Join(strings.Fields(text), " "), -1) {
			rules := read(t, "../sessionize/testdata/rules/"+m[1])
			comment := strings.ReplaceAll(rules, "\n# ", " ")
			if !strings.Contains(comment, m[2]) {
				t.Errorf("%s quotes “%s”, which does not stand in rules/%s", page, m[2], m[1])
			}
		}
	}
}

func TestEveryRuleOfTheNumbersNamesItsTest(t *testing.T) {
	holds := regexp.MustCompile("`(Test|Fuzz|rules/)")
	for rule := range strings.SplitSeq(read(t, "numbers.md"), "\n- ") {
		if strings.HasPrefix(rule, "#") {
			continue // what stands before the first rule
		}
		rule, _, _ = strings.Cut(rule, "\n\n")
		if !holds.MatchString(rule) {
			t.Errorf("numbers.md: no test is named for %q", rule)
		}
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

func TestTheTableOfSpacesIsTheStores(t *testing.T) {
	var b strings.Builder
	b.WriteString("| first byte | space | written by | rest of the key (bytes) | derived | kept |\n|---|---|---|---|---|---|\n")
	for _, s := range store.Spaces {
		derived := "no"
		if s.Derived {
			derived = "yes"
		}
		fmt.Fprintf(&b, "| 0x%02x | %s | `%s` | %s | %s | %s |\n", byte(s.Space), s.Name, s.Owner, s.Key, derived, s.Retention)
	}
	if !strings.Contains(read(t, "architecture.md"), b.String()) {
		t.Errorf("architecture.md lacks this table:\n%s", b.String())
	}
}

func TestArchitectureNamesEveryPackage(t *testing.T) {
	text := read(t, "architecture.md")
	dirs, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range dirs {
		if name := filepath.Base(filepath.Dir(file)); name != "docs" && !strings.Contains(text, "| `"+name+"` |") {
			t.Errorf("architecture.md has no row for the package %s", name)
			break
		}
	}
}

func TestOperationsNamesEveryFlagOfServe(t *testing.T) {
	text := read(t, "operations.md")
	word := regexp.MustCompile(`([a-z])([A-Z])`)
	for _, f := range reflect.VisibleFields(reflect.TypeFor[server.Options]()) {
		if f.Tag.Get("help") == "" {
			continue
		}
		flag := "--" + strings.ToLower(word.ReplaceAllString(f.Name, "$1-$2"))
		if name := f.Tag.Get("name"); name != "" {
			flag = "--" + name
		}
		row := fmt.Sprintf("| `%s` | `%s` |", flag, f.Tag.Get("default"))
		if f.Tag.Get("default") == "" {
			row = fmt.Sprintf("| `%s` | |", flag)
		}
		if !strings.Contains(text, row) {
			t.Errorf("operations.md lacks a row that begins %s", row)
		}
	}
}

// imported are the modules that files of this module import.
func imported(t *testing.T, modules []string) (used []string) {
	t.Helper()
	path := regexp.MustCompile(`^\s*(?:import |[\w.]+ )?"([^"]+)"$`)
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".go" {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			m := path.FindStringSubmatch(s.Text())
			if m == nil {
				continue
			}
			for _, module := range modules {
				if (m[1] == module || strings.HasPrefix(m[1], module+"/")) && !slices.Contains(used, module) {
					used = append(used, module)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return used
}

func TestEveryDependencyIsAccountedFor(t *testing.T) {
	text := read(t, "dependencies.md")
	var modules []string
	version := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) (v\S+)`).FindAllStringSubmatch(read(t, "../go.mod"), -1) {
		modules = append(modules, m[1])
		version[m[1]] = m[2]
	}
	used := imported(t, modules)
	for _, module := range used {
		if !strings.Contains(text, "| "+module+" |") {
			t.Errorf("dependencies.md has no row for %s", module)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^\| (\S+\.\S+/\S+) \|`).FindAllStringSubmatch(text, -1) {
		if version[m[1]] == "" {
			t.Errorf("dependencies.md speaks of %s, which go.mod does not have", m[1])
		}
	}
}
