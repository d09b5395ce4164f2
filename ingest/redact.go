package ingest

import (
	"strings"

	"footfall/event"
	"footfall/fault"
)

// secrets are parts of names that eventData must not have, in small letters.
var secrets = [...]string{"pass", "card", "iban", "token", "cvv", "cvc", "ssn", "secret"}

// secret tells whether a name contains one of secrets, in letters of either size.
func secret(name string) bool {
	for i := range len(name) {
		switch name[i] | 0x20 {
		case 'p', 'c', 'i', 't', 's': // what secrets begin with
			for _, part := range secrets {
				if len(name)-i >= len(part) && strings.EqualFold(name[i:i+len(part)], part) {
					return true
				}
			}
		}
	}
	return false
}

// data returns the event's eventData as compact JSON without secrets, "" if nothing is left, and notes in inner the
// fields that it holds.
func (d *Decoder) data() string {
	d.inner = fields{}
	at := d.own[fieldData]
	if at.end == 0 {
		return ""
	}
	if raw := d.raw(fieldData); raw[0] != '{' {
		d.refuse(fault.InvalidField, fieldData, "eventData must be an object, not "+kindOf(raw)+".")
		return ""
	}
	from := len(d.arena)
	d.s.pos = int(at.start)
	c := compactor{s: &d.s, out: d.arena, name: d.nameBuf, seen: &d.inner, depth: event.MaxDataDepth}
	fits := c.object()
	d.arena, d.nameBuf = c.out, c.name
	d.Redacted += c.dropped
	text := d.arena[from:]
	switch {
	case !fits:
		d.refuse(fault.InvalidField, fieldData, "eventData is nested deeper than "+count(event.MaxDataDepth)+" levels.")
	case len(text) > event.MaxData:
		d.refuse(fault.InvalidField, fieldData, "eventData has "+count(len(text))+" bytes; at most "+count(event.MaxData)+" are allowed.")
	case len(text) > len("{}"):
		return lend(text)
	}
	return ""
}

// redactDepth is the nesting that Redact follows, one more than an event with eventData may have.
const redactDepth = event.MaxDataDepth + 1

// Redact appends a rejected event to dst as it may be kept for the site's owner: compact, without members that name
// secrets, its addresses without query and fragment. Of what is not JSON, or nested too deeply, it appends nothing,
// since nobody can tell what is in it.
func (d *Decoder) Redact(dst, raw []byte) []byte {
	d.s.reset(raw)
	d.s.space()
	start := d.s.pos
	if d.s.peek() != '{' || !d.s.value() || !d.s.end() {
		return dst
	}
	d.s.pos = start
	c := compactor{s: &d.s, out: dst, name: d.nameBuf, cut: true, depth: redactDepth}
	fits := c.object()
	d.nameBuf = c.name
	if !fits {
		return dst
	}
	return c.out
}

// compactor copies JSON that is known to be valid, leaving out white space and members that name secrets.
type compactor struct {
	s       *scanner
	out     []byte
	name    []byte
	seen    *fields // where fields of the outermost object are noted, may be nil
	cut     bool    // addresses lose their query and fragment
	depth   int     // levels of nesting that are still allowed
	dropped int
}

// object copies the object at the scanner's place. It returns false if that is nested too deeply.
func (c *compactor) object() bool {
	if c.depth == 0 {
		return false
	}
	seen := c.seen
	c.seen = nil
	c.depth--
	c.out = append(c.out, '{')
	c.s.pos++
	written := false
	for first := true; c.s.more(first, '}'); first = false {
		from := c.s.pos
		name, _ := c.s.name(&c.name)
		f, known := fieldNames[name]
		start := c.s.pos
		if secret(name) {
			c.s.value()
			c.dropped++
			continue
		}
		if written {
			c.out = append(c.out, ',')
		}
		written = true
		c.out = append(c.out, nameOf(c.s.src[from:start])...)
		c.out = append(c.out, ':')
		if !c.value(c.cut && known && isAddress(f)) {
			return false
		}
		if seen != nil && known {
			seen.set(f, c.s.src, start, c.s.pos)
		}
	}
	c.out = append(c.out, '}')
	c.depth++
	return true
}

func (c *compactor) array() bool {
	if c.depth == 0 {
		return false
	}
	c.depth--
	c.out = append(c.out, '[')
	c.s.pos++
	for first := true; c.s.more(first, ']'); first = false {
		if !first {
			c.out = append(c.out, ',')
		}
		if !c.value(false) {
			return false
		}
	}
	c.out = append(c.out, ']')
	c.depth++
	return true
}

func (c *compactor) value(address bool) bool {
	switch c.s.peek() {
	case '{':
		return c.object()
	case '[':
		return c.array()
	}
	start := c.s.pos
	c.s.value()
	raw := c.s.src[start:c.s.pos]
	if address && raw[0] == '"' {
		c.out = append(c.out, '"')
		c.out = append(c.out, cutAddress(lend(raw[1:len(raw)-1]))...)
		raw = raw[len(raw)-1:]
	}
	c.out = append(c.out, raw...)
	return true
}

// nameOf returns the quoted name out of a member's text up to its value.
func nameOf(member []byte) []byte {
	end := len(member) - 1
	for member[end] != '"' {
		end--
	}
	return member[:end+1]
}

func isAddress(f field) bool {
	return f == fieldAttr+field(event.AttrURL) || f == fieldAttr+field(event.AttrReferrer)
}

// cutAddress cuts the text of a JSON string before its query and fragment. An escape may hide where they begin, so it
// cuts there too.
func cutAddress(raw string) string {
	if i := strings.IndexAny(raw, `?#\`); i >= 0 {
		return raw[:i]
	}
	return raw
}
