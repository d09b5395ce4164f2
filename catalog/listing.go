package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"footfall/event"
	"footfall/fault"
)

// Listing is what a site's owner says of a home. What is not known is zero, or nil where zero says something.
type Listing struct {
	ID          string `json:"id"`
	Profile     string `json:"profile_id"` // whose listing it is
	Status      string `json:"status"`     // one of Statuses
	Price       int64  `json:"price_cents,omitempty"`
	Address     string `json:"address,omitempty"`
	City        string `json:"city,omitempty"`
	Type        string `json:"property_type,omitempty"` // lower case, words joined by _
	Beds        *int64 `json:"beds,omitempty"`
	Baths       *int64 `json:"baths_hundredths,omitempty"` // half baths are .5
	Sqft        int64  `json:"sqft,omitempty"`
	Description string `json:"description,omitempty"`
	Listed      int64  `json:"listed_ms,omitempty"` // ms since 1970
	Closed      int64  `json:"closed_ms,omitempty"`

	// What the catalog adds. LeftMarket is when it was last told that a listing which was on the market is no longer.
	Created    int64 `json:"created_ms"`
	Updated    int64 `json:"updated_ms"`
	LeftMarket int64 `json:"left_market_ms,omitempty"`
}

// ListingEvent is a line of a listing's history: what it cost and what its status was from then on.
type ListingEvent struct {
	At     int64  `json:"at_ms"`
	Price  int64  `json:"price_cents,omitempty"`
	Status string `json:"status"`
}

// StatusActive is the status of a listing that says none.
const StatusActive = "active"

// Statuses are what a listing's status may be. closed and sold are two words for one thing, of which each feed has its
// own; so are canceled and removed for what never closed.
var Statuses = []string{
	StatusActive, "coming_soon", "under_contract", "pending", "hold", "incomplete",
	"closed", "sold", "leased", "rented", "expired", "withdrawn", "canceled", "removed",
}

var (
	onMarket = Statuses[:5]
	done     = Statuses[6:10]
)

// OnMarket says whether the listing may still find a buyer.
func (l *Listing) OnMarket() bool { return slices.Contains(onMarket, l.Status) }

// Done says whether it has found one.
func (l *Listing) Done() bool { return slices.Contains(done, l.Status) }

// Bounds of a listing. Money in cents, baths in hundredths.
const (
	maxPrice       = 10_000_000_000 * 100
	maxRooms       = 10_000
	maxSqft        = 1_000_000_000
	maxType        = 50
	maxDescription = 16 << 10
	firstListed    = -2_208_988_800_000 // 1900-01-01, ms
	lastListed     = 4_102_444_800_000  // 2100-01-01, ms
)

// check refuses what a listing may not hold, and fills defaults in.
func (l *Listing) check() error {
	if l.ID == "" {
		return fault.Field(fault.MissingField, "id", "A listing has an id.")
	}
	if len(l.ID) > event.MaxListing || !utf8.ValidString(l.ID) || strings.Contains(l.ID, "\x00") {
		return fault.Field(fault.InvalidField, "id", "The id of a listing has at most %d bytes of UTF-8 text without NUL.", event.MaxListing)
	}
	if l.Status == "" {
		l.Status = StatusActive
	}
	if !slices.Contains(Statuses, l.Status) {
		return fault.Field(fault.InvalidField, "status", "%.50q is no status that is known here. Write one of: %s.", l.Status, strings.Join(Statuses, ", "))
	}
	for _, f := range []struct{ name, value string }{{"address", l.Address}, {"city", l.City}} {
		if err := checkText(f.name, f.value, false); err != nil {
			return err
		}
	}
	if err := checkText("property_type", l.Type, false); err != nil || len(l.Type) > maxType {
		return fault.Field(fault.InvalidField, "property_type", "property_type is a few words of at most %d bytes, such as single_family.", maxType)
	}
	if len(l.Description) > maxDescription || !utf8.ValidString(l.Description) || strings.ContainsFunc(l.Description, notWriting) {
		return fault.Field(fault.InvalidField, "description", "description is text of at most %d bytes without control characters but line breaks.", maxDescription)
	}
	for _, n := range []struct {
		name  string
		value *int64
		most  int64
	}{{"price", known(l.Price), maxPrice}, {"beds", l.Beds, maxRooms}, {"baths", l.Baths, maxRooms * 100}, {"sqft", known(l.Sqft), maxSqft}} {
		if n.value != nil && (*n.value < 0 || *n.value > n.most) {
			return numberRefused(n.name)
		}
	}
	if l.Listed != 0 && l.Closed != 0 && l.Closed < l.Listed {
		return fault.Field(fault.InvalidField, "closed_at", "closed_at is before listed_at.")
	}
	return nil
}

// known returns nil for what zero stands for.
func known(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

func notWriting(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f }

func numberRefused(name string) error {
	switch name {
	case "price":
		return fault.Field(fault.InvalidField, name, "price is a number above 0, at most %d; leave it out if it is not known.", maxPrice/100)
	case "sqft":
		return fault.Field(fault.InvalidField, name, "sqft is a number above 0, at most %d; leave it out if it is not known.", maxSqft)
	case "beds":
		return fault.Field(fault.InvalidField, name, "beds is a whole number from 0 to %d.", maxRooms)
	}
	return fault.Field(fault.InvalidField, name, "%s is a number from 0 to %d.", name, maxRooms)
}

// DaysOnMarket returns for how many local days a listing has been on the market, or was until it closed or left; nil if
// that is not known. It began when the listing says, else when the catalog first heard of it.
func (l *Listing) DaysOnMarket(zone *time.Location, now time.Time) *int64 {
	began, ended := l.Listed, l.Closed
	if began == 0 {
		began = l.Created
	}
	switch {
	case ended != 0 && !l.OnMarket():
	case l.OnMarket():
		ended = now.UnixMilli()
	case l.LeftMarket != 0:
		ended = l.LeftMarket
	default:
		return nil
	}
	days := max(0, localDay(ended, zone)-localDay(began, zone))
	return &days
}

// localDay returns the day that a clock in a zone shows, days since 1970-01-01.
func localDay(ms int64, zone *time.Location) int64 {
	y, m, d := time.UnixMilli(ms).In(zone).Date()
	return int64(event.UTCDay(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).UnixMilli()))
}

// PriceRanges are the ranges of prices that markets are cut into, and their lower ends in cents.
var (
	PriceRanges = []string{"0-250000", "250000-500000", "500000-1000000", "1000000+"}
	rangeStarts = []int64{0, 250_000_00, 500_000_00, 1_000_000_00}
)

// PriceRange returns the range that a price in cents is in, "" for one that is not known.
func PriceRange(cents int64) string {
	if cents == 0 {
		return ""
	}
	i := len(rangeStarts) - 1
	for cents < rangeStarts[i] {
		i--
	}
	return PriceRanges[i]
}

// content is what was said of a listing, without what the catalog adds: two puts of the same content are one.
func (l *Listing) content() (string, error) {
	said := *l
	said.Created, said.Updated, said.LeftMarket = 0, 0, 0
	b, err := json.Marshal(said)
	if err != nil {
		return "", fmt.Errorf("encode a listing: %w", err)
	}
	return string(b), nil
}
