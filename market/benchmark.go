package market

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"footfall/catalog"
	"footfall/fault"
	"footfall/leads"
)

// What benchmarks are of. The names are those of the wire.
const (
	InquiryRate  = "avg_inquiry_rate"   // %, of active listings over the last 30 days
	TimeOnMarket = "avg_time_on_market" // days from listed_at to closed_at, of listings that closed in the last year
	TimeToClose  = "avg_time_to_close"  // days from a lead to its closed_won, of leads that closed in the last year
	PricePerSqft = "avg_price_per_sqft" // dollars, of listings that are active or closed in the last year
)

// Metrics are all of them, in the order of lists.
var Metrics = []string{InquiryRate, TimeOnMarket, TimeToClose, PricePerSqft}

// National is the market area of all cities.
const National = "national"

// Whose data a benchmark is made of.
const (
	ScopeOrganization = "organization" // its own alone
	ScopePooled       = "pooled"       // of several that agreed to it
)

// Bounds of what is told.
const (
	minSamples       = 5
	minOrganizations = 3 // of a pool
	maxShare         = 0.6
	benchmarkDays    = 30
	benchmarkYear    = 365
)

// Segment is a part of the market.
type Segment struct {
	Type  string `json:"property_type"`
	Range string `json:"price_range"`
	Area  string `json:"market_area"`
}

func (s Segment) compare(o Segment) int {
	return cmp.Or(cmp.Compare(s.Type, o.Type), cmp.Compare(rangeNumber(s.Range), rangeNumber(o.Range)), cmp.Compare(s.Area, o.Area))
}

func rangeNumber(r string) int { return slices.Index(catalog.PriceRanges, r) }

// Interval is where the mean of a segment lies with 90 % probability.
type Interval struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Level float64 `json:"level"`
}

// Benchmark is a mean over a segment.
type Benchmark struct {
	Segment
	Metric        string   `json:"metric_type"`
	Value         float64  `json:"metric_value"` // two decimals
	Samples       int      `json:"sample_size"`
	Interval      Interval `json:"interval"`
	Scope         string   `json:"scope"`
	Organizations int      `json:"organizations"` // whose data it is made of
	Date          Date     `json:"calculation_date"`
	Means         *Means   `json:"means,omitempty"` // of InquiryRate
}

// Means are the two means that an inquiry rate can have. The benchmark's value is the first.
type Means struct {
	Ratio float64 `json:"inquiries_by_unique_views"` // 100 × all inquiries ÷ all unique views
	// Daily is the mean over the days of listings that had an inquiry; null under 5 of them.
	Daily *DailyMean `json:"mean_of_positive_daily_rates"`
}

// DailyMean is a mean over days of listings.
type DailyMean struct {
	Value    float64  `json:"value"`
	Samples  int      `json:"sample_size"`
	Interval Interval `json:"interval"`
}

// BenchmarkQuery asks for benchmarks. Empty fields ask for all.
type BenchmarkQuery struct {
	Organization string // whose eyes see them; required
	Type         string // as types are written
	Range        string
	Area         string // whatever its capitals
	Metric       string
	Limit        int
	After        string // the end of the page before
	Now          time.Time
	// AsOf is a day of the past, as each site's clock shows it, or 0 for today. Of a past day only the organization's own
	// listings are told: two days of a pool that lie side by side would tell the one sale between them.
	AsOf Date
}

func (q *BenchmarkQuery) check() error {
	if today := Date(siteDay(q.Now.UnixMilli(), &catalog.Site{})); q.AsOf > today+1 { // east of Greenwich it is tomorrow already
		return fault.Field(fault.InvalidField, "as_of", "as_of lies ahead: today is %s in UTC.", today)
	}
	if q.Range != "" && rangeNumber(q.Range) < 0 {
		return fault.Field(fault.InvalidField, "price_range", "price_range is one of: %s.", strings.Join(catalog.PriceRanges, ", "))
	}
	if q.Metric != "" && !slices.Contains(Metrics, q.Metric) {
		return fault.Field(fault.InvalidField, "metric_type", "metric_type is one of: %s.", strings.Join(Metrics, ", "))
	}
	return nil
}

func (q *BenchmarkQuery) wants(s Segment) bool {
	return (q.Type == "" || q.Type == s.Type) && (q.Range == "" || q.Range == s.Range) && (q.Area == "" || fold(q.Area) == s.Area)
}

// fold writes the name of an area so that its capitals and spaces do not matter.
func fold(area string) string { return strings.ToLower(strings.Join(strings.Fields(area), " ")) }

// Benchmarks returns a page of the benchmarks that an organization sees, by segment and metric, and where the next page
// begins, "" at the end. Of what has fewer than 5 samples there is none. They are pooled over the organizations that
// agreed to it (the setting pooling.benchmarks), the one that asks among them, if three or more have samples and none has
// more than 60 % of them; else they are of its own data alone.
func (m *Market) Benchmarks(l *leads.Leads, q BenchmarkQuery) (page []Benchmark, next string, err error) {
	if err := q.check(); err != nil {
		return nil, "", err
	}
	g := newGathering(m, l, &q)
	if err := g.all(); err != nil {
		return nil, "", err
	}
	page = []Benchmark{}
	last := ""
	for _, segment := range g.segments() {
		for _, metric := range Metrics {
			key := pageKey(segment, metric)
			if q.Metric != "" && q.Metric != metric || q.After != "" && key <= q.After {
				continue
			}
			b, ok := g.benchmark(segment, metric)
			if !ok {
				continue
			}
			if q.Limit > 0 && len(page) == q.Limit {
				return page, last, nil
			}
			page, last = append(page, b), key
		}
	}
	return page, "", nil
}

// pageKey sorts as pages do.
func pageKey(s Segment, metric string) string {
	return strings.Join([]string{s.Type, string(rune('0' + rangeNumber(s.Range))), s.Area, string(rune('0' + slices.Index(Metrics, metric)))}, "\x00")
}

// benchmark makes one of the samples of those whose samples may be taken; ok is false if there are too few.
func (g *gathering) benchmark(s Segment, metric string) (b Benchmark, ok bool) {
	from, scope := g.sources(s, metric)
	var all samples
	organizations := 0
	for _, o := range from {
		if of := g.of[o][s]; of != nil && of.size(metric) > 0 {
			all.add(of)
			organizations++
		}
	}
	n := all.size(metric)
	if n < minSamples {
		return b, false
	}
	b = Benchmark{Segment: s, Metric: metric, Samples: n, Scope: scope, Organizations: organizations, Date: g.today}
	b.Area = g.spelled(s.Area)
	if metric == InquiryRate {
		b.Value, b.Interval = meanOfRatios(all.rates)
		b.Means = &Means{Ratio: b.Value}
		if len(all.daily) >= minSamples {
			value, interval := mean(all.daily)
			b.Means.Daily = &DailyMean{value, len(all.daily), interval}
		}
		return b, true
	}
	b.Value, b.Interval = mean(*all.values(metric))
	return b, true
}

// sources returns the organizations whose samples a benchmark is made of.
func (g *gathering) sources(s Segment, metric string) (from []string, scope string) {
	sum, most, with := 0, 0, 0
	for _, o := range g.pool {
		if of := g.of[o][s]; of != nil && of.size(metric) > 0 {
			n := of.size(metric)
			sum, most, with = sum+n, max(most, n), with+1
		}
	}
	if with >= minOrganizations && float64(most) <= maxShare*float64(sum) {
		return g.pool, ScopePooled
	}
	return []string{g.q.Organization}, ScopeOrganization
}
