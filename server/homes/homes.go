// Package homes is a small site of homes for sale, which carries the tracker: what make demo shows beside the server. It
// has a list with a search, a page for each home, a map, forms, and the same as a single-page application under /app/.
// Beside each page, or at its foot, it shows the visitor's session as the server sees it.
//
// It guarantees that the secret key stays in this process: pages ask the site for their session, the site asks the server
// and passes a few fields on. Pages load nothing from elsewhere but the tracker, and their content security policy says
// so. It stores nothing, and knows the server only by HTTP. It is no part of footfall's own pages and is not meant for
// the open internet: whoever knows a session's id may look at that session.
//
// Prices, rooms, sizes and places are real; files/README.md says whose they are, and what is made up.
package homes

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"
)

//go:embed files
var embedded embed.FS

// Options of a Site. All are required.
type Options struct {
	Footfall  string // address of the server, such as http://127.0.0.1:8080, as browsers and this process reach it
	WriteKey  string // stands in every page
	SecretKey string // stands in none
	Log       *slog.Logger
}

// Site is the site, an http.Handler.
type Site struct {
	o      Options
	policy string // content security policy of every answer
	homes  []Home // by price, the highest first
	ground []dot
	pages  map[string]*template.Template
	mux    *http.ServeMux
}

// New reads the homes and prepares the pages.
func New(o Options) (*Site, error) {
	server, err := url.Parse(o.Footfall)
	if err != nil || server.Host == "" {
		return nil, fmt.Errorf("%q is not the address of a server", o.Footfall)
	}
	origin := server.Scheme + "://" + server.Host
	s := &Site{o: o, policy: "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; img-src 'self'; style-src 'self'; " +
		"script-src 'self' " + origin + "; connect-src 'self' " + origin}
	files, err := fs.Sub(embedded, "files")
	if err != nil {
		return nil, fmt.Errorf("find the site's files: %w", err)
	}
	if s.homes, err = readHomes(files); err != nil {
		return nil, err
	}
	if s.ground, err = readGround(files); err != nil {
		return nil, err
	}
	if s.pages, err = parsePages(files); err != nil {
		return nil, err
	}
	s.mux = s.routes(files)
	return s, nil
}

// Homes returns the homes, the most expensive first.
func (s *Site) Homes() []Home { return s.homes }

func (s *Site) routes(files fs.FS) *http.ServeMux {
	mux := http.NewServeMux()
	for _, base := range []string{"", "/app"} { // the second is the single-page variant
		mux.HandleFunc("GET "+base+"/{$}", s.list(base))
		mux.HandleFunc("GET "+base+"/homes/{id}", s.home(base))
		mux.HandleFunc("GET "+base+"/map", s.plain(base, "map", "Map"))
		mux.HandleFunc("GET "+base+"/contact", s.plain(base, "contact", "Contact"))
		mux.HandleFunc("GET "+base+"/thanks", s.plain(base, "thanks", "Thank you"))
		mux.HandleFunc("POST "+base+"/thanks", func(w http.ResponseWriter, r *http.Request) { // the tracker has sent the lead
			http.Redirect(w, r, base+"/thanks", http.StatusSeeOther)
		})
	}
	mux.HandleFunc("GET /homes/{id}/{picture}", s.picture)
	mux.HandleFunc("GET /ground.svg", s.groundPicture)
	mux.HandleFunc("GET /_session", s.session)
	for _, name := range []string{"site.css", "site.js", "app.js", "strip.js", "icon.svg"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, name) })
	}
	return mux
}

// ServeHTTP answers with the site's pages.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", s.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	s.mux.ServeHTTP(w, r)
}

// Serve serves the site until ctx ends, and returns once open requests are answered or a second has gone by.
func (s *Site) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(s.o.Log.Handler(), slog.LevelWarn)}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve the site of homes: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		if err = server.Close(); err != nil {
			s.o.Log.Warn("the site of homes does not close", "error", err)
		}
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the site of homes: %w", err)
	}
	return nil
}
