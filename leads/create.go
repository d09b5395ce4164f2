package leads

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"footfall/catalog"
	"footfall/event"
	"footfall/fault"
	"footfall/journal"
	"footfall/learn"
	"footfall/scorer"
	"footfall/sessionize"
	"footfall/store"
)

// Create asks for a lead.
type Create struct {
	Site           *catalog.Site
	Form           []Field // in the order in which they were sent
	Session        string
	Listing        string
	Profile        string   // empty: the site's
	Consent        string   // empty: the site's default
	IdempotencyKey string   // empty: none
	Body           [32]byte // a hash of what was sent
	Whole          bool     // the answer shows the whole lead
}

// Create makes a lead and returns the JSON of the answer once it is on disk. replayed says that an earlier call with the
// same idempotency key made it, and that the answer is that call's.
func (l *Leads) Create(ctx context.Context, c Create) (answer []byte, id string, replayed bool, err error) {
	now := l.o.Now().Truncate(time.Millisecond)
	if c.IdempotencyKey == "" {
		answer, id, err = l.create(ctx, &c, now, nil)
		return answer, id, false, err
	}
	kind := keepPublic
	if c.Whole {
		kind = keepSecret
	}
	key, release, err := l.reserve(c.Site.ID, kind, c.IdempotencyKey)
	if err != nil {
		return nil, "", false, err
	}
	defer release()
	if kept, found, err := l.stored(key, c.Body, now); err != nil || found {
		return kept.Answer, kept.Lead, found, err
	}
	answer, id, err = l.create(ctx, &c, now, key)
	return answer, id, false, err
}

// create makes the lead; key, if not nil, is where its answer is kept for replays.
func (l *Leads) create(ctx context.Context, c *Create, now time.Time, key []byte) (answer []byte, id string, err error) {
	form, err := c.clean()
	if err != nil {
		return nil, "", err
	}
	if id, err = l.newID(); err != nil {
		return nil, "", err
	}
	past, err := l.pastOf(c)
	if err != nil {
		return nil, "", err
	}
	d := l.decide(c, form, past, id, now)
	p := &person{Form: form}
	if answer, err = l.answer(c, d, p, now); err != nil {
		return nil, "", err
	}
	r, err := l.record(c, d, p, now)
	if err != nil {
		return nil, "", err
	}
	if key != nil {
		r.Rows = append(r.Rows, journal.Row{Key: key, Value: encodeReplay(&replay{
			At: now.UnixMilli(), Body: c.Body, Status: 201, Lead: id, Answer: answer,
		})})
	}
	if err := l.submit(ctx, r); err != nil {
		return nil, "", err
	}
	return answer, id, nil
}

// clean fills defaults in, refuses what a lead may not hold, and returns the fields that are kept.
func (c *Create) clean() ([]Field, error) {
	for _, id := range []struct {
		field, value string
		limit        int
	}{
		{"sessionId", c.Session, event.MaxSession},
		{"listingId", c.Listing, event.MaxListing},
		{"profileId", c.Profile, event.MaxProfile},
	} {
		if len(id.value) > id.limit || !isText(id.value) {
			return nil, fault.Field(fault.InvalidField, id.field, "%s has at most %d bytes of UTF-8 text without NUL.", id.field, id.limit)
		}
	}
	switch c.Consent {
	case catalog.ConsentGranted, catalog.ConsentAnonymous:
	case "":
		c.Consent = c.Site.Consent
	default:
		return nil, fault.Field(fault.InvalidField, "consent", "consent is %s or %s.", catalog.ConsentGranted, catalog.ConsentAnonymous)
	}
	if c.Profile == "" {
		c.Profile = c.Site.Profile
	}
	form, err := cleanForm(c.Form)
	if err != nil {
		return nil, err
	}
	if countFilled(form) == 0 {
		return nil, fault.Field(fault.MissingField, "formData", "The form is empty: fill at least one field.")
	}
	return form, nil
}

// pastOf returns the session that the lead may be linked to; nil if there is none or consent forbids it. Without
// consent the session's id is not kept either.
func (l *Leads) pastOf(c *Create) (*sessionize.Analytics, error) {
	if c.Consent == catalog.ConsentAnonymous {
		c.Session = ""
	}
	if c.Session == "" || l.o.Sessions.Refuses(c.Site.ID, c.Session, "", l.o.Now().UnixMilli()) {
		c.Session = ""
		return nil, nil
	}
	a, found, err := l.o.Sessions.Session(c.Site.ID, c.Session)
	if err != nil {
		return nil, fmt.Errorf("read the session of a lead: %w", err)
	}
	if !found {
		return nil, nil
	}
	if a.Anonymous {
		c.Session = ""
		return nil, nil
	}
	return &a, nil
}

