package api

import (
	"encoding/json"
	"reflect"
	"time"

	"footfall/fault"
	"footfall/ingest"
	"footfall/leads"
	"footfall/learn"
	"footfall/market"
	"footfall/scorer"
)

// schemaNames are the names of types in the document that cannot be told from their own; "" for those without one.
var schemaNames = map[reflect.Type]string{
	reflect.TypeFor[piece]():             "Job",
	reflect.TypeFor[jobError]():          "JobError",
	reflect.TypeFor[meView]():            "Me",
	reflect.TypeFor[leads.Deed]():        "Deed",
	reflect.TypeFor[leads.Activity]():    "Presence",
	reflect.TypeFor[leads.Event]():       "HistoryEntry",
	reflect.TypeFor[market.Numbers]():    "",
	reflect.TypeFor[ingest.RejectRow]():  "Reject",
	reflect.TypeFor[linkView]():          "OneTimeLink",
	reflect.TypeFor[pastSum]():           "",
	reflect.TypeFor[scorer.Comparison](): "ModelComparison",
	reflect.TypeFor[scorer.Figures]():    "ModelFigures",
	reflect.TypeFor[learn.Entry]():       "TrainingEntry",
	reflect.TypeFor[learn.Listed]():      "Model",
}

// enums are the words that a member of a schema may hold, by schema and member.
var enums = map[string][]string{
	"Lead.status":                     leads.Statuses(),
	"Lead.ml_priority":                priorities,
	"Lead.consent":                    consents,
	"LeadCreated.status":              leads.Statuses(),
	"LeadForm.consent":                consents,
	"LeadPatch.status":                leads.Statuses(),
	"LeadOutcome.status":              leads.Statuses(),
	"LeadOutcome.outcome":             {"closed_won", "closed_lost", "nurturing", "unresponsive"},
	"LeadOutcome.loss_reason":         losses,
	"LeadActivity.status":             leads.Statuses(),
	"LeadActivity.type":               deeds,
	"LeadFeedback.ml_priority":        priorities,
	"NewActivity.type":                deeds,
	"NewOutcome.outcome":              {"closed_won", "closed_lost", "nurturing", "unresponsive"},
	"NewOutcome.loss_reason":          losses,
	"Outcome.outcome":                 {"closed_won", "closed_lost", "nurturing", "unresponsive"},
	"Outcome.loss_reason":             losses,
	"Feedback.ml_priority":            priorities,
	"Score.ml_priority":               priorities,
	"Deed.type":                       deeds,
	"HistoryEntry.kind":               {"activity", "status", "outcome", "feedback"},
	"PastResult.status":               {leads.ImportCreated, leads.ImportUpdated, leads.ImportExists, leads.ImportRejected},
	"Session.conversion_intent":       intents,
	"PersonSession.conversion_intent": intents,
	"LiveVisitor.conversion_intent":   intents,
	"Job.state":                       {workQueued, workRunning, workDone, workFailed},
	"Site.consent":                    consents,
	"SiteFields.consent":              consents,
	"Settings.consent_default":        consents,
	"SettingsPatch.consent_default":   consents,
	"Key.kind":                        {"write", "secret"},
	"Key.scopes":                      scopes,
	"NewKey.kind":                     {"write", "secret"},
	"NewKey.scopes":                   scopes,
	"Me.scopes":                       scopes,
	"User.role":                       roles,
	"NewUser.role":                    roles,
	"UserPatch.role":                  roles,
	"Invite.role":                     roles,
	"InviteMade.role":                 roles,
}

var (
	priorities = []string{scorer.PriorityHigh, scorer.PriorityMedium, scorer.PriorityLow}
	intents    = []string{scorer.IntentHigh, scorer.IntentMedium, scorer.IntentLow}
	consents   = []string{"granted", "anonymous"}
	deeds      = []string{"call", "text", "email", "note", "showing"}
	losses     = []string{"price", "timing", "competitor", "financing", "unqualified", "other"}
	roles      = []string{"viewer", "agent", "admin"}
	scopes     = []string{"read", "write", "admin"}
)

// What follows are the types of bodies that are read and written by hand, or by packages that keep theirs to themselves.

// failure is every error.
type failure struct {
	Error failureError `json:"error"`
}

type failureError struct {
	Code      fault.Code  `json:"code"`
	Message   string      `json:"message"`
	Field     string      `json:"field,omitempty"`
	RequestID string      `json:"request_id"`
	Rejected  []rejection `json:"rejected,omitempty"`
}

