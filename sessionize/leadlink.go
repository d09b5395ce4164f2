package sessionize

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// LeadLink is what the fold needs to know of a new lead. It stands at the front of the body of a journal.KindLead
// record:
//
//	u8 version (1) | str lead | str listing | uv local day
type LeadLink struct {
	Lead    string
	Listing string // may be empty
	Day     int32  // of creation in the site's zone, days since 1970-01-01
}

// AppendLeadLink appends the link's encoding to b.
func AppendLeadLink(b []byte, l LeadLink) []byte {
	b = appendString(appendString(append(b, 1), l.Lead), l.Listing)
	return binary.AppendUvarint(b, uint64(l.Day))
}

// DecodeLeadLink reads a link and returns what follows it.
func DecodeLeadLink(b []byte) (l LeadLink, rest []byte, err error) {
	d := reader{b: b}
	if d.u8() != 1 {
		return l, nil, fmt.Errorf("%w: lead link version", ErrCorrupt)
	}
	l = LeadLink{Lead: strings.Clone(d.str()), Listing: strings.Clone(d.str()), Day: int32(d.uv())}
	if d.bad {
		return l, nil, fmt.Errorf("%w: lead link", ErrCorrupt)
	}
	return l, d.b, nil
}
