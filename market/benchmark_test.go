package market

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"math"
	"math/big"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"footfall/catalog"
	"footfall/fault"
)

// now is noon of the day.
var now = time.UnixMilli(day*dayMS + dayMS/2).UTC()

// tenant makes an organization with a site, which may share its benchmarks.
func (w *world) tenant(id string, share bool) *catalog.Site {
	w.t.Helper()
	w.catalog.Attach(w.journal)
	settings := catalog.Settings{Pooling: catalog.Pooling{Benchmarks: share}}
	w.must(w.catalog.CreateOrganization(w.t.Context(), catalog.Organization{ID: id, Name: id, Settings: settings}))
	s, err := w.catalog.CreateSite(w.t.Context(), catalog.Site{Organization: id, Profile: catalog.Default})
	w.must(err)
	return s
}

// sell puts listings of JSON on a site.
func (w *world) sell(s *catalog.Site, bodies ...string) {
	w.t.Helper()
	w.catalog.Attach(w.journal)
	var all []*catalog.Listing
	for _, body := range bodies {
		l, err := w.catalog.ReadListing(s, "", []byte(body))
		w.must(err)
		all = append(all, l)
	}
	results, err := w.catalog.PutListings(w.t.Context(), s, "", now, all...)
	w.must(err)
	for _, r := range results {
		w.must(r.Err)
	}
}

func (w *world) first() *catalog.Site {
	s, _ := w.catalog.Site(site)
	return s
}

// told returns the benchmarks that an organization sees, a line each.
func (w *world) told(q BenchmarkQuery) (rows []string) {
	w.t.Helper()
	if q.Organization == "" {
		q.Organization = catalog.Default
	}
	q.Now = now
	for {
		page, next, err := w.market.Benchmarks(nil, q)
		w.must(err)
		for _, b := range page {
			rows = append(rows, fmt.Sprintf("%s %s %s %s %g (%g-%g) n=%d %s %d", b.Type, b.Range, b.Area, strings.TrimPrefix(b.Metric, "avg_"),
				b.Value, b.Interval.Low, b.Interval.High, b.Samples, b.Scope, b.Organizations))
		}
		if q.After = next; next == "" {
			return rows
		}
	}
}

