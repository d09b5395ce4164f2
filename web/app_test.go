package web_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"footfall/web"
	"footfall/web/bundle"
)

// maxFirstLoad is how many bytes, compressed, a browser loads before the dashboard's first page is there, 60 KB.
const maxFirstLoad = 60 << 10

func TestTheDashboardIsBuiltFromItsSources(t *testing.T) {
	built, err := bundle.App(".")
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadDir("dist/app")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range committed {
		body, err := os.ReadFile(filepath.Join("dist/app", e.Name()))
		if err != nil || !bytes.Equal(body, built[e.Name()]) {
			t.Errorf("dist/app/%s is not what the sources make (%v): go run ./web/build", e.Name(), err)
		}
		delete(built, e.Name())
	}
	for name := range built {
		t.Errorf("dist/app lacks %s: go run ./web/build", name)
	}
}

// What app.js imports by itself is loaded first too; what it imports when it is wanted is not.
func TestTheDashboardsFirstLoadIsSmall(t *testing.T) {
	files, err := web.App()
	if err != nil {
		t.Fatal(err)
	}
	begin := append(web.Begin(files), "app.js", "app.css")
	first, all := 0, 0
	for _, f := range files {
		all += len(f.Gzip)
		if slices.Contains(begin, f.Name) {
			first += len(f.Gzip)
		}
	}
	t.Logf("%d bytes compressed at first, %d in all", first, all)
	if first > maxFirstLoad || first < 10_000 || first == all {
		t.Errorf("%d bytes, more than %d or too few", first, maxFirstLoad)
	}
}

// The policy of the pages forbids styles and scripts within them, and every other origin.
func TestTheDashboardKeepsToThePolicy(t *testing.T) {
	forbidden := regexp.MustCompile(`\beval\(|new Function\(|innerHTML|insertAdjacentHTML|document\.write|setAttribute\("style"|https?://[a-z]`)
	known := []string{"http://www.w3.org/", "https://www.homes.example"}
	files, err := filepath.Glob("app/*.ts*")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("app/*/*.ts*")
	if err != nil {
		t.Fatal(err)
	}
	most, err := filepath.Glob("app/*/*/*.ts*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(append(files, more...), most...) {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(body)
		for _, k := range known {
			text = strings.ReplaceAll(text, k, "")
		}
		if found := forbidden.FindString(text); found != "" {
			t.Errorf("%s holds %q", name, found)
		}
	}
}

func TestEveryPackageOfNPMIsListedWithItsLicence(t *testing.T) {
	list, err := os.ReadFile("npm/README.md")
	if err != nil {
		t.Fatal(err)
	}
	manifests := regexp.MustCompile(`"version": "([^"]+)"`)
	n := 0
	err = filepath.WalkDir("npm", func(name string, d os.DirEntry, err error) error {
		if err != nil || d.Name() != "package.json" {
			return err
		}
		n++
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(name), "npm/"))
		m := manifests.FindSubmatch(body)
		if m == nil || !strings.Contains(string(list), "| "+pkg+" | "+string(m[1])+" |") {
			t.Errorf("npm/README.md has no row for %s of this version", pkg)
		}
		if licence, err := os.ReadFile(filepath.Join(filepath.Dir(name), "LICENSE")); err != nil || len(licence) < 500 {
			t.Errorf("%s has no licence: %v", pkg, err)
		}
		return nil
	})
	if err != nil || n < 4 {
		t.Errorf("%d packages, %v", n, err)
	}
}
