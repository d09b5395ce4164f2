// Package bundle makes the files that browsers load from the TypeScript sources beside it. The program does not import
// it: what it makes is committed under web/dist and embedded by package web, and a test makes it again and compares.
package bundle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Tracker returns the tracker as one minified script. web is the folder that holds tracker.
func Tracker(web string) ([]byte, error) {
	built := api.Build(api.BuildOptions{
		EntryPoints:       []string{filepath.Join(web, "tracker", "main.ts")},
		Bundle:            true,
		Format:            api.FormatIIFE,
		Target:            api.ES2021,
		Charset:           api.CharsetUTF8,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsNone,
		TsconfigRaw:       "{}", // its strictness is for checking
		LogLevel:          api.LogLevelSilent,
	})
	if len(built.Errors) > 0 {
		return nil, errors.New(api.FormatMessages(built.Errors, api.FormatMessagesOptions{})[0])
	}
	return built.OutputFiles[0].Contents, nil
}

// App returns the files of the dashboard by their names: app.js and app.css, and what app.js loads when it is wanted. web is
// the folder that holds app, and npm with the packages that it imports.
func App(web string) (map[string][]byte, error) {
	root, err := filepath.Abs(web) // names of sources count in hashes, so they are told from here
	if err != nil {
		return nil, fmt.Errorf("find the sources: %w", err)
	}
	built := api.Build(api.BuildOptions{
		AbsWorkingDir:     root,
		EntryPoints:       []string{"app/app.ts", "app/app.css"},
		NodePaths:         []string{filepath.Join(root, "npm")},
		Outdir:            "dist/app",
		Bundle:            true,
		Splitting:         true,
		ChunkNames:        "[name]-[hash]",
		EntryNames:        "[name]",
		Format:            api.FormatESModule,
		Target:            api.ES2022,
		JSX:               api.JSXAutomatic,
		JSXImportSource:   "preact",
		Charset:           api.CharsetUTF8,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsNone,
		TsconfigRaw:       "{}",
		LogLevel:          api.LogLevelSilent,
	})
	if wrong := append(built.Errors, built.Warnings...); len(wrong) > 0 { // a warning may be a name that is not there
		return nil, errors.New(strings.Join(api.FormatMessages(wrong, api.FormatMessagesOptions{}), "\n"))
	}
	files := map[string][]byte{}
	for _, f := range built.OutputFiles {
		files[filepath.Base(f.Path)] = f.Contents
	}
	return files, nil
}

// writeApp writes the files of the dashboard to a folder, and removes those that are none any more.
func writeApp(web, dir string) error {
	files, err := App(web)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove the built dashboard: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder of the dashboard: %w", err)
	}
	for name, body := range files {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), body, 0o644))
	}
	return err
}

// Write writes ff.js, ff.d.ts and the dashboard to web/dist, and with a number of 0 or more the release of the tracker of
// that number.
func Write(web string, release int) error {
	script, err := Tracker(web)
	if err != nil {
		return err
	}
	types, err := os.ReadFile(filepath.Join(web, "tracker", "ff.d.ts"))
	if err != nil {
		return fmt.Errorf("read the tracker's types: %w", err)
	}
	dist := filepath.Join(web, "dist")
	if release >= 0 {
		if err := freeze(filepath.Join(dist, fmt.Sprintf("ff.v1.%d.js", release)), script); err != nil {
			return err
		}
	}
	return errors.Join(
		writeApp(web, filepath.Join(dist, "app")),
		os.WriteFile(filepath.Join(dist, "ff.js"), script, 0o644),
		os.WriteFile(filepath.Join(dist, "ff.d.ts"), types, 0o644))
}

// freeze writes a file that must not be there: pages name a release together with its hash.
func freeze(name string, script []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("freeze a release: %w", err)
	}
	_, err = f.Write(script)
	return errors.Join(err, f.Close())
}
