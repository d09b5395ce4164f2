// Command build makes web/dist from the sources of the tracker and the dashboard. Run it from the root of the project:
// go run ./web/build. With -freeze N it also writes ff.v1.N.js, which must not be there yet and never changes again.
package main

import (
	"flag"
	"fmt"
	"os"

	"footfall/web/bundle"
)

func main() {
	root := flag.String("web", "web", "the folder with tracker, app and dist")
	freeze := flag.Int("freeze", -1, "number of a release to freeze")
	flag.Parse()
	if err := bundle.Write(*root, *freeze); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}
