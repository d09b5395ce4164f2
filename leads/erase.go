package leads

import (
	"context"

	"footfall/catalog"
	"footfall/journal"
	"footfall/store"
)

// Who says who is to be forgotten. One of the three is set.
type Who struct {
	Visitor string // of one site
	Lead    string // of one site: its person, by the lead's e-mail address
	Email   string
}

// Forgotten counts what was.
type Forgotten struct {
	Visitors int `json:"visitors"`
	Sessions int `json:"sessions"`
	Leads    int `json:"leads"`
}

// Erase forgets a person on a site, and by an e-mail address on all sites of its organization: their leads, the visitors
// and sessions that those came from, and all leads that came from these. Nothing is heard of them once it returns; the
// bytes go with Purge.
//
// Somebody else's lead that was sent from the same browser goes too: it tells of the same visitor. The records of also are
// written with the erasure, whether or not there was anything to erase.
func (l *Leads) Erase(ctx context.Context, site *catalog.Site, who Who, also ...journal.Record) (f Forgotten, err error) {
	unlock := l.lockAll()
	defer unlock()
	var records []journal.Record
	seeds, err := l.seeds(site, who)
	if err != nil {
		return f, err
	}
	for _, s := range l.sitesOf(site) {
		targets := seeds[s.ID]
		if targets == nil {
			continue
		}
		h := hunt{l: l, site: s.ID, met: map[journal.Target]bool{}}
		if err := h.follow(targets); err != nil {
			return f, err
		}
		r, err := h.record()
		if err != nil {
			return f, err
		}
		records = append(records, r)
		f.count(h.found)
	}
	if records = append(records, also...); len(records) == 0 {
		return f, nil
	}
	return f, l.submit(ctx, records...)
}

// lockAll lets nobody change a lead: a form or a note that is written after its lead is gone would stay for ever.
func (l *Leads) lockAll() (unlock func()) {
	for i := range l.stripes {
		l.stripes[i].Lock()
	}
	return func() {
		for i := range l.stripes {
			l.stripes[i].Unlock()
		}
	}
}

func (f *Forgotten) count(targets []journal.Target) {
	for _, t := range targets {
		switch t.Kind {
		case journal.EraseVisitor:
			f.Visitors++
		case journal.EraseSession:
			f.Sessions++
		case journal.EraseLead:
			f.Leads++
		}
	}
}

// sitesOf returns a site and the others of its organization.
func (l *Leads) sitesOf(site *catalog.Site) (sites []*catalog.Site) {
	for _, s := range l.o.Catalog.Sites() {
		if s.Organization == site.Organization {
			sites = append(sites, s)
		}
	}
	return sites
}

// seeds returns with whom to begin, by site.
func (l *Leads) seeds(site *catalog.Site, who Who) (map[uint32][]journal.Target, error) {
	seeds := map[uint32][]journal.Target{}
	var contacts []store.ID
	switch {
	case who.Visitor != "":
		seeds[site.ID] = []journal.Target{{Kind: journal.EraseVisitor, ID: l.db.ID(who.Visitor)}}
		return seeds, nil
	case who.Lead != "":
		id := l.db.ID(who.Lead)
		r, found, err := getRow(l.db, site.ID, id)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, notFound()
		}
		seeds[site.ID] = []journal.Target{{Kind: journal.EraseLead, ID: id, Pos: r.Pos}}
		p, err := getPerson(l.db, site.ID, id)
		if err != nil {
			return nil, err
		}
		contacts = l.idsOf(p.Form, ContactEmail)
	default:
		if normalized := normalizeContact(ContactEmail, who.Email); normalized != "" {
			contacts = []store.ID{l.contactID(ContactEmail, normalized)}
		}
	}
	for _, s := range l.sitesOf(site) {
		for _, c := range contacts {
			seeds[s.ID] = append(seeds[s.ID], journal.Target{Kind: journal.EraseEmail, ID: c})
		}
	}
	inquiries, err := l.inquiries(l.db.Reader(), site.Organization, contacts)
	if err != nil {
		return nil, err
	}
	for _, i := range inquiries {
		id := l.db.ID(i.Lead)
		r, found, err := getRow(l.db, i.Site, id)
		if err != nil {
			return nil, err
		}
		if found {
			seeds[i.Site] = append(seeds[i.Site], journal.Target{Kind: journal.EraseLead, ID: id, Pos: r.Pos})
		}
	}
	return seeds, nil
}

// idsOf returns the contacts of one kind that a form holds.
func (l *Leads) idsOf(form []Field, kind string) (ids []store.ID) {
	for i := range form {
		if contactFields[plainName(form[i].Name)] != kind {
			continue
		}
		if text, ok := form[i].text(); ok {
			if normalized := normalizeContact(kind, text); normalized != "" {
				ids = append(ids, l.contactID(kind, normalized))
			}
		}
	}
	return ids
}

// applyErase deletes all that is stored of the leads that a record names.
func (l *Leads) applyErase(b *store.Batch, r *journal.Record) error {
	targets, err := journal.DecodeErase(r.Body)
	if err != nil {
		return err
	}
	erased := false
	for _, t := range targets {
		if t.Kind != journal.EraseLead {
			continue
		}
		found, err := l.deleteLead(b, r.Site, t.ID)
		if err != nil {
			return err
		}
		erased = erased || found
	}
	if erased { // the leads before the last ones count again
		l.past.clear()
		if err := l.past.load(b.Reader()); err != nil {
			return err
		}
	}
	journal.StorePosition(b, ownerName, r.Pos)
	return nil
}

// deleteLead deletes a lead's rows in every space, if there is one.
func (l *Leads) deleteLead(b *store.Batch, site uint32, id store.ID) (found bool, err error) {
	r, found, err := getRow(b, site, id)
	if err != nil || !found { // applied before
		return false, err
	}
	p, err := getPerson(b, site, id)
	if err != nil {
		return false, err
	}
	org := l.db.ID(r.Organization)
	for _, contact := range l.contactsOf(p.Form) {
		b.Delete(contactKey(org, contact, site, id))
	}
	for _, space := range []store.Space{store.LeadHistory, store.LeadNotes} {
		lo := idKey(space, site, id)
		err := b.Reader().Scan(store.Range{Lo: lo, Hi: store.PrefixEnd(lo)}, func(k, _ []byte) error {
			b.Delete(append([]byte(nil), k...))
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	b.Delete(idKey(store.LeadForms, site, id))
	b.Delete(idKey(store.Leads, site, id))
	b.Delete(timeKey(site, r.Created, id))
	return true, nil
}
