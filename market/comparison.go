package market

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"footfall/catalog"
	"footfall/leads"
)

// Where a listing's number lies beside the interval of its segment's mean.
const (
	Above  = "above"
	Within = "within"
	Below  = "below"
)

// Comparison is a listing beside its segment.
type Comparison struct {
	Listing     string       `json:"listing_id"`
	Site        uint32       `json:"site_id"`
	From        Date         `json:"from"` // of the inquiries and views
	To          Date         `json:"to"`
	Segment     *Segment     `json:"segment"` // null if the catalog does not say what is missing
	Missing     []string     `json:"missing"` // what it would take
	Metrics     []Compared   `json:"metrics"`
	Suggestions []Suggestion `json:"suggestions"`
}

// Compared is one number of a listing beside the benchmark: of its city or, if there is none, of all.
type Compared struct {
	Metric     string     `json:"metric_type"`
	Value      *float64   `json:"value"`     // the listing's; null: not known
	Benchmark  *Benchmark `json:"benchmark"` // null: fewer than 5 samples
	Difference *float64   `json:"difference_percent"`
	Position   *string    `json:"position"` // above, within or below the interval; null if one of them is not known

	Inquiries *int64 `json:"inquiry_count,omitempty"` // what an inquiry rate is made of
	Unique    *int64 `json:"unique_views,omitempty"`
}

// Suggestion says what to look at, and by which numbers.
type Suggestion struct {
	Code     string     `json:"code"`
	Text     string     `json:"text"`
	Evidence []Evidence `json:"evidence"`
}

// Evidence is a number of the listing and the benchmark that it is held against.
type Evidence struct {
	Metric    string   `json:"metric_type"`
	Value     float64  `json:"value"`
	Benchmark float64  `json:"metric_value"`
	Samples   int      `json:"sample_size"`
	Interval  Interval `json:"interval"`
}

// Compare holds a listing against its segment as its organization sees it. The listing is itself one of the samples.
func (m *Market) Compare(l *leads.Leads, site *catalog.Site, listing *catalog.Listing, now time.Time) (*Comparison, error) {
	today := siteDay(now.UnixMilli(), site)
	c := &Comparison{
		Listing: listing.ID, Site: site.ID, From: Date(max(0, today-benchmarkDays+1)), To: Date(today), Missing: []string{},
		Metrics: []Compared{}, Suggestions: []Suggestion{},
	}
	if listing.Type == "" {
		c.Missing = append(c.Missing, "property_type")
	}
	if listing.Price == 0 {
		c.Missing = append(c.Missing, "price")
	}
	var beside func(metric string) *Benchmark
	if len(c.Missing) == 0 {
		c.Segment = &Segment{listing.Type, catalog.PriceRange(listing.Price), listing.City}
		if c.Segment.Area == "" {
			c.Segment.Area = National
		}
		g := newGathering(m, l, &BenchmarkQuery{Organization: site.Organization, Type: c.Segment.Type, Range: c.Segment.Range, Now: now})
		if err := g.all(); err != nil {
			return nil, err
		}
		beside = func(metric string) *Benchmark { return g.nearest(*c.Segment, metric) }
	} else {
		beside = func(string) *Benchmark { return nil }
	}
	e, err := m.Engagement(site.ID, listing.ID, uint16(c.From), uint16(c.To))
	if err != nil {
		return nil, err
	}
	rate := compared(InquiryRate, e.Totals.InquiryRate, beside(InquiryRate))
	rate.Inquiries, rate.Unique = &e.Totals.Inquiries, &e.Totals.UniqueViews
	days := compared(TimeOnMarket, number(listing.DaysOnMarket(site.Zone(), now)), beside(TimeOnMarket))
	area := compared(PricePerSqft, perSqft(listing), beside(PricePerSqft))
	c.Metrics = append(c.Metrics, rate, days, area)
	if listing.OnMarket() {
		c.suggest(&rate, &days, &area)
	}
	return c, nil
}

