package openapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"
)

// bodyMatches checks the body of an answer.
func bodyMatches(described openapi3.Content, h http.Header, body []byte) []error {
	media := described[mediaOf(h)]
	if media == nil {
		return []error{fmt.Errorf("the content type %q is not described", h.Get("Content-Type"))}
	}
	switch mediaOf(h) {
	case "application/json":
		if h.Get("Content-Encoding") != "" {
			return nil
		}
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			return []error{fmt.Errorf("the body is no JSON: %w", err)}
		}
		return valueMatches(media.Schema.Value, v)
	case "application/x-ndjson":
		return linesMatch(media.Schema.Value, body, func(v any) any { return v })
	}
	return nil
}

// asked checks the body of a request that succeeded: what looks like JSON, whatever it says that it is.
func asked(op *openapi3.Operation, e *Exchange) []error {
	body := bytes.TrimSpace(e.Body)
	if len(body) == 0 || e.Header.Get("Content-Encoding") != "" {
		return nil
	}
	if op.RequestBody == nil {
		return []error{fmt.Errorf("a body is not described")}
	}
	described := op.RequestBody.Value.Content
	media := mediaOf(e.Header)
	var v any
	switch {
	case described["application/json"] != nil && media != "text/csv" && json.Unmarshal(body, &v) == nil:
		return valueMatches(described["application/json"].Schema.Value, plainNames(v))
	case described["application/x-ndjson"] != nil && body[0] == '{':
		return linesMatch(described["application/x-ndjson"].Schema.Value, body, plainNames)
	case media != "" && described[media] == nil && described["text/plain"] == nil:
		return []error{fmt.Errorf("a body of %s is not described", media)}
	}
	return nil
}

// linesMatch checks a JSON value a line. Lines that are none are left to the server, which may take the others.
func linesMatch(s *openapi3.Schema, body []byte, names func(any) any) (wrong []error) {
	for line := range bytes.Lines(body) {
		var v any
		if json.Unmarshal(line, &v) == nil {
			wrong = append(wrong, valueMatches(s, names(v))...)
		}
	}
	return wrong
}

func valueMatches(s *openapi3.Schema, v any) []error {
	if err := s.VisitJSON(v, openapi3.EnableFormatValidation()); err != nil {
		return []error{err}
	}
	return nil
}

// plainNames writes the names of a request in snake_case, as the tightened description has them.
func plainNames(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			out[snake(name)] = plainNames(value)
		}
		return out
	case []any:
		for i := range v {
			v[i] = plainNames(v[i])
		}
	}
	return v
}

func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// tighten forbids members that are not named in every schema that does not say what else there may be, and writes all
// names in snake_case.
func tighten(t *openapi3.T) {
	done := map[*openapi3.Schema]bool{}
	for _, s := range t.Components.Schemas {
		tightenSchema(s, done)
	}
	for _, r := range t.Components.Responses {
		tightenContent(r.Value.Content, done)
	}
	for _, item := range t.Paths.Map() {
		for _, op := range item.Operations() {
			if op.RequestBody != nil {
				tightenContent(op.RequestBody.Value.Content, done)
			}
			for _, r := range op.Responses.Map() {
				tightenContent(r.Value.Content, done)
			}
		}
	}
}

func tightenContent(c openapi3.Content, done map[*openapi3.Schema]bool) {
	for _, media := range c {
		tightenSchema(media.Schema, done)
	}
}

func tightenSchema(ref *openapi3.SchemaRef, done map[*openapi3.Schema]bool) {
	if ref == nil || done[ref.Value] {
		return
	}
	s := ref.Value
	done[s] = true
	if no := false; len(s.Properties) > 0 && s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil {
		s.AdditionalProperties.Has = &no
	}
	plain := openapi3.Schemas{}
	for name, member := range s.Properties {
		tightenSchema(member, done)
		plain[snake(name)] = member
	}
	s.Properties = plain
	for i := range s.Required {
		s.Required[i] = snake(s.Required[i])
	}
	tightenSchema(s.Items, done)
	tightenSchema(s.AdditionalProperties.Schema, done)
	for _, list := range []openapi3.SchemaRefs{s.AllOf, s.AnyOf, s.OneOf} {
		for _, one := range list {
			tightenSchema(one, done)
		}
	}
}
