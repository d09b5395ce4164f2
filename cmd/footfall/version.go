package main

import (
	"fmt"
	"runtime"

	"footfall/store"
)

// version is set by the linker for a release.
var version = "dev"

type versionCmd struct{}

func (versionCmd) Run(p *program) error {
	fmt.Fprintf(p.out, "footfall %s, format %d, %s %s/%s\n", version, store.FormatVersion, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
