package leads

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"footfall/event"
	"footfall/fault"
	"footfall/journal"
	"footfall/store"
)

// Patch says what to change of a lead. What is nil stays.
type Patch struct {
	By      string // who asks, may be empty
	Status  *string
	Profile *string
	Tags    *[]string
	Notes   *string
	Form    []Field // fields to set; a null value takes the field away
}

// change is what a patch's record says: nothing that was written by or about the person.
//
//	u8 version (1) | the change as JSON
type change struct {
	Lead    string `json:"lead"`
	At      int64  `json:"at"` // ms
	By      string `json:"by,omitempty"`
	Number  uint64 `json:"n,omitempty"` // of the entry that a new status adds to the history; records of old have none
	Status  string `json:"status,omitempty"`
	Profile string `json:"profile_id,omitempty"`
}

const changeVersion = 1

func encodeChange(c *change) ([]byte, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode change of a lead: %w", err)
	}
	return append([]byte{changeVersion}, b...), nil
}

func decodeChange(b []byte) (c change, err error) {
	if len(b) == 0 || b[0] != changeVersion {
		return c, fmt.Errorf("%w: change version", errCorrupt)
	}
	if err := json.Unmarshal(b[1:], &c); err != nil {
		return c, fmt.Errorf("%w: change: %w", errCorrupt, err)
	}
	if c.Status != "" {
		_, err = statusOf(c.Status)
	}
	return c, err
}

// Patch changes a lead and returns it once the change is on disk. A patch that says nothing changes nothing.
func (l *Leads) Patch(ctx context.Context, site uint32, id string, p Patch) (*View, error) {
	key := l.db.ID(id)
	defer l.lock(key)()
	r, found, err := getRow(l.db, site, key)
	if err != nil {
		return nil, err
	}
	if !found || r.Erased && p.touchesPerson() {
		return nil, notFound()
	}
	if p.empty() {
		return l.view(site, &r)
	}
	record, err := l.patchRecord(site, key, &r, &p)
	if err != nil {
		return nil, err
	}
	if err := l.submit(ctx, record); err != nil {
		return nil, err
	}
	return l.Get(site, id)
}

func (p *Patch) touchesPerson() bool { return p.Tags != nil || p.Notes != nil || len(p.Form) > 0 }

func (p *Patch) empty() bool { return p.Status == nil && p.Profile == nil && !p.touchesPerson() }

// patchRecord makes the record of a patch; what concerns the person goes along as the row of its form.
func (l *Leads) patchRecord(site uint32, key store.ID, of *row, p *Patch) (r journal.Record, err error) {
	now := l.o.Now()
	c := change{Lead: of.ID, At: now.UnixMilli(), By: p.By}
	if p.Status != nil {
		s, err := statusOf(*p.Status)
		if err != nil {
			return r, err
		}
		if s != of.Status {
			if of.Entries >= maxEntries {
				return r, errFull
			}
			c.Status, c.Number = *p.Status, of.Entries+1
		}
	}
	if p.Profile != nil {
		if c.Profile = *p.Profile; c.Profile == "" || len(c.Profile) > event.MaxProfile || !isText(c.Profile) {
			return r, fault.Field(fault.InvalidField, "profile_id", "profile_id has 1 to %d bytes of UTF-8 text.", event.MaxProfile)
		}
	}
	body, err := encodeChange(&c)
	if err != nil {
		return r, err
	}
	r = journal.Record{At: now, Kind: journal.KindPatch, Site: site, Body: body}
	if !p.touchesPerson() {
		return r, nil
	}
	person, err := getPerson(l.db, site, key)
	if err != nil {
		return r, err
	}
	before := slices.Clone(person.Form)
	if err := p.change(person); err != nil {
		return r, err
	}
	value, err := encodePerson(person)
	r.Rows = []journal.Row{{Key: idKey(store.LeadForms, site, key), Value: value}}
	if len(p.Form) > 0 {
		r.Rows = append(r.Rows, l.contactRows(of.Organization, Inquiry{site, of.ID, Time(of.Created)}, before, person.Form)...)
	}
	return r, err
}

// change takes the patch into what was written by and about the person.
func (p *Patch) change(to *person) error {
	if p.Notes != nil {
		if len(*p.Notes) > maxNotes || !isText(*p.Notes) {
			return fault.Field(fault.InvalidField, "notes", "notes has at most %d bytes of UTF-8 text.", maxNotes)
		}
		to.Notes = *p.Notes
	}
	if p.Tags != nil {
		if err := checkTags(*p.Tags); err != nil {
			return err
		}
		to.Tags = *p.Tags
	}
	for _, f := range p.Form {
		if ownNames[f.Name] || f.Name == "" || f.Name[0] == '_' {
			return fault.Field(fault.InvalidField, f.Name, "%q cannot be changed.", f.Name)
		}
		if err := f.check(); err != nil {
			return err
		}
		if string(f.Value) == "null" {
			to.Form = slices.DeleteFunc(to.Form, func(o Field) bool { return o.Name == f.Name })
			continue
		}
		to.Form = setField(to.Form, f)
	}
	if len(to.Form) > maxFields {
		return fault.Field(fault.InvalidField, "formData", "A lead has at most %d form fields.", maxFields)
	}
	return nil
}

func checkTags(tags []string) error {
	if len(tags) > maxTags {
		return fault.Field(fault.InvalidField, "tags", "A lead has at most %d tags.", maxTags)
	}
	for _, t := range tags {
		if t == "" || len(t) > maxTag || !isText(t) {
			return fault.Field(fault.InvalidField, "tags", "A tag has 1 to %d bytes of UTF-8 text.", maxTag)
		}
	}
	return nil
}
