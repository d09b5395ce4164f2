package scorer

// The prior of the share of leads that close, worth 50 leads with a mean of 1.5 %.
const (
	priorWins   = 0.75
	priorLosses = 49.25
)

// MinRanked is how many past leads a rank needs; with fewer it is taken from intent. PastLeads is how many are looked at.
const (
	MinRanked = 20
	PastLeads = 200
)

// RulesVersion is the model version of scores that rules gave.
const RulesVersion = "rules-1"

// Priorities, from most to least urgent.
const (
	PriorityHigh   = "high"
	PriorityMedium = "medium"
	PriorityLow    = "low"
)

// Thresholds are the lead scores from which a lead has high and medium priority.
type Thresholds struct{ High, Medium int }

// DefaultThresholds are those of an organization that set none.
var DefaultThresholds = Thresholds{High: 70, Medium: 50}

// Priority returns the priority of a lead score and what to do.
func (t Thresholds) Priority(leadScore int) (priority, action string) {
	switch {
	case leadScore >= t.High:
		return PriorityHigh, "Call within 1 hour - high conversion probability"
	case leadScore >= t.Medium:
		return PriorityMedium, "Follow up within 24 hours via email/text"
	}
	return PriorityLow, "Add to nurture campaign"
}

// Prediction is the score of a lead while rules give it.
type Prediction struct {
	Probability    float64 // that it closes: the organization's rate, the same for all of its leads; assumed, not measured
	Rank           float64 // among the organization's past leads, 0 to 1
	LeadScore      int     // LeadScoreExact without its fraction
	LeadScoreExact float64 // 0 to 100; lists sort by it
	Priority       string
	Action         string
}

// ColdStart scores a lead without a model: by the mid-rank of its uncapped rule points among those of the organization's
// last leads, or by the session's intent while they are too few. wins are those of its resolved leads that closed.
func ColdStart(points int, last []int, intent string, wins, resolved int, t Thresholds) Prediction {
	r := rankOf(points, last, intent)
	p := Prediction{
		Probability: (priorWins + float64(wins)) / (priorWins + priorLosses + float64(resolved)),
		Rank:        float64(r.num) / float64(r.den),
	}
	score := r.score()
	p.LeadScore, p.LeadScoreExact = score.num/score.den, float64(score.num)/float64(score.den)
	p.Priority, p.Action = t.Priority(p.LeadScore)
	return p
}

// fraction is exact, so that no rounding pushes a score below the threshold that it stands on.
type fraction struct{ num, den int }

func rankOf(points int, last []int, intent string) fraction {
	if len(last) < MinRanked {
		switch intent {
		case IntentHigh:
			return fraction{9, 10}
		case IntentMedium:
			return fraction{7, 10}
		}
		return fraction{3, 10}
	}
	halves := 0 // of leads below, a lead with equal points counting half
	for _, p := range last {
		switch {
		case p < points:
			halves += 2
		case p == points:
			halves++
		}
	}
	return fraction{halves, 2 * len(last)}
}

// score maps a rank to a lead score, linear between 0→0, .60→50, .85→70 and 1→100.
func (r fraction) score() fraction {
	switch {
	case 5*r.num <= 3*r.den:
		return fraction{250 * r.num, 3 * r.den}
	case 20*r.num <= 17*r.den:
		return fraction{80*r.num + 2*r.den, r.den}
	}
	return fraction{200*r.num - 100*r.den, r.den}
}
