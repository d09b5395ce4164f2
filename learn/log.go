package learn

import (
	"fmt"

	"footfall/store"
)

// History returns at most limit rows of an organization's training log, newest first.
func (l *Learn) History(organization string, limit int) ([]Entry, error) {
	lo := prefix(store.TrainingLog, l.db.ID(organization))
	list := []Entry{}
	err := l.db.Reader().Scan(store.Range{Lo: lo, Hi: store.PrefixEnd(lo), Reverse: true}, func(_, value []byte) error {
		if len(list) == limit {
			return store.ErrStop
		}
		e, err := decodeEntry(value)
		list = append(list, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the training log: %w", err)
	}
	return list, nil
}
