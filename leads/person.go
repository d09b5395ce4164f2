package leads

import (
	"fmt"

	"footfall/catalog"
	"footfall/journal"
	"footfall/store"
)

// PersonKey returns what stands for a person where their id or address must not: a keyed hash, in hexadecimal digits.
func (l *Leads) PersonKey(who Who) string {
	return fmt.Sprintf("%x", l.PersonID(who))
}

// PersonID returns the keyed hash that stands for a person in keys.
func (l *Leads) PersonID(who Who) store.ID {
	switch {
	case who.Visitor != "":
		return l.db.ID(who.Visitor)
	case who.Lead != "":
		return l.db.ID(who.Lead)
	}
	return l.contactID(ContactEmail, normalizeContact(ContactEmail, who.Email))
}

// Found is what is known of a person on one site.
type Found struct {
	Site     *catalog.Site
	Visitors []string
	Leads    []string
}

// Person returns the ids of everything that Erase would forget, by site.
func (l *Leads) Person(site *catalog.Site, who Who) (found []Found, err error) {
	seeds, err := l.seeds(site, who)
	if err != nil {
		return nil, err
	}
	for _, s := range l.sitesOf(site) {
		if seeds[s.ID] == nil {
			continue
		}
		h := hunt{l: l, site: s.ID, met: map[journal.Target]bool{}}
		if err := h.follow(seeds[s.ID]); err != nil {
			return nil, err
		}
		f := Found{Site: s}
		if who.Visitor != "" {
			f.Visitors = append(f.Visitors, who.Visitor)
		}
		if err := h.name(&f); err != nil {
			return nil, err
		}
		found = append(found, f)
	}
	return found, nil
}

// name finds the ids of what was met.
func (h *hunt) name(f *Found) error {
	seen := map[string]bool{}
	for _, id := range f.Visitors {
		seen[id] = true
	}
	for _, t := range h.found {
		switch t.Kind {
		case journal.EraseSession:
			visitor, _, err := h.l.o.Sessions.VisitorOf(h.site, t.ID)
			if err != nil {
				return err
			}
			if visitor != "" && !seen[visitor] {
				seen[visitor] = true
				f.Visitors = append(f.Visitors, visitor)
			}
		case journal.EraseLead:
			r, found, err := getRow(h.l.db, h.site, t.ID)
			if err != nil {
				return err
			}
			if found {
				f.Leads = append(f.Leads, r.ID)
			}
		}
	}
	return nil
}

// PersonEntry is an entry of a lead's history with what was written.
type PersonEntry struct {
	At       Time   `json:"time"`
	Activity Text   `json:"activity"`
	Status   Text   `json:"status"`
	Outcome  Text   `json:"outcome"`
	Accurate *bool  `json:"was_accurate"`
	Note     string `json:"note"`
}

// PersonHistory returns the history of a lead, oldest first. Who of the staff did it is not told.
func (l *Leads) PersonHistory(site uint32, lead string) (entries []PersonEntry, err error) {
	id := l.db.ID(lead)
	entries = []PersonEntry{}
	err = readHistory(l.db.Reader(), site, id, func(e *entry) error {
		p := PersonEntry{At: Time(e.At), Activity: Text(e.Activity), Status: Text(e.Status), Accurate: e.Accurate}
		if e.Outcome != nil {
			p.Outcome = Text(e.Outcome.Outcome)
		}
		var err error
		p.Note, err = readNote(l.db, site, id, e.Number)
		entries = append(entries, p)
		return err
	})
	return entries, err
}
