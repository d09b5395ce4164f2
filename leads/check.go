package leads

import (
	"fmt"
	"slices"

	"footfall/store"
)

// Check implements journal.Owner: it reports rows that cannot be read or stand under another lead's key, rows without
// their form that are not marked erased, forms without a row, indexes that do not match the rows and forms, and a history
// that does not belong to its lead.
func (l *Leads) Check(v *store.View, report func(error)) {
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
	scan(store.Leads, func(k, value []byte) error { return l.checkRow(v, k, value) })
	scan(store.LeadForms, func(k, value []byte) error {
		site, id, err := parseIDKey(k)
		if err != nil {
			return err
		}
		if _, err := decodePerson(value); err != nil {
			return err
		}
		return mustHave(v, idKey(store.Leads, site, id), "lead form without a lead")
	})
	scan(store.LeadsByTime, func(k, value []byte) error { return l.checkTime(v, k, value) })
	scan(store.LeadHistory, func(k, value []byte) error { return l.checkEntry(v, k, value) })
	scan(store.LeadNotes, func(k, value []byte) error {
		site, id, number, err := parseNumberKey(k)
		if err != nil {
			return err
		}
		if _, err := decodeNote(value); err != nil {
			return err
		}
		return mustHave(v, numberKey(store.LeadHistory, site, id, number), "lead note without an entry of the history")
	})
	scan(store.Contacts, func(k, value []byte) error { return l.checkContact(v, k, value) })
	scan(store.Idempotency, func(_, value []byte) error {
		_, err := decodeReplay(value)
		return err
	})
}

func (l *Leads) checkRow(v *store.View, k, value []byte) error {
	site, id, err := parseIDKey(k)
	if err != nil {
		return err
	}
	r, err := decodeRow(value)
	if err != nil {
		return err
	}
	d, err := decodeDecision(r.Decision)
	if err != nil {
		return err
	}
	if l.db.ID(r.ID) != id || d.Lead.ID != r.ID {
		return fmt.Errorf("%w: lead %s stands under another's key", errCorrupt, r.ID)
	}
	if !r.Erased {
		if err := mustHave(v, idKey(store.LeadForms, site, id), "lead without a form"); err != nil {
			return err
		}
	}
	return mustHave(v, timeKey(site, r.Created, id), "lead that is not in the index by time")
}

func (l *Leads) checkTime(v *store.View, k, value []byte) error {
	site, created, id, err := parseTimeKey(k)
	if err != nil {
		return err
	}
	r, found, err := getRow(v, site, id)
	if err != nil {
		return err
	}
	if !found || r.Created != created {
		return fmt.Errorf("%w: index entry without a lead of that time", errCorrupt)
	}
	s, want := standing{}, l.standing(&r)
	if len(value) > 0 {
		s, err = decodeStanding(created, value)
	} else {
		s = want
	}
	if err == nil && s != want && s != want.ofVersion1() {
		err = fmt.Errorf("%w: index entry that does not say how far lead %s is", errCorrupt, r.ID)
	}
	return err
}

func (l *Leads) checkEntry(v *store.View, k, value []byte) error {
	site, id, number, err := parseNumberKey(k)
	if err != nil {
		return err
	}
	e, err := decodeEntry(value)
	if err != nil {
		return err
	}
	r, found, err := getRow(v, site, id)
	if err != nil {
		return err
	}
	if !found || e.Lead != r.ID || e.Number != number || number > r.Entries {
		return fmt.Errorf("%w: entry %d of the history of lead %s is not its own", errCorrupt, number, e.Lead)
	}
	return nil
}

func (l *Leads) checkContact(v *store.View, k, value []byte) error {
	contact, site, id, err := parseContactKey(k)
	if err != nil {
		return err
	}
	i, err := decodeContact(k, value)
	if err != nil {
		return err
	}
	p, err := getPerson(v, site, id)
	if err != nil {
		return err
	}
	if l.db.ID(i.Lead) != id || !slices.Contains(l.contactsOf(p.Form), contact) {
		return fmt.Errorf("%w: lead %s does not have the contact that it is found by", errCorrupt, i.Lead)
	}
	return nil
}

func mustHave(v *store.View, key []byte, without string) error {
	_, found, err := v.Get(key)
	if err == nil && !found {
		err = fmt.Errorf("%w: %s", errCorrupt, without)
	}
	return err
}
