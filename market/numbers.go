package market

import (
	"footfall/sessionize"

	"github.com/RoaringBitmap/roaring/v2"
)

// Numbers are what listing days say, rounded for readers. Averages are null when there is nothing to average, the rate
// without a visitor.
type Numbers struct {
	TotalViews     int64    `json:"total_views"`
	UniqueViews    int64    `json:"unique_views"`
	AvgTimeOnPage  *float64 `json:"avg_time_on_page"` // s, one decimal
	AvgScrollDepth *float64 `json:"avg_scroll_depth"` // %, one decimal
	Inquiries      int64    `json:"inquiry_count"`
	Shares         int64    `json:"share_count"`
	InquiryRate    *float64 `json:"inquiry_rate"` // %, two decimals
}

// total adds listing days up: counts are summed, visitors united.
type total struct {
	counts   sessionize.DayCounts
	visitors *roaring.Bitmap
}

func newTotal() *total { return &total{visitors: roaring.New()} }

func (t *total) add(d *sessionize.ListingDay) {
	t.counts.Add(d.DayCounts)
	t.visitors.Or(d.Visitors())
}

func (t *total) exact() exact { return exact{t.counts, int64(t.visitors.GetCardinality())} }

func (t *total) numbers() Numbers { return t.exact().rounded() }

func dayNumbers(d *sessionize.ListingDay) Numbers {
	return exact{d.DayCounts, int64(d.Visitors().GetCardinality())}.rounded()
}

// empty says whether nothing is left of what happened that day.
func empty(d *sessionize.ListingDay) bool { return d.DayCounts == sessionize.DayCounts{} }

// exact is the numbers before they are rounded.
type exact struct {
	sessionize.DayCounts
	unique int64
}

// ratio is a fraction without a value if its denominator is 0.
type ratio struct{ num, den int64 }

func (e *exact) avgTime() ratio   { return ratio{e.Dwell, e.DwellViews} }   // ms
func (e *exact) avgScroll() ratio { return ratio{e.Scroll, e.ScrollViews} } // tenths of a percent
func (e *exact) rate() ratio      { return ratio{e.Inquiries, e.unique} }

func (e exact) rounded() Numbers {
	return Numbers{
		TotalViews: e.Views, UniqueViews: e.unique, Inquiries: e.Inquiries, Shares: e.Shares,
		AvgTimeOnPage:  e.avgTime().times(1, 100).decimal(10),
		AvgScrollDepth: e.avgScroll().decimal(10),
		InquiryRate:    e.rate().times(100*100, 1).decimal(100),
	}
}

// times multiplies the fraction by num/den.
func (r ratio) times(num, den int64) ratio { return ratio{r.num * num, r.den * den} }

// decimal rounds the fraction half up to a whole number, which counts parts of one: tenths for 10. nil if it has no value.
func (r ratio) decimal(parts float64) *float64 {
	if r.den == 0 {
		return nil
	}
	whole := r.num / r.den
	if rest := r.num % r.den; rest >= r.den-rest {
		whole++
	}
	v := float64(whole) / parts
	return &v
}
