package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// config is a file of flags: a JSON object of their names, without the dashes before them, and their values. It serves
// every command, so it may hold flags that the one at hand does not have, but none that no command has.
type config map[string]any

// readConfig reads a file of --config.
func readConfig(r io.Reader) (kong.Resolver, error) {
	c := config{}
	d := json.NewDecoder(r)
	d.UseNumber() // kong reads numbers as text
	if err := d.Decode(&c); err != nil {
		return nil, fmt.Errorf("read the file of --config: %w", err)
	}
	for name, value := range c {
		if n, ok := value.(json.Number); ok {
			c[name] = n.String()
		}
	}
	return c, nil
}

// Resolve implements kong.Resolver. The environment comes before the file.
func (c config) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if _, set := os.LookupEnv(env); set {
			return nil, nil
		}
	}
	return c[flag.Name], nil
}

// Validate implements kong.Resolver.
func (c config) Validate(app *kong.Application) error {
	known := map[string]bool{}
	err := kong.Visit(app, func(v kong.Visitable, next kong.Next) error {
		if flag, ok := v.(*kong.Flag); ok {
			known[flag.Name] = true
		}
		return next(nil)
	})
	for name := range c {
		if !known[name] {
			return fmt.Errorf("--config: there is no flag --%s", strings.TrimLeft(name, "-"))
		}
	}
	return err
}