// decide makes everything that will ever be said about the lead's creation. a is nil if nothing of its past is known.
func (l *Leads) decide(c *Create, form []Field, a *sessionize.Analytics, id string, now time.Time) *decision {
	var before scorer.Behavior // the session until this form, which by itself would make every intent high
	created := Time(now.UnixMilli())
	lead := Lead{
		ID: id, Created: created, Listing: Text(c.Listing), Session: Text(c.Session), Profile: c.Profile,
		Consent: c.Consent, Visits: 1, Viewed: []string{}, Deep: []string{},
	}
	if a != nil {
		before = a.Behavior()
		lead.Visitor = Text(a.VisitorID)
		lead.Visits = max(a.VisitCount, 1)
		lead.Time = (a.TotalDuration + 500) / 1000
		lead.Viewed, lead.Deep = a.PropertiesViewed, a.Deep
		lead.Source = sourceOf(a)
		lead.Metadata = Metadata{
			DeviceType: Text(a.Device.String()), FirstVisit: Time(a.FirstVisit), Referrer: lead.Source.Referrer,
		}
	}
	b := before
	b.FilledFields = countFilled(form)
	points, uncapped := scorer.BehavioralPoints(b)
	lead.Behavior = scorer.BehavioralScore(b)
	lead.Metadata.EngagementScore = lead.Behavior
	lead.Features = features(a, form, lead.Behavior, now.In(c.Site.Zone()))
	if wanted, ok := priceRangeOf(form); ok {
		if share, ok := l.o.Catalog.PriceMatch(c.Site.Organization, c.Profile, wanted.low, wanted.high); ok {
			lead.Features[scorer.PriceRangeMatchScore] = 100 * share
		}
	}

	p := l.predict(now, &learn.Question{
		Organization: c.Site.Organization, Profile: c.Profile, Features: lead.Features, Points: uncapped, Rules: points, Intent: scorer.ConversionIntent(before),
	})
	lead.Score = scoreOf(p)
	return &decision{Organization: c.Site.Organization, Points: uncapped, Exact: p.Exact, Lead: lead}
}

// record makes the record of a lead with its form.
func (l *Leads) record(c *Create, d *decision, p *person, now time.Time) (r journal.Record, err error) {
	link := sessionize.LeadLink{Lead: d.Lead.ID, Listing: c.Listing, Day: localDay(now.In(c.Site.Zone()))}
	body, err := encodeLead(link, d)
	if err != nil {
		return r, err
	}
	form, err := encodePerson(p)
	if err != nil {
		return r, err
	}
	rows := []journal.Row{{Key: idKey(store.LeadForms, c.Site.ID, l.db.ID(d.Lead.ID)), Value: form}}
	rows = append(rows, l.contactRows(d.Organization, Inquiry{c.Site.ID, d.Lead.ID, d.Lead.Created}, nil, p.Form)...)
	return journal.Record{At: now, Kind: journal.KindLead, Site: c.Site.ID, Session: c.Session, Body: body, Rows: rows}, nil
}

// answer makes the JSON of a created lead. A write key is public: it learns nothing that it did not send.
func (l *Leads) answer(c *Create, d *decision, p *person, now time.Time) ([]byte, error) {
	var lead any = struct {
		ID      string `json:"id"`
		Status  string `json:"status"`
		Created Time   `json:"created_at"`
	}{d.Lead.ID, statusNew.String(), d.Lead.Created}
	if c.Whole {
		r := newRow(0, d, nil)
		v := newView(c.Site.ID, &r, d, p)
		var err error
		if v.Activity, err = l.activity(c.Site.ID, c.Session, now); err != nil {
			return nil, err
		}
		if v.Inquiries, err = l.others(r.Organization, r.ID, p.Form); err != nil {
			return nil, err
		}
		lead = v
	}
	b, err := json.Marshal(struct {
		Success bool `json:"success"`
		Lead    any  `json:"lead"`
	}{true, lead})
	if err != nil {
		return nil, fmt.Errorf("encode the answer of a lead: %w", err)
	}
	return b, nil
}

// newID returns "ld_" and 20 random characters, 100 bits.
func (l *Leads) newID() (string, error) {
	b := make([]byte, 13)
	if _, err := io.ReadFull(l.o.Random, b); err != nil {
		return "", fmt.Errorf("make the id of a lead: %w", err)
	}
	return "ld_" + strings.ToLower(base32.StdEncoding.EncodeToString(b)[:20]), nil
}

// localDay returns the day that a clock in t's zone shows, days since 1970-01-01.
func localDay(t time.Time) int32 {
	y, m, d := t.Date()
	return event.UTCDay(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).UnixMilli())
}
