package catalog

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"footfall/fault"
	"footfall/journal"
	"footfall/store"
)

// ReportLink lets whoever has it read the report of one listing, until it ends or is revoked. The link itself is known
// to its holder only: what is kept is the SHA-256 of its token.
//
// Its key and its value, and the bodies of the journal.KindCatalog records of one that is made and of one that is
// revoked:
//
//	0x28 | SHA-256 of the token 32
//	u8 version (1) | the ReportLink as JSON
//	u8 version (1) | kind u8: 6 | a linkMade as JSON
//	u8 version (1) | kind u8: 7 | a linkEnded as JSON
type ReportLink struct {
	ID      string    `json:"id"`
	Site    uint32    `json:"site_id"`
	Listing string    `json:"listing_id"`
	By      string    `json:"created_by"` // who asked for it
	Created time.Time `json:"created_at"`
	Expires time.Time `json:"expires_at"`
	Hash    string    `json:"hash"` // hexadecimal
}

const (
	kindLinkMade  = 6
	kindLinkEnded = 7
)

type linkMade struct {
	Link  ReportLink `json:"link"`
	Ended []string   `json:"ended,omitempty"` // hashes of those that are past their end
}

type linkEnded struct {
	Hash string `json:"hash"`
}

// Bounds of report links.
const (
	MinReportGood = time.Minute
	MaxReportGood = 366 * 24 * time.Hour
	maxOpenLinks  = 100 // of a listing
)

// links are the report links by hash, in hexadecimal. The committer changes them.
type links struct {
	mu     sync.RWMutex
	byHash map[string]*ReportLink
}

func newLinks() *links { return &links{byHash: map[string]*ReportLink{}} }

// of returns the links of a listing, the oldest first.
func (s *links) of(site uint32, listing string) (all []ReportLink) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, l := range s.byHash {
		if l.Site == site && l.Listing == listing {
			all = append(all, *l)
		}
	}
	slices.SortFunc(all, func(a, b ReportLink) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) })
	return all
}

func (s *links) put(l *ReportLink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byHash[l.Hash] = l
}

func (s *links) remove(hash string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byHash, hash)
}

func hashOf(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// linkKey returns where the link of a hash stands; nil for what is no hash.
func linkKey(hash string) []byte {
	h, err := hex.DecodeString(hash)
	if err != nil || len(h) != sha256.Size {
		return nil
	}
	return append([]byte{byte(store.ReportLinks)}, h...)
}

// CreateReportLink makes a link to the report of a listing and returns it with its token, 256 bits, which is shown here
// and never again.
func (c *Catalog) CreateReportLink(ctx context.Context, site uint32, listing, by string, now time.Time, good time.Duration) (l ReportLink, token string, err error) {
	if good < MinReportGood || good > MaxReportGood {
		return l, "", fault.Field(fault.InvalidField, "expires_in", "expires_in is a number of seconds from %d to %d.",
			MinReportGood/time.Second, MaxReportGood/time.Second)
	}
	var secret [32]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return l, "", fmt.Errorf("make the token of a report link: %w", err)
	}
	token = base64.RawURLEncoding.EncodeToString(secret[:])
	now = now.UTC().Truncate(time.Millisecond)
	l = ReportLink{Site: site, Listing: listing, By: by, Created: now, Expires: now.Add(good), Hash: hashOf(token)}
	l.ID = "rl_" + l.Hash[:16] // says nothing of the token, nor of how to find one of this hash
	c.listing.Lock()
	defer c.listing.Unlock()
	if _, found, err := c.Listing(site, listing); err != nil || !found {
		if err == nil {
			err = noListing()
		}
		return l, "", err
	}
	made := linkMade{Link: l}
	open := 0
	for _, old := range c.links.of(site, listing) {
		if now.Before(old.Expires) {
			open++
		} else {
			made.Ended = append(made.Ended, old.Hash)
		}
	}
	if open >= maxOpenLinks {
		return l, "", fault.New(fault.Conflict, "The listing has %d report links that are good: revoke some first.", open)
	}
	return l, token, c.submitLink(ctx, site, &made, kindLinkMade)
}

