package homes

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// page is what the templates see.
type page struct {
	Title    string
	Base     string // "" or "/app"
	Path     string // of this page, below Base
	Footfall string // address of the server
	Key      string // the write key
	Homes    []Home // those to list
	Home     *Home  // the one that the page is about, nil if it is about none
	Search   search
	Map      county
}

// With returns the page for a part of it that shows another home.
func (p page) With(h Home) page {
	p.Home = &h
	return p
}

// search is what the search box asks for.
type search struct {
	Text     string
	Beds     int // at least
	MaxPrice int // US dollars; 0: any
}

func parsePages(files fs.FS) (map[string]*template.Template, error) {
	layout, err := template.ParseFS(files, "layout.html", "parts.html")
	if err != nil {
		return nil, fmt.Errorf("parse the layout of the pages: %w", err)
	}
	pages := map[string]*template.Template{}
	for _, name := range []string{"list", "home", "map", "contact", "thanks"} {
		clone, err := layout.Clone()
		if err != nil {
			return nil, fmt.Errorf("copy the layout of the pages: %w", err)
		}
		if pages[name], err = clone.ParseFS(files, name+".html"); err != nil {
			return nil, fmt.Errorf("parse the page %s: %w", name, err)
		}
	}
	return pages, nil
}

// show answers with a page.
func (s *Site) show(w http.ResponseWriter, r *http.Request, name string, p page) {
	p.Path = strings.TrimPrefix(r.URL.Path, p.Base)
	p.Footfall, p.Key = s.o.Footfall, s.o.WriteKey
	var b bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&b, "layout", p); err != nil {
		s.o.Log.Error("a page of the site of homes fails", "page", name, "error", err)
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // the visitor may have gone
}

func (s *Site) list(base string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		asked := readSearch(r)
		found := slices.DeleteFunc(slices.Clone(s.homes), func(h Home) bool { return !asked.finds(&h) })
		s.show(w, r, "list", page{Base: base, Title: "Homes in King County", Homes: found, Search: asked})
	}
}

func (s *Site) home(base string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := s.find(r.PathValue("id"))
		if h == nil {
			http.NotFound(w, r)
			return
		}
		s.show(w, r, "home", page{Base: base, Title: h.Street, Home: h, Homes: s.near(h, 3), Map: s.county(h)})
	}
}

// plain answers with a page that is about all homes, or about none.
func (s *Site) plain(base, name, title string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.show(w, r, name, page{Base: base, Title: title, Homes: s.homes, Map: s.county(nil)})
	}
}

// find returns a home by its id, nil if there is none.
func (s *Site) find(id string) *Home {
	i := slices.IndexFunc(s.homes, func(h Home) bool { return h.ID == id })
	if i < 0 {
		return nil
	}
	return &s.homes[i]
}

// readSearch reads what the search box has sent. Numbers that are none ask for nothing.
func readSearch(r *http.Request) search {
	q := r.URL.Query()
	number := func(name string) int {
		n, err := strconv.Atoi(q.Get(name))
		if err != nil {
			return 0
		}
		return max(n, 0)
	}
	return search{Text: strings.TrimSpace(q.Get("q")), Beds: number("beds"), MaxPrice: number("max")}
}

func (a *search) finds(h *Home) bool {
	text := strings.ToLower(h.Street + " " + h.Zip + " " + h.Description())
	return strings.Contains(text, strings.ToLower(a.Text)) && h.Beds >= a.Beds && (a.MaxPrice == 0 || h.Price <= a.MaxPrice)
}
