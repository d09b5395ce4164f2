package scorer

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
)

func TestFeaturesKeepOrderAndUnknownInJSON(t *testing.T) {
	f := UnknownFeatures()
	f[BehavioralScoreFeature], f[TotalEngagementTime], f[IsMobile] = 75, 12.5, 0
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"behavioral_score":75,"visited_count":null,"total_engagement_time":12.5,"properties_viewed_count":null,` +
		`"deep_engagement_properties_count":null,"form_completion_rate":null,"hour_of_day":null,"day_of_week":null,` +
		`"is_mobile":0,"is_returning_visitor":null,"avg_time_per_property":null,"scroll_depth_avg":null,` +
		`"referrer_is_social":null,"price_range_match_score":null}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	var back Features
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	for i := range f {
		if f[i] != back[i] && !(math.IsNaN(f[i]) && math.IsNaN(back[i])) {
			t.Errorf("%s: %v became %v", FeatureNames[i], f[i], back[i])
		}
	}
}

func TestFeaturesThatNoJSONCanHoldAreRefused(t *testing.T) {
	f := UnknownFeatures()
	f[HourOfDay] = math.Inf(1)
	if b, err := json.Marshal(f); err == nil {
		t.Errorf("an infinite hour became %s", b)
	}
	if err := json.Unmarshal([]byte(`{"hour_of_day":"noon"}`), &f); err == nil {
		t.Error("a word became a number")
	}
}

func TestMissingNamesWhatIsUnknown(t *testing.T) {
	f := Features{}
	if m := f.Missing(); m == nil || len(m) != 0 {
		t.Errorf("all known: %#v", m)
	}
	f[ScrollDepthAvg], f[VisitedCount] = math.NaN(), math.NaN()
	if m := f.Missing(); !slices.Equal(m, []string{"visited_count", "scroll_depth_avg"}) {
		t.Errorf("missing %v", m)
	}
}

func TestCompletenessAddsATenthForEachThingKnown(t *testing.T) {
	all := Features{VisitedCount: 2, TotalEngagementTime: 61, PropertiesViewedCount: 3, DeepEngagementCount: 1, FormCompletionRate: 4.0 / 6}
	edge := Features{VisitedCount: 1, TotalEngagementTime: 60, PropertiesViewedCount: 2, DeepEngagementCount: 0, FormCompletionRate: 0.5}
	some := all
	some[VisitedCount], some[DeepEngagementCount] = 1, 0
	for _, tt := range []struct {
		name string
		f    Features
		want float64
	}{{"all", all, 1}, {"at the edges", edge, 0.5}, {"three", some, 0.8}, {"unknown", UnknownFeatures(), 0.5}} {
		if got := Completeness(&tt.f); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestRuleReasonsSpeakInCounts(t *testing.T) {
	points, uncapped := BehavioralPoints(Behavior{VisitCount: 4, TotalDuration: 449_999, Viewed: 6, Deep: 2, FilledFields: 5})
	if uncapped != 50+25+25+20+10+10 {
		t.Errorf("uncapped %d", uncapped)
	}
	var texts []string
	sum := 0
	for _, r := range RuleReasons(points) {
		texts = append(texts, r.Text)
		sum += r.Points
		if r.Typical != nil || r.LogOdds != nil {
			t.Errorf("%+v claims what no model said", r)
		}
	}
	want := []string{"4 visits", "7 minutes on the site", "Viewed 6 listings", "2 listings looked at closely", "5 form fields filled"}
	if !slices.Equal(texts, want) || sum != uncapped-50 {
		t.Errorf("%q with %d points", texts, sum)
	}
	one := RuleReasons([]Point{{"deep_engagement_properties_count", 1, 5}, {"form_fields", 1, 2}, {"new_rule", 2.5, 1}})
	if one[0].Text != "1 listing looked at closely" || one[1].Text != "1 form field filled" || one[2].Text != "new_rule: 2.5" {
		t.Errorf("%+v", one)
	}
	if r := RuleReasons(nil); r == nil {
		t.Error("no reasons must be an empty list")
	}
}
