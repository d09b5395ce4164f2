// Package event holds what a browser tells us: the Event, and the Chunk, which is the events of one session that
// arrived together. It owns their limits and the one binary codec that the journal stores and the fold reads.
//
// An Event carries decisions, not requests: its time is already resolved against the receive time, its local day is
// already taken in the site's zone, durations are whole milliseconds and scroll depths whole tenths of a percent. The
// package reads no clock and no configuration; equal chunks encode to equal bytes.
//
// It does not check what strangers send (package ingest does); Decode checks only that bytes are a chunk.
package event

// Type is the kind of an event. The numbers are part of the format and never change.
type Type uint8

// The event types with a meaning of their own. Custom is every other name; Event.Name then holds it.
const (
	Custom Type = iota
	PageView
	ScrollDepth
	PropertyView
	PropertyInteraction
	FormStart
	FormAbandon
	FormSubmit
	ReturnVisit
	PageDuration
	PropertySearch
	PropertySave
	ContactClick
	OpenHouseVisit
	numTypes
)

var typeNames = [numTypes]string{
	Custom:              "",
	PageView:            "page_view",
	ScrollDepth:         "scroll_depth",
	PropertyView:        "property_view",
	PropertyInteraction: "property_interaction",
	FormStart:           "form_start",
	FormAbandon:         "form_abandon",
	FormSubmit:          "form_submit",
	ReturnVisit:         "return_visit",
	PageDuration:        "page_duration",
	PropertySearch:      "property_search",
	PropertySave:        "property_save",
	ContactClick:        "contact_click",
	OpenHouseVisit:      "open_house_visit",
}

// TypeOf returns the type that a wire name stands for; Custom if it has no meaning of its own.
func TypeOf(name string) Type {
	for t := PageView; t < numTypes; t++ {
		if typeNames[t] == name {
			return t
		}
	}
	return Custom
}

// None marks an absent Clock or Scroll.
const None = -1

// Event is one thing that a visitor did.
type Event struct {
	Type    Type
	Name    string // the wire name of a Custom event, else empty
	ID      string // client-made id for exactly-once, may be empty
	Page    string // pageId, one page view; may be empty
	Listing string // may be empty
	At      int64  // event time, ms since 1970 UTC, resolved by package ingest
	Day     int32  // local day of At in the site's zone, days since 1970-01-01
	Clock   int32  // engaged time since the page loaded, ms, 0 to 86,400,000; None if absent
	Scroll  int16  // tenths of a percent, 0 to 1,000; None if absent
	Attrs   []Attr // ascending by Key, at most one each
	Data    string // the free eventData object as JSON, may be empty
}

// TypeName returns the event's wire name.
func (e *Event) TypeName() string {
	if e.Type == Custom {
		return e.Name
	}
	return typeNames[e.Type]
}

// AttrKey names a piece of context about the page. The numbers are part of the format.
type AttrKey uint8

// The attributes an event may carry.
const (
	AttrURL AttrKey = iota
	AttrTitle
	AttrReferrer
	AttrUTMSource
	AttrUTMMedium
	AttrUTMCampaign
	AttrUTMTerm
	AttrUTMContent
	AttrUTMID
	AttrGclid
	AttrFbclid
	AttrInteraction // interactionType of a property_interaction
	NumAttrs
)

// AttrNames are the JSON names of the attributes.
var AttrNames = [NumAttrs]string{
	AttrURL: "url", AttrTitle: "title", AttrReferrer: "referrer_url",
	AttrUTMSource: "utm_source", AttrUTMMedium: "utm_medium", AttrUTMCampaign: "utm_campaign",
	AttrUTMTerm: "utm_term", AttrUTMContent: "utm_content", AttrUTMID: "utm_id",
	AttrGclid: "gclid", AttrFbclid: "fbclid", AttrInteraction: "interaction_type",
}

// Attr is one attribute with its value.
type Attr struct {
	Key   AttrKey
	Value string
}

// Attr returns the value of an attribute, "" if the event has none.
func (e *Event) Attr(k AttrKey) string {
	for i := range e.Attrs {
		if e.Attrs[i].Key == k {
			return e.Attrs[i].Value
		}
	}
	return ""
}

// Device is the class of the visitor's device. The numbers are part of the format.
type Device uint8

// The device classes.
const (
	DeviceUnknown Device = iota
	Desktop
	Mobile
	Tablet
	numDevices
)

var deviceNames = [numDevices]string{"", "desktop", "mobile", "tablet"}

// String returns the wire name, "" for DeviceUnknown.
func (d Device) String() string {
	if d >= numDevices {
		return ""
	}
	return deviceNames[d]
}

// DeviceOf returns the class that a wire name stands for and whether it is one.
func DeviceOf(name string) (Device, bool) {
	for d := Desktop; d < numDevices; d++ {
		if deviceNames[d] == name {
			return d, true
		}
	}
	return DeviceUnknown, false
}

// Flags of a chunk. The bits are part of the format.
type Flags uint8

// What may be said of a whole chunk.
const (
	// Flagged events (crawlers, webdriver, sessions over the rate) stand in the timeline and in event_count, and
	// nowhere else.
	Flagged Flags = 1 << iota
	// RateFlagged marks the chunk at which the committer found the session over its rate: the session is flagged
	// from here on. Flagged is set too.
	RateFlagged
	// Imported chunks did not come live: they make no session "active" and count towards no rate.
	Imported
	// Anonymous is consent "anonymous".
	Anonymous
)

// Chunk is the events of one session that arrived in one request under the same visitor, profile, device and flags, in
// the order in which the fold takes them.
type Chunk struct {
	Session  string
	Visitor  string // the visitorId named by these events, may be empty
	Profile  string // empty: the site's own
	Device   Device
	Flags    Flags
	Received int64  // ms since 1970 UTC, stamped by the committer, never decreasing from chunk to chunk
	Ordinal  uint32 // of the visitor that the session belongs to once this chunk is folded; 0: none yet. By the committer
	Events   []Event
}
