package leads

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"footfall/fault"
	"footfall/store"
)

// View is a lead as its readers see it. Its JSON holds the fields of the form at the top level; those whose names are
// the lead's own are left out.
type View struct {
	Lead
	Site      uint32
	Profile   string // now
	Status    string
	Updated   Time
	Contacted Time // first change from new, 0: never
	Tags      []string
	Notes     Text
	Erased    bool
	Imported  bool      // made elsewhere, earlier
	Acted     Time      // newest activity, 0: none
	Outcome   *Outcome  // the latest, nil: none
	Inquiries []Inquiry // other leads of the same person in the organization, newest first
	Activity  Activity
	Form      []Field
}

// Activity is what the person does on the site now, not at creation.
type Activity struct {
	LastSeen       Time `json:"last_seen"`
	Online         bool `json:"online"`
	Visits7d       *int `json:"visits_7d"`       // of the visitor, nil without a session, like the next
	Views7d        *int `json:"views_7d"`        // of listings
	CurrentListing Text `json:"current_listing"` // while online
	ScoreNow       *int `json:"score_now"`       // behavioral, without form fields
	Trend7d        *int `json:"trend_7d"`        // how much higher that is than it was
}

// shown is a view's JSON without the form.
type shown struct {
	Site uint32 `json:"site_id"`
	Lead
	Profile   string   `json:"profile_id"`
	Status    string   `json:"status"`
	Updated   Time     `json:"updated_at"`
	Contacted Time     `json:"contacted_at"`
	Tags      []string `json:"tags"`
	Notes     Text     `json:"notes"`
	Erased    bool     `json:"erased"`
	Imported  bool     `json:"imported"`
	Acted     Time     `json:"last_activity"`
	Outcome   *Outcome `json:"outcome"`
	Days      *int32   `json:"days_to_close"`
	Inquiries []string `json:"inquiries"`
	Activity  Activity `json:"activity"`
}

// ownNames are the names at the top level of a lead's JSON that no form field may take.
var ownNames = jsonNames(reflect.TypeFor[shown]())

func jsonNames(t reflect.Type) map[string]bool {
	names := map[string]bool{}
	for _, f := range reflect.VisibleFields(t) {
		if tag := f.Tag.Get("json"); tag != "" {
			names[strings.Split(tag, ",")[0]] = true
		}
	}
	return names
}

