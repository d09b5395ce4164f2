package leads

import (
	"context"
	"time"

	"footfall/store"
)

// Oldest returns when the oldest lead of all sites was created, and whether there is one.
func (l *Leads) Oldest() (at time.Time, found bool, err error) {
	lo, hi := store.LeadsByTime.Span()
	for more := true; more && err == nil; {
		more = false
		err = l.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(key, _ []byte) error {
			site, created, _, err := parseTimeKey(key)
			if err != nil {
				return err
			}
			if first := time.UnixMilli(created); !found || first.Before(at) {
				at, found = first, true
			}
			lo, more = store.PrefixEnd(sitePrefix(store.LeadsByTime, site)), true // the first key of the next site
			return store.ErrStop
		})
	}
	return at, found, err
}

// OldestReplay returns when the oldest stored answer was given, and whether there is one. It reads all of them.
func (l *Leads) OldestReplay(ctx context.Context) (at time.Time, found bool, err error) {
	lo, hi := store.Idempotency.Span()
	err = l.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(_, value []byte) error {
		kept, err := decodeReplay(value)
		if err != nil {
			return err
		}
		if given := time.UnixMilli(kept.At); !found || given.Before(at) {
			at, found = given, true
		}
		return ctx.Err()
	})
	return at, found, err
}
