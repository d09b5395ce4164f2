// Package catalog keeps what an operator sets up: organizations with their settings, the profiles of their agents, and
// the sites, each with its organization, its default profile, the origins that may send to it, its time zone and its
// default consent; and what is for sale on each site: listings, their history, and the links to their reports.
//
// It guarantees that what a call returned for is on disk, and that readers see whole rows: a *Site never changes, a
// change is a new one. It keeps everything in memory, of listings a brief: a hundred thousand rows are few. An organization or profile that
// only a site names is there too, with nothing but its id; a first start therefore writes one record, the site's. It does
// not know keys (package access) nor what happened on a site.
//
// It owns the spaces catalog, listings, listing history and report links; listingrow.go and reportlink.go draw the last
// three. Keys of the first, big endian, ids of organizations and profiles as keyed hashes:
//
//	0x20 | kind u8: 1 site         | site u32
//	0x20 | kind u8: 2 organization | organization 16
//	0x20 | kind u8: 3 profile      | organization 16 | profile 16
//
// The value of a site, and the body of a journal.KindSite record:
//
//	u8 version (1) | the site as JSON
//
// The value of the others, and the body of a journal.KindCatalog record:
//
//	u8 version (1) | kind u8 | the row as JSON
package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"footfall/journal"
	"footfall/store"
)

const ownerName = "catalog"

// Catalog is all that is set up. It is a journal.Owner, and safe for concurrent use.
type Catalog struct {
	db      *store.DB
	journal *journal.Journal
	tables  atomic.Pointer[tables] // replaced, never changed
	change  sync.Mutex             // of those who look at rows and then submit changed ones
	listing sync.Mutex             // likewise, of listings and report links
	shelf   *shelf
	links   *links
	pos     journal.Position
}

// tables is everything at one moment.
type tables struct {
	sites         map[uint32]*Site
	ordered       []*Site // by id
	organizations map[string]*Organization
	profiles      map[profileID]*Profile
}

type profileID struct{ organization, id string }

func newTables() *tables {
	return &tables{sites: map[uint32]*Site{}, organizations: map[string]*Organization{}, profiles: map[profileID]*Profile{}}
}

// clone returns tables that may be changed until complete was called.
func (t *tables) clone() *tables {
	return &tables{sites: maps.Clone(t.sites), organizations: maps.Clone(t.organizations), profiles: maps.Clone(t.profiles)}
}

func (t *tables) put(r row) {
	if o := r.organization; o != nil {
		t.organizations[o.ID] = o
	}
	if p := r.profile; p != nil {
		t.profiles[profileID{p.Organization, p.ID}] = p
	}
}

// complete adds what only sites name, and the order.
func (t *tables) complete() *tables {
	t.ordered = slices.SortedFunc(maps.Values(t.sites), func(a, b *Site) int { return cmp.Compare(a.ID, b.ID) })
	for _, s := range t.ordered {
		if t.organizations[s.Organization] == nil {
			t.organizations[s.Organization] = &Organization{ID: s.Organization, Name: s.Organization, named: true}
		}
		if id := (profileID{s.Organization, s.Profile}); t.profiles[id] == nil {
			t.profiles[id] = &Profile{ID: s.Profile, Organization: s.Organization, FullName: s.Profile, TimeZone: s.TimeZone,
				ServiceAreas: []string{}, Specialties: []string{}, named: true}
		}
	}
	return t
}

// Open reads what is stored.
func Open(db *store.DB) (*Catalog, error) {
	c := &Catalog{db: db, shelf: newShelf(), links: newLinks()}
	t := newTables()
	if err := c.scan(db.Reader(), t); err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	c.tables.Store(t.complete())
	if err := c.openListings(); err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	var err error
	if c.pos, err = journal.StoredPosition(db.Reader(), ownerName); err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	return c, nil
}

// Attach gives the journal that changes are submitted to. It is called once, before any.
func (c *Catalog) Attach(j *journal.Journal) { c.journal = j }

