package market

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// peers puts six listings at 100 dollars a square foot on the market, each with 100 visitors of whom 10 inquire, and six
// that closed after 20 days.
func (w *world) peers() {
	for i := range 6 {
		id := fmt.Sprint("peer", i)
		w.sell(w.first(), fmt.Sprintf(`{"id":%q,"property_type":"condo","city":"Elgin","price":%d,"sqft":1000,"listed_at":"2024-10-01"}`, id, 100_000+i),
			fmt.Sprintf(`{"id":"%s sold","property_type":"condo","city":"Elgin","price":100000,"status":"sold","listed_at":"2024-09-01","closed_at":"2024-09-%d"}`, id, 20+i%3))
		w.busy(id, 100, 10)
	}
}

func (w *world) busy(id string, visitors, inquiries int) {
	for v := range visitors {
		w.view(fmt.Sprint(id, v), id, day, 0, -1)
	}
	for range inquiries {
		w.inquiry(id, day)
	}
}

func TestSuggestionsComeOnlyWithTheirEvidence(t *testing.T) {
	w := newWorld(t)
	w.peers()
	for _, tt := range []struct {
		id, says            string
		visitors, inquiries int
		want                []string
	}{
		{"fine", `"price":100000,"sqft":1000,"listed_at":"2024-10-01"`, 50, 5, nil},
		{"few visitors", `"price":100000,"sqft":1000,"listed_at":"2024-10-01"`, 10, 0, nil}, // e^-1 is no sign
		{"nobody asks", `"price":100000,"sqft":1000,"listed_at":"2024-10-01"`, 100, 1, []string{"look_at_page"}},
		{"dear", `"price":200000,"sqft":1000,"listed_at":"2024-10-01"`, 100, 1, []string{"look_at_price"}},
		{"dear and asked for", `"price":200000,"sqft":1000,"listed_at":"2024-10-01"`, 100, 20, nil},
		{"stays", `"price":100000,"listed_at":"2024-07-01"`, 0, 0, []string{"long_on_market"}},
		{"stays and is dear", `"price":200000,"sqft":1000,"listed_at":"2024-07-01"`, 50, 5, []string{"look_at_price"}},
		{"gone", `"price":200000,"sqft":1000,"listed_at":"2024-07-01","status":"withdrawn"`, 100, 0, nil},
	} {
		w.sell(w.first(), fmt.Sprintf(`{"id":%q,"property_type":"condo","city":"Elgin",%s}`, tt.id, tt.says))
		w.busy(tt.id, tt.visitors, tt.inquiries)
		l, _, err := w.catalog.Listing(site, tt.id)
		w.must(err)
		c, err := w.market.Compare(nil, w.first(), &l, now)
		w.must(err)
		var codes []string
		for _, s := range c.Suggestions {
			codes = append(codes, s.Code)
			if len(s.Evidence) == 0 || s.Evidence[0].Samples < minSamples || s.Text == "" {
				t.Errorf("%s: %+v", tt.id, s)
			}
		}
		if !slices.Equal(codes, tt.want) {
			t.Errorf("%s: %v, want %v: %+v", tt.id, codes, tt.want, c.Metrics)
		}
		w.must(w.catalog.DeleteListing(t.Context(), w.first(), tt.id))
	}
}

func TestAComparisonIsOfTheCityElseOfAllElseOfNone(t *testing.T) {
	w := newWorld(t)
	w.peers()
	compare := func(says string) *Comparison {
		w.sell(w.first(), `{"id":"home",`+says+`}`)
		l, _, err := w.catalog.Listing(site, "home")
		w.must(err)
		c, err := w.market.Compare(nil, w.first(), &l, now)
		w.must(err)
		return c
	}
	area := func(c *Comparison) string {
		if b := c.Metrics[2].Benchmark; b != nil {
			return b.Area
		}
		return ""
	}
	if c := compare(`"property_type":"condo","city":"ELGIN","price":100000,"sqft":1000`); area(c) != "Elgin" || *c.Metrics[2].Position != Within || *c.Metrics[2].Difference != 0 {
		t.Errorf("in the city: %+v", c.Metrics[2])
	}
	if c := compare(`"property_type":"condo","city":"Aurora","price":50000,"sqft":1000`); area(c) != National || *c.Metrics[2].Position != Below || c.Segment.Area != "Aurora" {
		t.Errorf("elsewhere: %+v", c.Metrics[2])
	}
	if c := compare(`"property_type":"castle","price":100000`); area(c) != "" || c.Segment.Area != National || len(c.Suggestions) != 0 || c.Metrics[2].Value != nil {
		t.Errorf("nothing like it: %+v", c)
	}
	if c := compare(`"sqft":1000`); c.Segment != nil || !slices.Equal(c.Missing, []string{"property_type", "price"}) || len(c.Metrics) != 3 {
		t.Errorf("nothing is said of it: %+v", c)
	}
}

// e^-3 (1 + 3 + 9/2) = .4232
func TestPoissonUpTo(t *testing.T) {
	if got := poissonUpTo(2, 3); math.Abs(got-.42319) > 1e-5 {
		t.Errorf("%g", got)
	}
}
