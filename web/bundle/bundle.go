// Package bundle makes the files that browsers load from the TypeScript sources beside it. The program does not import
// it: what it makes is committed under web/dist and embedded by package web, and a test makes it again and compares.
package bundle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

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

// Write writes ff.js and ff.d.ts to web/dist, and with a number of 0 or more the release of that number.
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
