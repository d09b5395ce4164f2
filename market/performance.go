package market

import (
	"time"

	"footfall/catalog"
	"footfall/leads"
)

// MaxMonths bounds how far back a performance goes.
const MaxMonths = 120

// Performance is how one agent did.
type Performance struct {
	Profile string        `json:"profile_id"`
	Months  []AgentsMonth `json:"months"` // newest first, those without leads too
}

// AgentsMonth is how an agent did with the leads of a month.
type AgentsMonth struct {
	Start string `json:"period_start"` // first and last day
	End   string `json:"period_end"`
	Figures
}

// Performance counts the leads on the sites that are a profile's now, for so many months up to the one it is at now.
func (a *Agents) Performance(sites []*catalog.Site, profile string, months int, now time.Time) (*Performance, error) {
	newest := newestMonth(sites, now)
	tallies := make([]tally, max(min(months, MaxMonths), 1))
	oldest := newest - Month(len(tallies)-1)
	from, to := dayOf(oldest.date(1, time.UTC)), dayOf((newest+1).date(0, time.UTC))
	err := a.eachLead(sites, from, to, func(s *leads.Standing, at time.Time) error {
		if s.Profile == profile {
			tallies[newest-MonthOf(at)].add(s)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	p := &Performance{Profile: profile, Months: make([]AgentsMonth, 0, len(tallies))}
	for i := range tallies {
		m := newest - Month(i)
		p.Months = append(p.Months, AgentsMonth{m.Start(), m.End(), tallies[i].figures()})
	}
	return p, nil
}
