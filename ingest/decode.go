package ingest

import (
	"bytes"
	"strconv"

	"footfall/event"
	"footfall/fault"
)

// Item is one decoded event with what stood around it in the request. Its strings and Raw are lent.
type Item struct {
	Index      int // place in the request, from 0; of newline-delimited events, among the lines that are not blank
	Session    string
	Visitor    string       // may be empty
	Profile    string       // may be empty: the site's own
	Device     event.Device // DeviceUnknown if the event does not say
	Webdriver  bool
	HasConsent bool
	Anonymous  bool  // consent "anonymous"
	TS, SentAt int64 // client clock, ms since 1970, not to be believed
	HasTS      bool
	HasSentAt  bool
	Event      event.Event // At and Day are not yet resolved
	Raw        []byte      // the event's own bytes, without the shared fields
}

// Reject is one event that cannot be taken, and why.
type Reject struct {
	Index   int
	Code    fault.Code
	Field   string // the name in the wire contract; empty if the fault is in no single field
	Message string
	Raw     []byte // lent, as it came: Decoder.Redact makes it fit to keep
}

// Decoder reads the bodies of requests. It may be used again, by one goroutine at a time; what it returned before is
// then no longer valid. The zero value is ready.
type Decoder struct {
	// Redacted is the number of eventData keys that the last Decode dropped because they name secrets.
	Redacted int

	s       scanner
	arena   []byte // decoded strings and compact eventData of this request
	nameBuf []byte

	own, inner, shared fields // of the event at hand, of its eventData, and of the object around the events
	wrapped            bool   // there are shared fields
	inherited          int    // bytes of shared fields that events have taken

	key     string
	items   []Item
	rejects []Reject
	denied  bool   // the event at hand came without any consent
	dropped int    // events that did
	refusal Reject // of the event at hand; no Code: none
	attrs   []event.Attr

	// The attributes of the event before, and where they stand: events that share their page share what is said of it.
	page      [event.NumAttrs]span
	pageAttrs []event.Attr
	pageKnown bool
}

// Decode reads a body: one event, an array of events, newline-delimited events, or an object with "events" and shared
// fields. It returns the write key if the body names one, the events, and those that cannot be taken. Events with consent
// "denied" are neither: they are dropped. The error, a
// *fault.Error, spoils the whole request: not JSON, no events, or more than max of them.
func (d *Decoder) Decode(body []byte, max int) (key string, items []Item, rejects []Reject, err error) {
	d.begin()
	if f := d.document(body, max); f != nil {
		return "", nil, nil, f
	}
	if len(d.items)+len(d.rejects)+d.dropped == 0 {
		return "", nil, nil, fault.New(fault.NoEvents, "The body holds no events.")
	}
	return d.key, d.items, d.rejects, nil
}

// DecodeLines reads newline-delimited events and nothing else: a line that is not an event spoils itself only.
func (d *Decoder) DecodeLines(body []byte) (items []Item, rejects []Reject) {
	d.begin()
	for i := 0; len(body) > 0; {
		var line []byte
		if line, body = cutLine(body); len(line) > 0 {
			d.line(i, line)
			i++
		}
	}
	return d.items, d.rejects
}

func (d *Decoder) begin() {
	d.Redacted, d.inherited, d.wrapped, d.key, d.dropped = 0, 0, false, "", 0
	d.arena, d.items, d.rejects, d.attrs = d.arena[:0], d.items[:0], d.rejects[:0], d.attrs[:0]
	d.pageKnown = false
}

func (d *Decoder) document(body []byte, max int) *fault.Error {
	d.s.reset(body)
	d.s.space()
	start := d.s.pos
	switch d.s.peek() {
	case '[':
		if f := d.array(max); f != nil {
			return f
		}
		if !d.s.end() {
			return d.notJSON()
		}
		return nil
	case '{':
		if d.members(&d.own) && d.s.end() {
			return d.object(body[start:], max)
		}
	default:
		if d.s.pos == len(body) {
			return nil
		}
		if d.s.value() && d.s.end() {
			return fault.New(fault.NoEvents, "The body is %s; send an event object, an array of them, one a line, or {\"events\":[…]}.", kindOf(lend(body[start:])))
		}
	}
	return d.lines(body, max)
}

