package footfall

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Event is something that a visitor did. With an ID it counts once, however often it is sent.
type Event struct {
	Type      string         `json:"event_type"`
	SessionID string         `json:"session_id"`
	ID        string         `json:"event_id,omitempty"`
	VisitorID string         `json:"visitor_id,omitempty"`
	PageID    string         `json:"page_id,omitempty"`
	ListingID string         `json:"listing_id,omitempty"`
	At        Millis         `json:"ts,omitzero"`
	Seconds   *float64       `json:"duration_seconds,omitempty"` // engaged, since the page was loaded
	Scroll    *float64       `json:"scroll_percentage,omitempty"`
	Data      map[string]any `json:"event_data,omitempty"`
}

// Millis is a time in ms since 1970.
type Millis int64

// MillisOf returns a time in ms.
func MillisOf(t time.Time) Millis { return Millis(t.UnixMilli()) }

// Rejected says which of the events was not taken, and why.
type Rejected struct {
	Index   int    `json:"index"` // from 0
	Code    string `json:"code"`
	Message string `json:"message"`
}

// atOnce is how many events a request may hold.
const atOnce = 1000

// SendEvents sends events and returns those that were not taken. Once it returns without an error the others are on the
// server's disk. A request whose events are all refused is an *Error.
func (c *Client) SendEvents(ctx context.Context, events ...Event) (rejected []Rejected, err error) {
	for sent := 0; sent < len(events); sent += atOnce {
		var answer struct{ Rejected []Rejected }
		some := events[sent:min(sent+atOnce, len(events))]
		if err := c.do(ctx, request{method: http.MethodPost, path: "/v1/events", query: url.Values{"k": {c.WriteKey}}, body: some}, &answer); err != nil {
			return rejected, err
		}
		for _, r := range answer.Rejected {
			r.Index += sent
			rejected = append(rejected, r)
		}
	}
	return rejected, nil
}
