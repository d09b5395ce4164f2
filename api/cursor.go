package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"net/url"
	"slices"

	"footfall/fault"
)

// A cursor says where the next page begins. It is base64 in the URL alphabet, without padding, of
//
//	position | 16 bytes HMAC-SHA-256
//
// where the position is the query's own and the code is over the secret key used, the route, the id, every parameter
// but cursor and limit, and the position.
const (
	macSize   = 16
	maxCursor = 1024 // characters; the longest position holds an id
)

var errCursor = fault.Field(fault.InvalidCursor, "cursor", "This cursor was not made for this key and this query. Start again without one.")

// nextCursor returns the cursor of a position, nil (null in JSON) for an empty one: the end.
func (a *API) nextCursor(c *call, position []byte) *string {
	if len(position) == 0 {
		return nil
	}
	s := base64.RawURLEncoding.EncodeToString(append(slices.Clip(position), a.cursorMAC(c, position)...))
	return &s
}

// cursor returns the position that the cursor parameter holds, nil if there is none.
func (a *API) cursor(c *call) ([]byte, error) {
	s := c.param("cursor")
	if s == "" {
		return nil, nil
	}
	if len(s) > maxCursor {
		return nil, errCursor
	}
	// Strict: the bits that a last character has too many must be zero, or an edited cursor could still be ours.
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) <= macSize {
		return nil, errCursor
	}
	position, mac := b[:len(b)-macSize], b[len(b)-macSize:]
	if !hmac.Equal(mac, a.cursorMAC(c, position)) {
		return nil, errCursor
	}
	return position, nil
}

func (a *API) cursorMAC(c *call, position []byte) []byte {
	h := hmac.New(sha256.New, a.o.CursorKey)
	query := url.Values{}
	for k, v := range c.QueryArgs().All() {
		if name := string(k); name != "cursor" && name != "limit" && name != "id" {
			query.Add(name, string(v))
		}
	}
	for _, part := range []string{c.key, c.route.Path, c.id, query.Encode(), string(position)} {
		writeString(h, part)
	}
	return h.Sum(nil)[:macSize]
}

// writeString writes a string so that no two lists of strings give the same bytes.
func writeString(h hash.Hash, s string) {
	h.Write(binary.AppendUvarint(nil, uint64(len(s))))
	h.Write([]byte(s))
}

// position is a cursor's position being read: numbers, then perhaps text. What a MAC stands behind is ours, so a
// mistake here is a cursor of another version.
type position struct {
	rest []byte
	bad  bool
}

func (p *position) number() uint64 {
	v, n := binary.Uvarint(p.rest)
	if n <= 0 {
		p.bad, p.rest = true, nil
		return 0
	}
	p.rest = p.rest[n:]
	return v
}

func (p *position) text() string {
	s := string(p.rest)
	p.rest = nil
	return s
}

func (p *position) err() error {
	if p.bad || len(p.rest) != 0 {
		return errCursor
	}
	return nil
}
