package openapitest

import (
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// place is a path of the description.
type place struct {
	path     string
	segments []string
	item     *openapi3.PathItem
}

const idSegment = "{id}"

func placesOf(t *openapi3.T) (all []place) {
	for path, item := range t.Paths.Map() {
		all = append(all, place{path, strings.Split(path[1:], "/"), item})
	}
	slices.SortFunc(all, func(a, b place) int { return strings.Compare(b.path, a.path) }) // "{" comes after letters: literal ones last
	slices.Reverse(all)
	return all
}

// find returns the place of a path as it was sent, and what stands for its parameters. With ?id= its segment is "-" or
// left out.
func (c *Checker) find(path string, query url.Values) (*place, map[string]string) {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, s := range segments {
		if plain, err := url.PathUnescape(s); err == nil {
			segments[i] = plain
		}
	}
	if id := query.Get("id"); id != "" {
		for i := range c.places {
			p := &c.places[i]
			at := slices.Index(p.segments, idSegment)
			if at < 0 {
				continue
			}
			out := slices.Delete(slices.Clone(p.segments), at, at+1)
			dash := slices.Clone(p.segments)
			dash[at] = "-"
			for _, form := range [][]string{out, dash} {
				if params, ok := match(form, segments); ok {
					params["id"] = id
					return p, params
				}
			}
		}
	}
	for i := range c.places {
		if params, ok := match(c.places[i].segments, segments); ok {
			return &c.places[i], params
		}
	}
	return nil, nil
}

func match(form, segments []string) (map[string]string, bool) {
	if len(form) != len(segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, s := range form {
		name := strings.Trim(s, "{}")
		switch {
		case name != s && segments[i] != "":
			params[name] = segments[i]
		case s != segments[i]:
			return nil, false
		}
	}
	return params, true
}
