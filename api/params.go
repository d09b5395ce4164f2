package api

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"footfall/catalog"
	"footfall/fault"
)

// Bounds of parameters.
const (
	defaultLimit  = 50
	maxLimit      = 1000
	defaultDays   = 30
	maxDays       = 3660
	defaultActive = 5 * time.Minute
	maxActive     = 24 * time.Hour
)

// param returns a query parameter; an empty one is as good as absent.
func (c *call) param(name string) string { return string(c.QueryArgs().Peek(name)) }

// limit returns how many rows a page may have.
func (c *call) limit() (int, error) {
	s := c.param("limit")
	if s == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxLimit {
		return 0, fault.Field(fault.InvalidField, "limit", "limit is a whole number from 1 to %d.", maxLimit)
	}
	return n, nil
}

// choice returns a parameter that is one of several words; the first is the default.
func (c *call) choice(name string, words ...string) (string, error) {
	s := c.param(name)
	if s == "" {
		return words[0], nil
	}
	if !slices.Contains(words, s) {
		return "", fault.Field(fault.InvalidField, name, "%s is one of: %s.", name, strings.Join(words, ", "))
	}
	return s, nil
}

// words returns the words of a list that a parameter holds, of those that it may; the default is all of them.
func (c *call) words(name string, all ...string) ([]string, error) {
	s := c.param(name)
	if s == "" {
		return all, nil
	}
	words := strings.Split(s, ",")
	for _, word := range words {
		if !slices.Contains(all, word) {
			return nil, fault.Field(fault.InvalidField, name, "%s is a list, with commas, of: %s.", name, strings.Join(all, ", "))
		}
	}
	return words, nil
}

// active returns the receive time, ms, since which a session counts as active.
func (c *call) active(now time.Time) (int64, error) {
	d := defaultActive
	if s := c.param("active"); s != "" {
		var err error
		if d, err = time.ParseDuration(s); err != nil || d <= 0 || d > maxActive {
			return 0, fault.Field(fault.InvalidField, "active", "active is a duration such as 90s, 5m or 24h, at most 24h.")
		}
	}
	return now.Add(-d).UnixMilli(), nil
}

// days is a range of local days, both ends inclusive, since 1970-01-01.
type days struct{ from, to uint16 }

// days returns the range that from and to name; the default is the last 30 days in the site's zone.
func (c *call) days(site *catalog.Site, now time.Time) (days, error) {
	to, err := c.day("to", localDay(now.In(site.Zone())))
	if err != nil {
		return days{}, err
	}
	from, err := c.day("from", max(to-defaultDays+1, 0))
	switch {
	case err != nil:
		return days{}, err
	case from > to:
		return days{}, fault.Field(fault.InvalidField, "from", "from is after to.")
	case to-from+1 > maxDays:
		return days{}, fault.Field(fault.InvalidField, "from", "from and to span at most %d days.", maxDays)
	}
	return days{uint16(from), uint16(to)}, nil
}

// day returns the day that a parameter names, days since 1970-01-01, or the default.
func (c *call) day(name string, otherwise int) (int, error) {
	s := c.param(name)
	if s == "" {
		return otherwise, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if day := localDay(t); err == nil && day >= 0 && day <= math.MaxUint16 {
		return day, nil
	}
	return 0, fault.Field(fault.InvalidField, name, "%s is a date such as 2026-01-31.", name)
}

// localDay returns the day that a clock in t's zone shows, days since 1970-01-01.
func localDay(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / int64((24*time.Hour)/time.Second))
}
