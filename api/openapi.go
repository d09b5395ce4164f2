package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"footfall/fault"
	"footfall/ingest"

	"github.com/valyala/fasthttp"
)

// document is the description of the public port, made of the route table and the rows of operations.
type document struct {
	OpenAPI    string                           `json:"openapi"`
	Info       map[string]any                   `json:"info"`
	Servers    []map[string]string              `json:"servers,omitempty"`
	Security   []map[string][]string            `json:"security"`
	Paths      map[string]map[string]*described `json:"paths"`
	Components components                       `json:"components"`
}

type components struct {
	Schemas         map[string]*schema        `json:"schemas"`
	Responses       map[string]*answered      `json:"responses"`
	SecuritySchemes map[string]map[string]any `json:"securitySchemes"`
}

// described is one operation.
type described struct {
	ID          string                `json:"operationId"`
	Summary     string                `json:"summary"`
	Description string                `json:"description,omitempty"`
	Tags        []string              `json:"tags"`
	Security    []map[string][]string `json:"security,omitempty"`
	Parameters  []parameterOf         `json:"parameters,omitempty"`
	Body        *bodyOf               `json:"requestBody,omitempty"`
	Responses   map[string]*answered  `json:"responses"`
}

type parameterOf struct {
	Name     string  `json:"name"`
	In       string  `json:"in"`
	Required bool    `json:"required,omitempty"`
	Says     string  `json:"description,omitempty"`
	Schema   *schema `json:"schema"`
}

type bodyOf struct {
	Content map[string]mediaOf `json:"content"`
}

type mediaOf struct {
	Schema *schema `json:"schema"`
}

type answered struct {
	Ref         string              `json:"$ref,omitempty"`
	Description string              `json:"description,omitempty"`
	Headers     map[string]headerOf `json:"headers,omitempty"`
	Content     map[string]mediaOf  `json:"content,omitempty"`
}

type headerOf struct {
	Says   string  `json:"description"`
	Schema *schema `json:"schema"`
}

// openapiRoutes are how programs learn what is served here.
func (a *API) openapiRoutes() []Route {
	return []Route{{get, "/openapi.json", Public, "This description", a.serveDocument}}
}

// served is a document as it goes out.
type served struct {
	body, gzip []byte
	etag       string
}

