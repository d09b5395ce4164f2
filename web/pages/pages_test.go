package pages

import (
	"regexp"
	"strings"
	"testing"
)

func TestPagesShowTextAndNoMarkup(t *testing.T) {
	const evil = `"><script>alert(1)</script>`
	for _, page := range []string{SignIn, Invite, Reset, Home} {
		b, err := Render(page, Data{Title: "T", Error: evil, Note: evil, Email: evil, Name: evil, Token: evil, Role: evil})
		if err != nil {
			t.Fatal(err)
		}
		if html := string(b); strings.Contains(html, "<script>") || !strings.Contains(html, "&lt;script&gt;") {
			t.Errorf("%s:\n%s", page, html)
		}
	}
}

// What the policy does not permit would not work in a browser: scripts and styles within the page, other origins.
func TestPagesKeepToTheirPolicy(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)<style|style=|\son\w+=|<script(?: [^>]*)?>[^<]|javascript:|(?:src|href|action)="(?:https?:)?//`)
	for _, page := range []string{SignIn, Invite, Reset, Home} {
		b, err := Render(page, Data{Title: "T"})
		if err != nil {
			t.Fatal(err)
		}
		if found := forbidden.Find(b); found != nil {
			t.Errorf("%s holds %q", page, found)
		}
		if !strings.HasPrefix(string(b), "<!doctype html>") || !strings.Contains(string(b), "</html>") {
			t.Errorf("%s is not whole:\n%s", page, b)
		}
	}
}
