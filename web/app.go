package web

import (
	"embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed dist/app
var app embed.FS

// App returns the files of the dashboard, which are compressed once in the life of a process. Those that are loaded later
// have the hash of what is in them in their names, and are frozen; app.js and app.css, which the page names, are not.
func App() ([]Script, error) { return compressedApp() }

var compressedApp = sync.OnceValues(compressApp)

func compressApp() ([]Script, error) {
	entries, err := app.ReadDir("dist/app")
	if err != nil {
		return nil, fmt.Errorf("list the files of the dashboard: %w", err)
	}
	var all []Script
	for _, e := range entries {
		s := Script{Name: e.Name()}
		s.Frozen = strings.Contains(s.Name, "-")
		if s.Body, err = app.ReadFile(path.Join("dist/app", s.Name)); err != nil {
			return nil, fmt.Errorf("read a file of the dashboard: %w", err)
		}
		if s.Gzip, err = compress(s.Body); err != nil {
			return nil, fmt.Errorf("compress %s: %w", s.Name, err)
		}
		s.ETag = etag(s.Body)
		all = append(all, s)
	}
	return all, nil
}

var imported = regexp.MustCompile(`(?:from|import)"\./([^"]+)"`)

// Begin returns the names of the scripts that the dashboard's first page needs beside app.js. A browser that is told of them
// asks for all at once, instead of for each when another names it.
func Begin(files []Script) (names []string) {
	for todo := []string{"app.js"}; len(todo) > 0; todo = todo[1:] {
		i := slices.IndexFunc(files, func(s Script) bool { return s.Name == todo[0] })
		if i < 0 {
			continue
		}
		for _, m := range imported.FindAllSubmatch(files[i].Body, -1) {
			if name := string(m[1]); !slices.Contains(names, name) {
				names, todo = append(names, name), append(todo, name)
			}
		}
	}
	return names
}
