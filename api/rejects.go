package api

import (
	"encoding/binary"

	"footfall/ingest"
)

type rejectsPage struct {
	Rejects []ingest.RejectRow `json:"rejects"`
	Next    *string            `json:"next_cursor"`
}

// rejects answers GET /v1/rejects. A cursor's position is the number of the last row given.
func (a *API) rejects(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	site, err := a.site(c)
	if err == nil {
		err = c.whole()
	}
	if err != nil {
		return nil, err
	}
	cursor, err := a.cursor(c)
	if err != nil {
		return nil, err
	}
	before := uint64(0)
	if cursor != nil {
		p := position{rest: cursor}
		before = p.number()
		if err := p.err(); err != nil {
			return nil, err
		}
	}
	rows, err := a.o.Ingest.Rejects(site.ID, limit+1, before)
	if err != nil {
		return nil, err
	}
	if c.grant.Masked { // what a page sent as it was may hold anything
		for i := range rows {
			rows[i].Event = nil
		}
	}
	page := rejectsPage{Rejects: rows}
	if len(rows) > limit {
		page.Rejects = rows[:limit]
		page.Next = a.nextCursor(c, binary.AppendUvarint(nil, rows[limit-1].Number))
	}
	return page, nil
}
