package footfall

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// Lead is a lead, as far as this client reads it.
type Lead struct {
	ID          string    `json:"id"`
	Status      string    `json:"status"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	ProfileID   string    `json:"profile_id"`
	ListingID   string    `json:"listing_id"`
	SessionID   string    `json:"session_id"`
	VisitorID   string    `json:"visitor_id"`
	Score       int       `json:"ml_score"`
	Priority    string    `json:"ml_priority"` // high, medium, low
	Action      string    `json:"ml_recommended_action"`
	Probability float64   `json:"conversion_probability"`
	Reasons     []Reason  `json:"reasons"`

	// Fields of the form, which are whatever the site asks for.
	Name  string `json:"name"`
	Email string `json:"email"`
	Phone string `json:"phone"`
}

// Reason is a part of what a score is made of.
type Reason struct {
	Feature string `json:"feature"`
	Text    string `json:"text"`
}

// LeadQuery says which leads to list. Without a status those are listed that somebody should still do something about.
type LeadQuery struct {
	Status, Priority, ProfileID, ListingID string
	UpdatedSince                           time.Time
	Sort                                   string // created_at, ml_score or activity
}

// Leads lists leads, page by page as they are asked for. It ends with the first error.
func (c *Client) Leads(ctx context.Context, q LeadQuery) iter.Seq2[Lead, error] {
	query := url.Values{"limit": {"200"}}
	for name, value := range map[string]string{
		"status": q.Status, "priority": q.Priority, "profile_id": q.ProfileID, "listing_id": q.ListingID, "sort": q.Sort,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if !q.UpdatedSince.IsZero() {
		query.Set("updated_since", q.UpdatedSince.UTC().Format(time.RFC3339Nano))
	}
	return func(yield func(Lead, error) bool) {
		for {
			var page struct {
				Leads []Lead  `json:"leads"`
				Next  *string `json:"next_cursor"`
			}
			if err := c.do(ctx, request{method: http.MethodGet, path: "/v1/leads", query: query, secret: true}, &page); err != nil {
				yield(Lead{}, err)
				return
			}
			for _, lead := range page.Leads {
				if !yield(lead, nil) {
					return
				}
			}
			if page.Next == nil {
				return
			}
			query.Set("cursor", *page.Next)
		}
	}
}

// NewLead is a lead to make. Form holds the fields of its form.
type NewLead struct {
	Form      map[string]any `json:"form_data"`
	SessionID string         `json:"session_id,omitempty"`
	ListingID string         `json:"listing_id,omitempty"`
	ProfileID string         `json:"profile_id,omitempty"`
}

// CreateLead makes a lead. key names the call: made again with the same key it makes no second lead.
func (c *Client) CreateLead(ctx context.Context, key string, n NewLead) (Lead, error) {
	var made struct{ Lead Lead }
	err := c.do(ctx, request{method: http.MethodPost, path: "/v1/leads", body: n, once: key, secret: true}, &made)
	return made.Lead, err
}

// Outcome is how a lead ended: closed_won, closed_lost, nurturing or unresponsive.
type Outcome struct {
	Outcome    string  `json:"outcome"`
	Date       string  `json:"outcome_date,omitempty"` // 2026-01-31, today unless said
	DealValue  float64 `json:"deal_value,omitempty"`
	LossReason string  `json:"loss_reason,omitempty"` // of closed_lost
	Notes      string  `json:"notes,omitempty"`
}

// RecordOutcome says how a lead ended. All outcomes are kept; the latest counts.
func (c *Client) RecordOutcome(ctx context.Context, key, lead string, o Outcome) error {
	path := "/v1/leads/" + url.PathEscape(lead) + "/outcome"
	return c.do(ctx, request{method: http.MethodPost, path: path, body: o, once: key, secret: true}, nil)
}
