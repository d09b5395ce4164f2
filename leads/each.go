package leads

import (
	"footfall/learn"
	"footfall/scorer"
	"footfall/store"
)

// LeadRow is a lead as those who learn from all of them see it: no word of what its person wrote.
type LeadRow struct {
	ID           string
	Site         uint32
	Organization string
	Profile      string // now
	Listing      string // that it names, may be empty
	Status       string
	Created      int64    // ms
	Person       store.ID // the same for leads with the same e-mail address, else phone number; the lead's own without either
	Imported     bool     // made elsewhere, earlier
	Qualified    bool     // ever qualified or won
	Moved        bool     // ever anything but new
	Contacted    int64    // first change from new, ms, 0: never, or it is not known when
	Features     scorer.Features
	Points       int     // of the rules, uncapped
	Exact        float64 // lead score at creation, before it was cut to a whole number
	Probability  float64 // at creation
	Model        string  // that gave it
	Outcomes     []Recorded
	Arrived      int64  // when it was first heard of, ms
	Priority     string // at creation
	Erased       bool   // its form is gone for good
	Ends         []learn.End
	Judged       []learn.Judgement
}

// Recorded is an outcome with when it was heard of.
type Recorded struct {
	Outcome string
	At      int64 // ms
	Day     int32 // outcome_date, days since 1970-01-01
	Days    int32 // from the lead's local day of creation until then
	Cents   *int64
	Loss    string
}

// Each visits the leads of an organization, or of all if it is "", by site, then by time of creation. What it shows is of
// one moment. The row is the visitor's to keep.
func (l *Leads) Each(organization string, visit func(*LeadRow) error) (err error) {
	v := l.db.NewView()
	defer func() {
		if cerr := v.Close(); err == nil {
			err = cerr
		}
	}()
	lo, hi := store.LeadsByTime.Span()
	return v.Scan(store.Range{Lo: lo, Hi: hi}, func(k, _ []byte) error {
		site, _, id, err := parseTimeKey(k)
		if err != nil {
			return err
		}
		r, found, err := getRow(v, site, id)
		if err != nil || !found || organization != "" && r.Organization != organization {
			return err
		}
		row, err := l.leadRow(v.Reader, site, id, &r)
		if err != nil {
			return err
		}
		return visit(row)
	})
}

func (l *Leads) leadRow(v store.Reader, site uint32, id store.ID, r *row) (*LeadRow, error) {
	d, err := decodeDecision(r.Decision)
	if err != nil {
		return nil, err
	}
	p, err := getPerson(v, site, id)
	if err != nil {
		return nil, err
	}
	out := &LeadRow{
		ID: r.ID, Site: site, Organization: r.Organization, Profile: r.Profile, Listing: r.Listing, Status: r.Status.String(), Created: r.Created,
		Person: id, Imported: r.Imported, Qualified: r.Qualified, Moved: r.Moved, Contacted: r.Contacted, Features: d.Lead.Features,
		Points: r.Points, Exact: d.Exact, Probability: d.Lead.Probability, Model: d.Lead.Model, Arrived: max(r.Created, d.Imported),
		Priority: d.Lead.Priority, Erased: r.Erased,
	}
	if len(d.Earlier) > 0 {
		first := &d.Earlier[0]
		out.Exact, out.Probability, out.Model, out.Priority = first.Exact, first.Score.Probability, first.Score.Model, first.Score.Priority
	}
	if contacts := l.contactsOf(p.Form); len(contacts) > 0 {
		out.Person = contacts[0]
	}
	if r.Entries == 0 {
		return out, nil
	}
	return out, readHistory(v, site, id, func(e *entry) error {
		if o := e.Outcome; o != nil {
			out.Outcomes = append(out.Outcomes, Recorded{Outcome: o.Outcome, At: e.At, Day: o.Day, Days: o.Days, Cents: o.Value, Loss: o.Loss})
		}
		l.learnFrom(out, e)
		return nil
	})
}
