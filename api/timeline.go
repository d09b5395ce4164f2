package api

import (
	"encoding/binary"
	"encoding/json"

	"footfall/event"
	"footfall/leads"
	"footfall/sessionize"
)

type timelinePage struct {
	Events []map[string]any `json:"events"`
	Next   *string          `json:"next_cursor"`
}

// timeline answers GET /v1/sessions/{id}/events. A cursor's position is the last event given: the position of its
// chunk, and its place in it.
func (a *API) timeline(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	after, index := uint64(0), -1
	cursor, err := a.cursor(c)
	if err != nil {
		return nil, err
	}
	if cursor != nil {
		p := position{rest: cursor}
		after, index = p.number(), int(p.number())
		if err := p.err(); err != nil {
			return nil, err
		}
	}
	site, _, err := a.findSession(c)
	if err != nil {
		return nil, err
	}
	events, more, err := a.o.Sessions.Timeline(site.ID, c.id, after, index, limit)
	if err != nil {
		return nil, err
	}
	page := timelinePage{Events: make([]map[string]any, len(events))}
	for i := range events {
		page.Events[i] = newTimelineEvent(&events[i])
	}
	if more {
		last := &events[len(events)-1]
		page.Next = a.nextCursor(c, binary.AppendUvarint(binary.AppendUvarint(nil, last.Pos), uint64(last.Index)))
	}
	return page, nil
}

// newTimelineEvent returns an event as it goes on the wire, without the fields that it does not have.
func newTimelineEvent(e *sessionize.TimelineEvent) map[string]any {
	m := map[string]any{
		"event_type":  e.TypeName(),
		"time":        leads.Time(e.At),
		"received_at": leads.Time(e.Received),
		"flagged":     e.Flagged,
	}
	for name, s := range map[string]string{
		"event_id": e.ID, "page_id": e.Page, "listing_id": e.Listing,
		"visitor_id": e.Visitor, "device_type": e.Device.String(),
	} {
		if s != "" {
			m[name] = s
		}
	}
	if e.Clock != event.None {
		m["duration_seconds"] = float64(e.Clock) / 1000
	}
	if e.Scroll != event.None {
		m["scroll_percentage"] = float64(e.Scroll) / 10
	}
	for _, attr := range e.Attrs {
		m[event.AttrNames[attr.Key]] = attr.Value
	}
	if e.Data != "" {
		m["event_data"] = json.RawMessage(e.Data)
	}
	return m
}
