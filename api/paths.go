package api

import (
	"bytes"
	"net/url"
	"strings"

	"footfall/fault"
)

// paths finds the routes of a path. It looks at the path as it was sent, so that an {id} may hold anything: an encoded
// slash, dots, NUL. fasthttp/router was not taken because it redirects, and answers OPTIONS by itself.
//
// An id may also come as ?id=. Its segment is then "-" or left out: /v1/sessions/-/events?id=… is
// /v1/sessions/events?id=…
type paths struct {
	segments place // of the table as it stands
	byQuery  place // of the table with what ?id= adds, which comes first
}

// place is a node of the tree of segments.
type place struct {
	next   map[string]*place
	id     *place // what follows a segment that may be anything
	part   bool   // that segment is a {part}
	routes []*Route
}

// Segments that may be anything: the id of what the path is about, and of something that belongs to it.
const (
	idSegment   = "{id}"
	partSegment = "{part}"
)

// ids are what stood in such segments.
type ids struct{ id, part string }

func newPaths(table []Route) paths {
	var p paths
	for i := range table {
		r := &table[i]
		p.segments.add(r.Path, r)
		if strings.Contains(r.Path, idSegment) {
			p.byQuery.add(strings.Replace(r.Path, idSegment, "-", 1), r)
			p.byQuery.add(strings.Replace(r.Path, "/"+idSegment, "", 1), r)
		}
	}
	for i := range table {
		p.byQuery.add(table[i].Path, &table[i])
	}
	return p
}

func (p *place) add(path string, r *Route) {
	for segment := range strings.SplitSeq(path[1:], "/") {
		p = p.child(segment)
	}
	p.routes = append(p.routes, r)
}

func (p *place) child(segment string) *place {
	if segment == idSegment || segment == partSegment {
		if p.id == nil {
			p.id, p.part = &place{}, segment == partSegment
		}
		return p.id
	}
	if p.next[segment] == nil {
		if p.next == nil {
			p.next = map[string]*place{}
		}
		p.next[segment] = &place{}
	}
	return p.next[segment]
}

// find returns the place of a path as it was sent, nil if nothing is served there, and the ids in it. An error means
// that a segment is not percent-encoded as it must be.
func (p *paths) find(path []byte, hasID bool) (at *place, named ids, err error) {
	if hasID {
		return p.byQuery.find(path)
	}
	return p.segments.find(path)
}

func (p *place) find(path []byte) (at *place, named ids, err error) {
	rest, found := bytes.CutPrefix(path, []byte("/"))
	for found {
		var segment []byte
		segment, rest, found = bytes.Cut(rest, []byte("/"))
		if bytes.IndexByte(segment, '%') >= 0 {
			plain, err := url.PathUnescape(string(segment))
			if err != nil {
				return nil, ids{}, fault.New(fault.BadRequest, "The path is not percent-encoded: write %% as %%25.")
			}
			segment = []byte(plain)
		}
		next := p.next[string(segment)]
		if next == nil && p.id != nil && len(segment) > 0 {
			next = p.id
			if p.part {
				named.part = string(segment)
			} else {
				named.id = string(segment)
			}
		}
		if next == nil {
			return nil, ids{}, nil
		}
		p = next
	}
	if len(p.routes) == 0 {
		return nil, ids{}, nil
	}
	return p, named, nil
}
