package catalog

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"footfall/fault"
)

// listingName is a name under which a field of a listing may come.
type listingName struct {
	field string
	rank  int // of several names of one field, the lowest that says something counts
}

// listingNames are the names that are taken, in lower case without underscores for our own, as the RESO Data Dictionary
// writes them for its.
var listingNames = map[string]listingName{
	"id": {"id", 0}, "listingid": {"id", 0}, "propertyid": {"id", 0},
	"price": {"price", 0}, "address": {"address", 0}, "city": {"city", 0}, "propertytype": {"property_type", 0},
	"beds": {"beds", 0}, "baths": {"baths", 0}, "sqft": {"sqft", 0}, "status": {"status", 0}, "description": {"description", 0},
	"listedat": {"listed_at", 0}, "closedat": {"closed_at", 0}, "profileid": {"profile_id", 0},

	"ListingKey": {"id", 1}, "ListingId": {"id", 2},
	"ListPrice": {"price", 1}, "ClosePrice": {"price", 2}, "OriginalListPrice": {"price", 3},
	"UnparsedAddress": {"address", 1}, "City": {"city", 1}, "PostalCity": {"city", 2},
	"PropertySubType": {"property_type", 1}, "PropertyType": {"property_type", 2},
	"BedroomsTotal": {"beds", 1}, "BathroomsTotalDecimal": {"baths", 1}, "BathroomsTotalInteger": {"baths", 2},
	"LivingArea": {"sqft", 1}, "LivingAreaUnits": {"units", 0},
	"StandardStatus": {"status", 1}, "MlsStatus": {"status", 2}, "PublicRemarks": {"description", 1},
	"ListingContractDate": {"listed_at", 1}, "OnMarketDate": {"listed_at", 2}, "CloseDate": {"closed_at", 1},
	"ListAgentKey": {"agent", 0}, "ListAgentMlsId": {"agent", 1},
}

// told are the names that answers have and requests need not: what they say is left out.
var told = []string{"siteid", "createdat", "updatedat", "daysonmarket", "pricerange", "history"}

// standard are the spellings that feeds have of statuses and types, in lower case with words joined by _.
var standard = map[string]string{
	"active_under_contract": "under_contract", "contingent": "under_contract", "cancelled": "canceled", "delete": "removed", "for_sale": StatusActive,
	"off_market": "withdrawn", "single_family_residence": "single_family", "single_family_home": "single_family", "condominium": "condo",
	"townhome": "townhouse", "multifamily": "multi_family", "manufactured_home": "manufactured", "unimproved_land": "land",
}

// ReadListing reads one JSON object of a feed of the site: our names, in snake_case or camelCase, or those of the RESO
// Data Dictionary, of which those it has no use for are left out. A name in small letters that is none of ours is
// refused: it is a slip of the pen. id, if not empty, is the one that the listing must have. Whose listing it is stays
// open if the feed names nobody who is known.
func (c *Catalog) ReadListing(site *Site, id string, body []byte) (*Listing, error) {
	r := listingReader{catalog: c, site: site, values: map[string]json.RawMessage{}, ranks: map[string]int{}}
	if err := r.read(body); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		name string
		to   *string
	}{
		{"id", &r.l.ID}, {"address", &r.l.Address}, {"city", &r.l.City}, {"property_type", &r.l.Type}, {"status", &r.l.Status},
		{"description", &r.l.Description}, {"profile_id", &r.l.Profile},
	} {
		r.text(f.name, f.to)
	}
	r.l.Beds, r.l.Baths = r.number("beds", 1), r.number("baths", 100)
	r.cents(&r.l.Price)
	r.area(&r.l.Sqft)
	r.moment("listed_at", &r.l.Listed)
	r.moment("closed_at", &r.l.Closed)
	r.l.City, r.l.Address = strings.Join(strings.Fields(r.l.City), " "), strings.TrimSpace(r.l.Address)
	r.l.Type, r.l.Status = Word(r.l.Type), Word(r.l.Status)
	if r.err == nil {
		r.owner(id)
	}
	if r.err == nil {
		r.err = r.l.check()
	}
	return &r.l, r.err
}

// listingReader takes the fields of one listing in. Its first error stays.
type listingReader struct {
	catalog *Catalog
	site    *Site
	values  map[string]json.RawMessage // by field, never null
	ranks   map[string]int
	l       Listing
	err     error
}

