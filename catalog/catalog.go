// Package catalog keeps what an operator sets up: the sites, each with its organization, its default profile, the
// origins that may send to it, its time zone and its default consent.
//
// It guarantees that a site that Put returned for is on disk, and that readers see whole sites: a *Site never changes,
// a change is a new one. It keeps everything in memory: sites are few. It does not know keys (package access) nor what
// happened on a site.
//
// It owns the space catalog. Keys, big endian:
//
//	0x20 | kind u8: 1 site | site u32
//
// The value, and the body of a journal.KindSite record:
//
//	u8 version (1) | the site as JSON
package catalog

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"footfall/journal"
	"footfall/store"
)

const (
	ownerName   = "catalog"
	kindSite    = 1
	siteVersion = 1
	siteKeyLen  = 1 + 1 + 4
)

var errCorrupt = errors.New("catalog: a stored site cannot be read")

// Catalog is all sites. It is a journal.Owner, and safe for concurrent readers.
type Catalog struct {
	db    *store.DB
	sites atomic.Pointer[map[uint32]*Site] // replaced, never changed
	pos   journal.Position
}

// Open reads the sites.
func Open(db *store.DB) (*Catalog, error) {
	c := &Catalog{db: db}
	sites := make(map[uint32]*Site)
	err := scanSites(db.Reader(), func(s *Site) { sites[s.ID] = s })
	if err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	c.sites.Store(&sites)
	if c.pos, err = journal.StoredPosition(db.Reader(), ownerName); err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	return c, nil
}

// Name returns the owner's name.
func (c *Catalog) Name() string { return ownerName }

// Position returns the position up to which the sites have applied the journal.
func (c *Catalog) Position() journal.Position { return c.pos }

// Apply takes a site record in.
func (c *Catalog) Apply(b *store.Batch, r *journal.Record) error {
	if r.Kind == journal.KindSite {
		s, err := decodeSite(r.Body)
		if err != nil {
			return err
		}
		b.Set(siteKey(s.ID), r.Body)
		journal.StorePosition(b, ownerName, r.Pos)
		sites := maps.Clone(*c.sites.Load())
		sites[s.ID] = s
		c.sites.Store(&sites)
	}
	c.pos = r.Pos
	return nil
}

// Checkpoint writes the position; sites were written with their records.
func (c *Catalog) Checkpoint() error {
	b := c.db.NewBatch()
	journal.StorePosition(b, ownerName, c.pos)
	return b.Commit(false)
}

// Check reports stored sites that cannot be read or stand under another site's key.
func (c *Catalog) Check(v *store.View, report func(error)) {
	if err := scanSites(v.Reader, func(*Site) {}); err != nil {
		report(err)
	}
}

// Site returns a site by id.
func (c *Catalog) Site(id uint32) (*Site, bool) {
	s, ok := (*c.sites.Load())[id]
	return s, ok
}

// Sites returns all sites by id.
func (c *Catalog) Sites() []*Site {
	return slices.SortedFunc(maps.Values(*c.sites.Load()), func(a, b *Site) int { return int(a.ID) - int(b.ID) })
}

// OnlySite returns the site if there is exactly one.
func (c *Catalog) OnlySite() (*Site, bool) {
	sites := *c.sites.Load()
	if len(sites) != 1 {
		return nil, false
	}
	for _, s := range sites {
		return s, true
	}
	return nil, false
}

// SiteByOrigin returns the one site that lists the origin. If several do, none is returned: guessing would put one
// site's visitors into another's numbers.
func (c *Catalog) SiteByOrigin(origin string) (*Site, bool) {
	var found *Site
	for _, s := range *c.sites.Load() {
		if !s.lists(origin) {
			continue
		}
		if found != nil {
			return nil, false
		}
		found = s
	}
	return found, found != nil
}

func siteKey(id uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{byte(store.Catalog), kindSite}, id)
}

func scanSites(r store.Reader, visit func(*Site)) error {
	prefix := []byte{byte(store.Catalog), kindSite}
	return r.Scan(store.Range{Lo: prefix, Hi: store.PrefixEnd(prefix)}, func(key, value []byte) error {
		s, err := decodeSite(value)
		if err != nil {
			return err
		}
		if len(key) != siteKeyLen || binary.BigEndian.Uint32(key[2:]) != s.ID {
			return fmt.Errorf("%w: site %d stands under key %x", errCorrupt, s.ID, key)
		}
		visit(s)
		return nil
	})
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
