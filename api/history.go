package api

import (
	"crypto/sha256"
	"encoding/json"

	"footfall/fault"
	"footfall/leads"
)

type historyPage struct {
	History []leads.Event `json:"history"`
	Next    *string       `json:"next_cursor"`
}

// history answers GET /v1/leads/{id}/history.
func (a *API) history(c *call) (any, error) {
	site, page, err := a.historyPage(c)
	if err != nil {
		return nil, err
	}
	list, next, err := a.o.Leads.History(site, c.id, page)
	for i := range list {
		e := &list[i]
		switch {
		case e.Activity != nil:
			c.hideText(&e.Activity.Note)
		case e.Outcome != nil:
			c.hideText(&e.Outcome.Notes)
		case e.Feedback != nil:
			c.hideText(&e.Feedback.Text)
		}
	}
	return historyPage{list, a.nextCursor(c, []byte(next))}, err
}

// hidden stands for what somebody wrote, where whoever asks may not read it.
const hidden = "•••"

// hideText hides what somebody wrote from those who see no contact fields: it may hold them.
func (c *call) hideText(text *leads.Text) {
	if c.grant.Masked && *text != "" {
		*text = hidden
	}
}

// historyPage returns the site of a lead and which page of its history is asked for.
func (a *API) historyPage(c *call) (site uint32, page leads.Page, err error) {
	if page.Limit, err = c.limit(); err != nil {
		return 0, page, err
	}
	of, err := a.leadSite(c)
	if err != nil {
		return 0, page, err
	}
	after, err := a.cursor(c)
	page.After = string(after)
	return of.ID, page, err
}

// addition returns what a call that adds to a lead's history asks for.
func (a *API) addition(c *call) (q leads.Request, in object, err error) {
	site, err := a.leadSite(c)
	if err != nil {
		return q, nil, err
	}
	body, err := c.body()
	if err != nil {
		return q, nil, err
	}
	in, err = parseObject(body)
	hash := sha256.New()
	writeString(hash, c.route.Path)
	writeString(hash, c.id)
	writeString(hash, string(body))
	q = leads.Request{Site: site, Lead: c.id, By: c.grant.Actor, IdempotencyKey: string(c.Request.Header.Peek("Idempotency-Key"))}
	copy(q.Body[:], hash.Sum(nil))
	return q, in, err
}

// object is a JSON object by its names in snake_case.
type object map[string]json.RawMessage

func parseObject(body []byte) (object, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(body, &m); err != nil || m == nil {
		return nil, fault.Wrap(fault.InvalidJSON, err, "The body is not one JSON object.")
	}
	o := object{}
	for name, value := range m {
		if plain := snake(name); o[plain] == nil || plain == name {
			o[plain] = value
		}
	}
	return o, nil
}

// text returns a string, "" if it is absent or null.
func (o object) text(name string) (s string, err error) {
	if value, ok := o[name]; ok && json.Unmarshal(value, &s) != nil {
		return "", fault.Field(fault.InvalidField, name, "%s is a string.", name)
	}
	return s, nil
}

// number returns the text of a number, which may stand in a string, "" if it is absent or null.
func (o object) number(name string) (string, error) {
	value, ok := o[name]
	if !ok || string(value) == "null" {
		return "", nil
	}
	if value[0] == '"' {
		return o.text(name)
	}
	var n json.Number
	if json.Unmarshal(value, &n) != nil {
		return "", fault.Field(fault.InvalidField, name, "%s is a number.", name)
	}
	return n.String(), nil
}

// truth returns true or false, nil if it is absent or null.
func (o object) truth(name string) (b *bool, err error) {
	if value, ok := o[name]; ok && json.Unmarshal(value, &b) != nil {
		return nil, fault.Field(fault.InvalidField, name, "%s is true or false.", name)
	}
	return b, nil
}
