package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// site is a web site that has the tracker in its pages. Paths that are not named show an empty page with it.
type site struct {
	url     string
	backend *backend
	attrs   string            // of the script tag, after src and data-key
	head    string            // of every page, before the script tag
	pages   map[string]string // bodies by path
	header  http.Header       // of every page

	mu    sync.Mutex
	loads map[string]int // by path
}

// loaded returns how often a path was loaded.
func (s *site) loaded(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loads[path]
}

// newSite returns a site whose tracker sends to a server of its own.
func newSite(t *testing.T, attrs string) *site {
	t.Helper()
	s := &site{backend: newBackend(t), attrs: attrs, pages: map[string]string{}, header: http.Header{}, loads: map[string]int{}}
	front := httptest.NewServer(s)
	s.url = front.URL
	t.Cleanup(func() {
		front.CloseClientConnections()
		front.Close()
	})
	return s
}

// tag is the line that a site developer pastes.
func (s *site) tag() string {
	return fmt.Sprintf(`<script async src="%s/ff.js" data-key="%s" %s></script>`, s.backend.url, writeKey, s.attrs)
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.loads[r.URL.Path]++
	s.mu.Unlock()
	for name, values := range s.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	body := s.pages[r.URL.Path]
	if strings.HasPrefix(body, "<!doctype") {
		_, _ = fmt.Fprint(w, strings.ReplaceAll(body, "{tag}", s.tag())) // the page may have gone
		return
	}
	_, _ = fmt.Fprintf(w, "<!doctype html><html><head><title>%s</title>%s%s</head><body>%s</body></html>", r.URL.Path, s.head, s.tag(), body)
}
