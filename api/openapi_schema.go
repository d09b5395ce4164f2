package api

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"footfall/leads"
	"footfall/market"
	"footfall/scorer"
)

// schema is a schema of OpenAPI 3.0, as far as it is needed here. The zero value takes anything.
type schema struct {
	Ref         string             `json:"$ref,omitempty"`
	Type        string             `json:"type,omitempty"`
	Format      string             `json:"format,omitempty"`
	Description string             `json:"description,omitempty"`
	Nullable    bool               `json:"nullable,omitempty"`
	Enum        []any              `json:"enum,omitempty"`
	Minimum     *int               `json:"minimum,omitempty"`
	Maximum     *int               `json:"maximum,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	More        any                `json:"additionalProperties,omitempty"` // true, or the *schema of members that are not named
	Items       *schema            `json:"items,omitempty"`
	AllOf       []*schema          `json:"allOf,omitempty"`
	AnyOf       []*schema          `json:"anyOf,omitempty"`
}

// shape makes the schema of something. The schemas that it refers to are added to those of the document.
type shape func(s *schemas) *schema

// schemas are the named ones of a document.
type schemas struct {
	named   map[string]*schema
	types   map[string]reflect.Type
	special map[reflect.Type]shape
	enums   map[string]bool // which of enums were asked for
	request bool            // what is described is a body that we read
}

func newSchemas() *schemas {
	return &schemas{named: map[string]*schema{}, types: map[string]reflect.Type{}, special: special(), enums: map[string]bool{}}
}

// of is the shape of a type's JSON.
func of[T any]() shape {
	return func(s *schemas) *schema { return s.of(reflect.TypeFor[T]()) }
}

// pageOf is the shape of a page: a list under a name, and where the next one begins.
func pageOf[T any](name string) shape {
	return func(s *schemas) *schema {
		return &schema{Type: "object", Required: []string{name, "next_cursor"}, Properties: map[string]*schema{
			name:          {Type: "array", Items: s.of(reflect.TypeFor[T]())},
			"next_cursor": {Type: "string", Nullable: true, Description: "For ?cursor=; null at the end."},
		}}
	}
}

// asked is the shape of a request's body, of which only the named members must be there.
func asked(body shape, required ...string) shape {
	return func(s *schemas) *schema {
		s.request = true
		o := body(s)
		s.request = false
		if len(required) > 0 { // elsewhere the same type may be asked for with less
			return &schema{AllOf: []*schema{o}, Required: required}
		}
		return o
	}
}

// target returns what a schema refers to, or the schema.
func (s *schemas) target(o *schema) *schema {
	if name, ok := strings.CutPrefix(o.Ref, schemaRef); ok {
		return s.named[name]
	}
	return o
}

// listOf is the shape of an array.
func listOf[T any]() shape {
	return func(s *schemas) *schema { return &schema{Type: "array", Items: s.of(reflect.TypeFor[T]())} }
}

// anyOf is the shape of what is one of several.
func anyOf(shapes ...shape) shape {
	return func(s *schemas) *schema {
		var all schema
		for _, one := range shapes {
			all.AnyOf = append(all.AnyOf, one(s))
		}
		return &all
	}
}

// openTo is the shape of an object that may have other members too.
func openTo(one shape) shape {
	return func(s *schemas) *schema {
		o := one(s)
		s.target(o).More = true
		return o
	}
}

// anyText is the shape of what is no JSON.
func anyText(*schemas) *schema { return &schema{Type: "string"} }

// anyObject is the shape of an object of which nothing is said.
func anyObject(*schemas) *schema { return &schema{Type: "object", More: true} }

const schemaRef = "#/components/schemas/"

// special returns the shapes of types that write their JSON themselves.
func special() map[reflect.Type]shape {
	return map[reflect.Type]shape{
		reflect.TypeFor[scorer.Reason]():   of[reason](),
		reflect.TypeFor[time.Time]():       func(*schemas) *schema { return &schema{Type: "string", Format: "date-time"} },
		reflect.TypeFor[leads.Text]():      func(*schemas) *schema { return &schema{Type: "string", Nullable: true} },
		reflect.TypeFor[leads.Time]():      func(*schemas) *schema { return &schema{Type: "string", Format: "date-time", Nullable: true} },
		reflect.TypeFor[market.Date]():     func(*schemas) *schema { return &schema{Type: "string", Format: "date"} },
		reflect.TypeFor[json.RawMessage](): func(*schemas) *schema { return &schema{Nullable: true} },
		reflect.TypeFor[scorer.Features](): featureSchema,
		reflect.TypeFor[leads.View](): openTo(func(s *schemas) *schema {
			return s.object("Lead", reflect.TypeOf(leads.Shape()))
		}),
	}
}

// featureSchema has a member for each feature of a lead, null for one that is not known.
func featureSchema(*schemas) *schema {
	o := &schema{Type: "object", Properties: map[string]*schema{}}
	for _, name := range scorer.FeatureNames {
		o.Properties[name] = &schema{Type: "number", Nullable: true}
		o.Required = append(o.Required, name)
	}
	return o
}

// of returns the schema of what encoding/json makes of a type. Lists are never null in our answers.
func (s *schemas) of(t reflect.Type) *schema {
	if shape, ok := s.special[t]; ok {
		return shape(s)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return orNull(s.of(t.Elem()))
	case reflect.Interface:
		return &schema{Nullable: true}
	}
	if marshals[json.Marshaler](t) {
		panic(fmt.Sprintf("%v writes its JSON itself: name its shape in special", t))
	}
	if marshals[encoding.TextMarshaler](t) {
		return &schema{Type: "string"}
	}
	switch t.Kind() {
	case reflect.Struct:
		if name := schemaName(t); name != "" {
			return s.object(name, t)
		}
		return s.members(t, "")
	case reflect.Map:
		return &schema{Type: "object", More: s.of(t.Elem())}
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return &schema{Type: "string", Format: "byte"}
		}
		return &schema{Type: "array", Items: s.of(t.Elem())}
	case reflect.String:
		return &schema{Type: "string"}
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.Float32, reflect.Float64:
		return &schema{Type: "number"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &schema{Type: "integer", Minimum: new(int)}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &schema{Type: "integer"}
	}
	panic(fmt.Sprintf("%v has no JSON", t))
}

func marshals[T any](t reflect.Type) bool {
	is := reflect.TypeFor[T]()
	return t.Implements(is) || reflect.PointerTo(t).Implements(is)
}

func orNull(o *schema) *schema {
	switch {
	case o.Ref != "":
		return &schema{Nullable: true, AllOf: []*schema{o}}
	case o.Enum != nil && !o.Nullable:
		o.Enum = append(o.Enum, nil)
	}
	o.Nullable = true
	return o
}

// schemaName returns the name that a struct type has in the document, "" for one without a name of its own.
func schemaName(t reflect.Type) string {
	if name, ok := schemaNames[t]; ok || t.Name() == "" {
		return name
	}
	name := strings.TrimSuffix(t.Name(), "View")
	first, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[n:]
}

// object returns a reference to the schema of a struct.
func (s *schemas) object(name string, t reflect.Type) *schema {
	if of, known := s.types[name]; known && of != t {
		panic(fmt.Sprintf("%v and %v are both called %s: name one in schemaNames", of, t, name))
	} else if !known {
		s.types[name] = t
		s.named[name] = &schema{} // what it holds may hold it
		*s.named[name] = *s.members(t, name)
	}
	return &schema{Ref: schemaRef + name}
}

// members returns the schema of a struct with its fields.
func (s *schemas) members(t reflect.Type, name string) *schema {
	o := &schema{Type: "object", Properties: map[string]*schema{}}
	s.addMembers(o, t, name)
	slices.Sort(o.Required)
	return o
}

// addMembers adds the fields of a struct, its own before those of what is embedded in it: the outer one counts.
func (s *schemas) addMembers(o *schema, t reflect.Type, of string) {
	var embedded []reflect.Type
	for i := range t.NumField() {
		f := t.Field(i)
		name, flags, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
			continue
		case f.Anonymous && name == "":
			embedded = append(embedded, f.Type)
			continue
		case !f.IsExported():
			continue
		case name == "":
			name = snake(f.Name)
		}
		if o.Properties[name] != nil {
			continue
		}
		ft, absent := f.Type, strings.Contains(flags, "omit")
		switch {
		case s.request: // asked says what must be there
		case !absent:
			o.Required = append(o.Required, name)
		case ft.Kind() == reflect.Pointer: // it is absent where it would be null
			ft = ft.Elem()
		}
		o.Properties[name] = s.member(of+"."+name, ft)
	}
	for _, t := range embedded {
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		s.addMembers(o, t, of)
	}
}

// member returns the schema of a field. Of some it is known which words they hold.
func (s *schemas) member(at string, t reflect.Type) *schema {
	o := s.of(t)
	if strings.HasSuffix(at, "Outcome.deal_value") && !s.request { // kept as it is written
		o.Type = "number"
	}
	if enum, ok := enums[at]; ok {
		s.enums[at] = true
		if o.Items != nil {
			o.Items.Enum = words(enum)
			return o
		}
		if o.Enum = words(enum); o.Nullable {
			o.Enum = append(o.Enum, nil)
		}
	}
	return o
}

func words[T ~string](list []T) (all []any) {
	for _, w := range list {
		all = append(all, string(w))
	}
	return all
}
