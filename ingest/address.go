package ingest

import (
	"strings"
	"unicode/utf8"
)

// queryOf returns the query of an address, without its question mark.
func queryOf(url string) string {
	url, _, _ = strings.Cut(url, "#")
	_, query, _ := strings.Cut(url, "?")
	return query
}

// kept tells whether a query parameter of the page's address may be stored.
func kept(name string) bool {
	return strings.HasPrefix(name, "utm_") || name == "gclid" || name == "fbclid"
}

// pageURL returns the page's address without user, fragment, and parameters that may not be stored.
func (d *Decoder) pageURL(url string) string {
	url, _, _ = strings.Cut(url, "#")
	base, query, _ := strings.Cut(url, "?")
	base = d.withoutUser(base)
	if query == "" {
		return base
	}
	if allKept(query) && len(base)+len("?")+len(query) == len(url) {
		return url
	}
	from := len(d.arena)
	d.arena = append(d.arena, base...)
	separator := byte('?')
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if name, _, _ := strings.Cut(pair, "="); kept(name) {
			d.arena = append(append(d.arena, separator), pair...)
			separator = '&'
		}
	}
	return lend(d.arena[from:])
}

func allKept(query string) bool {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if name, _, _ := strings.Cut(pair, "="); !kept(name) {
			return false
		}
	}
	return true
}

// withoutUser returns an address, its query already cut off, without the user and password in it.
func (d *Decoder) withoutUser(base string) string {
	i := strings.Index(base, "//")
	if i < 0 {
		return base
	}
	i += len("//")
	authority, _, _ := strings.Cut(base[i:], "/")
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		return base
	}
	from := len(d.arena)
	d.arena = append(append(d.arena, base[:i]...), base[i+at+1:]...)
	return lend(d.arena[from:])
}

// referrer returns the referrer's origin and path, or "" if it is no absolute address. One from the page's own site is
// cut alike: its query is the visitor's as much as a foreign one's.
func (d *Decoder) referrer(url string) string {
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		url = url[:i]
	}
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || rest == "" || rest[0] == '/' || !isScheme(scheme) {
		return ""
	}
	for i := range len(url) {
		if url[i] <= ' ' || url[i] == 0x7f {
			return ""
		}
	}
	return d.withoutUser(url)
}

func isScheme(s string) bool {
	for i := range len(s) {
		letter := s[i]|0x20-'a' <= 25
		other := s[i]-'0' <= 9 || s[i] == '+' || s[i] == '-' || s[i] == '.'
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return s != ""
}

// parameter returns the first value that is not empty of a query parameter. What does not decode to text is kept as it
// stands.
func (d *Decoder) parameter(query, name string) string {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if key, value, _ := strings.Cut(pair, "="); key == name && value != "" {
			return d.unquery(value)
		}
	}
	return ""
}

// unquery decodes the percent signs and pluses of a query value.
func (d *Decoder) unquery(value string) string {
	if !strings.ContainsAny(value, "%+") {
		return value
	}
	from := len(d.arena)
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case c == '+':
			c = ' '
		case c == '%':
			if i+2 >= len(value) || hexDigit(value[i+1]) < 0 || hexDigit(value[i+2]) < 0 {
				return value
			}
			c = byte(hexDigit(value[i+1])<<4 | hexDigit(value[i+2]))
			i += 2
		}
		d.arena = append(d.arena, c)
	}
	if text := d.arena[from:]; utf8.Valid(text) {
		return lend(text)
	}
	return value
}
