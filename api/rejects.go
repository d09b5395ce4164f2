package api

import (
	"encoding/binary"

	"footfall/ingest"
)

type rejectsPage struct {
	Rejects []ingest.RejectRow `json:"rejects"`
	Next    *string            `json:"next_cursor"`
}

// rejects answers GET /v1/rejects, over all sites of the key. A cursor's position is time, site and number of the last row
// given.
func (a *API) rejects(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	sites, err := a.reach(c)
	if err == nil {
		err = c.whole()
	}
	if err != nil {
		return nil, err
	}
	after, err := a.rejectCursor(c)
	if err != nil {
		return nil, err
	}
	rows, err := a.o.Ingest.Rejects(siteIDs(sites), limit+1, after)
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
		p := rows[limit-1].Place()
		at := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(p.Time)), uint64(p.Site))
		page.Next = a.nextCursor(c, binary.AppendUvarint(at, p.Number))
	}
	return page, nil
}

func (a *API) rejectCursor(c *call) (*ingest.RejectPlace, error) {
	cursor, err := a.cursor(c)
	if cursor == nil || err != nil {
		return nil, err
	}
	p := position{rest: cursor}
	at := ingest.RejectPlace{Time: int64(p.number()), Site: uint32(p.number()), Number: p.number()}
	return &at, p.err()
}