// object takes the one object that a body is: an event, or the shared fields around events.
func (d *Decoder) object(raw []byte, max int) *fault.Error {
	at := d.own[fieldEvents]
	if at.end == 0 {
		d.event(0, bytes.TrimRight(raw, " \t\r\n"))
		return nil
	}
	if d.s.src[at.start] != '[' {
		return fault.Field(fault.InvalidField, "events", "events must be an array, not %s.", kindOf(d.raw(fieldEvents)))
	}
	d.refusal = Reject{}
	d.key = d.text(fieldKey)
	if r := &d.refusal; r.Code != "" {
		return fault.Field(r.Code, r.Field, "%s", r.Message)
	}
	d.shared, d.wrapped = d.own, true
	d.s.pos = int(at.start)
	return d.array(max)
}

// array takes the events of an array at whose opening bracket the scanner stands.
func (d *Decoder) array(max int) *fault.Error {
	d.s.pos++
	for i := 0; d.s.more(i == 0, ']'); i++ {
		if i == max {
			return tooMany(max)
		}
		start := d.s.pos
		if d.s.peek() != '{' {
			if d.s.value() {
				d.notObject(i, d.s.src[start:d.s.pos])
			}
			continue
		}
		if !d.members(&d.own) {
			break
		}
		end := d.s.pos
		d.event(i, d.s.src[start:end])
		d.s.pos = end
		if d.inherited > event.MaxBody {
			return fault.New(fault.TooLarge, "With its shared fields repeated in each event the body is over %s bytes. Send fewer events at a time.", count(event.MaxBody))
		}
	}
	if d.s.why != "" {
		return d.notJSON()
	}
	return nil
}

// lines takes newline-delimited events from a body in which the scanner has found a fault. If not one line is a JSON
// object, the body was meant to be something else, and is refused for that fault.
func (d *Decoder) lines(body []byte, max int) *fault.Error {
	why, pos, objects := d.s.why, d.s.pos, 0
	for i := 0; len(body) > 0; {
		var line []byte
		if line, body = cutLine(body); len(line) == 0 {
			continue
		}
		if i == max {
			return tooMany(max)
		}
		if d.line(i, line) {
			objects++
		}
		i++
	}
	if objects == 0 {
		d.s.why, d.s.pos = why, pos
		return d.notJSON()
	}
	return nil
}

// line takes one line and tells whether it is a JSON object.
func (d *Decoder) line(i int, line []byte) bool {
	d.s.reset(line)
	if line[0] == '{' && d.members(&d.own) && d.s.end() {
		d.event(i, line)
		return true
	}
	if line[0] != '{' && d.s.value() && d.s.end() {
		d.notObject(i, line)
		return false
	}
	d.rejects = append(d.rejects, Reject{Index: i, Code: fault.InvalidJSON, Message: "The line is not JSON: " + d.problem(), Raw: line})
	return false
}

func (d *Decoder) notObject(i int, raw []byte) {
	d.rejects = append(d.rejects, Reject{
		Index: i, Code: fault.InvalidField, Message: "An event must be an object, not " + kindOf(lend(raw)) + ".", Raw: raw,
	})
}

// members notes where the fields of the object stand at whose opening brace the scanner stands.
func (d *Decoder) members(fs *fields) bool {
	*fs = fields{}
	d.s.pos++
	for first := true; d.s.more(first, '}'); first = false {
		name, ok := d.s.name(&d.nameBuf)
		if !ok {
			return false
		}
		f, known := fieldNames[name]
		start := d.s.pos
		if !d.s.value() {
			return false
		}
		if known {
			fs.set(f, d.s.src, start, d.s.pos)
		}
	}
	return d.s.why == ""
}

