// Package lint holds the rules of the house that no compiler knows, as tests.
package lint

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "footfall/"
)

// house is the order of the folders: a package imports only those in rows below its own.
var house = [][]string{
	{"cmd"}, {"server"}, {"api"}, {"ingest"}, {"bench"}, {"web"}, {"market"}, {"leads"}, {"learn"}, {"sessionize"},
	{"scorer"}, {"access"}, {"catalog"}, {"journal"}, {"store"}, {"event", "fault"},
}

// apart are folders without a place in the program: tests of the docs, of the tracker in a browser, faults that are
// tried, and this one.
var apart = []string{"docs", "e2e", "faults", "internal"}

func rowOf(folder string) int {
	return slices.IndexFunc(house, func(row []string) bool { return slices.Contains(row, folder) })
}

// source is one Go file.
type source struct {
	name   string // with slashes, from the root
	folder string // the top-level one
	test   bool
	text   []byte
	ast    *ast.File
}

// sources reads every Go file of the module.
func sources(t *testing.T) (all []source) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != root && (strings.HasPrefix(base, ".") || base == "testdata" || base == "bin") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		s := source{name: filepath.ToSlash(rel), test: strings.HasSuffix(name, "_test.go")}
		s.folder, _, _ = strings.Cut(s.name, "/")
		if s.text, err = os.ReadFile(name); err != nil {
			return err
		}
		s.ast, err = parser.ParseFile(token.NewFileSet(), name, s.text, parser.ParseComments)
		all = append(all, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (s *source) imports() (paths []string) {
	for _, spec := range s.ast.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err == nil { // it parsed, so it is a string
			paths = append(paths, p)
		}
	}
	return paths
}

func TestImportsPointDownward(t *testing.T) {
	for _, s := range sources(t) {
		row := rowOf(s.folder)
		if row < 0 {
			if !slices.Contains(apart, s.folder) {
				t.Errorf("%s: the folder %s has no place in the house", s.name, s.folder)
			}
			continue
		}
		for _, p := range s.imports() {
			inner, ok := strings.CutPrefix(p, module)
			if !ok {
				continue
			}
			folder, _, _ := strings.Cut(inner, "/")
			if below := rowOf(folder); folder != s.folder && below <= row {
				t.Errorf("%s imports %s, which does not stand below %s", s.name, p, s.folder)
			}
		}
	}
}

func TestOnlyTheStoreKnowsPebble(t *testing.T) {
	const pebble = "github.com/cockroachdb/pebble"
	for _, s := range sources(t) {
		for _, p := range s.imports() {
			// Tests bring a file system in memory, and one that fails.
			fileSystem := s.test && strings.HasPrefix(p, pebble+"/v2/vfs")
			if strings.HasPrefix(p, pebble) && s.folder != "store" && !fileSystem {
				t.Errorf("%s imports %s", s.name, p)
			}
		}
	}
}

func TestTheAPIReachesNothingButTheDomain(t *testing.T) {
	for _, s := range sources(t) {
		if s.folder != "api" || s.test {
			continue
		}
		for _, p := range s.imports() {
			if p == module+"store" || p == module+"journal" {
				t.Errorf("%s imports %s: a handler asks the package that owns what it wants", s.name, p)
			}
		}
	}
}

func TestTheScorerIsALeaf(t *testing.T) {
	for _, s := range sources(t) {
		if s.folder != "scorer" {
			continue
		}
		for _, p := range s.imports() {
			if strings.HasPrefix(p, module) || slices.Contains([]string{"os", "io", "net", "net/http", "time"}, p) {
				t.Errorf("%s imports %s: scores are made of numbers alone", s.name, p)
			}
		}
	}
}

func TestOnlyCommandsPrintAndExit(t *testing.T) {
	forbidden := []string{
		"fmt.Print", "fmt.Printf", "fmt.Println", "os.Exit", "slog.SetDefault",
		"slog.Debug", "slog.Info", "slog.Warn", "slog.Error",
	}
	for _, s := range sources(t) {
		if s.folder == "cmd" || s.ast.Name.Name == "main" || s.test {
			continue
		}
		if slices.Contains(s.imports(), "log") {
			t.Errorf("%s imports log: a logger is passed in", s.name)
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && slices.Contains(forbidden, nameOf(call.Fun)) {
				t.Errorf("%s calls %s", s.name, nameOf(call.Fun))
			}
			return true
		})
	}
}

// An iterator that fails looks as if it had come to its end. So they are made in three files, which look at their errors.
func TestIteratorsAreMadeWhereTheirErrorsAreLookedAt(t *testing.T) {
	makers := 0
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		made, looked := 0, 0
		ast.Inspect(s.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			switch sel, _ := call.Fun.(*ast.SelectorExpr); {
			case sel == nil:
			case strings.HasPrefix(sel.Sel.Name, "NewIter"):
				made++
			case sel.Sel.Name == "Error" && len(call.Args) == 0:
				looked++
			}
			return true
		})
		if made == 0 {
			continue
		}
		makers++
		if s.folder != "store" || made > 1 || looked == 0 {
			t.Errorf("%s makes %d iterators and looks at an error %d times", s.name, made, looked)
		}
	}
	if makers != 3 {
		t.Errorf("%d files make iterators, want 3", makers)
	}
}

// nameOf returns a selector such as fmt.Print as text, "" for anything else.
func nameOf(e ast.Expr) string {
	if sel, ok := e.(*ast.SelectorExpr); ok {
		if x, ok := sel.X.(*ast.Ident); ok {
			return x.Name + "." + sel.Sel.Name
		}
	}
	return ""
}

// What is shared by all of a process must not change: no locks, no atomics, no init.
func TestNoPackageKeepsState(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, decl := range s.ast.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					t.Errorf("%s has an init function", s.name)
				}
			case *ast.GenDecl:
				if d.Tok == token.VAR {
					for _, spec := range d.Specs {
						checkNoState(t, &s, spec.(*ast.ValueSpec))
					}
				}
			}
		}
	}
}

func checkNoState(t *testing.T, s *source, v *ast.ValueSpec) {
	t.Helper()
	typed := nameOf(v.Type)
	if star, ok := v.Type.(*ast.StarExpr); ok {
		typed = nameOf(star.X)
	}
	names := []string{typed}
	for _, value := range v.Values {
		if lit, ok := value.(*ast.CompositeLit); ok {
			names = append(names, nameOf(lit.Type))
		}
	}
	for _, name := range names {
		pkg, _, _ := strings.Cut(name, ".")
		if name != "sync.Pool" && (pkg == "sync" || pkg == "atomic") { // a pool holds memory, no meaning
			t.Errorf("%s: %s is state of the whole process (%s)", s.name, v.Names[0].Name, name)
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	said := map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		dir := path.Dir(s.name)
		doc := s.ast.Doc.Text()
		said[dir] = said[dir] || strings.HasPrefix(doc, "Package "+s.ast.Name.Name+" ") || strings.HasPrefix(doc, "Command ")
	}
	for dir, ok := range said {
		if !ok {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}

func TestFilesCanBeHeldInTheHead(t *testing.T) {
	for _, s := range sources(t) {
		bound := 400
		if s.test {
			bound = 500
		}
		lines := bytes.Count(s.text, []byte("\n"))
		if lines > bound {
			t.Errorf("%s has %d lines, more than %d", s.name, lines, bound)
		}
	}
}
