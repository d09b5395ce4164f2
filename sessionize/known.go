package sessionize

import "footfall/store"

// KnownVisitor says whether a site has a visitor of this id. One that came within the last second or so may be missing.
func (o *Sessions) KnownVisitor(site uint32, id string) (known bool, err error) {
	_, known, err = o.db.Get(idKey(store.Visitors, site, o.db.ID(id)))
	return known, err
}

// KnownListing says whether a site has a day of this listing. One that came within the last second or so may be missing.
func (o *Sessions) KnownListing(site uint32, listing string) (known bool, err error) {
	err = o.db.Reader().ScanPrefix(idKey(store.ListingDays, site, o.db.ID(listing)), func(_, _ []byte) error {
		known = true
		return store.ErrStop
	})
	return known, err
}