// MarshalJSON writes the lead with the form's fields at the end.
func (v *View) MarshalJSON() ([]byte, error) {
	s := shown{
		Site: v.Site, Lead: v.Lead, Profile: v.Profile, Status: v.Status, Updated: v.Updated, Contacted: v.Contacted, Tags: v.Tags, Notes: v.Notes,
		Erased: v.Erased, Imported: v.Imported, Acted: v.Acted, Outcome: v.Outcome, Inquiries: []string{}, Activity: v.Activity,
	}
	for _, i := range v.Inquiries {
		s.Inquiries = append(s.Inquiries, i.Lead)
	}
	if v.Outcome != nil {
		s.Days = &v.Outcome.Days
	}
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode lead: %w", err)
	}
	out := bytes.NewBuffer(bytes.TrimSuffix(b, []byte("}")))
	for _, f := range v.Form {
		if ownNames[f.Name] {
			continue
		}
		name, err := json.Marshal(f.Name)
		if err != nil {
			return nil, fmt.Errorf("encode form field: %w", err)
		}
		out.WriteByte(',')
		out.Write(name)
		out.WriteByte(':')
		out.Write(f.Value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

func newView(site uint32, r *row, d *decision, p *person) *View {
	tags := p.Tags
	if tags == nil {
		tags = []string{}
	}
	return &View{
		Lead: d.Lead, Site: site, Profile: r.Profile, Status: r.Status.String(), Updated: Time(r.Updated),
		Contacted: Time(r.Contacted), Tags: tags, Notes: Text(p.Notes), Erased: r.Erased, Imported: r.Imported,
		Acted: Time(r.LastActivity), Form: p.Form,
	}
}

const (
	onlineFor    = 5 * time.Minute // after a live beacon somebody counts as online
	lately       = 7 * 24 * time.Hour
	maxInquiries = 100
)

// activity returns all that is told of what the person of a session does on the site now.
func (l *Leads) activity(site uint32, session string, now time.Time) (Activity, error) {
	act, err := l.signs(site, session, now)
	if err != nil || act.ScoreNow == nil {
		return act, err
	}
	week, err := l.o.Sessions.Lately(site, session, now.Add(-lately).UnixMilli())
	trend := *act.ScoreNow - week.Then
	act.Views7d, act.Trend7d = &week.Views, &trend
	return act, err
}

// signs is activity without what takes more than a look at states.
func (l *Leads) signs(site uint32, session string, now time.Time) (act Activity, err error) {
	if session == "" {
		return act, nil
	}
	r, found, err := l.o.Sessions.Recent(site, session, now.Add(-lately).UnixMilli())
	if err != nil || !found {
		return act, err
	}
	s := &r.Session
	act.LastSeen, act.ScoreNow, act.Visits7d = Time(max(r.Last, s.LastVisit)), &s.Score, &r.Visits
	if act.Online = s.LastLive != 0 && now.UnixMilli()-s.LastLive <= onlineFor.Milliseconds(); act.Online {
		act.CurrentListing = Text(r.Listing)
	}
	return act, nil
}

// others returns the leads of an organization, but one, whose form holds a contact that this form holds, newest first.
func (l *Leads) others(organization, lead string, form []Field) ([]Inquiry, error) {
	all, err := l.inquiries(l.db.Reader(), organization, l.contactsOf(form))
	all = slices.DeleteFunc(all, func(i Inquiry) bool { return i.Lead == lead })
	return all[:min(len(all), maxInquiries)], err
}

// Limit takes out of views what they tell of leads of other profiles; "" takes out nothing.
func (l *Leads) Limit(profile string, views ...*View) error {
	if profile == "" {
		return nil
	}
	for _, v := range views {
		var own []Inquiry
		for _, i := range v.Inquiries {
			whose, found, err := l.ProfileOf(i.Site, i.Lead)
			if err != nil {
				return err
			}
			if found && whose == profile {
				own = append(own, i)
			}
		}
		v.Inquiries = own
	}
	return nil
}

// hidden is the JSON of a value that whoever asks may not read.
var hidden = json.RawMessage(`"•••"`)

// Mask hides what the person wrote, and what was written about them, from those who see no contact fields.
func (v *View) Mask() {
	form := make([]Field, len(v.Form))
	for i, f := range v.Form {
		form[i] = Field{Name: f.Name, Value: hidden}
	}
	v.Form, v.Tags = form, []string{}
	for _, text := range []*Text{&v.Notes, v.outcomeNotes()} {
		if text != nil && *text != "" {
			*text = "•••"
		}
	}
}

func (v *View) outcomeNotes() *Text {
	if v.Outcome == nil {
		return nil
	}
	return &v.Outcome.Notes
}

// Get returns a lead.
func (l *Leads) Get(site uint32, id string) (*View, error) {
	r, found, err := getRow(l.db, site, l.db.ID(id))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, notFound()
	}
	return l.view(site, &r)
}

// ProfileOf returns whose a lead is, and whether there is one of this id.
func (l *Leads) ProfileOf(site uint32, id string) (profile string, found bool, err error) {
	r, found, err := getRow(l.db, site, l.db.ID(id))
	return r.Profile, found, err
}

func notFound() error { return fault.New(fault.NotFound, "There is no such lead.") }

// view completes a row to what its readers see.
func (l *Leads) view(site uint32, r *row) (*View, error) {
	d, err := decodeDecision(r.Decision)
	if err != nil {
		return nil, err
	}
	key := l.db.ID(r.ID)
	p, err := getPerson(l.db, site, key)
	if err != nil {
		return nil, err
	}
	v := newView(site, r, d, p)
	if v.Activity, err = l.activity(site, r.Session, l.o.Now()); err != nil {
		return nil, err
	}
	if v.Outcome, err = l.latestOutcome(site, key, r); err != nil {
		return nil, err
	}
	v.Inquiries, err = l.others(r.Organization, r.ID, p.Form)
	return v, err
}

// latestOutcome returns how a lead ended, nil if it did not.
func (l *Leads) latestOutcome(site uint32, key store.ID, r *row) (*Outcome, error) {
	if r.Outcome.Number == 0 {
		return nil, nil
	}
	value, found, err := l.db.Get(numberKey(store.LeadHistory, site, key, r.Outcome.Number))
	if err != nil || !found { // deleted since the row was read
		return nil, err
	}
	e, err := decodeEntry(value)
	if err != nil || e.Outcome == nil {
		return nil, err
	}
	note, err := readNote(l.db, site, key, e.Number)
	o := newOutcome(&e, note)
	return &o, err
}
