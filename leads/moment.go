package leads

import (
	"strconv"
	"strings"
	"time"

	"footfall/catalog"
	"footfall/fault"
)

// How CRMs write times, with and without a zone. Of dates with slashes the month comes first.
var zonedLayouts = []string{time.RFC3339, "2006-01-02T15:04:05.999-0700", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 MST"}

var localLayouts = []string{
	"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly,
	"1/2/2006 15:04:05", "1/2/2006 15:04", "1/2/2006 3:04:05 PM", "1/2/2006 3:04 PM", "1/2/2006",
	"Jan 2, 2006 15:04", "Jan 2, 2006 3:04 PM", "Jan 2, 2006", "January 2, 2006",
}

// parseMoment reads a time of an import; one without a zone is local to the site. A number is seconds since 1970, or
// milliseconds if it is that large. dateOnly says that there was no time of day.
func parseMoment(field, text string, site *catalog.Site) (t time.Time, dateOnly bool, err error) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) >= 9 && len(text) <= 14 {
		if n < 100_000_000_000 {
			n *= 1000
		}
		return time.UnixMilli(n), false, nil
	}
	plain := strings.ReplaceAll(text, "/, ", " ")
	if date, rest, ok := strings.Cut(text, ", "); ok && strings.Count(date, "/") == 2 {
		plain = date + " " + rest
	}
	for _, layout := range zonedLayouts {
		if t, err := time.ParseInLocation(layout, plain, site.Zone()); err == nil {
			return t, false, nil
		}
	}
	for _, layout := range localLayouts {
		if t, err := time.Parse(layout, plain); err == nil {
			return site.When(t), !strings.Contains(layout, ":"), nil
		}
	}
	return t, false, fault.Field(fault.InvalidField, field, "%s is a time such as 2026-01-31T15:04:05Z or 2026-01-31 15:04.", field)
}
