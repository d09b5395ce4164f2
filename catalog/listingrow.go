package catalog

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"footfall/journal"
	"footfall/store"
)

// Keys of listings and of their history, big endian, the listing's id as a keyed hash:
//
//	0x26 | site u32 | listing 16
//	0x27 | site u32 | listing 16 | position u64 of the record
//
// The values:
//
//	u8 version (1) | the Listing as JSON
//	u8 version (1) | the ListingEvent as JSON
//
// The bodies of the journal.KindCatalog records that change them, whose Site is the listing's:
//
//	u8 version (1) | kind u8: 4 | a listingChange as JSON
//	u8 version (1) | kind u8: 5 | a listingGone as JSON
const (
	kindListing     = 4
	kindListingGone = 5

	listingKeyLen = 1 + 4 + 16
)

// listingChange is a listing as it is from then on. Moved says that its price or its status is another than before,
// which is a line of its history.
type listingChange struct {
	Listing Listing `json:"listing"`
	Moved   bool    `json:"moved,omitempty"`
}

// listingGone takes a listing out of the catalog.
type listingGone struct {
	ID string `json:"id"`
}

func siteSpan(space store.Space, site uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{byte(space)}, site)
}

func listingKey(space store.Space, site uint32, id store.ID) []byte {
	return append(siteSpan(space, site), id[:]...)
}

func (l *Listing) event() ListingEvent { return ListingEvent{l.Updated, l.Price, l.Status} }

// encodeVersioned writes a value of this package: a version, then JSON.
func encodeVersioned(v any, head ...byte) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode a row of the catalog: %w", err)
	}
	return append(append([]byte{rowVersion}, head...), body...), nil
}

func decodeVersioned(b []byte, v any) error {
	if len(b) == 0 || b[0] != rowVersion {
		return fmt.Errorf("%w: version", errCorrupt)
	}
	if err := json.Unmarshal(b[1:], v); err != nil {
		return fmt.Errorf("%w: %w", errCorrupt, err)
	}
	return nil
}

func decodeListing(b []byte) (l Listing, err error) {
	if err = decodeVersioned(b, &l); err == nil && (l.ID == "" || l.Profile == "" || !slices.Contains(Statuses, l.Status)) {
		err = fmt.Errorf("%w: a listing without an id, a profile or a status", errCorrupt)
	}
	return l, err
}

// applyListing takes a record about listings and links to their reports in. It returns false for kinds of later versions, and for those that are
// not about listings.
func (c *Catalog) applyListing(b *store.Batch, r *journal.Record) (bool, error) {
	if len(r.Body) < 2 || r.Body[0] != rowVersion {
		return false, nil
	}
	body := r.Body[2:]
	switch r.Body[1] {
	case kindListing:
		var change listingChange
		if err := decodeBody(body, &change); err != nil {
			return true, err
		}
		return true, c.setListing(b, r, &change)
	case kindListingGone:
		var gone listingGone
		if err := decodeBody(body, &gone); err != nil {
			return true, err
		}
		id := c.db.ID(gone.ID)
		key := listingKey(store.ListingHistory, r.Site, id)
		b.Delete(listingKey(store.Listings, r.Site, id))
		b.DeleteRange(key, store.PrefixEnd(key))
		c.shelf.remove(listingID{r.Site, id})
		c.dropLinks(b, r.Site, gone.ID)
		return true, nil
	case kindLinkMade:
		return true, c.applyLinkMade(b, body)
	case kindLinkEnded:
		return true, c.applyLinkEnded(b, body)
	}
	return false, nil
}

func decodeBody(b []byte, v any) error {
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%w: %w", errCorrupt, err)
	}
	return nil
}

func (c *Catalog) setListing(b *store.Batch, r *journal.Record, change *listingChange) error {
	l := &change.Listing
	value, err := encodeVersioned(l)
	if err != nil {
		return err
	}
	id := c.db.ID(l.ID)
	b.Set(listingKey(store.Listings, r.Site, id), value)
	if change.Moved {
		if value, err = encodeVersioned(l.event()); err != nil {
			return err
		}
		b.Set(binary.BigEndian.AppendUint64(listingKey(store.ListingHistory, r.Site, id), uint64(r.Pos)), value)
	}
	c.shelf.put(listingID{r.Site, id}, l)
	return nil
}

// scanListings visits the stored listings of a site, or of all for 0, by key.
func (c *Catalog) scanListings(r store.Reader, site uint32, visit func(listingID, *Listing) error) error {
	lo, hi := store.Listings.Span()
	if site != 0 {
		lo = siteSpan(store.Listings, site)
		hi = store.PrefixEnd(lo)
	}
	return r.Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
		l, err := decodeListing(value)
		if err != nil {
			return err
		}
		id := c.db.ID(l.ID)
		if len(key) != listingKeyLen || !bytes.Equal(key[5:], id[:]) {
			return fmt.Errorf("%w: a listing stands under key %x", errCorrupt, key)
		}
		return visit(listingID{binary.BigEndian.Uint32(key[1:]), id}, &l)
	})
}

// checkListings reports listings that cannot be read, and history of none.
func (c *Catalog) checkListings(v *store.View, report func(error)) {
	if err := c.scanListings(v.Reader, 0, func(listingID, *Listing) error { return nil }); err != nil {
		report(err)
	}
	lo, hi := store.ListingHistory.Span()
	err := v.Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
		if len(key) != listingKeyLen+8 {
			return fmt.Errorf("%w: history under key %x", errCorrupt, key)
		}
		of := append([]byte{byte(store.Listings)}, key[1:listingKeyLen]...)
		if _, found, err := v.Get(of); err != nil || !found {
			report(errors.Join(fmt.Errorf("catalog: history without a listing: key %x", key), err))
		}
		return decodeVersioned(value, &ListingEvent{})
	})
	if err != nil {
		report(err)
	}
}