type rejection struct {
	Index   int        `json:"index"` // from 0
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
}

// accepted is the answer to events of which some were not taken.
type accepted struct {
	Accepted int         `json:"accepted"`
	Rejected []rejection `json:"rejected"`
}

// wireEvent is an event of a beacon. Fields that a visitor's page has more of than these are left out.
type wireEvent struct {
	Type      string          `json:"eventType"`
	Session   *string         `json:"sessionId"`
	ID        *string         `json:"eventId"`
	Visitor   *string         `json:"visitorId"`
	Page      *string         `json:"pageId"`
	Listing   *string         `json:"propertyId"`
	Profile   *string         `json:"profileId"`
	At        *float64        `json:"ts"`
	Sent      *float64        `json:"sentAt"`
	Duration  *float64        `json:"durationSeconds"`
	Scroll    *float64        `json:"scrollPercentage"`
	Device    *string         `json:"deviceType"`
	Referrer  *string         `json:"referrerUrl"`
	URL       *string         `json:"url"`
	Title     *string         `json:"title"`
	UTMSource *string         `json:"utm_source"`
	UTMMedium *string         `json:"utm_medium"`
	UTMName   *string         `json:"utm_campaign"`
	UTMTerm   *string         `json:"utm_term"`
	UTMText   *string         `json:"utm_content"`
	UTMID     *string         `json:"utm_id"`
	Gclid     *string         `json:"gclid"`
	Fbclid    *string         `json:"fbclid"`
	Consent   *string         `json:"consent"`
	Data      map[string]any  `json:"eventData"`
	Key       *string         `json:"key"`
	Events    []wireEventItem `json:"events"`
}

// wireEventItem is one of the events that share fields.
type wireEventItem map[string]any

type pageDuration struct {
	Session  string  `json:"sessionId"`
	Duration float64 `json:"duration"`
}

// progress is a line of an import's answer.
type progress struct {
	Lines    int           `json:"lines"`
	Accepted int           `json:"accepted"`
	Rejected int           `json:"rejected"`
	Skipped  int           `json:"skipped,omitempty"`
	Done     bool          `json:"done,omitempty"`
	Error    *failureError `json:"error,omitempty"`
}

// timelineEvent is what newTimelineEvent returns.
type timelineEvent struct {
	Type        string          `json:"event_type"`
	At          time.Time       `json:"time"`
	Received    time.Time       `json:"received_at"`
	Flagged     bool            `json:"flagged"`
	ID          string          `json:"event_id,omitempty"`
	Page        string          `json:"page_id,omitempty"`
	Listing     string          `json:"listing_id,omitempty"`
	Visitor     string          `json:"visitor_id,omitempty"`
	Device      string          `json:"device_type,omitempty"`
	Duration    float64         `json:"duration_seconds,omitempty"`
	Scroll      float64         `json:"scroll_percentage,omitempty"`
	URL         string          `json:"url,omitempty"`
	Title       string          `json:"title,omitempty"`
	Referrer    string          `json:"referrer_url,omitempty"`
	UTMSource   string          `json:"utm_source,omitempty"`
	UTMMedium   string          `json:"utm_medium,omitempty"`
	UTMCampaign string          `json:"utm_campaign,omitempty"`
	UTMTerm     string          `json:"utm_term,omitempty"`
	UTMContent  string          `json:"utm_content,omitempty"`
	UTMID       string          `json:"utm_id,omitempty"`
	Gclid       string          `json:"gclid,omitempty"`
	Fbclid      string          `json:"fbclid,omitempty"`
	Interaction string          `json:"interaction_type,omitempty"`
	Data        json.RawMessage `json:"event_data,omitempty"`
}

// leadForm is a lead form; a plain one has its fields beside these instead of in formData.
type leadForm struct {
	Form        map[string]any `json:"formData"`
	Session     *string        `json:"sessionId"`
	Listing     *string        `json:"listingId"`
	Profile     *string        `json:"profileId"`
	Consent     string         `json:"consent"`
	Idempotency *string        `json:"idempotency_key"`
}

// leadCreated is what a write key learns of a lead.
type leadCreated struct {
	ID      string    `json:"id"`
	Status  string    `json:"status"`
	Created time.Time `json:"created_at"`
}

// leadMade is the answer to a write key. A form that a robot filled in has no lead.
type leadMade struct {
	Success bool         `json:"success"`
	Lead    *leadCreated `json:"lead"`
}

// wholeLeadMade is the answer to a secret key.
type wholeLeadMade struct {
	Success bool       `json:"success"`
	Lead    leads.View `json:"lead"`
}

