package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
)

// checkPublic looks at the options of the public port, before anything is opened.
func (s *Server) checkPublic() error {
	for flag, path := range map[string]string{"--beacon-path": s.o.BeaconPath, "--tracker-path": s.o.TrackerPath} {
		if path != "" && !free(path) {
			return fmt.Errorf("%s is %q: write a path such as /news that is not below /v1 or /api", flag, path)
		}
	}
	switch cert, key := s.o.TLSCert, s.o.TLSKey; {
	case cert == "" && key == "":
		return nil
	case cert == "" || key == "":
		return errors.New("--tls-cert and --tls-key belong together")
	default:
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return fmt.Errorf("read --tls-cert and --tls-key: %w", err)
		}
		s.tls = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
		return nil
	}
}

// free says whether nothing else is served at a path, and whether it is one at all.
func free(path string) bool {
	return len(path) > 1 && path[0] == '/' && !strings.ContainsAny(path, "{}%?# ") &&
		!strings.HasPrefix(path, "/v1/") && !strings.HasPrefix(path, "/api/") && !strings.HasPrefix(path, "/ff.")
}
