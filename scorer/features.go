package scorer

import (
	"encoding/json"
	"fmt"
	"math"
)

// Feature is the place of a feature in Features. Order and names are part of the format.
type Feature int

// The features of a lead, in the order in which models see them.
const (
	BehavioralScoreFeature Feature = iota // behavioral_score, 50 to 100
	VisitedCount                          // of the visitor
	TotalEngagementTime                   // s
	PropertiesViewedCount                 // distinct listings
	DeepEngagementCount                   // of them with deep engagement
	FormCompletionRate                    // filled of six fields, 0 to 1
	HourOfDay                             // local, 0 to 23
	DayOfWeek                             // local, Monday 0
	IsMobile                              // 0 or 1
	IsReturningVisitor                    // 0 or 1
	AvgTimePerProperty                    // s
	ScrollDepthAvg                        // mean over views of the deepest, %
	ReferrerIsSocial                      // 0 or 1
	PriceRangeMatchScore                  // 0 to 100
	NumFeatures
)

// FeatureSchema is the version of the list of features.
const FeatureSchema = 1

// FeatureNames are the JSON names of the features.
var FeatureNames = [NumFeatures]string{
	"behavioral_score", "visited_count", "total_engagement_time", "properties_viewed_count",
	"deep_engagement_properties_count", "form_completion_rate", "hour_of_day", "day_of_week", "is_mobile",
	"is_returning_visitor", "avg_time_per_property", "scroll_depth_avg", "referrer_is_social",
	"price_range_match_score",
}

// Features are what is known of a lead when it is scored. NaN is unknown, null in JSON.
type Features [NumFeatures]float64

// UnknownFeatures returns features of which none is known.
func UnknownFeatures() (f Features) {
	for i := range f {
		f[i] = math.NaN()
	}
	return f
}

// Missing returns the names of the unknown features, in order; never nil.
func (f *Features) Missing() []string {
	names := []string{}
	for i, v := range f {
		if math.IsNaN(v) {
			names = append(names, FeatureNames[i])
		}
	}
	return names
}

// MarshalJSON writes an object with every feature in order.
func (f Features) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, v := range f {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), FeatureNames[i]...), '"', ':')
		if math.IsNaN(v) {
			b = append(b, "null"...)
			continue
		}
		n, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("encode feature %s: %w", FeatureNames[i], err)
		}
		b = append(b, n...)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads an object; features that are absent or null are unknown, other names are ignored.
func (f *Features) UnmarshalJSON(b []byte) error {
	var values map[string]*float64
	if err := json.Unmarshal(b, &values); err != nil {
		return fmt.Errorf("decode features: %w", err)
	}
	*f = UnknownFeatures()
	for i, name := range FeatureNames {
		if v := values[name]; v != nil {
			f[i] = *v
		}
	}
	return nil
}

// Completeness returns how much is known of a lead, 0.5 to 1: 0.1 for each of a second visit, over a minute on the site,
// over two listings, a deep listing, and over half of the form. Old clients know it as confidence. What is unknown adds
// nothing.
func Completeness(f *Features) float64 {
	tenths := 5
	for _, known := range []bool{
		f[VisitedCount] > 1, f[TotalEngagementTime] > 60, f[PropertiesViewedCount] > 2,
		f[DeepEngagementCount] > 0, f[FormCompletionRate] > 0.5,
	} {
		if known {
			tenths++
		}
	}
	return float64(tenths) / 10
}
