package leads

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"footfall/fault"
	"footfall/store"
)

// Field is one field of a lead form as it was sent.
type Field struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

// Limits of a form.
const (
	maxFields    = 100
	maxFieldName = 255
	maxValue     = 8 << 10
	maxNotes     = 8 << 10
	maxTags      = 50
	maxTag       = 100
)

// cleanForm checks the fields and returns those that are kept: fields that begin with "_" are for the form's own
// machinery, and of two with one name the later wins, in the place of the first.
func cleanForm(fields []Field) ([]Field, error) {
	if len(fields) > maxFields {
		return nil, fault.Field(fault.InvalidField, "formData", "A form has at most %d fields.", maxFields)
	}
	kept := make([]Field, 0, len(fields))
	for _, f := range fields {
		if strings.HasPrefix(f.Name, "_") {
			continue
		}
		if err := f.check(); err != nil {
			return nil, err
		}
		kept = setField(kept, f)
	}
	return kept, nil
}

func setField(fields []Field, f Field) []Field {
	i := slices.IndexFunc(fields, func(o Field) bool { return o.Name == f.Name })
	if i < 0 {
		return append(fields, f)
	}
	fields[i] = f
	return fields
}

func (f *Field) check() error {
	if f.Name == "" || len(f.Name) > maxFieldName || !isText(f.Name) {
		return fault.Field(fault.InvalidField, "formData", "The name of a form field has 1 to %d bytes of UTF-8 text.", maxFieldName)
	}
	if !json.Valid(f.Value) || !utf8.Valid(f.Value) {
		return fault.Field(fault.InvalidField, f.Name, "The value of the form field is not JSON in UTF-8.")
	}
	n := len(f.Value)
	if s, ok := f.text(); ok {
		n = len(s)
	}
	if n > maxValue {
		return fault.Field(fault.InvalidField, f.Name, "The value of a form field has at most %d bytes.", maxValue)
	}
	return nil
}

// text returns the value if it is a string.
func (f *Field) text() (s string, ok bool) {
	v := bytes.TrimSpace(f.Value)
	if len(v) == 0 || v[0] != '"' {
		return "", false
	}
	return s, json.Unmarshal(v, &s) == nil
}

// filled says whether the value is anything but null, false, 0 or blank.
func (f *Field) filled() bool {
	if s, ok := f.text(); ok {
		return strings.TrimSpace(s) != ""
	}
	v := bytes.TrimSpace(f.Value)
	switch string(v) {
	case "null", "false":
		return false
	}
	var n float64
	return json.Unmarshal(v, &n) != nil || n != 0
}

// isConsentField says whether a field holds what the person agreed to. It stays with the lead and says nothing of a buyer.
func isConsentField(name string) bool { return name == "consent_text" || name == "consent_version" }

func countFilled(fields []Field) (n int) {
	for i := range fields {
		if fields[i].filled() && !isConsentField(fields[i].Name) {
			n++
		}
	}
	return n
}

// completion returns the filled share of the six fields that tell most about a buyer.
func completion(fields []Field) float64 {
	filled := 0
	for _, names := range [...][]string{
		{"name"}, {"email"}, {"phone"}, {"message"}, {"price_range", "priceRange"}, {"timeline"},
	} {
		if slices.ContainsFunc(fields, func(f Field) bool { return slices.Contains(names, f.Name) && f.filled() }) {
			filled++
		}
	}
	return float64(filled) / 6
}

// isText says whether s is what an id or a name may be: Unicode text without NUL.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// person is everything that was written by or about a person: the value of the space lead forms.
//
//	u8 version (1) | the person as JSON
type person struct {
	Form  []Field  `json:"form"`
	Notes string   `json:"notes,omitempty"`
	Tags  []string `json:"tags,omitempty"`
}

const personVersion = 1

func encodePerson(p *person) ([]byte, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode lead form: %w", err)
	}
	return append([]byte{personVersion}, b...), nil
}

func decodePerson(b []byte) (*person, error) {
	if len(b) == 0 || b[0] != personVersion {
		return nil, fmt.Errorf("%w: lead form version", errCorrupt)
	}
	p := new(person)
	if err := json.Unmarshal(b[1:], p); err != nil {
		return nil, fmt.Errorf("%w: lead form: %w", errCorrupt, err)
	}
	return p, nil
}

// getPerson returns the person of a lead; an empty one if it was erased.
func getPerson(g getter, site uint32, key store.ID) (*person, error) {
	v, found, err := g.Get(idKey(store.LeadForms, site, key))
	if err != nil || !found {
		return new(person), err
	}
	return decodePerson(v)
}
