package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"footfall/access"
)

// maxCheckpointEvery leaves the committer's heartbeat, which comes as often, far below what /healthz calls stuck.
const maxCheckpointEvery = 5 * time.Second

// Validate looks at what can be wrong with options before anything is opened.
func (o *Options) Validate() error {
	for flag, path := range map[string]string{"--beacon-path": o.BeaconPath, "--tracker-path": o.TrackerPath} {
		if path != "" && !free(path) {
			return fmt.Errorf("%s is %q: write a path such as /news that is not below /v1 or /api", flag, path)
		}
	}
	switch {
	case (o.TLSCert == "") != (o.TLSKey == ""):
		return errors.New("--tls-cert and --tls-key belong together")
	case o.AdminKey != "" && o.AdminKeyFile != "":
		return errors.New("give --admin-key or --admin-key-file, not both")
	case o.PublicURL != "" && !isOrigin(o.PublicURL):
		return fmt.Errorf("--public-url is %q: write where browsers find the server, such as https://footfall.example", o.PublicURL)
	case o.CheckpointEvery < 0 || o.CheckpointEvery > maxCheckpointEvery:
		return fmt.Errorf("--checkpoint-every is %v: at most %v", o.CheckpointEvery, maxCheckpointEvery)
	case o.QueryConcurrency < 0:
		return errors.New("--query-concurrency is below 0")
	}
	return access.CheckKeys(o.WriteKey, o.AdminKey)
}

// isOrigin says whether an address is a scheme and a host, with nothing behind them.
func isOrigin(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && address == u.Scheme+"://"+u.Host
}

// adminKey returns the admin key that flags give, empty if they give none.
func (o *Options) adminKey() (string, error) {
	if o.AdminKeyFile == "" {
		return o.AdminKey, nil
	}
	text, err := os.ReadFile(o.AdminKeyFile)
	if err != nil {
		return "", fmt.Errorf("read --admin-key-file: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// checkPublic reads the certificate of the public port, if it has one.
func (s *Server) checkPublic() error {
	if s.o.TLSCert == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(s.o.TLSCert, s.o.TLSKey)
	if err != nil {
		return fmt.Errorf("read --tls-cert and --tls-key: %w", err)
	}
	s.tls = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	return nil
}

// free says whether nothing else is served at a path, and whether it is one at all.
func free(path string) bool {
	return len(path) > 1 && path[0] == '/' && !strings.ContainsAny(path, "{}%?# ") &&
		!strings.HasPrefix(path, "/v1/") && !strings.HasPrefix(path, "/api/") && !strings.HasPrefix(path, "/app/") &&
		!strings.HasPrefix(path, "/ff.") && path != "/openapi.json"
}