func (r *listingReader) refuse(field, format string, args ...any) {
	if r.err == nil {
		r.err = fault.Field(fault.InvalidField, field, format, args...)
	}
}

// read sorts the names of the object.
func (r *listingReader) read(body []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return fault.Wrap(fault.InvalidJSON, err, "A listing is one JSON object.")
	}
	for name, value := range object {
		n, ok := listingNames[name]
		if small := name == "" || name[0] < 'A' || name[0] > 'Z'; small {
			plain := strings.ToLower(strings.ReplaceAll(name, "_", ""))
			if n, ok = listingNames[plain]; !ok && !slices.Contains(told, plain) {
				return fault.Field(fault.InvalidField, name, "%.50q is no field of a listing. The fields are price, address, city, property_type, beds, baths, sqft, status, description, listed_at, closed_at and profile_id, or RESO's names.", name)
			}
		}
		if old, twice := r.ranks[n.field]; !ok || string(value) == "null" || twice && old <= n.rank {
			continue
		}
		r.values[n.field], r.ranks[n.field] = value, n.rank
	}
	return nil
}

func (r *listingReader) text(name string, to *string) {
	raw := r.values[name]
	if raw == nil || json.Unmarshal(raw, to) == nil {
		return
	}
	var n json.Number
	if name == "id" && json.Unmarshal(raw, &n) == nil { // feeds count their listings
		*to = n.String()
		return
	}
	r.refuse(name, "%s is text.", name)
}

// number returns a number in parts of one, such as hundredths, half up; nil if it is not there.
func (r *listingReader) number(name string, parts float64) *int64 {
	raw := r.values[name]
	if raw == nil {
		return nil
	}
	text := string(bytes.Trim(raw, `" `)) // feeds write numbers as text too
	if text == "" {
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	whole := parts > 1 || v == math.Trunc(v)
	if err != nil || !whole || !(v >= 0 && v <= maxPrice) {
		if r.err == nil {
			r.err = numberRefused(name)
		}
		return nil
	}
	n := int64(math.Floor(v*parts + .5))
	return &n
}

// cents reads the price. One of 0 is no price.
func (r *listingReader) cents(to *int64) {
	if n := r.number("price", 100); n != nil {
		*to = *n
		if *n == 0 && r.err == nil {
			r.err = numberRefused("price")
		}
	}
}

// area reads square feet, or square meters if the feed says so.
func (r *listingReader) area(to *int64) {
	n := r.number("sqft", 1000)
	if n == nil {
		return
	}
	var units string
	r.text("units", &units)
	v := float64(*n) / 1000
	if strings.HasPrefix(strings.ToLower(units), "square met") && r.ranks["sqft"] > 0 {
		v *= 10.7639104
	}
	if *to = int64(math.Floor(v + .5)); *to == 0 && r.err == nil {
		r.err = numberRefused("sqft")
	}
}

// moment reads a time, or a date, which is that of the site's zone.
func (r *listingReader) moment(name string, to *int64) {
	var s string
	if r.text(name, &s); s == "" {
		return
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t, err = time.Parse(time.DateOnly, s)
		t = r.site.When(t)
	}
	if *to = t.UnixMilli(); err != nil || *to < firstListed || *to > lastListed || *to == 0 {
		r.refuse(name, "%s is a time such as 2026-01-31T15:04:05Z or a date such as 2026-01-31.", name)
	}
}

// owner settles the id and whose listing it is. An agent's key of a feed counts if the organization has a profile of
// that id.
func (r *listingReader) owner(id string) {
	if id != "" && r.ranks["id"] == 0 && r.l.ID != "" && r.l.ID != id {
		r.refuse("id", "The body names another listing than the path.")
	}
	if id != "" {
		r.l.ID = id
	}
	var agent string
	if r.text("agent", &agent); r.l.Profile == "" && agent != "" && r.catalog.HasProfile(r.site.Organization, agent) {
		r.l.Profile = agent
	}
	if r.l.Profile != "" && !r.catalog.HasProfile(r.site.Organization, r.l.Profile) {
		r.refuse("profile_id", "The organization has no profile %.50q. Make it first, or leave profile_id out.", r.l.Profile)
	}
}

// Word writes a few words as one, as types and statuses are kept, in lower case: Single Family Residence is single_family.
func Word(s string) string {
	s = strings.ToLower(strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || r == '_' || r == '-' || r == '/' || r == '\t'
	}), "_"))
	if known := standard[s]; known != "" {
		return known
	}
	return s
}