func (c *Catalog) submitLink(ctx context.Context, site uint32, v any, kind byte) error {
	body, err := encodeVersioned(v, kind)
	if err != nil {
		return err
	}
	return c.submit(ctx, c.journal, journal.Record{Kind: journal.KindCatalog, Site: site, Body: body})
}

// ReportLinks returns the links to the report of a listing that are good, the oldest first.
func (c *Catalog) ReportLinks(site uint32, listing string, now time.Time) []ReportLink {
	return slices.DeleteFunc(c.links.of(site, listing), func(l ReportLink) bool { return !now.Before(l.Expires) })
}

// RevokeReportLink makes a link no good.
func (c *Catalog) RevokeReportLink(ctx context.Context, site uint32, listing, id string) error {
	c.listing.Lock()
	defer c.listing.Unlock()
	for _, l := range c.links.of(site, listing) {
		if l.ID == id {
			return c.submitLink(ctx, site, &linkEnded{l.Hash}, kindLinkEnded)
		}
	}
	return fault.New(fault.NotFound, "There is no such report link.")
}

// Report returns the link of a token, if it is good.
func (c *Catalog) Report(token string, now time.Time) (ReportLink, bool) {
	c.links.mu.RLock()
	defer c.links.mu.RUnlock()
	l := c.links.byHash[hashOf(token)]
	if l == nil || !now.Before(l.Expires) {
		return ReportLink{}, false
	}
	return *l, true
}

func (c *Catalog) applyLinkMade(b *store.Batch, body []byte) error {
	var made linkMade
	if err := decodeBody(body, &made); err != nil {
		return err
	}
	value, err := encodeVersioned(&made.Link)
	key := linkKey(made.Link.Hash)
	if err != nil || key == nil {
		return fmt.Errorf("%w: a report link of the hash %q", errCorrupt, made.Link.Hash)
	}
	b.Set(key, value)
	c.links.put(&made.Link)
	for _, hash := range made.Ended {
		c.endLink(b, hash)
	}
	return nil
}

func (c *Catalog) applyLinkEnded(b *store.Batch, body []byte) error {
	var ended linkEnded
	if err := decodeBody(body, &ended); err != nil {
		return err
	}
	c.endLink(b, ended.Hash)
	return nil
}

func (c *Catalog) endLink(b *store.Batch, hash string) {
	if key := linkKey(hash); key != nil {
		b.Delete(key)
		c.links.remove(hash)
	}
}

// dropLinks ends all links of a listing.
func (c *Catalog) dropLinks(b *store.Batch, site uint32, listing string) {
	for _, l := range c.links.of(site, listing) {
		c.endLink(b, l.Hash)
	}
}

func scanLinks(r store.Reader, visit func(*ReportLink)) error {
	lo, hi := store.ReportLinks.Span()
	return r.Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
		l := new(ReportLink)
		if err := decodeVersioned(value, l); err != nil {
			return err
		}
		if !bytes.Equal(key, linkKey(l.Hash)) {
			return fmt.Errorf("%w: a report link stands under key %x", errCorrupt, key)
		}
		visit(l)
		return nil
	})
}

// openListings reads what is stored of listings and report links.
func (c *Catalog) openListings() error {
	err := c.scanListings(c.db.Reader(), 0, func(id listingID, l *Listing) error {
		c.shelf.put(id, l)
		return nil
	})
	if err != nil {
		return err
	}
	return scanLinks(c.db.Reader(), c.links.put)
}

// checkLinks reports report links that cannot be read, or are to no listing.
func (c *Catalog) checkLinks(v *store.View, report func(error)) {
	err := scanLinks(v.Reader, func(l *ReportLink) {
		if _, found, err := v.Get(listingKey(store.Listings, l.Site, c.db.ID(l.Listing))); err != nil || !found {
			report(errors.Join(fmt.Errorf("catalog: the report link %s is to no listing", l.ID), err))
		}
	})
	if err != nil {
		report(err)
	}
}