func (w *world) same(got []string, want ...string) {
	w.t.Helper()
	if !slices.Equal(got, want) {
		w.t.Errorf("benchmarks are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Worked by hand: 100, 200, 300, 400, 500 dollars a square foot have the mean 300 and the standard error
// sqrt(100000/4/5) = 70.71; Student's t with 4 degrees of freedom leaves 5 % above 2.1318: 300 ± 150.74. Days on the market
// 10, 10, 10, 10, 60: mean 20, standard error sqrt((4·100+1600)/4/5) = 10: 20 ± 21.32, cut at 0.
func TestBenchmarksAreMeansWithTheirIntervals(t *testing.T) {
	w := newWorld(t)
	for i := 1; i <= 5; i++ {
		days := 10
		if i == 5 {
			days = 60
		}
		closed := now.AddDate(0, 0, -i)
		w.sell(w.first(), fmt.Sprintf(`{"id":"L%d","property_type":"condo","city":"Elgin","price":%d,"sqft":1000,"status":"sold","listed_at":%q,"closed_at":%q}`,
			i, i*100_000, closed.AddDate(0, 0, -days).Format(time.DateOnly), closed.Format(time.DateOnly)))
	}
	w.same(w.told(BenchmarkQuery{})) // five prices in three ranges: never five of one
	for i := 1; i <= 5; i++ {
		days := 10
		if i == 5 {
			days = 60
		}
		closed := now.AddDate(0, 0, -i)
		w.sell(w.first(), fmt.Sprintf(`{"id":"L%d","property_type":"Condominium","city":"elgin","price":100000,"sqft":%d,"status":"sold","listed_at":%q,"closed_at":%q}`,
			i, 100_000/(i*100), closed.AddDate(0, 0, -days).Format(time.DateOnly), closed.Format(time.DateOnly)))
	}
	want := []string{
		"condo 0-250000 elgin time_on_market 20 (0-41.32) n=5 organization 1",
		"condo 0-250000 elgin price_per_sqft 300.06 (149.32-450.8) n=5 organization 1", // of 333 square feet, not 333.3
		"condo 0-250000 national time_on_market 20 (0-41.32) n=5 organization 1",
		"condo 0-250000 national price_per_sqft 300.06 (149.32-450.8) n=5 organization 1",
	}
	w.same(w.told(BenchmarkQuery{}), want...)
	w.same(w.told(BenchmarkQuery{Limit: 1}), want...)
	w.same(w.told(BenchmarkQuery{Area: " ELGIN ", Metric: TimeOnMarket, Type: "condo", Range: "0-250000"}), want[0])
	w.same(w.told(BenchmarkQuery{Area: "elsewhere"}))
	w.sell(w.first(), `{"id":"L5","property_type":"condo","city":"elgin","price":100000,"sqft":200,"status":"sold","closed_at":"2023-10-05"}`)
	w.same(w.told(BenchmarkQuery{})) // a year and a day ago
	for _, q := range []BenchmarkQuery{{Range: "cheap"}, {Metric: "sunshine"}} {
		if _, _, err := w.market.Benchmarks(nil, q); !fault.Is(err, fault.InvalidField) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

// Worked by hand: five listings with 2, 2, 2, 2, 12 visitors, and 1 inquiry at the first and 4 at the last: 5 of 20 is
// 25 %. The residuals 1 − .5, −.5, −.5, −.5, 4 − 3 have the squares .25·4 + 1 = 2, times 5/4 is 2.5; √2.5 / 20 · 2.1318 is
// 16.85 %. The days with an inquiry: 50 % and 4 of 12, of which there are too few.
func TestTheInquiryRateIsARatioOfSumsAndNamesBothMeans(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		id := fmt.Sprint("L", i)
		w.sell(w.first(), fmt.Sprintf(`{"id":%q,"property_type":"condo","price":300000}`, id))
		n := 2
		if i == 4 {
			n = 12
		}
		for v := range n {
			w.view(fmt.Sprint("v", i, "-", v), id, day, 0, -1)
		}
	}
	w.same(w.told(BenchmarkQuery{}), "condo 250000-500000 national inquiry_rate 0 (0-14.98) n=5 organization 1") // -ln(.05)/20
	w.inquiry("L0", day)
	for range 4 {
		w.inquiry("L4", day)
	}
	w.sell(w.first(), `{"id":"sold","property_type":"condo","price":300000,"status":"sold"}`)
	w.view("x", "sold", day, 0, -1)
	w.view("x", "old", day-30, 0, -1)
	w.same(w.told(BenchmarkQuery{}), "condo 250000-500000 national inquiry_rate 25 (8.15-41.85) n=5 organization 1")
	page, _, err := w.market.Benchmarks(nil, BenchmarkQuery{Organization: catalog.Default, Now: now})
	w.must(err)
	if m := page[0].Means; m == nil || m.Ratio != 25 || m.Daily != nil {
		t.Errorf("means %+v", m)
	}
	for i := range 3 {
		w.view("y", fmt.Sprint("L", i+1), day-1, 0, -1)
		w.inquiry(fmt.Sprint("L", i+1), day-1)
	}
	page, _, err = w.market.Benchmarks(nil, BenchmarkQuery{Organization: catalog.Default, Now: now})
	w.must(err)
	// 50, 100·4/12, 100, 100, 100: their mean is 76.67.
	if m := page[0].Means; m == nil || m.Daily == nil || m.Daily.Value != 76.67 || m.Daily.Samples != 5 {
		t.Errorf("means %+v", m.Daily)
	}
}

// On each of three sites that share, five homes were sold in the half year before, four are for sale, and one was withdrawn.
func TestABenchmarkOfAPastDayIsOfWhatWasSoThen(t *testing.T) {
	w := newWorld(t)
	sites := []*catalog.Site{w.tenant("ash", true), w.tenant("elm", true), w.tenant("oak", true)}
	for _, s := range sites {
		for i := range 5 {
			closed := now.AddDate(0, 0, -150+i*30) // 150, 120, 90, 60, 30 days ago
			w.sell(s, fmt.Sprintf(`{"id":"L%d","property_type":"condo","price":100000,"sqft":%d,"status":"sold","listed_at":%q,"closed_at":%q}`,
				i, 1000/(i+1), closed.AddDate(0, 0, -100).Format(time.DateOnly), closed.Format(time.DateOnly)))
		}
		for i := range 4 {
			w.sell(s, fmt.Sprintf(`{"id":"M%d","property_type":"condo","price":100000,"sqft":1000,"status":"active","listed_at":%q}`, i, now.AddDate(0, 0, -95).Format(time.DateOnly)))
		}
		w.sell(s, `{"id":"gone","property_type":"condo","price":100000,"sqft":1000,"status":"withdrawn","listed_at":"2020-01-01"}`)
	}
	ago := func(days int) BenchmarkQuery {
		return BenchmarkQuery{Organization: "ash", Metric: PricePerSqft, AsOf: Date(day - days)}
	}
	// Those that were sold cost 100, 200, 300.03, 400 and 500; all of them were listed by the 130th day before today.
	w.same(w.told(ago(131)))
	w.same(w.told(ago(130)), "condo 0-250000 national price_per_sqft 300.06 (149.32-450.8) n=5 organization 1")
	w.same(w.told(ago(96)), "condo 0-250000 national price_per_sqft 300.06 (149.32-450.8) n=5 organization 1")
	w.same(w.told(ago(95)), "condo 0-250000 national price_per_sqft 211.14 (115.89-306.4) n=9 organization 1")
	w.same(w.told(BenchmarkQuery{Organization: "ash", Metric: TimeOnMarket, AsOf: Date(day - 31)}))
	w.same(w.told(BenchmarkQuery{Organization: "ash", Metric: TimeOnMarket, AsOf: Date(day - 30)}), "condo 0-250000 national time_on_market 100 (100-100) n=5 organization 1")
	if _, _, err := w.market.Benchmarks(nil, BenchmarkQuery{Organization: "ash", Now: now, AsOf: Date(day + 2)}); !fault.Is(err, fault.InvalidField) {
		t.Errorf("the day after tomorrow: %v", err)
	}
	for i := range 5 { // the last one was sold 30 days ago
		status := `"active"`
		if i == 4 {
			status = fmt.Sprintf(`"sold","closed_at":%q`, now.AddDate(0, 0, -30).Format(time.DateOnly))
		}
		w.sell(w.first(), fmt.Sprintf(`{"id":"V%d","property_type":"loft","price":100000,"status":%s,"listed_at":"2020-01-01"}`, i, status))
		w.view(fmt.Sprint("v", i), fmt.Sprint("V", i), day-40, 0, -1)
	}
	rate := []string{"loft 0-250000 national inquiry_rate 0 (0-59.91) n=5 organization 1"} // -ln(.05)/5
	for days, want := range map[int][]string{0: nil, 41: nil, 40: rate, 31: rate, 30: nil} {
		q := BenchmarkQuery{Metric: InquiryRate}
		if days > 0 {
			q.AsOf = Date(day - days)
		}
		w.same(w.told(q), want...)
	}
}

func TestPoolsNeedThreeWhoAgreedAndNoneAboveThreeFifths(t *testing.T) {
	w := newWorld(t)
	sites := map[string]*catalog.Site{}
	for _, o := range []string{"ash", "elm", "oak"} {
		sites[o] = w.tenant(o, true)
	}
	sites["yew"] = w.tenant("yew", false)
	count := map[string]int{}
	add := func(o string, n int) {
		for range n {
			count[o]++
			w.sell(sites[o], fmt.Sprintf(`{"id":"%d","property_type":"condo","price":100000,"sqft":1000}`, count[o]))
		}
	}
	row := func(n int, scope string, of int) string {
		return fmt.Sprintf("condo 0-250000 national price_per_sqft 100 (100-100) n=%d %s %d", n, scope, of)
	}
	seen := func(o string) string { return strings.Join(w.told(BenchmarkQuery{Organization: o}), "; ") }
	add("ash", 5)
	add("yew", 6)
	add("elm", 4)
	for _, step := range []struct {
		add           string
		n             int
		ash, elm, yew string
	}{
		{"", 0, row(5, "organization", 1), "", row(6, "organization", 1)},                 // two who agreed
		{"oak", 1, row(10, "pooled", 3), row(10, "pooled", 3), row(6, "organization", 1)}, // 5 of 10
		{"ash", 3, row(8, "organization", 1), "", row(6, "organization", 1)},              // 8 of 13 is above 60 %
		{"elm", 1, row(14, "pooled", 3), row(14, "pooled", 3), row(6, "organization", 1)}, // 8 of 14 is not
	} {
		if step.add != "" {
			add(step.add, step.n)
		}
		if seen("ash") != step.ash || seen("elm") != step.elm || seen("yew") != step.yew {
			t.Errorf("after %+v:\nash %s\nelm %s\nyew %s", step, seen("ash"), seen("elm"), seen("yew"))
		}
	}
	_, err := w.catalog.ChangeOrganization(t.Context(), "oak", func(o *catalog.Organization) error {
		o.Settings.Pooling.Benchmarks = false
		return nil
	})
	w.must(err)
	if seen("ash") != row(8, "organization", 1) || seen("oak") != "" {
		t.Errorf("oak took it back: ash sees %s, oak %s", seen("ash"), seen("oak"))
	}
}

// quantile of Student's t above which 5 % lie, by Simpson's rule and bisection.
func quantile(freedom float64) float64 {
	density := func(x float64) float64 {
		a, _ := math.Lgamma((freedom + 1) / 2)
		b, _ := math.Lgamma(freedom / 2)
		return math.Exp(a-b) / math.Sqrt(freedom*math.Pi) * math.Pow(1+x*x/freedom, -(freedom+1)/2)
	}
	below := func(x float64) float64 {
		const steps = 400
		h, sum := x/steps, density(0)+density(x)
		for i := 1; i < steps; i++ {
			sum += density(h*float64(i)) * float64(2+2*(i%2))
		}
		return .5 + sum*h/3
	}
	low, high := 0., 10.
	for range 40 {
		if mid := (low + high) / 2; below(mid) < .95 {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// King County's sales, counted again with fractions.
func TestBenchmarksOfKingCountyAreWhatARecountSays(t *testing.T) {
	w := newWorld(t)
	f, err := os.Open("testdata/king-county/sales.csv.gz")
	w.must(err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	w.must(err)
	rows, err := csv.NewReader(z).ReadAll()
	w.must(err)
	until, err := time.Parse("20060102", "20150528")
	w.must(err)
	until = until.Add(12 * time.Hour)
	type segment struct{ span, area string }
	recount := map[segment][]*big.Rat{}
	var all []*catalog.Listing
	for _, r := range rows[1:] {
		sold, err := time.Parse("20060102", r[1])
		w.must(err)
		l, err := w.catalog.ReadListing(w.first(), r[0], fmt.Appendf(nil, `{"price":%s,"sqft":%s,"city":%q,"property_type":"house","status":"sold","closed_at":%q}`,
			r[2], r[3], r[4], sold.Format(time.DateOnly)))
		w.must(err)
		all = append(all, l)
		if sold.Before(until.AddDate(-1, 0, 0)) || sold.After(until) {
			continue
		}
		dollars, err := strconv.Atoi(r[2])
		w.must(err)
		feet, err := strconv.Atoi(r[3])
		w.must(err)
		span := "1000000+"
		switch {
		case dollars < 250_000:
			span = "0-250000"
		case dollars < 500_000:
			span = "250000-500000"
		case dollars < 1_000_000:
			span = "500000-1000000"
		}
		for _, area := range []string{r[4], National} {
			s := segment{span, area}
			recount[s] = append(recount[s], big.NewRat(int64(dollars), int64(feet)))
		}
	}
	w.catalog.Attach(w.journal)
	_, err = w.catalog.PutListings(t.Context(), w.first(), "", until, all...)
	w.must(err)
	got, _, err := w.market.Benchmarks(nil, BenchmarkQuery{Organization: catalog.Default, Now: until})
	w.must(err)
	want := 0
	for _, values := range recount {
		if len(values) >= 5 {
			want++
		}
	}
	if len(got) != want || want < 60 {
		t.Fatalf("%d benchmarks, the recount has %d", len(got), want)
	}
	for _, b := range got {
		values := recount[segment{b.Range, b.Area}]
		n := big.NewRat(int64(len(values)), 1)
		sum, squares := new(big.Rat), new(big.Rat)
		for _, v := range values {
			sum.Add(sum, v)
			squares.Add(squares, new(big.Rat).Mul(v, v))
		}
		m := new(big.Rat).Quo(sum, n)
		variance := squares.Sub(squares, new(big.Rat).Mul(sum, m))
		v, _ := variance.Float64()
		half := quantile(float64(len(values)-1)) * math.Sqrt(v/float64(len(values)-1)/float64(len(values)))
		mf, _ := m.Float64()
		near := func(a, b float64) bool { return math.Abs(a-b) <= .0051 }
		if b.Metric != PricePerSqft || b.Samples != len(values) || b.Type != "house" || !near(b.Value, mf) || !near(b.Interval.Low, max(0, mf-half)) || !near(b.Interval.High, mf+half) {
			t.Errorf("%+v, the recount says %g ± %g of %d", b, mf, half, len(values))
		}
	}
}
