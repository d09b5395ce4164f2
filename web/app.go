package web

import (
	"embed"
	"fmt"
	"path"
	"strings"
)

//go:embed dist/app
var app embed.FS

// App returns the files of the dashboard. Those that are loaded later have the hash of what is in them in their names, and
// are frozen; app.js and app.css, which the page names, are not.
func App() ([]Script, error) {
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
