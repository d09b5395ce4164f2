package ingest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/valyala/fasthttp"

	"footfall/catalog"
	"footfall/fault"
	"footfall/leads"
)

// What is read of a lead form at most. Package leads checks what a lead may hold.
const (
	maxFormFields = 100
	maxFormValue  = 8 << 10 // bytes of one value
)

// form is a lead form as it was sent. Nothing in it is lent.
type form struct {
	fields      []leads.Field
	session     string
	listing     string
	profile     string
	consent     string
	idempotency string
	redirect    string
	trapped     bool     // the honeypot _hp is filled in
	plain       bool     // from a <form> without scripts
	hash        [32]byte // of what was sent
}

// control returns where a field goes that says something about the form instead of being part of it, nil for others.
func (f *form) control(name string) *string {
	switch name {
	case "sessionId", "session_id":
		return &f.session
	case "listingId", "listing_id", "propertyId", "property_id":
		return &f.listing
	case "profileId", "profile_id":
		return &f.profile
	case "consent":
		return &f.consent
	case "idempotency_key", "idempotencyKey":
		return &f.idempotency
	case "_redirect":
		return &f.redirect
	}
	return nil
}

const honeypot = "_hp"

// parseForm reads a lead form by its content type. What looks like JSON is JSON whatever it is called: sendBeacon says
// text/plain, and curl says that it is a form.
func parseForm(contentType string, body []byte, secret bool) (f form, err error) {
	media, params, _ := mime.ParseMediaType(contentType)
	first := bytes.TrimLeft(body, " \t\r\n")
	switch {
	case media == "multipart/form-data":
		f.plain = true
		err = f.multipart(body, params["boundary"])
	case len(first) > 0 && first[0] == '[' && secret:
		return f, fault.New(fault.BadRequest, "A form is one lead, as an object.")
	case media == "application/x-www-form-urlencoded" && (len(first) == 0 || first[0] != '{'):
		f.plain = true
		err = f.urlencoded(body)
	default:
		f.hash = sha256.Sum256(body)
		return f, f.json(body)
	}
	if err != nil {
		return f, err
	}
	return f, f.hashPlain()
}