// Name implements journal.Owner.
func (c *Catalog) Name() string { return ownerName }

// Position implements journal.Owner.
func (c *Catalog) Position() journal.Position { return c.pos }

// Apply implements journal.Owner.
func (c *Catalog) Apply(b *store.Batch, r *journal.Record) error {
	var key []byte
	t := c.tables.Load()
	switch r.Kind {
	case journal.KindSite:
		s, err := decodeSite(r.Body)
		if err != nil {
			return err
		}
		key, t = siteKey(s.ID), t.clone()
		t.sites[s.ID] = s
	case journal.KindCatalog:
		if of, err := c.applyListing(b, r); err != nil {
			return err
		} else if of {
			journal.StorePosition(b, ownerName, r.Pos)
			break
		}
		row, err := decodeRow(r.Body)
		if err != nil {
			return err
		}
		key, t = c.key(row), t.clone()
		t.put(row)
	}
	if key != nil {
		b.Set(key, r.Body)
		journal.StorePosition(b, ownerName, r.Pos)
		c.tables.Store(t.complete())
	}
	c.pos = r.Pos
	return nil
}

// Checkpoint writes the position; rows were written with their records.
func (c *Catalog) Checkpoint() error {
	b := c.db.NewBatch()
	journal.StorePosition(b, ownerName, c.pos)
	return b.Commit(false)
}

// Check reports stored rows that cannot be read or stand under another one's key.
func (c *Catalog) Check(v *store.View, report func(error)) {
	if err := c.scan(v.Reader, newTables()); err != nil {
		report(err)
	}
	c.checkListings(v, report)
	c.checkLinks(v, report)
}

// Site returns a site by id.
func (c *Catalog) Site(id uint32) (*Site, bool) {
	s, ok := c.tables.Load().sites[id]
	return s, ok
}

// Sites returns all sites by id. The list must not be changed.
func (c *Catalog) Sites() []*Site { return c.tables.Load().ordered }

// Organization returns an organization by id, as a copy.
func (c *Catalog) Organization(id string) (Organization, bool) {
	o, ok := c.tables.Load().organizations[id]
	if !ok {
		return Organization{}, false
	}
	return *o, true
}

// Settings returns what an organization has set, filled; of one that is not known the defaults.
func (c *Catalog) Settings(organization string) Settings {
	if o := c.tables.Load().organizations[organization]; o != nil {
		return o.Settings.Filled()
	}
	return Settings{}.Filled()
}

// Organizations returns all organizations by id.
func (c *Catalog) Organizations() []Organization {
	list := []Organization{}
	for _, o := range c.tables.Load().organizations {
		list = append(list, *o)
	}
	slices.SortFunc(list, func(a, b Organization) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// Profile returns a profile of an organization, as a copy.
func (c *Catalog) Profile(organization, id string) (Profile, bool) {
	p, ok := c.tables.Load().profiles[profileID{organization, id}]
	if !ok {
		return Profile{}, false
	}
	return *p, true
}

// HasProfile says whether an organization has a profile. It is on the way of every beacon that names one.
func (c *Catalog) HasProfile(organization, id string) bool {
	return c.tables.Load().profiles[profileID{organization, id}] != nil
}

// Profiles returns the profiles of an organization by id.
func (c *Catalog) Profiles(organization string) []Profile {
	list := []Profile{}
	for id, p := range c.tables.Load().profiles {
		if id.organization == organization {
			list = append(list, *p)
		}
	}
	slices.SortFunc(list, func(a, b Profile) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// OnlySite returns the site if there is exactly one.
func (c *Catalog) OnlySite() (*Site, bool) {
	all := c.Sites()
	if len(all) != 1 {
		return nil, false
	}
	return all[0], true
}

// SiteByOrigin returns the one site that lists the origin. If several do, none is returned: guessing would put one
// site's visitors into another's numbers.
func (c *Catalog) SiteByOrigin(origin string) (*Site, bool) {
	var found *Site
	for _, s := range c.Sites() {
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
