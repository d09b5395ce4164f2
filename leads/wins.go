package leads

import (
	"encoding/json"
	"math"

	"footfall/scorer"
	"footfall/store"
)

// Win is a lead that closed, with what was said of it when it was created, and nothing of its person.
type Win struct {
	Lead    string
	Profile string // now
	Score   int    // at creation
	Day     int32  // outcome_date, local, since 1970-01-01
	Days    int32  // from its creation until then
	Value   json.RawMessage
}

// HighWins visits the leads of a site whose latest outcome is closed_won and whose priority was high when they were
// created, by time of creation.
func (l *Leads) HighWins(site uint32, visit func(*Win) error) error {
	return l.eachStanding(site, 0, math.MaxInt64, func(v store.Reader, id store.ID, s *standing) error {
		if !s.Won {
			return nil
		}
		r, found, err := getRow(v, site, id)
		if err != nil || !found || r.Erased {
			return err
		}
		d, err := decodeDecision(r.Decision)
		if err != nil || d.Lead.Priority != scorer.PriorityHigh {
			return err
		}
		w := &Win{Lead: r.ID, Profile: r.Profile, Score: d.Lead.LeadScore, Day: s.WonDay, Days: s.WonAfter, Value: money(nil)}
		value, found, err := v.Get(numberKey(store.LeadHistory, site, id, r.Outcome.Number))
		if err != nil {
			return err
		}
		if found {
			e, err := decodeEntry(value)
			if err != nil {
				return err
			}
			if e.Outcome != nil {
				w.Value = money(e.Outcome.Value)
			}
		}
		return visit(w)
	})
}
