package catalog

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"footfall/fault"
	"footfall/store"
)

// The second byte of the catalog's keys. The numbers are part of the format.
const (
	kindSite         = 1
	kindOrganization = 2
	kindProfile      = 3

	siteVersion = 1
	rowVersion  = 1
	siteKeyLen  = 1 + 1 + 4
)

var errCorrupt = fmt.Errorf("%w: catalog: a stored row cannot be read", store.ErrDamaged)

func siteKey(id uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{byte(store.Catalog), kindSite}, id)
}

// organizationKey and profileKey hash ids, which may hold anything.
func (c *Catalog) organizationKey(id string) []byte {
	h := c.db.ID(id)
	return append([]byte{byte(store.Catalog), kindOrganization}, h[:]...)
}

func (c *Catalog) profileKey(organization, id string) []byte {
	h := c.db.ID(id)
	key := append(c.organizationKey(organization), h[:]...)
	key[1] = kindProfile
	return key
}

func encodeSite(s *Site) ([]byte, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode site %d: %w", s.ID, err)
	}
	return append([]byte{siteVersion}, body...), nil
}

func decodeSite(b []byte) (*Site, error) {
	if len(b) == 0 || b[0] != siteVersion {
		return nil, fmt.Errorf("%w: version", errCorrupt)
	}
	s := new(Site)
	if err := json.Unmarshal(b[1:], s); err != nil {
		return nil, fmt.Errorf("%w: %w", errCorrupt, err)
	}
	if s.ID == 0 {
		return nil, fmt.Errorf("%w: no id", errCorrupt)
	}
	var err error
	if s.zone, err = zoneOf(s.TimeZone); err != nil {
		return nil, fmt.Errorf("%w: site %d: %w", errCorrupt, s.ID, err)
	}
	return s, nil
}

// row is what a KindCatalog record sets: one of them.
type row struct {
	organization *Organization
	profile      *Profile
}

func (r row) encode() ([]byte, error) {
	kind, v := byte(kindOrganization), any(r.organization)
	if r.profile != nil {
		kind, v = kindProfile, r.profile
	}
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode a row of the catalog: %w", err)
	}
	return append([]byte{rowVersion, kind}, body...), nil
}

// decodeRow reads the body of a record. It returns an empty row for kinds of later versions.
func decodeRow(b []byte) (r row, err error) {
	if len(b) < 2 || b[0] != rowVersion {
		return r, fmt.Errorf("%w: version", errCorrupt)
	}
	switch b[1] {
	case kindOrganization:
		r.organization = new(Organization)
		err = json.Unmarshal(b[2:], r.organization)
		if err == nil && r.organization.ID == "" {
			err = errors.New("an organization without an id")
		}
	case kindProfile:
		r.profile = new(Profile)
		err = json.Unmarshal(b[2:], r.profile)
		if err == nil && (r.profile.ID == "" || r.profile.Organization == "") {
			err = errors.New("a profile without an id")
		}
	}
	if err == nil && r != (row{}) {
		_, err = r.encode() // JSON reads times that it does not write; we never wrote them
	}
	if err != nil {
		return row{}, fmt.Errorf("%w: %w", errCorrupt, err)
	}
	return r, nil
}

// key returns where a row stands, nil for one of no kind.
func (c *Catalog) key(r row) []byte {
	switch {
	case r.organization != nil:
		return c.organizationKey(r.organization.ID)
	case r.profile != nil:
		return c.profileKey(r.profile.Organization, r.profile.ID)
	}
	return nil
}

// scan reads everything that is stored into t.
func (c *Catalog) scan(r store.Reader, t *tables) error {
	lo, hi := store.Catalog.Span()
	return r.Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
		if len(key) < 2 {
			return fmt.Errorf("%w: key %x", errCorrupt, key)
		}
		if key[1] == kindSite {
			s, err := decodeSite(value)
			if err != nil {
				return err
			}
			if !bytes.Equal(key, siteKey(s.ID)) {
				return fmt.Errorf("%w: site %d stands under key %x", errCorrupt, s.ID, key)
			}
			t.sites[s.ID] = s
			return nil
		}
		if key[1] > kindProfile {
			return nil
		}
		row, err := decodeRow(value)
		if err != nil {
			return err
		}
		if !bytes.Equal(key, c.key(row)) {
			return fmt.Errorf("%w: a row stands under key %x", errCorrupt, key)
		}
		t.put(row)
		return nil
	})
}

// DecodeStrict reads one JSON object whose names must all be known.
func DecodeStrict(body []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(to)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the object")
		}
	}
	var field *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &field):
		return fault.Field(fault.InvalidField, field.Field, "%s cannot be a JSON %s.", field.Field, field.Value)
	}
	return fault.Wrap(fault.InvalidJSON, err, "The body is not one JSON object of the names that this call knows: %v.", err)
}
