package scorer

import (
	"math"
	"testing"
)

// spread returns n different points, 1 to n.
func spread(n int) (points []int) {
	for i := range n {
		points = append(points, i+1)
	}
	return points
}

func repeat(points, n int) (out []int) {
	for range n {
		out = append(out, points)
	}
	return out
}

func TestColdStartRanksAmongPastLeads(t *testing.T) {
	for _, tt := range []struct {
		name     string
		points   int
		last     []int
		intent   string
		rank     float64
		score    int
		exact    float64
		priority string
	}{
		{"few, high intent", 999, spread(19), IntentHigh, 0.9, 80, 80, PriorityHigh},
		{"none, medium intent", 0, nil, IntentMedium, 0.7, 58, 58, PriorityMedium},
		{"none, low intent", 0, nil, IntentLow, 0.3, 25, 25, PriorityLow},
		{"below all", 0, spread(20), IntentHigh, 0, 0, 0, PriorityLow},
		{"above all", 21, spread(20), IntentLow, 1, 100, 100, PriorityHigh},
		{"all equal", 60, repeat(60, 20), IntentHigh, 0.5, 41, 125.0 / 3, PriorityLow},
		{"12 of 20 below, the knee", 13, append(spread(12), repeat(99, 8)...), "", 0.6, 50, 50, PriorityMedium},
		{"17 of 20 below, the knee", 18, append(spread(17), repeat(99, 3)...), "", 0.85, 70, 70, PriorityHigh},
		{"half a rank under the knee", 12, append(spread(12), repeat(99, 8)...), "", 11.5 / 20, 47, 47 + 11.0/12, PriorityLow},
		{"14 of 20 below", 15, append(spread(14), repeat(99, 6)...), "", 0.7, 58, 58, PriorityMedium},
		{"19 of 20 below", 20, append(spread(19), 99), "", 0.95, 90, 90, PriorityHigh},
		{"50 below, 100 equal of 200", 7, append(repeat(6, 50), append(repeat(7, 100), repeat(8, 50)...)...), "", 0.5, 41, 125.0 / 3, PriorityLow},
	} {
		p := ColdStart(tt.points, tt.last, tt.intent, 0, 0, DefaultThresholds)
		if p.Rank != tt.rank || p.LeadScore != tt.score || math.Abs(p.LeadScoreExact-tt.exact) > 1e-9 || p.Priority != tt.priority {
			t.Errorf("%s: %+v", tt.name, p)
		}
	}
}

func TestColdStartProbabilityIsThePriorUpdated(t *testing.T) {
	for _, tt := range []struct {
		wins, resolved int
		want           float64
	}{
		{0, 0, 0.015},    // 0.75 / 50
		{0, 50, 0.0075},  // 0.75 / 100
		{2, 50, 0.0275},  // 2.75 / 100
		{50, 50, 0.5075}, // 50.75 / 100
		{3, 200, 3.75 / 250},
	} {
		if p := ColdStart(0, nil, "", tt.wins, tt.resolved, DefaultThresholds); p.Probability != tt.want {
			t.Errorf("%d of %d: %v, want %v", tt.wins, tt.resolved, p.Probability, tt.want)
		}
	}
}

func TestThresholdsGivePriorityAndAction(t *testing.T) {
	for _, tt := range []struct {
		t        Thresholds
		score    int
		priority string
		action   string
	}{
		{DefaultThresholds, 70, "high", "Call within 1 hour - high conversion probability"},
		{DefaultThresholds, 69, "medium", "Follow up within 24 hours via email/text"},
		{DefaultThresholds, 50, "medium", "Follow up within 24 hours via email/text"},
		{DefaultThresholds, 49, "low", "Add to nurture campaign"},
		{Thresholds{High: 90, Medium: 20}, 70, "medium", "Follow up within 24 hours via email/text"},
	} {
		priority, action := tt.t.Priority(tt.score)
		if priority != tt.priority || action != tt.action {
			t.Errorf("%v, %d: %s, %s", tt.t, tt.score, priority, action)
		}
	}
}

func TestLeadScoreNeverFallsAsRankGrows(t *testing.T) {
	const n = 200
	before := -1.0
	for halves := range 2*n + 1 {
		s := fraction{halves, 2 * n}.score()
		v := float64(s.num) / float64(s.den)
		if v < before || v < 0 || v > 100 {
			t.Fatalf("rank %d/%d: %v after %v", halves, 2*n, v, before)
		}
		before = v
	}
}
