package leads

import (
	"encoding/json"
	"fmt"
	"time"

	"footfall/learn"
	"footfall/scorer"
	"footfall/sessionize"
)

// Lead is what was decided when the lead was created, as its JSON shows it.
type Lead struct {
	ID       string   `json:"id"`
	Created  Time     `json:"created_at"`
	Listing  Text     `json:"listing_id"`
	Session  Text     `json:"session_id"`
	Visitor  Text     `json:"visitor_id"`
	Profile  string   `json:"profile_id"` // at creation
	Consent  string   `json:"consent"`
	Behavior int      `json:"behavioral_score"`
	Visits   int      `json:"visited_count"`
	Time     int64    `json:"total_engagement_time"` // s
	Viewed   []string `json:"properties_viewed"`
	Deep     []string `json:"deep_engagement_properties"`
	Metadata Metadata `json:"metadata"`
	Source   Source   `json:"source"`
	Score
	Features scorer.Features `json:"features"`
}

// Metadata is context that the product document keeps apart.
type Metadata struct {
	DeviceType      Text `json:"device_type"`
	FirstVisit      Time `json:"first_visit"`
	Referrer        Text `json:"referrer"`
	EngagementScore int  `json:"engagement_score"`
}

// Source is where the session came from.
type Source struct {
	Referrer    Text `json:"referrer"`
	UTMSource   Text `json:"utm_source"`
	UTMMedium   Text `json:"utm_medium"`
	UTMCampaign Text `json:"utm_campaign"`
	UTMTerm     Text `json:"utm_term"`
	UTMContent  Text `json:"utm_content"`
	UTMID       Text `json:"utm_id"`
	Gclid       Text `json:"gclid"`
	Fbclid      Text `json:"fbclid"`
	LandingURL  Text `json:"landing_url"`
}

// Score is how the lead was scored.
type Score struct {
	LeadScore   int             `json:"ml_score"`
	Priority    string          `json:"ml_priority"`
	Action      string          `json:"ml_recommended_action"`
	Confidence  float64         `json:"ml_confidence"`
	ScoredAt    Time            `json:"ml_scored_at"`
	Probability float64         `json:"conversion_probability"`
	Assumed     bool            `json:"assumed"` // the probability is no measurement
	Basis       string          `json:"basis"`
	Model       string          `json:"model_version"`
	Reasons     []scorer.Reason `json:"reasons"`

	// What scores of old do not have.
	Interval    *learn.Bounds       `json:"interval"`
	Sufficiency *scorer.Sufficiency `json:"sufficiency"`
	BaseRate    *float64            `json:"base_rate"`
	Bias        *float64            `json:"bias_log_odds"`
	Horizon     *int                `json:"horizon_days"`
}

// scoreOf returns what a lead keeps of a prediction.
func scoreOf(p *learn.Prediction) Score {
	return Score{
		LeadScore: p.LeadScore, Priority: p.Priority, Action: p.Action, Confidence: p.Confidence, ScoredAt: Time(p.At.UnixMilli()),
		Probability: p.Probability, Assumed: p.Assumed, Basis: p.Basis, Model: p.Model, Reasons: p.Reasons,
		Interval: &p.Interval, Sufficiency: &p.Sufficiency, BaseRate: &p.BaseRate, Bias: &p.Bias, Horizon: &p.Horizon,
	}
}

// given is a score that a lead had before it was scored again.
type given struct {
	Exact float64 `json:"exact"`
	Score Score   `json:"score"`
}

// decision is a lead with what its readers do not see.
type decision struct {
	Organization string  `json:"organization"`
	Points       int     `json:"rule_points"`           // uncapped
	Exact        float64 `json:"exact_score"`           // the lead score before it was cut to a whole number
	Unranked     bool    `json:"unranked,omitempty"`    // its points say nothing: what they are made of is not known
	Imported     int64   `json:"imported_at,omitempty"` // ms, of a lead that was made elsewhere, earlier
	Status       string  `json:"status,omitempty"`      // that it came with, "" for new
	Lead         Lead    `json:"lead"`
	Earlier      []given `json:"earlier,omitempty"` // scores, the first one first; in rows only
}

// The body of a journal.KindLead record: the session's link to the lead (sessionize.AppendLeadLink), then
//
//	u8 version (1) | the decision as JSON
const leadVersion = 1

func encodeLead(link sessionize.LeadLink, d *decision) ([]byte, error) {
	b, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode lead: %w", err)
	}
	return append(append(sessionize.AppendLeadLink(nil, link), leadVersion), b...), nil
}

// decodeLead returns the decision and its JSON, which is lent from body.
func decodeLead(body []byte) (d *decision, raw []byte, err error) {
	_, rest, err := sessionize.DecodeLeadLink(body)
	if err != nil {
		return nil, nil, err
	}
	if len(rest) == 0 || rest[0] != leadVersion {
		return nil, nil, fmt.Errorf("%w: lead version", errCorrupt)
	}
	d, err = decodeDecision(rest[1:])
	return d, rest[1:], err
}

func decodeDecision(b []byte) (*decision, error) {
	d := new(decision)
	if err := json.Unmarshal(b, d); err != nil {
		return nil, fmt.Errorf("%w: lead: %w", errCorrupt, err)
	}
	return d, nil
}

// Text is a string whose JSON is null while it is unknown.
type Text string

// MarshalJSON writes null for the empty text.
func (t Text) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

// Time is ms since 1970 UTC. Its JSON is RFC 3339 with milliseconds, null for 0.
type Time int64

const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// String returns the time in RFC 3339.
func (t Time) String() string { return time.UnixMilli(int64(t)).UTC().Format(timeLayout) }

// MarshalJSON writes the time as String does.
func (t Time) MarshalJSON() ([]byte, error) {
	if t == 0 {
		return []byte("null"), nil
	}
	return []byte(`"` + t.String() + `"`), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Time) UnmarshalJSON(b []byte) error {
	var s *time.Time
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("decode time: %w", err)
	}
	*t = 0
	if s != nil {
		*t = Time(s.UnixMilli())
	}
	return nil
}
