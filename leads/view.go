package leads

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"footfall/fault"
	"footfall/sessionize"
)

// View is a lead as its readers see it. Its JSON holds the fields of the form at the top level; those whose names are
// the lead's own are left out.
type View struct {
	Lead
	Profile   string // now
	Status    string
	Updated   Time
	Contacted Time // first change from new, 0: never
	Tags      []string
	Notes     Text
	Erased    bool
	Activity  Activity
	Form      []Field
}

// Activity is what the person does on the site now, not at creation.
type Activity struct {
	LastSeen       Time `json:"last_seen"`
	Online         bool `json:"online"`
	Visits7d       *int `json:"visits_7d"` // not known yet
	Views7d        *int `json:"views_7d"`  // not known yet
	CurrentListing Text `json:"current_listing"`
	ScoreNow       *int `json:"score_now"`
	Trend7d        *int `json:"trend_7d"`
}

// shown is a view's JSON without the form.
type shown struct {
	Lead
	Profile   string   `json:"profile_id"`
	Status    string   `json:"status"`
	Updated   Time     `json:"updated_at"`
	Contacted Time     `json:"contacted_at"`
	Tags      []string `json:"tags"`
	Notes     Text     `json:"notes"`
	Erased    bool     `json:"erased"`
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
	b, err := json.Marshal(shown{v.Lead, v.Profile, v.Status, v.Updated, v.Contacted, v.Tags, v.Notes, v.Erased, v.Activity})
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

func newView(r *row, d *decision, p *person) *View {
	tags := p.Tags
	if tags == nil {
		tags = []string{}
	}
	return &View{
		Lead: d.Lead, Profile: r.Profile, Status: r.Status.String(), Updated: Time(r.Updated),
		Contacted: Time(r.Contacted), Tags: tags, Notes: Text(p.Notes), Erased: r.Erased, Form: p.Form,
	}
}

// onlineFor is how long after a live beacon somebody counts as online.
const onlineFor = 5 * time.Minute

func activityOf(a *sessionize.Analytics, now time.Time) (act Activity) {
	if a == nil {
		return act
	}
	score := a.Score
	act.LastSeen, act.ScoreNow = Time(a.LastVisit), &score
	act.Online = a.LastLive != 0 && now.UnixMilli()-a.LastLive <= onlineFor.Milliseconds()
	return act
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

func notFound() error { return fault.New(fault.NotFound, "There is no such lead.") }

// view completes a row to what its readers see.
func (l *Leads) view(site uint32, r *row) (*View, error) {
	d, err := decodeDecision(r.Decision)
	if err != nil {
		return nil, err
	}
	p, err := getPerson(l.db, site, l.db.ID(r.ID))
	if err != nil {
		return nil, err
	}
	v := newView(r, d, p)
	a, err := l.session(site, r)
	if err != nil {
		return nil, err
	}
	v.Activity = activityOf(a, l.o.Now())
	return v, nil
}

// session returns the session of a lead as it is now, nil if it has none that we know.
func (l *Leads) session(site uint32, r *row) (*sessionize.Analytics, error) {
	if r.Session == "" {
		return nil, nil
	}
	a, found, err := l.o.Sessions.Session(site, r.Session)
	if err != nil || !found {
		return nil, err
	}
	return &a, nil
}
