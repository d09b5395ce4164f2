package market

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"footfall/catalog"
	"footfall/leads"
	"footfall/sessionize"

	"gonum.org/v1/gonum/stat/distuv"
)

// samples are what the listings of one organization in a segment say.
type samples struct {
	rates                         []rate
	daily                         []float64 // %, of days of listings with an inquiry
	market, toClose, pricePerSqft []float64
}

// rate is one listing's inquiries and unique visitors. Visitors are above 0.
type rate struct{ inquiries, visitors float64 }

func (s *samples) values(metric string) *[]float64 {
	switch metric {
	case TimeOnMarket:
		return &s.market
	case TimeToClose:
		return &s.toClose
	}
	return &s.pricePerSqft
}

func (s *samples) size(metric string) int {
	if metric == InquiryRate {
		return len(s.rates)
	}
	return len(*s.values(metric))
}

func (s *samples) add(o *samples) {
	s.rates, s.daily = append(s.rates, o.rates...), append(s.daily, o.daily...)
	for _, metric := range Metrics[1:] {
		*s.values(metric) = append(*s.values(metric), *o.values(metric)...)
	}
}

// gathering is the samples that a query is answered from.
type gathering struct {
	market *Market
	leads  *leads.Leads
	q      *BenchmarkQuery
	today  Date
	pool   []string                         // organizations that agreed to a pool with the one that asks; none if it did not
	of     map[string]map[Segment]*samples  // by organization; areas are folded
	areas  map[string]map[string]int        // how often an area is spelled how
	homes  map[uint32]map[string]homeOnSite // by site and id: the listings of segments that are wanted
}

// homeOnSite is a listing as its samples need it.
type homeOnSite struct {
	segments []Segment
	active   bool
}

func newGathering(m *Market, l *leads.Leads, q *BenchmarkQuery) *gathering {
	g := &gathering{
		market: m, leads: l, q: q, of: map[string]map[Segment]*samples{}, areas: map[string]map[string]int{}, homes: map[uint32]map[string]homeOnSite{},
		today: cmp.Or(q.AsOf, Date(siteDay(q.Now.UnixMilli(), &catalog.Site{}))),
	}
	if q.AsOf != 0 || !m.catalog.Settings(q.Organization).Pooling.Benchmarks {
		return g
	}
	for _, o := range m.catalog.Organizations() {
		if m.catalog.Settings(o.ID).Pooling.Benchmarks {
			g.pool = append(g.pool, o.ID)
		}
	}
	return g
}

// takes says whether an organization's data may be looked at.
func (g *gathering) takes(organization string) bool {
	return organization == g.q.Organization || slices.Contains(g.pool, organization)
}

// wantsMetric says whether samples of a metric are asked for.
func (g *gathering) wantsMetric(metric string) bool { return g.q.Metric == "" || g.q.Metric == metric }

// all gathers everything that is asked for.
func (g *gathering) all() error {
	for _, site := range g.market.catalog.Sites() {
		if !g.takes(site.Organization) {
			continue
		}
		g.listings(site)
		if g.wantsMetric(InquiryRate) {
			if err := g.rates(site); err != nil {
				return err
			}
		}
	}
	if !g.wantsMetric(TimeToClose) || g.leads == nil {
		return nil
	}
	of := g.q.Organization
	if len(g.pool) > 0 {
		of = ""
	}
	return g.leads.Each(of, g.lead)
}

// in returns where the samples of a segment are gathered.
func (g *gathering) in(organization string, s Segment) *samples {
	if g.of[organization] == nil {
		g.of[organization] = map[Segment]*samples{}
	}
	if g.of[organization][s] == nil {
		g.of[organization][s] = new(samples)
	}
	return g.of[organization][s]
}

// day returns the day that a site's benchmarks are of.
func (g *gathering) day(site *catalog.Site) int64 {
	if g.q.AsOf != 0 {
		return int64(g.q.AsOf)
	}
	return siteDay(g.q.Now.UnixMilli(), site)
}

// active says whether a listing was active on the day. Of a past day it is told by when it was listed and closed; one that
// left the market without closing is not known to have been.
func (g *gathering) active(l *catalog.Listing, site *catalog.Site) bool {
	if g.q.AsOf == 0 {
		return l.Status == catalog.StatusActive
	}
	day := g.day(site)
	begun := siteDay(cmp.Or(l.Listed, l.Created), site) <= day
	return begun && (l.Status == catalog.StatusActive || l.Done() && l.Closed != 0 && siteDay(l.Closed, site) > day)
}

// segmentsOf returns the segments that a listing is in: those of its city and of all cities. One without a type or a
// price is in none.
func (g *gathering) segmentsOf(l *catalog.Listing) (in []Segment) {
	s := Segment{l.Type, catalog.PriceRange(l.Price), National}
	if s.Type == "" || s.Range == "" {
		return nil
	}
	if g.q.wants(s) {
		in = append(in, s)
	}
	if s.Area = fold(l.City); s.Area != "" && s.Area != National && g.q.wants(s) {
		in = append(in, s)
	}
	return in
}

