package ingest

import (
	"strings"

	"footfall/event"
	"footfall/fault"
)

// field is a row of the wire contract's table.
type field uint8

const (
	fieldType field = iota
	fieldSession
	fieldID
	fieldVisitor
	fieldPage
	fieldListing
	fieldProfile
	fieldTS
	fieldSentAt
	fieldDuration
	fieldScroll
	fieldDevice
	fieldConsent
	fieldWebdriver
	fieldData
	fieldKey
	fieldEvents
	fieldAttr // from here on one field for each event.AttrKey, in its order
	numFields = fieldAttr + field(event.NumAttrs)
)

// kind says what a field holds and so how it is checked.
type kind uint8

const (
	kindID    kind = iota // text without NUL; empty is absent
	kindText              // text; empty is absent
	kindOther             // whatever else; its own function reads it
)

// spec describes a field: its name in the wire contract, other names that it goes by, and the bytes that its text may
// have.
type spec struct {
	name  string
	alias []string
	kind  kind
	limit int
	own   bool // belongs to one event: not taken from the shared fields
	inner bool // also read from within eventData
}

var specs = [numFields]spec{
	fieldType:      {name: "eventType", alias: []string{"event_type"}, kind: kindID, limit: event.MaxTypeName},
	fieldSession:   {name: "sessionId", alias: []string{"session_id"}, kind: kindID, limit: event.MaxSession},
	fieldID:        {name: "eventId", alias: []string{"event_id"}, kind: kindID, limit: event.MaxID, own: true},
	fieldVisitor:   {name: "visitorId", alias: []string{"visitor_id"}, kind: kindID, limit: event.MaxVisitor},
	fieldPage:      {name: "pageId", alias: []string{"page_id"}, kind: kindID, limit: event.MaxPage},
	fieldListing:   {name: "propertyId", alias: []string{"property_id", "listingId", "listing_id"}, kind: kindID, limit: event.MaxListing, inner: true},
	fieldProfile:   {name: "profileId", alias: []string{"profile_id"}, kind: kindID, limit: event.MaxProfile},
	fieldTS:        {name: "ts", kind: kindOther},
	fieldSentAt:    {name: "sentAt", alias: []string{"sent_at"}, kind: kindOther},
	fieldDuration:  {name: "durationSeconds", alias: []string{"duration_seconds"}, kind: kindOther},
	fieldScroll:    {name: "scrollPercentage", alias: []string{"scroll_percentage"}, kind: kindOther, inner: true},
	fieldDevice:    {name: "deviceType", alias: []string{"device_type"}, kind: kindText, limit: event.MaxAttr},
	fieldConsent:   {name: "consent", kind: kindText, limit: event.MaxAttr},
	fieldWebdriver: {name: "webdriver", kind: kindOther},
	fieldData:      {name: "eventData", alias: []string{"event_data"}, kind: kindOther, own: true},
	fieldKey:       {name: "key", kind: kindID, limit: event.MaxSession, own: true},
	fieldEvents:    {name: "events", kind: kindOther, own: true},

	fieldAttr + field(event.AttrURL):         {name: "url", kind: kindText, limit: event.MaxAttr},
	fieldAttr + field(event.AttrTitle):       {name: "title", kind: kindText, limit: event.MaxAttr},
	fieldAttr + field(event.AttrReferrer):    {name: "referrerUrl", alias: []string{"referrer_url"}, kind: kindText, limit: event.MaxAttr},
	fieldAttr + field(event.AttrUTMSource):   {name: "utm_source", alias: []string{"utmSource"}, kind: kindText, limit: event.MaxAttr},
	fieldAttr + field(event.AttrUTMMedium):   {name: "utm_medium", alias: []string{"utmMedium"}, kind: kindText, limit: event.MaxAttr},
	fieldAttr + field(event.AttrUTMCampaign): {name: "utm_campaign", alias: []string{"utmCampaign"}, kind: kindText, limit: event.MaxAttr},
	fieldAttr + field(event.AttrUTMTerm):     {name: "utm_term", alias: []string{"utmTerm"}, kind: kindText, limit: event.MaxAttr},
	fieldAttr + field(event.AttrUTMContent):  {name: "utm_content", alias: []string{"utmContent"}, kind: kindText, limit: event.MaxAttr},
	fieldAttr + field(event.AttrUTMID):       {name: "utm_id", alias: []string{"utmId"}, kind: kindText, limit: event.MaxAttr},
	fieldAttr + field(event.AttrGclid):       {name: "gclid", kind: kindText, limit: event.MaxAttr},
	fieldAttr + field(event.AttrFbclid):      {name: "fbclid", kind: kindText, limit: event.MaxAttr},
	fieldAttr + field(event.AttrInteraction): {name: "interactionType", alias: []string{"interaction_type"}, kind: kindText, limit: event.MaxAttr, inner: true},
}

// fieldNames leads from every name on the wire to its field.
var fieldNames = func() map[string]field {
	names := make(map[string]field, 2*numFields)
	for f, s := range specs {
		names[s.name] = field(f)
		for _, alias := range s.alias {
			names[alias] = field(f)
		}
	}
	return names
}()

// span is where a value stands in the bytes being decoded. A value is never empty, so end 0 means absent.
type span struct{ start, end int32 }

// fields holds where each field of one object stands.
type fields [numFields]span

