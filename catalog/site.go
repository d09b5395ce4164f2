package catalog

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a site's zone must be known on every machine, else its days would move

	"footfall/fault"
)

// What an event without a consent of its own is taken to have.
const (
	ConsentGranted   = "granted"
	ConsentAnonymous = "anonymous"
)

// Default names the organization and the profile that a new directory starts with; DefaultSite is its site.
const (
	Default     = "default"
	DefaultSite = 1
)

// Site is one place that events come from.
type Site struct {
	ID           uint32   `json:"id"`
	Name         string   `json:"name"`
	Organization string   `json:"organization_id"`
	Profile      string   `json:"profile_id"`                // of events and leads that name none
	Origins      []string `json:"allowed_origins,omitempty"` // that may send; none set: every origin
	TimeZone     string   `json:"time_zone"`                 // IANA name; days are taken in it
	ServerSide   bool     `json:"server_side,omitempty"`     // requests without an origin are fine although origins are set
	Consent      string   `json:"consent"`                   // default "granted"

	zone *time.Location
}

// Zone returns the site's time zone. It is set for sites that come from a Catalog; any other is in UTC.
func (s *Site) Zone() *time.Location {
	if s.zone == nil {
		return time.UTC
	}
	return s.zone
}

// When returns the first moment at which a clock of the site shows a wall time, given in UTC. A clock that is put forward
// shows some never, in some countries midnight: then it is the moment at which it is put forward.
func (s *Site) When(wall time.Time) time.Time {
	zone := s.Zone()
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
	start, end := t.ZoneBounds()
	_, offset := t.Zone()
	switch shown := t.Add(time.Duration(offset) * time.Second); {
	case shown.Before(wall):
		return end
	case shown.After(wall):
		return start
	}
	if !start.IsZero() { // a clock that is put back shows it twice
		_, offset := start.Add(-1).Zone()
		if earlier := wall.Add(-time.Duration(offset) * time.Second).In(zone); earlier.Before(start) {
			return earlier
		}
	}
	return t
}

// Allows says whether a page of this origin may send to the site: every origin if none are set, else those that are
// listed; "null" only if it is listed.
func (s *Site) Allows(origin string) bool { return len(s.Origins) == 0 || s.lists(origin) }

func (s *Site) lists(origin string) bool { return slices.Contains(s.Origins, strings.ToLower(origin)) }

// normalize fills defaults in and refuses what a site may not hold. It shares no slice with its caller afterwards.
func (s *Site) normalize() error {
	if s.ID == 0 {
		return fault.Field(fault.InvalidField, "id", "A site's id is a number from 1.")
	}
	for _, required := range []struct{ field, value string }{
		{"organization_id", s.Organization}, {"profile_id", s.Profile},
	} {
		if required.value == "" {
			return fault.Field(fault.MissingField, required.field, "A site needs %s.", required.field)
		}
	}
	if s.TimeZone == "" {
		s.TimeZone = "UTC"
	}
	if _, err := zoneOf(s.TimeZone); err != nil {
		return fault.Field(fault.InvalidField, "time_zone", "The time zone %q is not known; give an IANA name such as America/Chicago (flag --time-zone).", s.TimeZone)
	}
	if s.Consent == "" {
		s.Consent = ConsentGranted
	}
	if s.Consent != ConsentGranted && s.Consent != ConsentAnonymous {
		return fault.Field(fault.InvalidField, "consent", "consent is %s or %s.", ConsentGranted, ConsentAnonymous)
	}
	s.Origins = slices.Clone(s.Origins)
	if len(s.Origins) > maxOrigins {
		return fault.Field(fault.InvalidField, "allowed_origins", "A site has at most %d origins.", maxOrigins)
	}
	if err := checkText("name", s.Name, false); err != nil {
		return err
	}
	for i, o := range s.Origins {
		s.Origins[i] = strings.ToLower(o)
		if !isOrigin(s.Origins[i]) {
			return fault.Field(fault.InvalidField, "allowed_origins", "%q is not an origin; give scheme://host or scheme://host:port, such as https://www.example.com, without a path.", o)
		}
	}
	return nil
}

// isOrigin says whether a lower-cased string is what browsers send as Origin.
func isOrigin(s string) bool {
	if s == "null" {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && u.Host != "" && u.Hostname() != "" && s == u.Scheme+"://"+u.Host
}

// zoneOf loads a zone by IANA name. "Local" is the machine's and means something else on the next one.
func zoneOf(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, fmt.Errorf("time zone %q depends on the machine", name)
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", name, err)
	}
	return z, nil
}