// listings gathers what listings say by themselves.
func (g *gathering) listings(site *catalog.Site) {
	homes := map[string]homeOnSite{}
	g.homes[site.ID] = homes
	for _, l := range g.market.catalog.Briefs(site.ID) {
		in := g.segmentsOf(l)
		if len(in) == 0 {
			continue
		}
		active := g.active(l, site)
		homes[l.ID] = homeOnSite{in, active}
		g.spell(l.City)
		closed := l.Done() && g.recent(l.Closed, site)
		for _, s := range in {
			to := g.in(site.Organization, s)
			if l.Sqft > 0 && (closed || active) {
				to.pricePerSqft = append(to.pricePerSqft, float64(l.Price)/100/float64(l.Sqft))
			}
			if closed && l.Listed != 0 {
				to.market = append(to.market, float64(siteDay(l.Closed, site)-siteDay(l.Listed, site)))
			}
		}
	}
}

// spell counts how an area is spelled.
func (g *gathering) spell(city string) {
	area := fold(city)
	if area == "" {
		return
	}
	if g.areas[area] == nil {
		g.areas[area] = map[string]int{}
	}
	g.areas[area][strings.Join(strings.Fields(city), " ")]++
}

// recent says whether something happened within the year before the day.
func (g *gathering) recent(ms int64, site *catalog.Site) bool {
	ago := g.day(site) - siteDay(ms, site)
	return ms != 0 && ago >= 0 && ago < benchmarkYear
}

// rates gathers the inquiries and visitors of active listings.
func (g *gathering) rates(site *catalog.Site) error {
	today := g.day(site)
	var listing string
	var t *total
	flush := func() {
		if t == nil {
			return
		}
		e := t.exact()
		for _, s := range g.homes[site.ID][listing].segments {
			if e.unique > 0 {
				to := g.in(site.Organization, s)
				to.rates = append(to.rates, rate{float64(e.Inquiries), float64(e.unique)})
			}
		}
		t = nil
	}
	err := g.market.sessions.EachListingDay(site.ID, uint16(max(0, today-benchmarkDays+1)), uint16(today), func(d *sessionize.ListingDay) error {
		home := g.homes[site.ID][d.Listing]
		if !home.active || empty(d) {
			return nil
		}
		if t == nil || d.Listing != listing {
			flush()
			listing, t = d.Listing, newTotal()
		}
		t.add(d)
		if unique := d.Visitors().GetCardinality(); unique > 0 && d.Inquiries > 0 {
			for _, s := range home.segments {
				to := g.in(site.Organization, s)
				to.daily = append(to.daily, 100*float64(d.Inquiries)/float64(unique))
			}
		}
		return nil
	})
	flush()
	return err
}

// lead gathers how long a lead took to close.
func (g *gathering) lead(l *leads.LeadRow) error {
	site, ok := g.market.catalog.Site(l.Site)
	if !ok || len(l.Outcomes) == 0 || !g.takes(l.Organization) {
		return nil
	}
	last := l.Outcomes[len(l.Outcomes)-1]
	today := g.day(site)
	if last.Outcome != wonOutcome || int64(last.Day) > today || int64(last.Day) <= today-benchmarkYear {
		return nil
	}
	for _, s := range g.homes[l.Site][l.Listing].segments {
		to := g.in(l.Organization, s)
		to.toClose = append(to.toClose, float64(last.Days))
	}
	return nil
}

const wonOutcome = "closed_won"

// segments returns those with samples, in order.
func (g *gathering) segments() (all []Segment) {
	seen := map[Segment]bool{}
	for _, of := range g.of {
		for s := range of {
			if !seen[s] {
				seen[s], all = true, append(all, s)
			}
		}
	}
	slices.SortFunc(all, Segment.compare)
	return all
}

// spelled returns an area as most listings spell it.
func (g *gathering) spelled(area string) string {
	best := area
	for spelling, n := range g.areas[area] {
		if most := g.areas[area][best]; n > most || n == most && spelling < best {
			best = spelling
		}
	}
	return best
}

// mean returns the mean of values with its interval (Student's t), rounded to two decimals. There are two values or more.
func mean(values []float64) (float64, Interval) {
	n := float64(len(values))
	sum, squares := 0.0, 0.0
	for _, v := range values {
		sum += v
	}
	m := sum / n
	for _, v := range values {
		squares += (v - m) * (v - m)
	}
	half := student(n-1) * math.Sqrt(squares/(n-1)/n)
	return hundredths(m), between(m-half, m+half)
}

// meanOfRatios returns all inquiries by all visitors, in percent, with the interval of a ratio of sums over listings.
// Without an inquiry its upper end is the rate at which that would happen once in twenty times.
func meanOfRatios(rates []rate) (float64, Interval) {
	n := float64(len(rates))
	var inquiries, visitors, squares float64
	for _, r := range rates {
		inquiries, visitors = inquiries+r.inquiries, visitors+r.visitors
	}
	if inquiries == 0 {
		return 0, between(0, 100*-math.Log((1-level)/2)/visitors)
	}
	m := inquiries / visitors
	for _, r := range rates {
		squares += (r.inquiries - m*r.visitors) * (r.inquiries - m*r.visitors)
	}
	half := student(n-1) * math.Sqrt(n/(n-1)*squares) / visitors
	return hundredths(100 * m), between(100*(m-half), 100*(m+half))
}

// level is the probability of an Interval.
const level = 0.9

// student returns the quantile that leaves half of what is outside of an interval above it.
func student(freedom float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: freedom}.Quantile((1 + level) / 2)
}

func between(low, high float64) Interval {
	return Interval{hundredths(max(0, low)), hundredths(high), level}
}

func hundredths(v float64) float64 { return math.Round(v*100) / 100 }
