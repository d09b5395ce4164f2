package learn

import (
	"testing"

	"footfall/scorer"
)

func TestWhatIsMissingGrowsWithWhatTheGateMisses(t *testing.T) {
	for _, tt := range []struct {
		gate scorer.Gate
		want string
	}{
		{scorer.Gate{Difference: -1, SE: 1.1, Agreement: 3}, "3 more closed leads"},   // 10 · (1.1² − 1)
		{scorer.Gate{Difference: -1, SE: 0.5, Agreement: 1.4}, "6 more closed leads"}, // 10 · (1.25² − 1)
		{scorer.Gate{Difference: -1, SE: 9, Agreement: 1.4}, "10 more closed leads"},  // as many again at most
		{scorer.Gate{Difference: 0.1, SE: 0.5, Agreement: 2}, "10 more closed leads"}, // no gain to go by
		{scorer.Gate{Difference: -1, SE: 0.5, Agreement: -1}, "10 more closed leads"}, // no agreement to go by
		{scorer.Gate{Difference: -1, SE: 1.001, Agreement: 3}, "1 more closed lead"},  // never none
		{scorer.Gate{Difference: -1, SE: 0.5, Agreement: 1.74}, "1 more closed lead"}, // never none
		{scorer.Gate{Difference: -1, SE: 0.5, Agreement: 1.8, Passed: true}, ""},      // nothing
	} {
		if s := sufficiencyOf(100, 10, &tt.gate); s.Needs != tt.want {
			t.Errorf("%+v: %q, not %q", tt.gate, s.Needs, tt.want)
		}
	}
}
