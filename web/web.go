// Package web holds what browsers load from the server: the tracker, in the version of this program and in every release
// that was frozen, and the dashboard. The sources are in web/tracker and web/app; web/build makes web/dist from them, which
// is embedded here.
//
// It guarantees that a frozen release is served as the bytes that its hash in docs/tracker.md names, whatever the flags.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"

	"github.com/klauspost/compress/gzip"
)

//go:embed dist/*.js
var dist embed.FS

// Script is a file that a page loads.
type Script struct {
	Name   string // in dist, such as ff.js
	Body   []byte
	Gzip   []byte // the same, compressed
	ETag   string // of the body, with its quotes
	Frozen bool   // never changes
}

// current is the tracker of this program, the others are frozen.
const current = "ff.js"

// beacon is how the tracker names the path of the beacon. It stands once in the script.
const beacon = `"v1/events"`

// Scripts returns every script, the current tracker first. With a beaconPath that one sends there and not to the path
// that content blockers know.
func Scripts(beaconPath string) ([]Script, error) {
	names, err := fs.Glob(dist, "dist/*.js")
	if err != nil {
		return nil, fmt.Errorf("list the scripts: %w", err)
	}
	var all []Script
	for _, name := range names {
		s := Script{Name: name[len("dist/"):]}
		s.Frozen = s.Name != current
		if s.Body, err = dist.ReadFile(name); err != nil {
			return nil, fmt.Errorf("read a script: %w", err)
		}
		if !s.Frozen && beaconPath != "" {
			s.Body = bytes.Replace(s.Body, []byte(beacon), fmt.Appendf(nil, "%q", beaconPath), 1)
		}
		if s.Gzip, err = compress(s.Body); err != nil {
			return nil, fmt.Errorf("compress %s: %w", s.Name, err)
		}
		s.ETag = etag(s.Body)
		all = append(all, s)
	}
	return all, nil
}

func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

func compress(body []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Integrity returns the hash of a script as the integrity attribute of a script tag has it.
func Integrity(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
