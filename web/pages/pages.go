// Package pages holds the pages on which people sign in, the one that the dashboard starts in, and the report that the owner
// of a home reads. They work without scripts, but that the dashboard's then only says who is signed in; one small script of
// our own fills in the part of a link that only the browser sees.
//
// It guarantees that whatever a page shows is text, never markup, and that no page names anything of another origin: what
// Policy permits is enough for each. It does not judge what was typed in (package access does) and sets no headers.
package pages

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
)

// Policy is the Content-Security-Policy of every page.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// The pages.
const (
	SignIn = "sign-in.html"
	Invite = "invite.html"
	Reset  = "reset.html"
	Home   = "home.html"
	Gone   = "gone.html" // a link that is not good
)

//go:embed *.html
var sources embed.FS

//go:embed pages.css
var style []byte

//go:embed pages.js
var script []byte

// Style is the style sheet of every page, and Script their script.
func Style() []byte { return bytes.Clone(style) }

// Script is the script of the pages that links lead to.
func Script() []byte { return bytes.Clone(script) }

var templates = template.Must(template.ParseFS(sources, "*.html"))

// Data is what a page shows. Which fields it shows is the page's.
type Data struct {
	Title string
	Error string // what was wrong with what was sent, may be empty
	Note  string // what has just been done, may be empty
	Email string
	Name  string
	Token string
	Role  string
	Me    string   // JSON of who is signed in, for the dashboard
	Files []string // that the dashboard begins with
	Asks  []string // what its first view asks for
	Wide  bool     // more than a form
}

// Render returns a page as HTML.
func Render(page string, d Data) ([]byte, error) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, page, d); err != nil {
		return nil, fmt.Errorf("render %s: %w", page, err)
	}
	return b.Bytes(), nil
}
