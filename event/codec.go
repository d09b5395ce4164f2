package event

import (
	"encoding/binary"
	"errors"
	"math"
)

// The chunk's format, version 1. uv is an unsigned varint, sv a zigzag varint, str a uv length and that many bytes.
//
//	u8  version (1)
//	u8  flags
//	u8  device
//	uv  received, ms since 1970
//	uv  ordinal
//	str session
//	str visitor
//	str profile
//	uv  number of events, then each:
//
//	  u8  type
//	  u16 bits, little endian, below
//	  str name        if type is Custom
//	  str id          if hasID
//	  str page        if hasPage and not samePage
//	  str listing     if hasListing and not sameListing
//	  sv  received - at
//	  uv  clock       if hasClock
//	  uv  scroll      if hasScroll
//	  uv n, n × (u8 key, str value)   if hasAttrs and not sameAttrs
//	  str data        if hasData
//
// same… means "as the event before this one in the chunk". The two day bits hold local day − UTC day + 1.
// The session leads no key here: the key of the events space carries site, session hash and position.
const codecVersion = 1

const (
	hasID uint16 = 1 << iota
	hasPage
	hasListing
	hasClock
	hasScroll
	hasAttrs
	hasData
	samePage
	sameListing
	sameAttrs
	dayLow
	dayHigh
	dayShift  = 10
	knownBits = 1<<12 - 1
)

// ErrCorrupt is what Decode returns for bytes that are no chunk.
var ErrCorrupt = errors.New("event: not a chunk")

// Append appends the chunk's encoding to dst and returns it.
func Append(dst []byte, c *Chunk) []byte {
	dst = append(dst, codecVersion, byte(c.Flags), byte(c.Device))
	dst = binary.AppendUvarint(dst, uint64(c.Received))
	dst = binary.AppendUvarint(dst, uint64(c.Ordinal))
	dst = appendString(dst, c.Session)
	dst = appendString(dst, c.Visitor)
	dst = appendString(dst, c.Profile)
	dst = binary.AppendUvarint(dst, uint64(len(c.Events)))
	var prev *Event
	for i := range c.Events {
		dst = appendEvent(dst, &c.Events[i], prev, c.Received)
		prev = &c.Events[i]
	}
	return dst
}

func appendEvent(dst []byte, e, prev *Event, received int64) []byte {
	bits := uint16(e.Day-UTCDay(e.At)+1) << dayShift & (dayLow | dayHigh)
	set := func(cond bool, bit uint16) {
		if cond {
			bits |= bit
		}
	}
	set(e.ID != "", hasID)
	set(e.Page != "", hasPage)
	set(e.Listing != "", hasListing)
	set(e.Clock != None, hasClock)
	set(e.Scroll != None, hasScroll)
	set(len(e.Attrs) > 0, hasAttrs)
	set(e.Data != "", hasData)
	if prev != nil {
		set(e.Page != "" && e.Page == prev.Page, samePage)
		set(e.Listing != "" && e.Listing == prev.Listing, sameListing)
		set(len(e.Attrs) > 0 && equalAttrs(e.Attrs, prev.Attrs), sameAttrs)
	}
	dst = append(dst, byte(e.Type), byte(bits), byte(bits>>8))
	if e.Type == Custom {
		dst = appendString(dst, e.Name)
	}
	if bits&hasID != 0 {
		dst = appendString(dst, e.ID)
	}
	if bits&(hasPage|samePage) == hasPage {
		dst = appendString(dst, e.Page)
	}
	if bits&(hasListing|sameListing) == hasListing {
		dst = appendString(dst, e.Listing)
	}
	dst = binary.AppendVarint(dst, received-e.At)
	if bits&hasClock != 0 {
		dst = binary.AppendUvarint(dst, uint64(e.Clock))
	}
	if bits&hasScroll != 0 {
		dst = binary.AppendUvarint(dst, uint64(e.Scroll))
	}
	if bits&(hasAttrs|sameAttrs) == hasAttrs {
		dst = binary.AppendUvarint(dst, uint64(len(e.Attrs)))
		for _, a := range e.Attrs {
			dst = append(dst, byte(a.Key))
			dst = appendString(dst, a.Value)
		}
	}
	if bits&hasData != 0 {
		dst = appendString(dst, e.Data)
	}
	return dst
}

