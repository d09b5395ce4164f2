// Package openapitest holds requests and answers against the description that the server gives of itself.
//
// It guarantees that an answer which has a status, a content type, or a member of its JSON that the description does not
// name is noticed, and so is one that lacks what the description says is there; that of a request which succeeded every
// parameter and every member of its body is described; and that the headers of the wire contract are there. It does not
// say whether an answer is right. It is for tests only.
package openapitest

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Exchange is a request with its answer.
type Exchange struct {
	Method, Target string
	Header         http.Header
	Body           []byte
	AnyQuery       bool // the query may hold parameters that are not described
	Status         int
	Reply          http.Header
	ReplyBody      []byte
}

func (e *Exchange) String() string { return fmt.Sprintf("%s %s: %d", e.Method, e.Target, e.Status) }

// Checker knows the description.
type Checker struct {
	doc    *openapi3.T
	places []place
}

// New reads a description, which must be valid. The bodies that it describes may then hold no more than it names, but
// where it says that they are open.
func New(doc []byte) (*Checker, error) {
	t, err := openapi3.NewLoader().LoadFromData(doc)
	if err != nil {
		return nil, fmt.Errorf("load the description: %w", err)
	}
	if err := t.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("the description is not valid: %w", err)
	}
	tighten(t)
	return &Checker{t, placesOf(t)}, nil
}

// Check returns what of an exchange is not as described, nil if all is.
func (c *Checker) Check(e *Exchange) error {
	var wrong []error
	for _, err := range append(headersOf(e), c.exchange(e)...) {
		wrong = append(wrong, fmt.Errorf("%v: %w", e, err))
	}
	return errors.Join(wrong...)
}

func (c *Checker) exchange(e *Exchange) []error {
	path, query, _ := strings.Cut(e.Target, "?")
	q, err := url.ParseQuery(query)
	if err != nil || e.Method == http.MethodHead && e.Status >= 400 {
		return nil // the server has its own way to read it; a HEAD tells no more than its status
	}
	at, params := c.find(path, q)
	var op *openapi3.Operation
	if at != nil {
		if op = at.item.GetOperation(e.Method); op == nil && e.Method == http.MethodHead {
			op = at.item.Get
		}
	}
	if op == nil {
		return c.strange(e)
	}
	if wrong := answered(op, e); len(wrong) > 0 {
		return wrong
	}
	if e.Status >= 400 {
		return nil
	}
	return append(c.query(at, op, params, q, e), asked(op, e)...)
}

// strange checks what is answered where nothing is served.
func (c *Checker) strange(e *Exchange) []error {
	failure := c.doc.Components.Responses[strconv.Itoa(e.Status)]
	if failure == nil || e.Status < 400 {
		return []error{errors.New("nothing is described at this path")}
	}
	return bodyMatches(failure.Value.Content, e.Reply, e.ReplyBody)
}

// answered checks an answer.
func answered(op *openapi3.Operation, e *Exchange) (wrong []error) {
	described := op.Responses.Value(strconv.Itoa(e.Status))
	if described == nil {
		return []error{errors.New("this status is not described")}
	}
	for name := range described.Value.Headers {
		if e.Reply.Get(name) == "" && !(name == "Location" && trapped(e)) {
			wrong = append(wrong, fmt.Errorf("there is no %s", name))
		}
	}
	switch {
	case e.Method == http.MethodHead:
	case len(described.Value.Content) == 0 && len(e.ReplyBody) > 0:
		wrong = append(wrong, errors.New("there is a body, and none is described"))
	case len(described.Value.Content) > 0:
		wrong = append(wrong, bodyMatches(described.Value.Content, e.Reply, e.ReplyBody)...)
	}
	return wrong
}

// trapped says whether it is the answer to a form that a robot filled in: it made nothing.
func trapped(e *Exchange) bool { return strings.Contains(string(e.ReplyBody), `"lead":null`) }

// stray are the names of parameters that tests send because nothing reads them.
var stray = []string{"x", "unknown", "token"}

// query checks the parameters of a request that succeeded. An empty one is as good as absent.
func (c *Checker) query(at *place, op *openapi3.Operation, params map[string]string, q url.Values, e *Exchange) (wrong []error) {
	for name, values := range q {
		if slices.Equal(values, []string{""}) {
			delete(q, name)
		} else if name != "id" && !e.AnyQuery && !slices.Contains(stray, name) && op.Parameters.GetByInAndName("query", name) == nil {
			wrong = append(wrong, fmt.Errorf("the parameter %s is not described", name))
		}
	}
	in := &openapi3filter.RequestValidationInput{
		Request: &http.Request{Method: e.Method, URL: &url.URL{Path: at.path}, Header: e.Header}, PathParams: params, QueryParams: q,
		Route: &routers.Route{Spec: c.doc, Path: at.path, PathItem: at.item, Method: e.Method, Operation: op},
	}
	for _, p := range op.Parameters {
		if err := openapi3filter.ValidateParameter(context.Background(), in, p.Value); err != nil {
			wrong = append(wrong, err)
		}
	}
	return wrong
}

// Where browsers' pages of other origins may read what is answered.
var crossOrigin = []string{"/v1/events", "/v1/leads", "/api/analytics/page-duration"}

// headersOf checks the headers that the wire contract asks for wherever they apply.
func headersOf(e *Exchange) (wrong []error) {
	for name, want := range map[string]bool{
		"X-Request-Id":     true,
		"Www-Authenticate": e.Status == http.StatusUnauthorized,
		"Allow":            e.Status == http.StatusMethodNotAllowed,
		"Retry-After":      e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable,
	} {
		if want && e.Reply.Get(name) == "" {
			wrong = append(wrong, fmt.Errorf("there is no %s", name))
		}
	}
	path, _, _ := strings.Cut(e.Target, "?")
	if !slices.Contains(crossOrigin, path) && !strings.HasPrefix(path, "/ff.v1.") {
		for name := range e.Reply {
			if strings.HasPrefix(name, "Access-Control-") {
				wrong = append(wrong, fmt.Errorf("there is %s, which pages of other origins read", name))
			}
		}
	}
	return wrong
}

func mediaOf(h http.Header) string {
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}
