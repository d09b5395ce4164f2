package api

import (
	"encoding/binary"

	"footfall/access"
	"footfall/fault"
)

type auditPage struct {
	Audit []access.AuditRow `json:"audit"`
	Next  *string           `json:"next_cursor"`
}

// audit serves GET /v1/audit: the trail of the key's organization, or of the one that organization_id names; of the
// server itself for a key to everything. A cursor's position is the number of the last row given.
func (a *API) audit(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	organization := c.grant.Organization
	if named := c.param("organization_id"); named != "" {
		if _, ok := a.o.Catalog.Organization(named); !ok || !c.grant.CoversOrganization(named) {
			return nil, fault.Field(fault.NotFound, "organization_id", "There is no such organization.")
		}
		organization = named
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
	rows, err := a.o.Access.Audit(organization, limit+1, before)
	if err != nil {
		return nil, err
	}
	page := auditPage{Audit: rows}
	if len(rows) > limit {
		page.Audit = rows[:limit]
		page.Next = a.nextCursor(c, binary.AppendUvarint(nil, rows[limit-1].Number))
	}
	if page.Audit == nil {
		page.Audit = []access.AuditRow{}
	}
	return page, nil
}
