package api

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"footfall/market"
	"footfall/web/pages"
)

// decimal writes a number that may not be known, with a unit behind it.
func decimal(v *float64, unit string) string {
	if v == nil {
		return "–"
	}
	return strconv.FormatFloat(*v, 'f', -1, 64) + unit
}

// fillEngagement puts what happened, in all and day by day, on a report.
func fillEngagement(r *pages.Report, e *market.Engagement) {
	t := &e.Totals
	r.Figures = []pages.Figure{
		{Name: "Views", Value: pages.Whole(t.TotalViews)}, {Name: "Visitors", Value: pages.Whole(t.UniqueViews)},
		{Name: "Inquiries", Value: pages.Whole(t.Inquiries)}, {Name: "Inquiry rate", Value: decimal(t.InquiryRate, " %")},
		{Name: "Shares", Value: pages.Whole(t.Shares)}, {Name: "Time on page", Value: decimal(t.AvgTimeOnPage, " s")},
		{Name: "Scrolled to", Value: decimal(t.AvgScrollDepth, " %")},
	}
	var names []string
	var views []int64
	next := 0
	for date := e.From; date <= e.To; date++ {
		n := int64(0)
		if next < len(e.Days) && e.Days[next].Date == date {
			n, next = e.Days[next].TotalViews, next+1
		}
		names, views = append(names, date.String()), append(views, n)
	}
	r.Chart = pages.NewChart(fmt.Sprintf("%s views from %s to %s, a bar for each day", pages.Whole(t.TotalViews), e.From, e.To), names, views)
	for _, d := range slices.Backward(e.Days) {
		r.Days = append(r.Days, pages.ReportDay{
			Date: d.Date.String(), Views: pages.Whole(d.TotalViews), Visitors: pages.Whole(d.UniqueViews), Inquiries: pages.Whole(d.Inquiries), Shares: pages.Whole(d.Shares),
		})
	}
}

// comparedNames are how a report calls the numbers that it compares, and their units.
var comparedNames = map[string]struct{ name, unit string }{
	market.InquiryRate: {"Inquiry rate", " %"}, market.TimeOnMarket: {"Days on the market", ""}, market.PricePerSqft: {"Dollars a square foot", ""},
}

// fillComparison puts the numbers that there is a benchmark for on a report. What to do about them is between the agent
// and the owner: suggestions are not shown.
func fillComparison(r *pages.Report, c *market.Comparison) {
	for i := range c.Metrics {
		m := &c.Metrics[i]
		b := m.Benchmark
		if b == nil {
			continue
		}
		as := comparedNames[m.Metric]
		r.Compared = append(r.Compared, pages.ReportRow{
			Name: as.name, Value: decimal(m.Value, as.unit), Mean: decimal(&b.Value, as.unit),
			Between: decimal(&b.Interval.Low, "") + " – " + decimal(&b.Interval.High, as.unit), Samples: pages.Whole(int64(b.Samples)) + " in " + areaName(b.Area),
		})
		r.Segment = spaced(b.Type) + ", " + spanName(b.Range)
	}
}

func areaName(area string) string {
	if area == market.National {
		return "all cities"
	}
	return area
}

// spanName writes a range of prices for people.
func spanName(span string) string {
	low, high, _ := strings.Cut(strings.TrimSuffix(span, "+"), "-")
	text := func(s string) string {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return s
		}
		return "$" + pages.Whole(n)
	}
	switch {
	case high == "":
		return text(low) + " and more"
	case low == "0":
		return "under " + text(high)
	}
	return text(low) + " to " + text(high)
}
