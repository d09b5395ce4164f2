package market

import (
	"time"

	"footfall/catalog"
	"footfall/leads"
	"footfall/sessionize"
)

// Agents tells how agents and their organizations do with their leads. It counts leads as they are, so that what was
// taken back, given to somebody else or erased is right at once. Months and days are of a lead's creation, local to its
// site.
type Agents struct {
	leads    *leads.Leads
	sessions *sessionize.Sessions
	catalog  *catalog.Catalog
}

// NewAgents returns an Agents over the leads of l, the page views of s and the profiles of c.
func NewAgents(l *leads.Leads, s *sessionize.Sessions, c *catalog.Catalog) *Agents {
	return &Agents{l, s, c}
}

// tally is a sum over leads.
type tally struct {
	leads, contacted, qualified, closed, open int64
	timed, contactMS                          int64 // leads of which it is known when they were contacted, and Σ until then
	closeDays                                 int64 // Σ over the closed
	priorities                                [3]int64
}

func (t *tally) add(s *leads.Standing) {
	t.leads++
	count := func(n *int64, is bool) {
		if is {
			*n++
		}
	}
	count(&t.contacted, s.Moved)
	count(&t.qualified, s.Qualified)
	count(&t.closed, s.Won)
	count(&t.open, s.Open)
	for i, name := range priorities {
		count(&t.priorities[i], s.Priority == name)
	}
	if s.Contacted != 0 {
		t.timed++
		t.contactMS += max(s.Contacted-s.Created, 0) // a clock may have gone back
	}
	if s.Won {
		t.closeDays += int64(s.WonAfter)
	}
}

var priorities = [...]string{"high", "medium", "low"}

// Figures are a tally, rounded for readers. What has nothing to be an average of is null.
type Figures struct {
	Leads            int64      `json:"total_leads"`
	Contacted        int64      `json:"contacted_leads"`
	Qualified        int64      `json:"qualified_leads"`
	Closed           int64      `json:"closed_deals"`
	Open             int64      `json:"open_leads"`
	DaysToContact    *float64   `json:"avg_days_to_contact"`    // two decimals, like the next three
	MinutesToContact *float64   `json:"avg_minutes_to_contact"` // the same time
	DaysToClose      *float64   `json:"avg_days_to_close"`
	ConversionRate   *float64   `json:"conversion_rate"` // %
	Priorities       Priorities `json:"priorities"`
}

// Priorities are how many leads have each.
type Priorities struct {
	High   int64 `json:"high"`
	Medium int64 `json:"medium"`
	Low    int64 `json:"low"`
}

func (t *tally) figures() Figures {
	const hundredthDay, hundredthMinute = 24 * 60 * 60 * 10, 60 * 10 // ms
	return Figures{
		Leads: t.leads, Contacted: t.contacted, Qualified: t.qualified, Closed: t.closed, Open: t.open,
		DaysToContact:    ratio{t.contactMS, t.timed * hundredthDay}.decimal(100),
		MinutesToContact: ratio{t.contactMS, t.timed * hundredthMinute}.decimal(100),
		DaysToClose:      ratio{t.closeDays * 100, t.closed}.decimal(100),
		ConversionRate:   t.rate(),
		Priorities:       Priorities{t.priorities[0], t.priorities[1], t.priorities[2]},
	}
}

func (t *tally) rate() *float64 { return ratio{t.closed * 100 * 100, t.leads}.decimal(100) }

// Month is a calendar month, counted from January of year 0.
type Month int

// MonthOf returns the month that a clock shows at t.
func MonthOf(t time.Time) Month { return Month(t.Year()*12 + int(t.Month()) - 1) }

// date returns the first moment of a day of the month, which may lie outside of it: day 0 is the last one before.
func (m Month) date(day int, zone *time.Location) time.Time {
	return time.Date(int(m)/12, time.Month(int(m)%12+1), day, 0, 0, 0, 0, zone)
}

// Start returns the first day as 2006-01-02.
func (m Month) Start() string { return m.date(1, time.UTC).Format(time.DateOnly) }

// End returns the last day.
func (m Month) End() string { return (m + 1).date(0, time.UTC).Format(time.DateOnly) }

// dayOf returns the day that a clock in t's zone shows, since 1970-01-01.
func dayOf(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// eachLead visits the leads of sites that were created on local days from up to to, each with its local time of creation.
func (a *Agents) eachLead(sites []*catalog.Site, from, to int, visit func(s *leads.Standing, at time.Time) error) error {
	for _, site := range sites {
		zone := site.Zone()
		midnight := func(day int) int64 { return time.Date(1970, 1, 1+day, 0, 0, 0, 0, zone).UnixMilli() }
		// A day more on both sides: where a clock is put forward at midnight, the day begins later.
		err := a.leads.Standings(site.ID, midnight(from-1), midnight(to+2), func(s *leads.Standing) error {
			at := time.UnixMilli(s.Created).In(zone)
			if day := dayOf(at); day < from || day > to {
				return nil
			}
			return visit(s, at)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// newestMonth returns the month that it is at t on the sites, where it is latest.
func newestMonth(sites []*catalog.Site, t time.Time) Month {
	newest := MonthOf(t.UTC())
	for i, s := range sites {
		if m := MonthOf(t.In(s.Zone())); i == 0 || m > newest {
			newest = m
		}
	}
	return newest
}
