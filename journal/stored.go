package journal

import "footfall/store"

// EachStored visits every record up to a position as it is stored, key and value, which are lent. The order is that of
// the keys, the same in every directory that holds the same records.
func EachStored(r store.Reader, until Position, visit func(key, value []byte) error) error {
	lo, hi := store.Events.Span()
	err := r.Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
		if _, _, _, pos, err := parseEventKey(key); err != nil || pos > until {
			return err
		}
		return visit(key, value)
	})
	if err != nil {
		return err
	}
	lo, _ = store.Journal.Span()
	return r.Scan(store.Range{Lo: lo, Hi: recordKey(until + 1)}, visit)
}
