package leads

import (
	"time"

	"footfall/event"
	"footfall/learn"
	"footfall/scorer"
)

// Teach returns the leads of an organization as package learn sees them, but those of people who were forgotten.
func (l *Leads) Teach(organization string) (leads []learn.Lead, err error) {
	err = l.Each(organization, func(r *LeadRow) error {
		if r.Erased {
			return nil
		}
		leads = append(leads, learn.Lead{
			ID: r.ID, Profile: r.Profile, Person: r.Person, Created: r.Created, Arrived: r.Arrived, Imported: r.Imported,
			Features: r.Features, Points: r.Points, Priority: r.Priority, Score: r.Exact, Probability: r.Probability, Model: r.Model,
			Contacted: r.Contacted, Ends: r.Ends, Judged: r.Judged,
		})
		return nil
	})
	return leads, err
}

// Wins returns how many of an organization's leads closed.
func (l *Leads) Wins(organization string) int {
	_, wins, _, _ := l.past.of(organization)
	return wins
}

// learnFrom adds what an entry of a lead's history says of how it ended. A status that was set by hand counts as an
// outcome of its day, and an open one takes an outcome back.
func (l *Leads) learnFrom(out *LeadRow, e *entry) {
	switch {
	case e.Outcome != nil:
		s, _ := statusOf(e.Outcome.Outcome)
		end := endOf(s, e.At, e.At, int(e.Outcome.Days))
		if e.Undated { // what is known is the day that it happened, not when somebody wrote it down
			end.At = min(e.At, max(out.Created, (int64(e.Outcome.Day)+1)*event.MsPerDay))
		}
		out.Ends = append(out.Ends, end)
	case e.Status != "":
		s, _ := statusOf(e.Status)
		out.Ends = append(out.Ends, endOf(s, e.At, e.At, l.daysBetween(out.Site, out.Created, e.At)))
	case e.Accurate != nil:
		band := e.Band
		if band == "" {
			band = out.Priority
		}
		out.Judged = append(out.Judged, learn.Judgement{Accurate: *e.Accurate, Band: band})
	}
}

func endOf(s status, at, heard int64, days int) learn.End {
	end := learn.End{At: at, Heard: heard, Days: days}
	switch {
	case s.won():
		end.Was = learn.Won
	case s.resolved():
		end.Was = learn.Lost
	}
	return end
}

// daysBetween returns how many local days of a site lie between two times, ms.
func (l *Leads) daysBetween(site uint32, from, to int64) int {
	zone := time.UTC
	if s, ok := l.o.Catalog.Site(site); ok {
		zone = s.Zone()
	}
	return int(max(localDay(time.UnixMilli(to).In(zone))-localDay(time.UnixMilli(from).In(zone)), 0))
}

// predict completes a question by what the organization's leads tell, and asks it.
func (l *Leads) predict(now time.Time, q *learn.Question) *learn.Prediction {
	var bands [numPriorities]band
	q.Last, q.Wins, q.Resolved, bands = l.past.of(q.Organization)
	q.At, q.Bands = now, map[string]learn.Band{}
	for p, b := range bands {
		q.Bands[priorityNames[p]] = learn.Band{Band: priorityNames[p], Leads: b.leads, Won: b.won}
	}
	return l.o.Learn.Predict(q)
}

// Predict says what is known of features, as of a lead of a profile that has them; "" is nobody's. What only a lead's session tells is not known: that
// a form was begun before, and which fields beside the six of the completion rate were filled.
func (l *Leads) Predict(organization, profile string, f scorer.Features) *learn.Prediction {
	b := f.Behavior()
	points, _ := scorer.BehavioralPoints(b)
	b.FilledFields = 0
	return l.predict(l.o.Now(), &learn.Question{
		Organization: organization, Profile: profile, Features: f, Points: f.RulePoints(), Rules: points, Intent: scorer.ConversionIntent(b),
	})
}