// event takes the event whose fields are in own. Its strings may be lent; the scanner's place is lost.
func (d *Decoder) event(index int, raw []byte) {
	d.refusal, d.denied = Reject{}, false
	d.items = append(d.items, Item{Index: index, Raw: raw})
	last := len(d.items) - 1
	it := &d.items[last]
	it.Event.Data = d.data()
	d.inherit()
	d.fill(it)
	if d.denied { // nothing is kept of it, not even why it could not have been taken
		d.items = d.items[:last]
		d.dropped++
		return
	}
	if d.refusal.Code != "" {
		d.items = d.items[:last]
		d.refusal.Index, d.refusal.Raw = index, raw
		d.rejects = append(d.rejects, d.refusal)
	}
}

// inherit fills what the event itself does not say: from its eventData, then from the shared fields.
func (d *Decoder) inherit() {
	for f := range specs {
		if d.own[f].end != 0 {
			continue
		}
		if specs[f].inner && d.inner[f].end != 0 {
			d.own[f] = d.inner[f]
		} else if d.wrapped && !specs[f].own {
			d.own[f] = d.shared[f]
			d.inherited += int(d.shared[f].end - d.shared[f].start)
		}
	}
}

func (d *Decoder) fill(it *Item) {
	e := &it.Event
	e.Type, e.Name = d.eventType()
	it.Session = d.required(fieldSession)
	e.ID = d.text(fieldID)
	it.Visitor = d.text(fieldVisitor)
	e.Page = d.text(fieldPage)
	e.Listing = d.text(fieldListing)
	it.Profile = d.text(fieldProfile)
	it.TS, it.HasTS = d.millis(fieldTS)
	it.SentAt, it.HasSentAt = d.millis(fieldSentAt)
	e.Clock = int32(d.quantity(fieldDuration, 3, event.MaxClock, "from 0 to 86,400 seconds"))
	e.Scroll = int16(d.quantity(fieldScroll, 1, event.MaxScroll, "from 0 to 100"))
	it.Device = d.device()
	it.Anonymous, it.HasConsent = d.consent()
	it.Webdriver = d.webdriver()
	e.Attrs = d.attributes()
	if key := d.text(fieldKey); d.key == "" {
		d.key = key
	}
}

// attributes returns what the event says of its page, ascending by key.
func (d *Decoder) attributes() []event.Attr {
	page := [event.NumAttrs]span(d.own[fieldAttr:])
	if d.pageKnown && page == d.page {
		return d.pageAttrs
	}
	d.pageAttrs = d.readAttributes()
	// A span means the same text only within one source, and text that was refused must be refused again.
	d.page, d.pageKnown = page, d.wrapped && d.refusal.Code == ""
	return d.pageAttrs
}

func (d *Decoder) readAttributes() []event.Attr {
	from := len(d.attrs)
	url := d.text(fieldAttr + field(event.AttrURL))
	query := queryOf(url)
	for k := event.AttrURL; k < event.NumAttrs; k++ {
		value := d.text(fieldAttr + field(k))
		switch {
		case k == event.AttrURL:
			value = d.pageURL(value)
		case k == event.AttrReferrer:
			value = d.referrer(value)
		case value == "" && query != "" && k >= event.AttrUTMSource && k <= event.AttrFbclid:
			value = d.parameter(query, event.AttrNames[k])
		}
		if value != "" {
			d.attrs = append(d.attrs, event.Attr{Key: k, Value: value})
		}
	}
	return d.attrs[from:len(d.attrs):len(d.attrs)]
}

func (d *Decoder) problem() string {
	return d.s.why + " at byte " + strconv.Itoa(d.s.pos) + "."
}

func (d *Decoder) notJSON() *fault.Error {
	return fault.New(fault.InvalidJSON, "The body is not JSON: %s", d.problem())
}

func tooMany(max int) *fault.Error {
	return fault.New(fault.TooManyEvents, "The body holds more than %s events. Send fewer at a time; none of these was counted.", count(max))
}

// cutLine returns the first line without the white space around it, and what follows it.
func cutLine(body []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(body, []byte{'\n'})
	return bytes.Trim(line, " \t\r"), rest
}

// count writes a number with commas, as the wire contract does.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
