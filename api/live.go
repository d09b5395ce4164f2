package api

import (
	"cmp"
	"encoding/binary"
	"slices"

	"footfall/catalog"
	"footfall/sessionize"
)

// heat says where something live stands in its list. The list moves while it is paged through: what was given does not
// come again unless it moved down.
type heat struct {
	score int
	live  int64 // receive time of its newest beacon
	site  uint32
	id    string
}

// at is a session with the site that it is on.
type at struct {
	site *catalog.Site
	sessionize.Analytics
}

func heatOf(s *at) heat { return heat{s.Score, s.LastLive, s.site.ID, s.SessionID} }

func itself(s *at) *at { return s }

func byScore(a, b heat) int {
	return cmp.Or(cmp.Compare(b.score, a.score), byRecency(a, b))
}

func byRecency(a, b heat) int {
	return cmp.Or(cmp.Compare(b.live, a.live), cmp.Compare(a.id, b.id), cmp.Compare(a.site, b.site))
}

// pageOfLive sorts what is live and returns the page that the call asks for.
// It goes by one session of each entry.
func pageOfLive[T any](a *API, c *call, all []T, of func(*T) *at, order func(a, b heat) int) (page []T, next *string, err error) {
	limit, err := c.limit()
	if err != nil {
		return nil, nil, err
	}
	cursor, err := a.cursor(c)
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(all, func(x, y T) int { return order(heatOf(of(&x)), heatOf(of(&y))) })
	if cursor != nil {
		p := position{rest: cursor}
		last := heat{int(p.number()), int64(p.number()), uint32(p.number()), p.text()}
		if err := p.err(); err != nil {
			return nil, nil, err
		}
		for len(all) > 0 && order(heatOf(of(&all[0])), last) <= 0 {
			all = all[1:]
		}
	}
	if len(all) <= limit {
		return all, nil, nil
	}
	last := heatOf(of(&all[limit-1]))
	b := binary.AppendUvarint(nil, uint64(last.score))
	b = binary.AppendUvarint(b, uint64(last.live))
	b = binary.AppendUvarint(b, uint64(last.site))
	return all[:limit], a.nextCursor(c, append(b, last.id...)), nil
}

// active returns the sessions that are active in the sense of the call.
func (a *API) active(c *call) (active []at, warming bool, err error) {
	since, err := c.active(a.o.Now())
	if err != nil {
		return nil, false, err
	}
	sites, err := a.reach(c)
	if err != nil {
		return nil, false, err
	}
	for _, site := range sites {
		of, warms, err := a.o.Sessions.Active(site.ID, since)
		if err != nil {
			return nil, false, err
		}
		warming = warming || warms
		for _, s := range c.own(site, of) {
			active = append(active, at{site, s})
		}
	}
	return active, warming, nil
}

type sessionsPage struct {
	Sessions []session `json:"sessions"`
	Next     *string   `json:"next_cursor"`
	Warming  bool      `json:"warming"`
}

// liveSessions answers GET /v1/sessions.
func (a *API) liveSessions(c *call) (any, error) {
	order, err := c.choice("sort", "score", "recent")
	if err != nil {
		return nil, err
	}
	active, warming, err := a.active(c)
	if err != nil {
		return nil, err
	}
	by := byScore
	if order == "recent" {
		by = byRecency
	}
	page, next, err := pageOfLive(a, c, active, itself, by)
	if err != nil {
		return nil, err
	}
	sessions := make([]session, len(page))
	for i := range page {
		sessions[i] = newSession(page[i].site, &page[i].Analytics)
	}
	return sessionsPage{sessions, next, warming}, nil
}
