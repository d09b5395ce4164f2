package scorer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// reasonOf says under which feature the share of each feature is told: what an agent would take for one thing is one
// reason. The behavioral score is not in it, it is split.
var reasonOf = [NumFeatures]Feature{
	BehavioralScoreFeature: BehavioralScoreFeature, VisitedCount: VisitedCount, TotalEngagementTime: TotalEngagementTime,
	PropertiesViewedCount: PropertiesViewedCount, DeepEngagementCount: DeepEngagementCount, FormCompletionRate: FormCompletionRate,
	HourOfDay: HourOfDay, DayOfWeek: HourOfDay, IsMobile: IsMobile, IsReturningVisitor: VisitedCount,
	AvgTimePerProperty: AvgTimePerProperty, ScrollDepthAvg: ScrollDepthAvg, ReferrerIsSocial: ReferrerIsSocial,
	PriceRangeMatchScore: PriceRangeMatchScore,
}

// LeadReasons returns why a model of LeadFrame's table gives a lead its log-odds, the largest share first, and the
// log-odds that all leads start from: bias + Σ LogOdds is the lead's log-odds but for rounding. What the behavioral score
// says is told as what its rules say, in proportion to their points; only what no known rule explains stays its own.
func (s *Scorer) LeadReasons(f *Features) (reasons []Reason, bias float64) {
	var phi, grouped [NumFeatures]float64
	row := f.Cells(make([]Cell, 0, NumFeatures))
	bias = s.Reasons(row, phi[:])
	for j, share := range f.split(phi[BehavioralScoreFeature]) {
		phi[j] += share
	}
	at, base := bias, 0.0
	for j := range phi {
		grouped[reasonOf[j]] += phi[j]
		at += phi[j]
	}
	base = s.m.LeadScore(bias)
	scale := base * (100 - base) / 100 // the slope of the score there, where there is nothing to divide by
	if d := at - bias; math.Abs(d) > 1e-9 {
		scale = (s.m.LeadScore(at) - base) / d
	}
	reasons = []Reason{}
	for j, share := range grouped {
		if share == 0 {
			continue
		}
		r := Reason{Feature: FeatureNames[j], Value: f[j], Points: int(math.Round(share * scale))}
		r.Typical, r.LogOdds = s.m.typical(Feature(j)), number64(share)
		r.Text = leadText(Feature(j), f, r.Typical)
		reasons = append(reasons, r)
	}
	slices.SortStableFunc(reasons, func(a, b Reason) int { return cmp.Compare(math.Abs(*b.LogOdds), math.Abs(*a.LogOdds)) })
	return reasons, bias
}

// split returns what to add to each feature's share so that the share of the behavioral score is told by its rules.
func (f *Features) split(share float64) (add [NumFeatures]float64) {
	points, uncapped := BehavioralPoints(f.Behavior())
	total := max(float64(uncapped), f[BehavioralScoreFeature]) - baseScore // NaN if the score is not known
	if !(total > 0) {
		return add
	}
	for _, p := range points {
		part := share * float64(p.Points) / total
		add[ruleFeature(p.Feature)] += part
		add[BehavioralScoreFeature] -= part
	}
	return add
}

func ruleFeature(name string) Feature {
	if at := slices.Index(FeatureNames[:], name); at >= 0 {
		return Feature(at)
	}
	return FormCompletionRate // its rule counts fields
}

// typical returns the median of a feature in training, nil if there was none.
func (m *Model) typical(j Feature) *float64 {
	c := &m.Columns[j]
	switch {
	case c.Kind != Number:
		return nil
	case c.Log:
		return number64(math.Round(math.Expm1(c.Median)*1e6) / 1e6)
	}
	return number64(c.Median)
}

// leadText says what a feature is and what it usually is, in an agent's words. It never says why.
func leadText(j Feature, f *Features, typical *float64) string {
	v := f[j]
	if math.IsNaN(v) {
		return leadNames[j] + " not known"
	}
	usual := ""
	if typical != nil {
		usual = fmt.Sprintf(" (usual: %s)", leadValue(j, *typical))
	}
	n := int64(math.Round(v))
	switch j {
	case VisitedCount:
		return counted(n, "visit", "visits") + usual
	case TotalEngagementTime:
		return leadValue(j, v) + " on the site" + usual
	case PropertiesViewedCount:
		return "Viewed " + counted(n, "listing", "listings") + usual
	case DeepEngagementCount:
		return counted(n, "listing", "listings") + " looked at closely" + usual
	case FormCompletionRate:
		return fmt.Sprintf("%d of %d form fields filled%s", int(math.Round(v*formFields)), formFields, usual)
	case HourOfDay:
		when := fmt.Sprintf("Sent at %d o'clock", n)
		if day := f[DayOfWeek]; day >= 0 && day <= 6 {
			when += " on a " + weekdays[int(day)]
		}
		return when
	case IsMobile:
		return choice(v, "On a phone", "Not on a phone")
	case ReferrerIsSocial:
		return choice(v, "Came from social media", "Did not come from social media")
	}
	return leadNames[j] + " " + leadValue(j, v) + usual
}

var weekdays = [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// leadNames begin a sentence.
var leadNames = [NumFeatures]string{
	"Behavioral score", "Visits", "Time on the site", "Listings viewed", "Listings looked at closely", "Form fields filled",
	"Hour", "Day", "Device", "Returning", "Time per listing", "Scroll depth", "Where they came from", "Match with the price range",
}

func choice(v float64, yes, no string) string {
	if v >= 0.5 {
		return yes
	}
	return no
}

// leadValue writes a value with its unit, to no more digits than somebody reads.
func leadValue(j Feature, v float64) string {
	switch j {
	case TotalEngagementTime, AvgTimePerProperty:
		if v < 90 {
			return fmt.Sprintf("%.0f s", v)
		}
		return fmt.Sprintf("%.0f min", v/60)
	case ScrollDepthAvg, PriceRangeMatchScore:
		return fmt.Sprintf("%.0f %%", v)
	case FormCompletionRate:
		return fmt.Sprint(int(math.Round(v * formFields)))
	}
	return fmt.Sprintf("%.0f", v)
}
