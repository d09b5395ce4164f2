package leads

import (
	"slices"

	"footfall/store"
)

// CreatedAfter returns at most so many leads of a site that were created in [from, to), ms, in order of their creation, after
// a key of the store, nil for the first; next is the key to go on after, nil after the last.
func (l *Leads) CreatedAfter(site uint32, from, to int64, after []byte, most int) (views []*View, next []byte, err error) {
	lo, hi := timeKey(site, max(from, 0), store.ID{}), timeKey(site, max(to, 0), store.ID{})
	if after != nil {
		lo = append(slices.Clone(after), 0)
	}
	var ids []store.ID
	err = l.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(k, _ []byte) error {
		_, _, id, err := parseTimeKey(k)
		if err != nil {
			return err
		}
		if ids = append(ids, id); len(ids) == most {
			next = slices.Clone(k)
			return store.ErrStop
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		r, found, err := getRow(l.db, site, id)
		if err != nil {
			return nil, nil, err
		}
		if !found { // deleted since
			continue
		}
		v, err := l.view(site, &r)
		if err != nil {
			return nil, nil, err
		}
		views = append(views, v)
	}
	return views, next, nil
}