// pastDone is the answer to an import of past leads.
type pastDone struct {
	pastSum
	Results []pastResult `json:"results"`
}

// pastEnd is the last line of an import's answer.
type pastEnd struct {
	pastSum
	Done bool `json:"done"`
}

type pastFailed struct {
	Error pastRefuse `json:"error"`
}

// leadPatch changes a lead. Other members are fields of its form; null takes one away.
type leadPatch struct {
	Status  string    `json:"status"`
	Profile string    `json:"profile_id"`
	Tags    *[]string `json:"tags"`
	Notes   *string   `json:"notes"`
}

type newActivity struct {
	Type string  `json:"type"`
	Note *string `json:"note"`
}

type newOutcome struct {
	Outcome string          `json:"outcome"`
	Date    *string         `json:"outcome_date"`
	Value   json.RawMessage `json:"deal_value"` // a number, or a string that holds one
	Loss    *string         `json:"loss_reason"`
	Notes   *string         `json:"notes"`
}

type newFeedback struct {
	Accurate bool    `json:"was_accurate"`
	Text     *string `json:"feedback"`
}

type leadActivity struct {
	leads.Deed
	Lead   string `json:"lead_id"`
	Status string `json:"status"`
}

type leadOutcome struct {
	leads.Outcome
	Lead   string `json:"lead_id"`
	Status string `json:"status"`
}

type leadFeedback struct {
	leads.Feedback
	Lead string `json:"lead_id"`
}

type credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

type acceptance struct {
	Email    string `json:"email"`
	Name     string `json:"name"`
	Password string `json:"password"`
}

type whoseReset struct {
	Email string `json:"email"`
}

type newPassword struct {
	Password string `json:"password"`
}

type inviteMade struct {
	inviteView
	Token string `json:"token"`
	Link  string `json:"link"`
}

type userPatch struct {
	Name     *string `json:"name"`
	Role     *string `json:"role"`
	Profile  *string `json:"profile_id"`
	Disabled *bool   `json:"disabled"`
}

type newOrganization struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type organizationPatch struct {
	Name *string `json:"name"`
}

// settingsPatch changes settings; null sets a number back.
type settingsPatch struct {
	Thresholds map[string]*int `json:"thresholds"`
	Horizon    *int            `json:"horizon_days"`
	Consent    string          `json:"consent_default"`
	Quotas     map[string]*int `json:"quotas"`
	Stories    bool            `json:"stories"`
	Pooling    map[string]bool `json:"pooling"`
}

// passwordChange is for those who are signed in.
type passwordChange struct {
	Old string `json:"old_password"`
	New string `json:"password"`
}

type listingWithHistory struct {
	listingView
	History []listingEventView `json:"history"`
}

// listingFields are a listing as it is put. Numbers and times may be written as text, and all may go by RESO's names.
type listingFields struct {
	ID          json.RawMessage `json:"id"`
	Profile     *string         `json:"profile_id"`
	Status      *string         `json:"status"`
	Price       json.RawMessage `json:"price"`
	Address     *string         `json:"address"`
	City        *string         `json:"city"`
	Type        *string         `json:"property_type"`
	Beds        json.RawMessage `json:"beds"`
	Baths       json.RawMessage `json:"baths"`
	Sqft        json.RawMessage `json:"sqft"`
	Description *string         `json:"description"`
	Listed      json.RawMessage `json:"listed_at"`
	Closed      json.RawMessage `json:"closed_at"`
}

// batchSum is a line that says how far a batch of listings is.
type batchSum struct {
	Lines     int       `json:"lines"`
	Accepted  int       `json:"accepted"`
	Rejected  int       `json:"rejected"`
	Created   int       `json:"created"`
	Updated   int       `json:"updated"`
	Unchanged int       `json:"unchanged"`
	Done      bool      `json:"done,omitempty"`
	Error     *lineFail `json:"error,omitempty"`
}

type modelsPage struct {
	Models []learn.Listed `json:"models"`
	Active string         `json:"active"`
	Log    []learn.Entry  `json:"training_log"`
	Next   *string        `json:"next_cursor"`
}

type activated struct {
	learn.Listed
	Job string `json:"job_id"`
}

// reason is a scorer.Reason; the value of a feature that is not known is null.
type reason struct {
	Feature string   `json:"feature"`
	Value   *float64 `json:"value"`
	Typical *float64 `json:"typical"`
	LogOdds *float64 `json:"log_odds"`
	Points  int      `json:"points"`
	Text    string   `json:"text"`
}
