package api

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"footfall/api/openapitest"
	"footfall/web"
)

// described knows the description of the routes that there are without flags.
var checker = sync.OnceValues(func() (*openapitest.Checker, error) {
	scripts, err := web.Scripts("")
	if err != nil {
		return nil, err
	}
	d, err := New(Options{Scripts: scripts}).document()
	if err != nil {
		return nil, err
	}
	return openapitest.New(d.body)
})

// check holds an exchange against the description.
func (w *world) check(e *openapitest.Exchange) {
	w.t.Helper()
	c, err := checker()
	w.must(err)
	if err := c.Check(e); err != nil {
		w.t.Errorf("not as /openapi.json says: %v\n%.2000s", err, e.ReplyBody)
	}
}

// parseHeader reads header lines.
func parseHeader(lines []string) http.Header {
	h := http.Header{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		h.Add(name, strings.TrimSpace(value))
	}
	return h
}

func TestEveryRouteIsDescribed(t *testing.T) {
	a := newWorld(t).api
	rows := operations()
	for i := range a.routes {
		r := &a.routes[i]
		if _, ok := rows[rowName(r)]; !ok {
			t.Errorf("operations in openapi_table.go has no row for %s", rowName(r))
		}
		delete(rows, rowName(r))
	}
	for name := range rows {
		t.Errorf("operations in openapi_table.go has a row for %s, which is not served", name)
	}
	if _, err := checker(); err != nil {
		t.Error(err)
	}
}

func TestWordsAreOfMembersThatThereAre(t *testing.T) {
	s := newSchemas()
	for _, row := range operations() {
		s.operation(&Route{Method: get, Path: "/v1/x"}, &row)
	}
	for name := range enums {
		if !s.enums[name] {
			t.Errorf("enums names %s, which no schema has", name)
		}
	}
}
