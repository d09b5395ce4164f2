package market

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"footfall/catalog"
	"footfall/leads"
)

// Analytics is how an organization did, day by day.
type Analytics struct {
	Organization string            `json:"organization_id"`
	From         Date              `json:"from"`
	To           Date              `json:"to"`
	Totals       OrganizationSums  `json:"totals"`
	Days         []OrganizationDay `json:"days"` // those with data, ascending
}

// OrganizationDay is how an organization did with the leads of a local day.
type OrganizationDay struct {
	Date Date `json:"date"`
	OrganizationSums
}

// OrganizationSums are the numbers of an organization over leads that were created on one day, or on several.
type OrganizationSums struct {
	Leads        int64    `json:"total_leads"`
	ProfileViews int64    `json:"total_profile_views"` // page_view events
	Conversions  int64    `json:"total_conversions"`   // of these leads, those that are closed by now
	Rate         *float64 `json:"avg_conversion_rate"` // of these leads, %, two decimals
	Closed       int64    `json:"deals_closed"`        // deals whose outcome_date lies here, whenever their leads were created
	Best         *string  `json:"top_performing_agent_id"`
	BestName     *string  `json:"top_performing_agent_name"`
}

// sums is OrganizationSums as they are counted.
type sums struct {
	tally
	views, closedHere int64
	agents            map[string]*tally
}

func (s *sums) add(l *leads.Standing) {
	s.tally.add(l)
	if s.agents == nil {
		s.agents = map[string]*tally{}
	}
	if s.agents[l.Profile] == nil {
		s.agents[l.Profile] = new(tally)
	}
	s.agents[l.Profile].add(l)
}

func (a *Agents) shown(organization string, s *sums) OrganizationSums {
	o := OrganizationSums{Leads: s.leads, ProfileViews: s.views, Conversions: s.closed, Rate: s.rate(), Closed: s.closedHere}
	if len(s.agents) > 0 {
		best := slices.MinFunc(slices.Sorted(maps.Keys(s.agents)), func(x, y string) int { return byWins(s.agents[x], s.agents[y]) })
		name := a.nameOf(organization, best)
		o.Best, o.BestName = &best, &name
	}
	return o
}

// byWins orders tallies: most closed, then most leads.
func byWins(a, b *tally) int {
	return cmp.Or(cmp.Compare(b.closed, a.closed), cmp.Compare(b.leads, a.leads))
}

func (a *Agents) nameOf(organization, profile string) string {
	p, _ := a.catalog.Profile(organization, profile)
	return cmp.Or(p.FullName, profile)
}

// Days counts the leads and page views of an organization on its sites, by local day, from and to inclusive.
func (a *Agents) Days(organization string, sites []*catalog.Site, from, to uint16) (*Analytics, error) {
	if err := checkRange(from, to); err != nil {
		return nil, err
	}
	days := map[uint16]*sums{}
	day := func(d uint16) *sums {
		if days[d] == nil {
			days[d] = new(sums)
		}
		return days[d]
	}
	var total sums
	err := a.eachLead(sites, 0, int(to), func(l *leads.Standing, at time.Time) error { // also of old ones that close here
		if d := dayOf(at); d >= int(from) {
			day(uint16(d)).add(l)
			total.add(l)
		}
		if l.Won && l.WonDay >= int32(from) && l.WonDay <= int32(to) {
			day(uint16(l.WonDay)).closedHere++
			total.closedHere++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, site := range sites {
		views, err := a.sessions.PageDays(site.ID, from, to)
		if err != nil {
			return nil, err
		}
		for _, v := range views {
			day(v.Day).views += v.Views
			total.views += v.Views
		}
	}
	out := &Analytics{Organization: organization, From: Date(from), To: Date(to), Totals: a.shown(organization, &total), Days: []OrganizationDay{}}
	for _, d := range slices.Sorted(maps.Keys(days)) {
		out.Days = append(out.Days, OrganizationDay{Date(d), a.shown(organization, days[d])})
	}
	return out, nil
}

// Leaderboard is the agents of an organization, best first.
type Leaderboard struct {
	Organization string   `json:"organization_id"`
	Month        string   `json:"month"` // 2006-01
	Start        string   `json:"period_start"`
	End          string   `json:"period_end"`
	Agents       []Leader `json:"agents"`
}

// Leader is how one agent did with the leads of the month.
type Leader struct {
	Rank    int    `json:"rank"` // from 1; equals share theirs
	Profile string `json:"profile_id"`
	Name    string `json:"full_name"`
	Figures
	ProfileViews int64 `json:"profile_views"` // page_view events of the month
}

// NewestMonth returns the month that it is at t on the sites, where it is latest.
func (a *Agents) NewestMonth(sites []*catalog.Site, t time.Time) Month { return newestMonth(sites, t) }

// Leaderboard ranks the profiles of an organization, and whoever else has leads on its sites, by the leads of a month: most
// closed, then most leads, then by name.
func (a *Agents) Leaderboard(organization string, sites []*catalog.Site, m Month) (*Leaderboard, error) {
	board := &Leaderboard{Organization: organization, Month: m.Start()[:len("2006-01")], Start: m.Start(), End: m.End(), Agents: []Leader{}}
	tallies, views := map[string]*tally{}, map[string]int64{}
	for _, p := range a.catalog.Profiles(organization) {
		tallies[p.ID] = new(tally)
	}
	of := func(profile string) *tally {
		if tallies[profile] == nil {
			tallies[profile] = new(tally)
		}
		return tallies[profile]
	}
	from, to := dayOf(m.date(1, time.UTC)), dayOf((m+1).date(0, time.UTC))
	err := a.eachLead(sites, from, to, func(l *leads.Standing, _ time.Time) error {
		of(l.Profile).add(l)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if from >= 0 && to <= math.MaxUint16 {
		for _, site := range sites {
			days, err := a.sessions.PageDays(site.ID, uint16(from), uint16(to))
			if err != nil {
				return nil, err
			}
			for _, d := range days {
				profile := cmp.Or(d.Profile, site.Profile)
				of(profile)
				views[profile] += d.Views
			}
		}
	}
	for _, profile := range slices.Sorted(maps.Keys(tallies)) {
		board.Agents = append(board.Agents, Leader{
			Profile: profile, Name: a.nameOf(organization, profile), Figures: tallies[profile].figures(), ProfileViews: views[profile],
		})
	}
	slices.SortStableFunc(board.Agents, func(x, y Leader) int {
		return cmp.Or(byWins(tallies[x.Profile], tallies[y.Profile]), cmp.Compare(x.Name, y.Name))
	})
	for i := range board.Agents {
		board.Agents[i].Rank = i + 1
		if i > 0 && byWins(tallies[board.Agents[i].Profile], tallies[board.Agents[i-1].Profile]) == 0 {
			board.Agents[i].Rank = board.Agents[i-1].Rank
		}
	}
	return board, nil
}
