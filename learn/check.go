package learn

import (
	"fmt"

	"footfall/store"
)

// Check implements journal.Owner: it reports rows that cannot be read or stand under another one's key, models that
// cannot be used, and an active version that is not there or has no model.
func (l *Learn) Check(v *store.View, report func(error)) {
	scan := func(space store.Space, check func(k, value []byte) error) {
		lo, hi := space.Span()
		err := v.Scan(store.Range{Lo: lo, Hi: hi}, func(k, value []byte) error {
			if err := check(k, value); err != nil {
				report(fmt.Errorf("%x: %w", k, err))
			}
			return nil
		})
		if err != nil {
			report(err)
		}
	}
	scan(store.Models, func(k, value []byte) error { return l.checkModel(v, k, value) })
	scan(store.TrainingLog, func(k, value []byte) error {
		if _, _, err := parseLogKey(k); err != nil {
			return err
		}
		_, err := decodeEntry(value)
		return err
	})
}

func (l *Learn) checkModel(v *store.View, k, value []byte) error {
	organization, number, err := parseVersionKey(k)
	if err != nil {
		return err
	}
	if number > 0 {
		version, model, err := decodeVersion(value)
		if err != nil {
			return err
		}
		if version.Number != number {
			return fmt.Errorf("%w: version %d stands under another's key", errCorrupt, version.Number)
		}
		if len(model) > 0 {
			_, err = unpackModel(model)
		}
		return err
	}
	s, err := decodeState(value)
	if err != nil {
		return err
	}
	if l.db.ID(s.Organization) != organization {
		return fmt.Errorf("%w: the state of %s stands under another's key", errCorrupt, s.Organization)
	}
	if s.Active == 0 {
		return nil
	}
	row, found, err := v.Get(versionKey(organization, s.Active))
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("%w: the active version %d of %s is not there", errCorrupt, s.Active, s.Organization)
	}
	if _, model, err := decodeVersion(row); err != nil || len(model) == 0 {
		return fmt.Errorf("%w: the active version %d of %s has no model", errCorrupt, s.Active, s.Organization)
	}
	return nil
}
