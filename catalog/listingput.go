package catalog

import (
	"context"
	"fmt"
	"time"

	"footfall/fault"
	"footfall/journal"
	"footfall/store"
)

// What became of a listing that was put.
const (
	ListingCreated   = "created"
	ListingUpdated   = "updated"
	ListingUnchanged = "unchanged"
)

// PutResult says what became of one listing.
type PutResult struct {
	Listing Listing
	Result  string
	Err     error // a fault: it was not taken; the others were
}

// PutListings puts listings of a site, in order, and returns once all that could be are on disk: what they say counts,
// and what they leave out is not known from then on. Putting the same again changes nothing, not even when it was last
// changed. of, if not empty, is the one profile whose listings may be put. err is of what hinders all.
func (c *Catalog) PutListings(ctx context.Context, site *Site, of string, now time.Time, all ...*Listing) (results []PutResult, err error) {
	c.listing.Lock()
	defer c.listing.Unlock()
	puts := puts{catalog: c, site: site, of: of, now: now.UnixMilli(), fresh: map[string]*Listing{}}
	results = make([]PutResult, len(all))
	for i, l := range all {
		if results[i], err = puts.put(*l); err != nil {
			return nil, err
		}
	}
	if len(puts.recs) == 0 {
		return results, nil
	}
	return results, c.submit(ctx, c.journal, puts.recs...)
}

// puts is what one call of PutListings decides. The lock of listings is held.
type puts struct {
	catalog *Catalog
	site    *Site
	of      string
	now     int64
	fresh   map[string]*Listing // what earlier ones of the call made of a listing
	recs    []journal.Record
}

func (p *puts) put(l Listing) (r PutResult, err error) {
	old, found := p.fresh[l.ID], true
	if old == nil {
		stored, there, err := p.catalog.Listing(p.site.ID, l.ID)
		if err != nil {
			return r, err
		}
		old, found = &stored, there
	}
	if r.Err = p.settle(&l, old, found); r.Err != nil {
		return r, nil
	}
	r.Result = ListingCreated
	moved := true
	if found {
		r.Result = ListingUpdated
		was, err := old.content()
		if err != nil {
			return r, err
		}
		is, err := l.content()
		if err != nil {
			return r, err
		}
		if was == is {
			return PutResult{Listing: *old, Result: ListingUnchanged}, nil
		}
		moved = old.Price != l.Price || old.Status != l.Status
		l.Created, l.LeftMarket = old.Created, old.LeftMarket
		if old.OnMarket() && !l.OnMarket() {
			l.LeftMarket = p.now
		}
	} else {
		l.Created = p.now
	}
	if l.OnMarket() {
		l.LeftMarket = 0
	}
	l.Updated = max(p.now, old.Updated)
	body, err := encodeVersioned(&listingChange{Listing: l, Moved: moved}, kindListing)
	if err != nil {
		return r, err
	}
	p.recs = append(p.recs, journal.Record{Kind: journal.KindCatalog, Site: p.site.ID, Body: body})
	p.fresh[l.ID] = &l
	r.Listing = l
	return r, nil
}

// settle says whose listing it is, and refuses those of others.
func (p *puts) settle(l, old *Listing, found bool) error {
	if p.of != "" && found && old.Profile != p.of {
		return noListing()
	}
	switch {
	case l.Profile == "" && p.of != "":
		l.Profile = p.of
	case l.Profile == "":
		l.Profile = p.site.Profile
	case p.of != "" && l.Profile != p.of:
		return fault.Field(fault.InvalidField, "profile_id", "The key is the profile %q's, which cannot put listings of others.", p.of)
	}
	return l.check()
}

func noListing() error { return fault.New(fault.NotFound, "There is no such listing.") }

// DeleteListing takes a listing, its history and the links to its reports out of the catalog. What visitors did stays: it
// is a listing that nobody has described.
func (c *Catalog) DeleteListing(ctx context.Context, site *Site, id string) error {
	c.listing.Lock()
	defer c.listing.Unlock()
	_, found, err := c.Listing(site.ID, id)
	if err != nil {
		return err
	}
	if !found {
		return noListing()
	}
	body, err := encodeVersioned(&listingGone{id}, kindListingGone)
	if err != nil {
		return err
	}
	return c.submit(ctx, c.journal, journal.Record{Kind: journal.KindCatalog, Site: site.ID, Body: body})
}

// Listing returns a listing of a site.
func (c *Catalog) Listing(site uint32, id string) (l Listing, found bool, err error) {
	return c.listingAt(listingID{site, c.db.ID(id)})
}

func (c *Catalog) listingAt(id listingID) (l Listing, found bool, err error) {
	value, found, err := c.db.Get(listingKey(store.Listings, id.site, id.id))
	if err != nil || !found {
		return l, false, err
	}
	l, err = decodeListing(value)
	return l, err == nil, err
}

// ListingHistory returns what a listing cost and what its status was, the newest last, at most 1,000 lines.
func (c *Catalog) ListingHistory(site uint32, id string) ([]ListingEvent, error) {
	const most = 1000
	all := []ListingEvent{}
	key := listingKey(store.ListingHistory, site, c.db.ID(id))
	err := c.db.Reader().Scan(store.Range{Lo: key, Hi: store.PrefixEnd(key), Reverse: true}, func(_, value []byte) error {
		var e ListingEvent
		if err := decodeVersioned(value, &e); err != nil {
			return err
		}
		if all = append(all, e); len(all) == most {
			return store.ErrStop
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the history of a listing: %w", err)
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all, nil
}