// renderDocument makes the document once somebody asks for it.
func (a *API) renderDocument() (d served, err error) {
	if d.body, err = json.Marshal(a.describe()); err != nil {
		return d, fmt.Errorf("encode the description: %w", err)
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err = w.Write(d.body); err == nil {
		err = w.Close()
	}
	sum := sha256.Sum256(d.body)
	d.gzip, d.etag = b.Bytes(), `"`+base64.RawURLEncoding.EncodeToString(sum[:16])+`"`
	return d, err
}

// serveDocument serves GET /openapi.json.
func (a *API) serveDocument(c *call) {
	d, err := a.document()
	if err != nil {
		ingest.WriteError(c.RequestCtx, err)
		return
	}
	h := &c.Response.Header
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("ETag", d.etag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Request-Id", ingest.RequestID(c.RequestCtx))
	if matches(string(c.Request.Header.Peek("If-None-Match")), d.etag) {
		c.SetStatusCode(fasthttp.StatusNotModified)
		return
	}
	c.SetContentType("application/json")
	if c.Request.Header.HasAcceptEncoding("gzip") {
		h.Set("Content-Encoding", "gzip")
		c.SetBody(d.gzip)
		return
	}
	c.SetBody(d.body)
}

// introduction stands at the beginning of the document.
const introduction = `Events of visitors in, sessions, leads and listings out.

Names are snake_case; requests may write camelCase too. Times are RFC 3339 in UTC. Answers may get further members: leave out those that you do not know.

An id may hold any bytes: percent-encode it, or pass it as ?id= and write - for its segment of the path, or leave the segment out.

Lists have limit rows and a next_cursor for ?cursor=, null at the end. An id that several sites of a key's reach know is answered 409 ambiguous: name one by site_id. What a key may not see is answered 404.

An Idempotency-Key replays the stored answer for 24 hours; another body under it is 422, one that is worked on 409.`

// describe makes the document. Routes of which operations has no row are left out; there are none but those that flags add.
func (a *API) describe() *document {
	rows, s := operations(), newSchemas()
	d := &document{
		OpenAPI:  "3.0.3",
		Info:     map[string]any{"title": "Footfall", "version": "1", "description": introduction},
		Security: []map[string][]string{},
		Paths:    map[string]map[string]*described{},
	}
	if a.o.PublicURL != "" {
		d.Servers = []map[string]string{{"url": a.o.PublicURL}}
	}
	for i := range a.routes {
		r := &a.routes[i]
		row, known := rows[rowName(r)]
		if !known {
			continue
		}
		if d.Paths[r.Path] == nil {
			d.Paths[r.Path] = map[string]*described{}
		}
		d.Paths[r.Path][strings.ToLower(r.Method)] = s.operation(r, &row)
	}
	d.Components = components{Schemas: s.named, Responses: s.failures(), SecuritySchemes: securitySchemes()}
	return d
}

// frozen is the path of a release of the tracker. All of them share a row.
var frozen = regexp.MustCompile(`^/ff\.v1\.\d+\.js$`)

func rowName(r *Route) string {
	if frozen.MatchString(r.Path) {
		return r.Method + " /ff.v1.N.js"
	}
	return r.Method + " " + r.Path
}

func securitySchemes() map[string]map[string]any {
	return map[string]map[string]any{
		"secret_key":       {"type": "http", "scheme": "bearer", "description": "A secret key, sk_…, of servers; never in an address."},
		"write_key":        {"type": "apiKey", "in": "query", "name": "k", "description": "A write key, wk_…, which stands in pages and reads nothing back."},
		"write_key_header": {"type": "apiKey", "in": "header", "name": "X-Footfall-Key", "description": "A write key as a header."},
		"login":            {"type": "apiKey", "in": "cookie", "name": secureCookie, "description": "Somebody who is signed in. What changes something must come from a page of this server, as JSON."},
	}
}

func (s *schemas) operation(r *Route, row *operation) *described {
	d := &described{
		ID: operationID(r), Summary: r.Summary, Tags: []string{tagOf(r.Path)}, Responses: map[string]*answered{},
		Parameters: s.parameters(r, row),
	}
	if r.Scope != Public {
		d.Description = "Asks for the scope " + strings.Join(r.Scope.Names(), ", ") + "."
		d.Security = []map[string][]string{{"secret_key": {}}, {"login": {}}}
	} else if row.write {
		d.Security = []map[string][]string{{"write_key": {}}, {"write_key_header": {}}, {"secret_key": {}}, {}}
	}
	if row.body != nil {
		d.Body = &bodyOf{Content: s.contents(row.body)}
	}
	for status, re := range row.gives {
		d.Responses[strconv.Itoa(status)] = &answered{
			Description: says(status), Headers: headers(append(re.header, "X-Request-Id")), Content: s.contents(re.body),
		}
	}
	for _, status := range failuresOf(r, row) {
		if r.Method == post && strings.HasPrefix(r.Path, homePath) { // what is wrong stands on the page
			d.Responses[strconv.Itoa(status)] = &answered{Description: says(status), Content: s.contents(contents{"text/html": anyText})}
			continue
		}
		d.Responses[strconv.Itoa(status)] = &answered{Ref: "#/components/responses/" + strconv.Itoa(status)}
	}
	return d
}

func (s *schemas) contents(c contents) map[string]mediaOf {
	out := map[string]mediaOf{}
	for _, kind := range slices.Sorted(maps.Keys(c)) {
		out[kind] = mediaOf{c[kind](s)}
	}
	return out
}

func (s *schemas) parameters(r *Route, row *operation) (all []parameterOf) {
	for segment := range strings.SplitSeq(r.Path, "/") {
		if name := strings.Trim(segment, "{}"); name != segment {
			all = append(all, parameterOf{Name: name, In: "path", Required: true, Schema: &schema{Type: "string"}})
		}
	}
	known := parameters()
	for name := range strings.FieldsSeq(row.query) {
		name, list, isOne := strings.Cut(name, "=")
		name, free := strings.CutSuffix(name, ":")
		p, is := known[name]
		if free {
			p = parameter{is: schema{Type: "string"}}
		} else if isOne {
			of := strings.Split(list, "|")
			p.is, p.says = schema{Type: "string", Enum: words(of)}, of[0]+" unless said."
		} else if !is {
			panic(fmt.Sprintf("%s names the parameter %s, which parameters does not describe", rowName(r), name))
		}
		all = append(all, parameterOf{Name: name, In: "query", Says: p.says, Schema: &p.is})
	}
	if row.once {
		all = append(all, parameterOf{Name: "Idempotency-Key", In: "header", Schema: &schema{Type: "string"}})
	}
	return all
}

// operationID names an operation for those who generate code: getSessionsByIdEvents.
func operationID(r *Route) string {
	id := strings.ToLower(r.Method)
	for _, word := range strings.FieldsFunc(strings.TrimPrefix(r.Path, "/v1"), func(c rune) bool {
		return strings.ContainsRune("/-.:_", c)
	}) {
		if name := strings.Trim(word, "{}"); name != word {
			word = "by" + strings.ToUpper(name[:1]) + name[1:]
		}
		id += strings.ToUpper(word[:1]) + word[1:]
	}
	if strings.HasPrefix(r.Path, "/predict/") { // the same call stands below /v1
		id += "Unversioned"
	}
	return id
}

// tagOf is what a path is about.
func tagOf(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/v1")[1:], "/")
	name, _, _ := strings.Cut(first, ":")
	return name
}

// failuresOf lists with which statuses an operation may fail.
func failuresOf(r *Route, row *operation) []int {
	statuses := append([]int{400, 408, 429, 431, 500, 503}, row.fails...)
	if r.Scope != Public || row.write {
		statuses = append(statuses, 401, 403, 404)
	}
	if row.body != nil || r.Method == post {
		statuses = append(statuses, 403, 411, 413, 415)
	}
	slices.Sort(statuses)
	return slices.Compact(statuses)
}

// failures are the answers to what went wrong, by status.
func (s *schemas) failures() map[string]*answered {
	all := map[string]*answered{}
	of[failure]()(s) // its parts have names
	for _, code := range fault.Codes(0) {
		status := code.Status()
		name := strconv.Itoa(status)
		if all[name] != nil {
			continue
		}
		body := *s.named["Failure"]
		inner := *s.named["FailureError"]
		inner.Properties = maps.Clone(inner.Properties)
		inner.Properties["code"] = &schema{Type: "string", Enum: words(fault.Codes(status))}
		body.Properties = map[string]*schema{"error": &inner}
		names := []string{"X-Request-Id"}
		switch status {
		case fasthttp.StatusUnauthorized:
			names = append(names, "WWW-Authenticate")
		case fasthttp.StatusMethodNotAllowed:
			names = append(names, "Allow")
		case fasthttp.StatusTooManyRequests, fasthttp.StatusServiceUnavailable:
			names = append(names, "Retry-After")
		}
		all[name] = &answered{Description: says(status), Headers: headers(names), Content: map[string]mediaOf{"application/json": {&body}}}
	}
	return all
}

func says(status int) string { return fasthttp.StatusMessage(status) }

var headerSays = map[string]string{
	"X-Request-Id":     "Name it when you report a problem.",
	"Location":         "Where what was made or begun is found.",
	"Retry-After":      "Seconds to wait before the next try.",
	"WWW-Authenticate": "How to say who asks.",
	"Allow":            "The methods that are served at this path.",
	"ETag":             "For If-None-Match.",
	"Cache-Control":    "For how long to keep it.",
}

func headers(names []string) map[string]headerOf {
	all := map[string]headerOf{}
	for _, name := range names {
		all[name] = headerOf{headerSays[name], &schema{Type: "string"}}
	}
	return all
}
