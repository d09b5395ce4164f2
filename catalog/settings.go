package catalog

import (
	"encoding/json"

	"footfall/fault"
)

// Settings are what an organization decides for all that is its own. A zero is what Filled says.
type Settings struct {
	Thresholds Thresholds `json:"thresholds"`
	Horizon    int        `json:"horizon_days"`    // after which a lead without an outcome counts as lost
	Consent    string     `json:"consent_default"` // of sites that are made from then on
	Quotas     Quotas     `json:"quotas"`
	Stories    bool       `json:"stories"` // won leads with a high score may be shown as stories
	Pooling    Pooling    `json:"pooling"`
}

// Thresholds are the scores, 0 to 100, from which a lead's priority is high, or medium.
type Thresholds struct {
	High   int `json:"high"`
	Medium int `json:"medium"`
}

// Quotas bound, for each site, what strangers may make up.
type Quotas struct {
	EventTypes int `json:"event_types"`             // of the site's own
	Listings   int `json:"new_listings_per_day"`    // of a UTC day
	Visitors   int `json:"new_visitors_per_second"` // and as many at once
}

// Pooling says what of the organization's numbers may go, without names, into numbers over several organizations.
type Pooling struct {
	Benchmarks bool `json:"benchmarks"` // listing benchmarks
	Models     bool `json:"models"`     // lead outcomes, for a shared model
}

// What a Settings says that says nothing.
const (
	DefaultHigh       = 70
	DefaultMedium     = 50
	DefaultHorizon    = 180
	MinHorizon        = 90
	MaxHorizon        = 365
	DefaultEventTypes = 200
	DefaultListings   = 50_000
	DefaultVisitors   = 1000
	maxQuota          = 1_000_000_000
)

// Filled returns the settings with what was never set.
func (s Settings) Filled() Settings {
	for _, f := range []struct {
		to        *int
		otherwise int
	}{
		{&s.Thresholds.High, DefaultHigh}, {&s.Thresholds.Medium, DefaultMedium}, {&s.Horizon, DefaultHorizon},
		{&s.Quotas.EventTypes, DefaultEventTypes}, {&s.Quotas.Listings, DefaultListings}, {&s.Quotas.Visitors, DefaultVisitors},
	} {
		if *f.to == 0 {
			*f.to = f.otherwise
		}
	}
	if s.Consent == "" {
		s.Consent = ConsentGranted
	}
	return s
}

// check refuses what settings may not hold.
func (s Settings) check() error {
	s = s.Filled()
	refused := func(field, format string, args ...any) error {
		return fault.Field(fault.InvalidField, field, format, args...)
	}
	switch {
	case s.Thresholds.Medium < 1 || s.Thresholds.High > 100 || s.Thresholds.Medium >= s.Thresholds.High:
		return refused("thresholds", "thresholds are whole numbers from 1 to 100, medium below high.")
	case s.Horizon < MinHorizon || s.Horizon > MaxHorizon:
		return refused("horizon_days", "horizon_days is a whole number from %d to %d.", MinHorizon, MaxHorizon)
	case s.Consent != ConsentGranted && s.Consent != ConsentAnonymous:
		return refused("consent_default", "consent_default is %s or %s.", ConsentGranted, ConsentAnonymous)
	}
	for _, n := range []int{s.Quotas.EventTypes, s.Quotas.Listings, s.Quotas.Visitors} {
		if n < 1 || n > maxQuota {
			return refused("quotas", "quotas are whole numbers from 1 to %d.", maxQuota)
		}
	}
	return nil
}

// Merge takes in what a JSON object names; null sets a number back to its default. Names that are none are refused.
func (s Settings) Merge(patch []byte) (Settings, error) {
	var names struct {
		Thresholds map[string]json.RawMessage `json:"thresholds"`
		Quotas     map[string]json.RawMessage `json:"quotas"`
		Horizon    json.RawMessage            `json:"horizon_days"`
	}
	if err := DecodeStrict(patch, &s); err != nil {
		return s, err
	}
	if err := json.Unmarshal(patch, &names); err != nil {
		return s, fault.Wrap(fault.InvalidJSON, err, "thresholds and quotas are objects.")
	}
	for name, to := range map[string]*int{"high": &s.Thresholds.High, "medium": &s.Thresholds.Medium} {
		zeroIfNull(names.Thresholds[name], to)
	}
	for name, to := range map[string]*int{
		"event_types": &s.Quotas.EventTypes, "new_listings_per_day": &s.Quotas.Listings, "new_visitors_per_second": &s.Quotas.Visitors,
	} {
		zeroIfNull(names.Quotas[name], to)
	}
	zeroIfNull(names.Horizon, &s.Horizon)
	return s, s.check()
}

func zeroIfNull(raw json.RawMessage, to *int) {
	if string(raw) == "null" {
		*to = 0
	}
}