// json reads {"formData":{…},"sessionId":…}.
func (f *form) json(body []byte) error {
	s := new(scanner)
	s.reset(body)
	s.space()
	if s.peek() != '{' {
		return fault.New(fault.InvalidJSON, `The body is not a JSON object. Send {"formData":{…}} and beside it sessionId, listingId, profileId.`)
	}
	found := false
	err := eachMember(s, func(name string, raw []byte) error {
		switch {
		case name == "formData" || name == "form_data":
			found = true
			return f.formData(raw)
		case name == honeypot:
			f.trapped = f.trapped || filled(raw)
		case f.control(name) != nil && raw[0] != 'n':
			return readText(name, raw, f.control(name))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !s.end() {
		return fault.New(fault.InvalidJSON, "The body is not JSON: %s at byte %d.", s.why, s.pos)
	}
	if !found {
		return fault.Field(fault.MissingField, "formData", "formData is required: an object with the form's fields.")
	}
	return nil
}

// formData reads the form's fields in their order.
func (f *form) formData(raw []byte) error {
	if raw[0] != '{' {
		return fault.Field(fault.InvalidField, "formData", "formData must be an object, not %s.", kindOf(lend(raw)))
	}
	s := new(scanner)
	s.reset(raw)
	return eachMember(s, func(name string, raw []byte) error {
		if name == honeypot {
			f.trapped = f.trapped || filled(raw)
			return nil
		}
		return f.add(leads.Field{Name: name, Value: bytes.Clone(raw)})
	})
}

// eachMember visits the members of the object at whose brace the scanner stands. The value is lent.
func eachMember(s *scanner, visit func(name string, raw []byte) error) error {
	var buf []byte
	s.pos++
	for first := true; s.more(first, '}'); first = false {
		name, ok := s.name(&buf)
		if !ok {
			break
		}
		name = strings.Clone(name)
		start := s.pos
		if !s.value() {
			break
		}
		if err := visit(name, s.src[start:s.pos]); err != nil {
			return err
		}
	}
	if s.why != "" {
		return fault.New(fault.InvalidJSON, "The body is not JSON: %s at byte %d.", s.why, s.pos)
	}
	return nil
}

func readText(name string, raw []byte, to *string) error {
	if raw[0] != '"' {
		return fault.Field(fault.InvalidField, name, "%s must be a string, not %s.", name, kindOf(lend(raw)))
	}
	*to = string(unescape(nil, raw[1:len(raw)-1]))
	return nil
}

// filled tells whether a JSON value is more than nothing.
func filled(raw []byte) bool {
	switch v := strings.Trim(lend(raw), `" `); v {
	case "", "null", "false", "0":
		return false
	}
	return true
}

// urlencoded reads what a <form> sends unless told otherwise.
func (f *form) urlencoded(body []byte) error {
	var args fasthttp.Args
	args.ParseBytes(body)
	for name, value := range args.All() {
		if err := f.plainField(string(name), string(value)); err != nil {
			return err
		}
	}
	return nil
}

// multipart reads what a <form> with enctype multipart/form-data sends. Files are left out.
func (f *form) multipart(body []byte, boundary string) error {
	if boundary == "" {
		return fault.New(fault.BadRequest, "The content type multipart/form-data lacks its boundary.")
	}
	for parts := multipart.NewReader(bytes.NewReader(body), boundary); ; {
		part, err := parts.NextRawPart()
		if err == io.EOF { // alone: one with more around it says that the last boundary is missing
			return nil
		}
		if err != nil {
			return fault.Wrap(fault.BadRequest, err, "The body is no multipart/form-data that ends as it must.")
		}
		if part.FormName() == "" || part.FileName() != "" {
			continue
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return fault.Wrap(fault.BadRequest, err, "The body is no multipart/form-data that ends as it must.")
		}
		if err := f.plainField(part.FormName(), string(value)); err != nil {
			return err
		}
	}
}

// plainField takes one field of a <form>. A name that comes more than once, like that of checkboxes, gets an array.
func (f *form) plainField(name, value string) error {
	if !utf8.ValidString(name) || !utf8.ValidString(value) {
		return fault.New(fault.InvalidField, "The form is not UTF-8.")
	}
	if name == honeypot {
		f.trapped = f.trapped || strings.TrimSpace(value) != ""
		return nil
	}
	// A checkbox "consent" that says "on" speaks of something else than we do: it is a field like others.
	if c := f.control(name); c != nil && (c != &f.consent || isConsent(value)) {
		*c = value
		return nil
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode a form's field: %w", err)
	}
	i := slices.IndexFunc(f.fields, func(old leads.Field) bool { return old.Name == name })
	if i < 0 {
		return f.add(leads.Field{Name: name, Value: raw})
	}
	old := f.fields[i].Value
	if old[0] == '[' {
		old = old[1 : len(old)-1]
	}
	f.fields[i].Value = slices.Concat([]byte{'['}, old, []byte{','}, raw, []byte{']'})
	if len(f.fields[i].Value) > maxFormValue {
		return fault.Field(fault.InvalidField, printable(name), "The values of the field have more than %s bytes together.", count(maxFormValue))
	}
	return nil
}

func (f *form) add(field leads.Field) error {
	if len(f.fields) == maxFormFields {
		return fault.Field(fault.InvalidField, "formData", "The form has more than %d fields.", maxFormFields)
	}
	f.fields = append(f.fields, field)
	return nil
}

// hashPlain hashes what a <form> says: a multipart body has another boundary each time.
func (f *form) hashPlain() error {
	said, err := json.Marshal([]any{f.fields, f.session, f.listing, f.profile, f.consent})
	if err != nil {
		return fmt.Errorf("encode a form: %w", err)
	}
	f.hash = sha256.Sum256(said)
	return nil
}

func isConsent(s string) bool { return s == catalog.ConsentGranted || s == catalog.ConsentAnonymous }