// Decode fills c from an encoding, reusing c.Events. The chunk's strings share one copy of src. It returns ErrCorrupt
// for anything that Append cannot have written, and never panics.
func Decode(src []byte, c *Chunk) error {
	d := decoder{s: string(src)}
	if d.byte() != codecVersion {
		return ErrCorrupt
	}
	c.Flags, c.Device = Flags(d.byte()), Device(d.byte())
	c.Received = int64(d.uvarint(math.MaxInt64))
	c.Ordinal = uint32(d.uvarint(math.MaxUint32))
	c.Session, c.Visitor, c.Profile = d.string(MaxSession), d.string(MaxVisitor), d.string(MaxProfile)
	n := int(d.uvarint(uint64(len(src))))
	if d.bad || c.Device >= numDevices {
		return ErrCorrupt
	}
	c.Events = c.Events[:0]
	var prev *Event
	for range n {
		c.Events = append(c.Events, Event{})
		e := &c.Events[len(c.Events)-1]
		d.event(e, prev, c.Received)
		if d.bad {
			return ErrCorrupt
		}
		prev = e
	}
	if len(d.s) != 0 {
		return ErrCorrupt
	}
	return nil
}

func (d *decoder) event(e, prev *Event, received int64) {
	e.Type = Type(d.byte())
	bits := uint16(d.byte()) | uint16(d.byte())<<8
	same := bits & (samePage | sameListing | sameAttrs)
	if e.Type >= numTypes || bits > knownBits || same != 0 && prev == nil {
		d.bad = true
		return
	}
	if e.Type == Custom {
		e.Name = d.string(MaxTypeName)
	}
	if bits&hasID != 0 {
		e.ID = d.string(MaxID)
	}
	if bits&samePage != 0 {
		e.Page = prev.Page
	} else if bits&hasPage != 0 {
		e.Page = d.string(MaxPage)
	}
	if bits&sameListing != 0 {
		e.Listing = prev.Listing
	} else if bits&hasListing != 0 {
		e.Listing = d.string(MaxListing)
	}
	e.At = received - d.varint()
	e.Day = UTCDay(e.At) + int32(bits>>dayShift&3) - 1
	e.Clock, e.Scroll = None, None
	if bits&hasClock != 0 {
		e.Clock = int32(d.uvarint(MaxClock))
	}
	if bits&hasScroll != 0 {
		e.Scroll = int16(d.uvarint(MaxScroll))
	}
	if bits&sameAttrs != 0 {
		e.Attrs = prev.Attrs
	} else if bits&hasAttrs != 0 {
		e.Attrs = d.attrs()
	}
	if bits&hasData != 0 {
		e.Data = d.string(MaxData)
	}
}

func (d *decoder) attrs() []Attr {
	n := d.uvarint(uint64(NumAttrs))
	attrs := make([]Attr, 0, n)
	for range n {
		a := Attr{Key: AttrKey(d.byte()), Value: d.string(MaxAttr)}
		if a.Key >= NumAttrs {
			d.bad = true
		}
		attrs = append(attrs, a)
	}
	return attrs
}

func equalAttrs(a, b []Attr) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// decoder reads from the front of s. After the first thing that is not as it must be, bad is set and everything reads
// as zero.
type decoder struct {
	s   string
	bad bool
}

func (d *decoder) fail() { d.bad, d.s = true, "" }

func (d *decoder) byte() byte {
	if len(d.s) == 0 {
		d.fail()
		return 0
	}
	b := d.s[0]
	d.s = d.s[1:]
	return b
}

func (d *decoder) uvarint(limit uint64) uint64 {
	var v uint64
	for i := 0; i < len(d.s) && i < binary.MaxVarintLen64; i++ {
		b := d.s[i]
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			if v > limit || i == binary.MaxVarintLen64-1 && b > 1 {
				break
			}
			d.s = d.s[i+1:]
			return v
		}
	}
	d.fail()
	return 0
}

func (d *decoder) varint() int64 {
	u := d.uvarint(math.MaxUint64)
	return int64(u>>1) ^ -int64(u&1)
}

func (d *decoder) string(limit int) string {
	n := int(d.uvarint(uint64(limit)))
	if n > len(d.s) {
		d.fail()
		return ""
	}
	s := d.s[:n]
	d.s = d.s[n:]
	return s
}
