package api

import (
	"cmp"
	"encoding/binary"

	"footfall/access"
	"footfall/fault"
	"footfall/leads"
)

func (a *API) changeRoutes() []Route {
	return []Route{{get, "/v1/changes", access.Read, "Everything that happened to leads, outcomes and sessions, in order", a.answer(a.changes)}}
}

type changesPage struct {
	Changes []leads.Change `json:"changes"`
	Next    *string        `json:"next_cursor"` // always: what comes later is after it
	More    bool           `json:"more"`        // there may be some already
}

// changes answers GET /v1/changes. A cursor's position is that of the last record that was
// looked at, and up to where events were retired when the reader began.
func (a *API) changes(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	words, err := c.words("types", leads.ChangeLead, leads.ChangeOutcome, leads.ChangeSession)
	if err != nil {
		return nil, err
	}
	sites, err := a.reach(c)
	if err != nil {
		return nil, err
	}
	own := map[uint32]string{} // profiles of sites
	for _, site := range sites {
		own[site.ID] = site.Profile
	}
	q := leads.ChangesQuery{
		Types: map[string]bool{}, Limit: limit,
		Site: func(site uint32) bool { _, ok := own[site]; return ok },
		Sees: func(site uint32, profile string) bool { return c.grant.CoversProfile(cmp.Or(profile, own[site])) },
	}
	for _, word := range words {
		q.Types[word] = true
	}
	after, known, err := a.changesAfter(c, q.Types)
	if err != nil {
		return nil, err
	}
	q.After = after
	page := changesPage{}
	var through uint64
	if page.Changes, through, page.More, err = a.o.Leads.Changes(q); err != nil {
		return nil, err
	}
	for i := range page.Changes {
		page.Changes[i].Profile = cmp.Or(page.Changes[i].Profile, own[page.Changes[i].Site])
	}
	page.Next = a.nextCursor(c, binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, through), known))
	return page, nil
}

// changesAfter returns the position that the cursor names, 0 without one, and up to where events were past their retention
// when the reader began. If more are by now, and the reader has not come so far, it has missed some.
func (a *API) changesAfter(c *call, types map[string]bool) (after, known uint64, err error) {
	cursor, err := a.cursor(c)
	if err != nil {
		return 0, 0, err
	}
	retired, err := a.o.Leads.RetiredThrough()
	if err != nil || cursor == nil {
		return 0, retired, err
	}
	if len(cursor) != 16 {
		return 0, 0, errCursor
	}
	after, known = binary.BigEndian.Uint64(cursor), binary.BigEndian.Uint64(cursor[8:])
	if types[leads.ChangeSession] && retired > known && after < retired {
		return 0, 0, fault.Field(fault.CursorExpired, "cursor", "Events that came after this cursor are past their retention (--retain-events): changes were missed. Read the lists anew and start again without a cursor.")
	}
	return after, known, nil
}
