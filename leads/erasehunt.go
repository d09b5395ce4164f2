package leads

import (
	"encoding/json"
	"fmt"

	"footfall/journal"
	"footfall/store"
)

// hunt finds all that belongs to somebody on one site.
type hunt struct {
	l     *Leads
	site  uint32
	met   map[journal.Target]bool
	found []journal.Target // the order of the record
}

func (h *hunt) meet(t journal.Target) {
	if !h.met[t] {
		h.met[t] = true
		h.found = append(h.found, t)
	}
}

func (h *hunt) has(kind journal.EraseKind, id store.ID) bool {
	return h.met[journal.Target{Kind: kind, ID: id}]
}

// follow goes from the seeds to everything that leads to them or from them, until there is nothing new.
func (h *hunt) follow(seeds []journal.Target) error {
	for _, t := range seeds {
		h.meet(t)
	}
	for done := 0; done < len(h.found); {
		for ; done < len(h.found); done++ {
			if err := h.from(h.found[done]); err != nil {
				return err
			}
		}
		if err := h.leads(); err != nil {
			return err
		}
	}
	return nil
}

// from meets what a target names: a visitor its sessions, a session its visitor, a lead where it came from.
func (h *hunt) from(t journal.Target) error {
	sessions := h.l.o.Sessions
	switch t.Kind {
	case journal.EraseVisitor:
		ids, err := sessions.SessionsOf(h.site, t.ID)
		for _, id := range ids {
			h.meet(journal.Target{Kind: journal.EraseSession, ID: id})
		}
		return err
	case journal.EraseSession:
		visitor, _, err := sessions.VisitorOf(h.site, t.ID)
		if visitor != "" {
			h.meet(journal.Target{Kind: journal.EraseVisitor, ID: h.l.db.ID(visitor)})
		}
		return err
	case journal.EraseLead:
		r, found, err := getRow(h.l.db, h.site, t.ID)
		if err != nil || !found {
			return err
		}
		session, visitor, err := h.l.origin(&r)
		if session != (store.ID{}) {
			h.meet(journal.Target{Kind: journal.EraseSession, ID: session})
		}
		if visitor != (store.ID{}) {
			h.meet(journal.Target{Kind: journal.EraseVisitor, ID: visitor})
		}
		return err
	}
	return nil
}

// leads meets the leads that came from a session or visitor that was met. There is no index from there: it reads all
// leads of the site.
func (h *hunt) leads() error {
	lo := sitePrefix(store.Leads, h.site)
	return h.l.db.Reader().Scan(store.Range{Lo: lo, Hi: store.PrefixEnd(lo)}, func(k, value []byte) error {
		r, err := decodeRow(value)
		if err != nil {
			return err
		}
		session, visitor, err := h.l.origin(&r)
		if err == nil && (h.has(journal.EraseSession, session) || h.has(journal.EraseVisitor, visitor)) {
			h.meet(journal.Target{Kind: journal.EraseLead, ID: store.ID(k[5:]), Pos: r.Pos})
		}
		return err
	})
}

// origin returns the keyed hashes of the session and visitor that a lead came from, zero for none.
func (l *Leads) origin(r *row) (session, visitor store.ID, err error) {
	var d struct {
		Lead struct {
			Visitor string `json:"visitor_id"`
		} `json:"lead"`
	}
	if r.Session == "" {
		return session, visitor, nil
	}
	session = l.db.ID(r.Session)
	if err := json.Unmarshal(r.Decision, &d); err != nil {
		return session, visitor, fmt.Errorf("%w: lead %s: %w", errCorrupt, r.ID, err)
	}
	if d.Lead.Visitor != "" {
		visitor = l.db.ID(d.Lead.Visitor)
	}
	return session, visitor, nil
}

// record makes the record that forgets what was found, with the stored answers about it.
func (h *hunt) record() (journal.Record, error) {
	r := journal.Record{At: h.l.o.Now(), Kind: journal.KindErase, Site: h.site, Body: journal.EncodeErase(h.found)}
	leads := map[store.ID]bool{}
	for _, t := range h.found {
		if t.Kind == journal.EraseLead {
			leads[t.ID] = true
		}
	}
	if len(leads) == 0 {
		return r, nil
	}
	lo := sitePrefix(store.Idempotency, h.site)
	err := h.l.db.Reader().Scan(store.Range{Lo: lo, Hi: store.PrefixEnd(lo)}, func(k, value []byte) error {
		kept, err := decodeReplay(value)
		if err == nil && leads[h.l.db.ID(kept.Lead)] {
			r.Rows = append(r.Rows, journal.Row{Key: append([]byte(nil), k...)})
		}
		return err
	})
	return r, err
}
