// Package scorer is numbers in, numbers out: the behavioral score, conversion intent, the score of a lead while no model
// is trained; and models: a table becomes numbers (Guess, Encoder), learners are fitted to them (Train), calibrated, judged
// and kept as a file (Model), which gives probabilities and exact reasons. The same data, seed and folds give the same
// bytes on any number of processors.
//
// Its functions are pure and do no I/O; the same numbers give the same scores everywhere. It knows no sessions, leads
// or models' whereabouts.
package scorer

// Behavior is what the behavioral score and conversion intent are made of.
type Behavior struct {
	VisitCount    int
	TotalDuration int64 // ms
	Viewed        int   // distinct listings
	Deep          int   // of them with deep engagement
	FilledFields  int   // of the lead form, 0 without one
	FormStarted   bool
	FormCompleted bool
}

// Point is what one rule adds to the behavioral score.
type Point struct {
	Feature string  // the snake_case name of what was looked at
	Value   float64 // what it was, in the feature's unit (seconds for durations)
	Points  int
}

const (
	baseScore = 50
	maxScore  = 100
)

// BehavioralPoints returns the rules that apply, in the order of the product document, and their uncapped sum with the
// base of 50. The sum of the points is the score − 50 unless it is capped.
func BehavioralPoints(b Behavior) (points []Point, uncapped int) {
	uncapped = baseScore
	rule := func(feature string, value float64, add int) {
		if add > 0 {
			points = append(points, Point{feature, value, add})
			uncapped += add
		}
	}
	when := func(cond bool, add int) int {
		if cond {
			return add
		}
		return 0
	}
	seconds := float64(b.TotalDuration) / 1000
	rule("visited_count", float64(b.VisitCount), when(b.VisitCount > 1, 15)+when(b.VisitCount > 3, 10))
	rule("total_engagement_time", seconds, when(b.TotalDuration > 120_000, 10)+when(b.TotalDuration > 300_000, 15))
	rule("properties_viewed_count", float64(b.Viewed), when(b.Viewed >= 2, 10)+when(b.Viewed >= 4, 10))
	rule("deep_engagement_properties_count", float64(b.Deep), 5*b.Deep)
	rule("form_fields", float64(b.FilledFields), min(2*b.FilledFields, 20))
	return points, uncapped
}

// BehavioralScore returns the score, 50 to 100.
func BehavioralScore(b Behavior) int {
	_, uncapped := BehavioralPoints(b)
	return min(uncapped, maxScore)
}

// Intents, from weakest to strongest.
const (
	IntentLow    = "low"
	IntentMedium = "medium"
	IntentHigh   = "high"
)

// ConversionIntent returns how much a session looks like one that converts.
func ConversionIntent(b Behavior) string {
	points := 0
	for _, rule := range []struct {
		holds  bool
		points int
	}{
		{b.Deep >= 2, 30},
		{b.TotalDuration > 120_000, 20},
		{b.FormStarted, 40},
		{b.FormCompleted, 50},
		{b.Viewed >= 3, 20},
	} {
		if rule.holds {
			points += rule.points
		}
	}
	switch {
	case points >= 70:
		return IntentHigh
	case points >= 40:
		return IntentMedium
	}
	return IntentLow
}