// set notes where a field's value is. The last one of a name wins; null, and an empty string where text is wanted, are
// absent.
func (fs *fields) set(f field, src []byte, start, end int) {
	absent := src[start] == 'n' || end-start == len(`""`) && src[start] == '"' && specs[f].kind != kindOther
	if absent {
		fs[f] = span{}
		return
	}
	fs[f] = span{int32(start), int32(end)}
}

// refuse notes why the event at hand is rejected; the first reason stays.
func (d *Decoder) refuse(code fault.Code, f field, message string) {
	if d.refusal.Code == "" {
		d.refusal = Reject{Code: code, Field: specs[f].name, Message: message}
	}
}

// raw returns a field's JSON, "" if it is absent.
func (d *Decoder) raw(f field) string {
	at := d.own[f]
	return lend(d.s.src[at.start:at.end])
}

// text returns the text of a field, "" if it is absent or not as it must be.
func (d *Decoder) text(f field) string {
	raw := d.raw(f)
	if raw == "" {
		return ""
	}
	sp := &specs[f]
	if raw[0] != '"' {
		d.refuse(fault.InvalidField, f, sp.name+" must be a string, not "+kindOf(raw)+".")
		return ""
	}
	text := raw[1 : len(raw)-1]
	if strings.IndexByte(text, '\\') >= 0 {
		from := len(d.arena)
		d.arena = unescape(d.arena, d.s.src[d.own[f].start+1:d.own[f].end-1])
		text = lend(d.arena[from:])
		if sp.kind == kindID && strings.IndexByte(text, 0) >= 0 {
			d.refuse(fault.InvalidField, f, sp.name+" holds a NUL character, which no id may.")
			return ""
		}
	}
	if len(text) > sp.limit {
		d.refuse(fault.InvalidField, f, sp.name+" has "+count(len(text))+" bytes of UTF-8; at most "+count(sp.limit)+" are allowed.")
		return ""
	}
	return text
}

// eventType returns the event's type, and its name if that has no meaning of its own.
func (d *Decoder) eventType() (event.Type, string) {
	name := d.required(fieldType)
	if t := event.TypeOf(name); t != event.Custom || name == "" {
		return t, ""
	}
	for i := range len(name) {
		c := name[i]
		if c-'a' > 25 && (i == 0 || c != '_' && c-'0' > 9) {
			d.refuse(fault.InvalidField, fieldType, "eventType must be small letters a to z, digits and underscores, beginning with a letter.")
			return event.Custom, ""
		}
	}
	return event.Custom, name
}

func (d *Decoder) required(f field) string {
	s := d.text(f)
	if s == "" {
		d.refuse(fault.MissingField, f, specs[f].name+" is required.")
	}
	return s
}

// maxTime is the farthest that a client clock is followed, ms. What lies beyond is kept as this: it is as absurd.
const maxTime = 1_000_000_000_000_000

// millis returns a time in ms since 1970. A clock that lies is not refused, only what is no finite number.
func (d *Decoder) millis(f field) (ms int64, ok bool) {
	raw, ok := d.number(f)
	if !ok {
		return 0, false
	}
	ms, finite := decimal(raw, 0, maxTime)
	if !finite {
		d.refuse(fault.InvalidField, f, specs[f].name+" is too large for a number.")
		return 0, false
	}
	return ms, true
}

// quantity returns a number from 0 to limit in steps of 10^-places, event.None if it is absent.
func (d *Decoder) quantity(f field, places int, limit int64, wants string) int64 {
	raw, ok := d.number(f)
	if !ok {
		return event.None
	}
	n, finite := decimal(raw, places, limit+1)
	if !finite || n < 0 || n > limit {
		d.refuse(fault.InvalidField, f, specs[f].name+" must be "+wants+".")
		return event.None
	}
	return n
}

func (d *Decoder) number(f field) (raw string, ok bool) {
	raw = d.raw(f)
	if raw == "" {
		return "", false
	}
	if c := raw[0]; c != '-' && c-'0' > 9 {
		d.refuse(fault.InvalidField, f, specs[f].name+" must be a number, not "+kindOf(raw)+".")
		return "", false
	}
	return raw, true
}

func (d *Decoder) device() event.Device {
	name := d.text(fieldDevice)
	dev, ok := event.DeviceOf(name)
	if !ok && name != "" {
		d.refuse(fault.InvalidField, fieldDevice, "deviceType must be desktop, mobile or tablet.")
	}
	return dev
}

func (d *Decoder) consent() (anonymous, given bool) {
	switch d.text(fieldConsent) {
	case "":
		return false, false
	case "granted":
		return false, true
	case "anonymous":
		return true, true
	case "denied":
		d.denied = true
	default:
		d.refuse(fault.InvalidField, fieldConsent, "consent must be granted or anonymous.")
	}
	return false, false
}

func (d *Decoder) webdriver() bool {
	raw := d.raw(fieldWebdriver)
	if raw != "" && raw != "true" && raw != "false" {
		d.refuse(fault.InvalidField, fieldWebdriver, "webdriver must be true or false, not "+kindOf(raw)+".")
	}
	return raw == "true"
}

// kindOf names the kind of a JSON value, for messages.
func kindOf(raw string) string {
	switch raw[0] {
	case '"':
		return "a string"
	case '{':
		return "an object"
	case '[':
		return "an array"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}