// nearest returns the benchmark of a segment's city or, where there is none, of all.
func (g *gathering) nearest(s Segment, metric string) *Benchmark {
	for _, area := range []string{fold(s.Area), National} {
		s.Area = area
		if b, ok := g.benchmark(s, metric); ok {
			return &b
		}
	}
	return nil
}

func number(n *int64) *float64 {
	if n == nil {
		return nil
	}
	v := float64(*n)
	return &v
}

func perSqft(l *catalog.Listing) *float64 {
	if l.Price == 0 || l.Sqft == 0 {
		return nil
	}
	v := hundredths(float64(l.Price) / 100 / float64(l.Sqft))
	return &v
}

func compared(metric string, value *float64, b *Benchmark) Compared {
	c := Compared{Metric: metric, Value: value, Benchmark: b}
	if value == nil || b == nil {
		return c
	}
	position := Within
	switch {
	case *value < b.Interval.Low:
		position = Below
	case *value > b.Interval.High:
		position = Above
	}
	c.Position = &position
	if b.Value != 0 {
		difference := math.Round(1000*(*value-b.Value)/b.Value) / 10
		c.Difference = &difference
	}
	return c
}

func (c *Compared) is(position string) bool { return c.Position != nil && *c.Position == position }

func (c *Compared) evidence() Evidence {
	b := c.Benchmark
	return Evidence{c.Metric, *c.Value, b.Value, b.Samples, b.Interval}
}

// chance is how seldom something must happen by chance that is taken for a sign.
const chance = 0.05

// fewInquiries says whether the listing has fewer inquiries than chance explains: were its visitors to inquire as those
// of the segment do, so few would come once in twenty times or less.
func (c *Compared) fewInquiries() bool {
	return c.is(Below) && poissonUpTo(*c.Inquiries, float64(*c.Unique)*c.Benchmark.Interval.Low/100) < chance
}

// poissonUpTo returns how probable at most k events are where expected are expected.
func poissonUpTo(k int64, expected float64) (p float64) {
	term := math.Exp(-expected)
	for i := range k + 1 {
		if i > 0 {
			term *= expected / float64(i)
		}
		p += term
	}
	return p
}

// plain writes a number without an exponent.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// suggest says what the numbers give reason to look at; where they give none, nothing.
func (c *Comparison) suggest(rate, days, area *Compared) {
	few, dear, long := rate.fewInquiries(), area.is(Above), days.is(Above)
	beside := func(x *Compared) string {
		b := x.Benchmark
		return fmt.Sprintf("the mean of %d comparable listings is %s (90 %% interval %s to %s)", b.Samples, plain(b.Value), plain(b.Interval.Low), plain(b.Interval.High))
	}
	add := func(code, text string, by ...*Compared) {
		s := Suggestion{Code: code, Text: text}
		for _, x := range by {
			s.Evidence = append(s.Evidence, x.evidence())
		}
		c.Suggestions = append(c.Suggestions, s)
	}
	switch {
	case few && dear:
		add("look_at_price", fmt.Sprintf("Look at the price: it asks $%s a square foot, %s, and %d of %d visitors inquired.", plain(*area.Value), beside(area), *rate.Inquiries, *rate.Unique), area, rate)
	case few:
		add("look_at_page", fmt.Sprintf("Look at the page, its photos, its text and how to ask: %d of %d visitors inquired, %s %%; %s.", *rate.Inquiries, *rate.Unique, plain(*rate.Value), beside(rate)), rate)
	}
	switch {
	case long && dear && !few:
		add("look_at_price", fmt.Sprintf("Look at the price: it has been on the market for %s days, %s, and asks $%s a square foot, %s.", plain(*days.Value), beside(days), plain(*area.Value), beside(area)), days, area)
	case long:
		add("long_on_market", fmt.Sprintf("It has been on the market for %s days; %s, counting those that closed.", plain(*days.Value), beside(days)), days)
	}
}
