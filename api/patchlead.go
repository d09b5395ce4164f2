package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"footfall/fault"
	"footfall/leads"
)

const maxBody = 64 << 10 // bytes of a JSON body

// patchLead answers PATCH /v1/leads/{id} with the lead as it then is.
func (a *API) patchLead(c *call) (any, error) {
	site, err := a.leadSite(c)
	if err != nil {
		return nil, err
	}
	body, err := c.body()
	if err != nil {
		return nil, err
	}
	patch, err := parsePatch(body)
	if err != nil {
		return nil, err
	}
	patch.By = c.grant.Actor
	v, err := a.o.Leads.Patch(c, site.ID, c.id, patch)
	return a.seenOne(c, v, err)
}

// body returns the request's body, which the server may leave on the wire until it is asked for.
func (c *call) body() ([]byte, error) {
	src := c.RequestBodyStream()
	if src == nil {
		src = bytes.NewReader(c.PostBody())
	}
	b, err := io.ReadAll(io.LimitReader(src, maxBody+1))
	switch {
	case err != nil:
		c.SetConnectionClose()
		return nil, unreadable(err)
	case len(b) > maxBody:
		c.SetConnectionClose()
		return nil, fault.New(fault.TooLarge, "The body is larger than 64 KiB.")
	case !utf8.Valid(b):
		return nil, fault.New(fault.InvalidJSON, "The body is not UTF-8.")
	}
	return b, nil
}

// parsePatch reads {status, profile_id, tags, notes, …}; what is none of these is a field of the lead's form. Fields
// keep their order, which encoding/json gives only token by token.
func parsePatch(body []byte) (p leads.Patch, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return p, notAnObject(err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return p, notAnObject(err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return p, notAnObject(err)
		}
		if err := setPatch(&p, name.(string), value); err != nil { // the name of a member is a string
			return p, err
		}
	}
	if _, err := d.Token(); err != nil {
		return p, notAnObject(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return p, notAnObject(err)
	}
	return p, nil
}

func notAnObject(cause error) error {
	return fault.Wrap(fault.InvalidJSON, cause, `The body is not one JSON object. Send what is to change, such as {"status":"contacted"}.`)
}

func setPatch(p *leads.Patch, name string, value json.RawMessage) error {
	switch name {
	case "status":
		return patchText(name, value, &p.Status, false)
	case "profile_id", "profileId":
		return patchText("profile_id", value, &p.Profile, false)
	case "notes":
		return patchText(name, value, &p.Notes, true)
	case "tags":
		tags := []string{}
		if err := json.Unmarshal(value, &tags); err != nil {
			return fault.Field(fault.InvalidField, name, "tags is a list of strings.")
		}
		p.Tags = &tags
	default:
		p.Form = append(p.Form, leads.Field{Name: name, Value: value})
	}
	return nil
}

// patchText reads a string; null stands for the empty one where that may be.
func patchText(name string, value json.RawMessage, to **string, empty bool) error {
	var s *string
	if err := json.Unmarshal(value, &s); err != nil || s == nil && !empty {
		return fault.Field(fault.InvalidField, name, "%s is a string.", name)
	}
	if s == nil {
		s = new(string)
	}
	*to = s
	return nil
}
