package catalog

import (
	"strings"
	"time"
	"unicode/utf8"

	"footfall/fault"
)

// Organization is a brokerage: it owns sites, profiles, leads and keys, and sees nothing of others.
type Organization struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Created  time.Time `json:"created_at,omitzero"` // zero: not known
	Settings Settings  `json:"settings"`

	named bool // only a site names it, it is not stored
}

// Profile is an agent within an organization. Its id is unique there, not elsewhere.
type Profile struct {
	ID           string    `json:"id"`
	Organization string    `json:"organization_id"`
	FullName     string    `json:"full_name"`
	Email        string    `json:"email"`
	TimeZone     string    `json:"time_zone"`
	ServiceAreas []string  `json:"service_areas"`
	Specialties  []string  `json:"specialties"`
	Created      time.Time `json:"created_at,omitzero"`

	named bool // only a site names it, it is not stored
}

// Bounds of what is set up, in bytes and numbers.
const (
	maxIDBytes   = 255
	maxNameBytes = 255
	maxWords     = 100
	maxOrigins   = 100
)

func (o *Organization) check() error {
	if err := checkText("id", o.ID, true); err != nil {
		return err
	}
	if err := checkText("name", o.Name, true); err != nil {
		return err
	}
	return o.Settings.check()
}

// normalize fills defaults in and refuses what a profile may not hold.
func (p *Profile) normalize() error {
	for _, f := range []struct {
		name, value string
		required    bool
	}{
		{"id", p.ID, true}, {"organization_id", p.Organization, true}, {"full_name", p.FullName, true}, {"email", p.Email, false},
	} {
		if err := checkText(f.name, f.value, f.required); err != nil {
			return err
		}
	}
	if p.Email != "" && strings.Count(p.Email, "@") != 1 {
		return fault.Field(fault.InvalidField, "email", "email is one address, such as ada@example.com.")
	}
	if p.TimeZone == "" {
		p.TimeZone = "UTC"
	}
	if _, err := zoneOf(p.TimeZone); err != nil {
		return fault.Field(fault.InvalidField, "time_zone", "The time zone %q is not known; give an IANA name such as America/Chicago.", p.TimeZone)
	}
	for name, words := range map[string]*[]string{"service_areas": &p.ServiceAreas, "specialties": &p.Specialties} {
		if *words == nil {
			*words = []string{}
		}
		if len(*words) > maxWords {
			return fault.Field(fault.InvalidField, name, "%s has at most %d entries.", name, maxWords)
		}
		for _, w := range *words {
			if err := checkText(name, w, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkText refuses what is no short text.
func checkText(field, s string, required bool) error {
	if required && strings.TrimSpace(s) == "" {
		return fault.Field(fault.MissingField, field, "%s is required.", field)
	}
	if len(s) > maxNameBytes || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fault.Field(fault.InvalidField, field, "%s is text of at most %d bytes without control characters.", field, maxNameBytes)
	}
	return nil
}
