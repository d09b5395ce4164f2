package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
)

// checkPublic looks at the options of the public port, before anything is opened.
func (s *Server) checkPublic() error {
	if path := s.o.BeaconPath; path != "" && (len(path) < 2 || path[0] != '/' || strings.ContainsAny(path, "{}%?# ") ||
		strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/api/")) {
		return fmt.Errorf("--beacon-path is %q: write a path such as /news that is not below /v1 or /api", path)
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
