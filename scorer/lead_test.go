package scorer

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// leadModel is trained on generated leads of whom those that looked at much closed.
func leadModel(t testing.TB) *Model {
	rng := rand.New(rand.NewPCG(1, 2))
	d := Data{Seed: 1}
	var rows []Features
	for range 400 {
		f := UnknownFeatures()
		views := float64(rng.IntN(9))
		for j := range f {
			high, _ := Feature(j).Range()
			f[j] = math.Floor(rng.Float64() * min(high, 300))
		}
		f[PropertiesViewedCount], f[VisitedCount], f[DeepEngagementCount] = views, 1+float64(rng.IntN(4)), math.Floor(views/3)
		f[FormCompletionRate] = float64(rng.IntN(7)) / 6
		b := f.Behavior()
		f[BehavioralScoreFeature] = float64(BehavioralScore(b))
		if rng.IntN(4) == 0 {
			f[ScrollDepthAvg] = math.NaN()
		}
		y := 0.0
		if rng.Float64() < sigmoid(views-7) {
			y = 1
		}
		rows, d.Y, d.W = append(rows, f), append(d.Y, y), append(d.W, 1)
	}
	d.Frame = LeadFrame(rows)
	m, err := Train(t.Context(), d, TrainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func drawFeatures(t *rapid.T) Features {
	f := UnknownFeatures()
	for j := range f {
		if rapid.IntRange(0, 4).Draw(t, "known") > 0 {
			high, whole := Feature(j).Range()
			f[j] = rapid.Float64Range(0, min(high, 2000)).Draw(t, FeatureNames[j])
			if whole {
				f[j] = math.Floor(f[j])
			}
		}
	}
	return f
}

func TestReasonsOfLeadsAddUpAndNeverSayBecause(t *testing.T) {
	m := leadModel(t)
	s := m.NewScorer()
	rapid.Check(t, func(t *rapid.T) {
		f := drawFeatures(t)
		reasons, bias := s.LeadReasons(&f)
		want := s.LogOdds(f.Cells(nil))
		sum, points := bias, 0
		for i, r := range reasons {
			sum += *r.LogOdds
			points += r.Points
			if r.Text == "" || strings.Contains(strings.ToLower(r.Text), "because") {
				t.Errorf("%+v", r)
			}
			if i > 0 && math.Abs(*r.LogOdds) > math.Abs(*reasons[i-1].LogOdds) {
				t.Errorf("%v comes after a smaller one", r)
			}
			if math.IsNaN(r.Value) != strings.HasSuffix(r.Text, "not known") {
				t.Errorf("%+v", r)
			}
		}
		if math.Abs(sum-want) > 1e-9 {
			t.Errorf("bias and shares are %v, the log-odds %v", sum, want)
		}
		if gained := m.LeadScore(want) - m.LeadScore(bias); math.Abs(float64(points)-gained) > float64(len(reasons))/2+1e-9 {
			t.Errorf("%d points for a gain of %v", points, gained)
		}
		b, err := json.Marshal(reasons)
		var back []Reason
		if err == nil {
			err = json.Unmarshal(b, &back)
		}
		if again, _ := json.Marshal(back); err != nil || string(again) != string(b) {
			t.Errorf("%s, %s: %v", b, again, err)
		}
	})
}

// The rules of a lead with two visits (15), four listings (20) and one deep one (5) explain 40 of the 40 points above 50, so
// that nothing is left of a share of −1: 15/40, 20/40 and 5/40 of it. With a score of 90, as if three form fields more were
// filled than is known, 10 of 50 points are nobody's.
func TestTheShareOfTheScoreIsToldByItsRules(t *testing.T) {
	f := UnknownFeatures()
	f[VisitedCount], f[PropertiesViewedCount], f[DeepEngagementCount], f[BehavioralScoreFeature] = 2, 4, 1, 90
	add := f.split(-1)
	if add[VisitedCount] != -0.375 || add[PropertiesViewedCount] != -0.5 || add[DeepEngagementCount] != -0.125 || add[BehavioralScoreFeature] != 1 {
		t.Errorf("%v", add)
	}
	f[BehavioralScoreFeature] = 100
	if add := f.split(1); math.Abs(add[VisitedCount]-0.3) > 1e-12 || math.Abs(add[BehavioralScoreFeature]+0.8) > 1e-12 {
		t.Errorf("%v", add)
	}
	f = UnknownFeatures()
	if add := f.split(1); add != [NumFeatures]float64{} {
		t.Errorf("%v", add)
	}
}

func TestWordsOfReasonsCountAndCompare(t *testing.T) {
	f := UnknownFeatures()
	f[PropertiesViewedCount], f[TotalEngagementTime], f[HourOfDay], f[DayOfWeek], f[FormCompletionRate], f[VisitedCount] = 6, 400, 14, 2, 0.5, 1
	two, minute := 2.0, 60.0
	for want, got := range map[string]string{
		"Viewed 6 listings (usual: 2)":         leadText(PropertiesViewedCount, &f, &two),
		"7 min on the site (usual: 60 s)":      leadText(TotalEngagementTime, &f, &minute),
		"Sent at 14 o'clock on a Wednesday":    leadText(HourOfDay, &f, &two),
		"3 of 6 form fields filled":            leadText(FormCompletionRate, &f, nil),
		"1 visit (usual: 2)":                   leadText(VisitedCount, &f, &two),
		"Scroll depth not known":               leadText(ScrollDepthAvg, &f, &two),
		"Match with the price range not known": leadText(PriceRangeMatchScore, &f, nil),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestPointsOfRulesFollowFromTheScoreUnlessItIsCapped(t *testing.T) {
	f := UnknownFeatures()
	if got := f.RulePoints(); got != 50 {
		t.Errorf("nothing known: %d", got)
	}
	f[BehavioralScoreFeature] = 77
	if got := f.RulePoints(); got != 77 {
		t.Errorf("%d", got)
	}
	f[BehavioralScoreFeature], f[DeepEngagementCount], f[FormCompletionRate] = 100, 20, 1
	if got := f.RulePoints(); got != 162 { // 50, 100 for deep listings, 12 for six fields
		t.Errorf("%d", got)
	}
}

// Values from tables: Garwood's bounds of a Poisson count of 10 are 4.7954 and 18.3904; Wilson's of 8 in 10 .4902 and .9433.
func TestBoundsOfCountsAndShares(t *testing.T) {
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 5e-5 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	ratio, low, high := ObservedOverExpected(10, 5)
	near("ratio", ratio, 2)
	near("low", low, 4.79539/5)
	near("high", high, 18.39036/5)
	_, low, high = ObservedOverExpected(0, 1)
	near("low of none", low, 0)
	near("high of none", high, 3.68888)
	if ratio, _, _ := ObservedOverExpected(1, 0); !math.IsNaN(ratio) {
		t.Errorf("none expected: %v", ratio)
	}
	low, high = Wilson(8, 10)
	near("Wilson's low", low, 0.49016)
	near("Wilson's high", high, 0.94331)
	p, i := AssumedRate(0, 0)
	near("the assumed rate", p, 0.015)
	if !(i.Low < p && p < i.High) {
		t.Errorf("%v", i)
	}
	p, _ = AssumedRate(5, 50) // (.75 + 5) / (50 + 50)
	near("the assumed rate after 50 leads", p, 0.0575)
}

func TestStabilityByHand(t *testing.T) {
	// 50 and 50 of 100, then 80 and 20: .3 ln 1.6 − .3 ln .4 = .4159. Chance: (1/100 + 1/100) · 10.8276 = .2166.
	s := StabilityOf([]int{50, 50}, []int{80, 20})
	if math.Abs(s.PSI-0.41589) > 1e-5 || math.Abs(s.Limit-0.21655) > 1e-5 || !s.Alarm || s.Bins != 2 {
		t.Errorf("%+v", s)
	}
	if s := StabilityOf([]int{50, 50}, []int{8, 2}); s.Alarm { // the same shares of ten: chance gives up to 1.19
		t.Errorf("%+v", s)
	}
	if s := StabilityOf([]int{500, 500}, []int{520, 480}); s.Alarm || s.PSI > 0.01 {
		t.Errorf("%+v", s)
	}
	if s := StabilityOf([]int{7, 0}, []int{3, 0}); s.Alarm || s.Bins != 1 {
		t.Errorf("%+v", s)
	}
}
