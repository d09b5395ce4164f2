package leads

import (
	"context"

	"footfall/fault"
	"footfall/journal"
)

// Feedback is what somebody thinks of a lead's score, as its readers see it. It never trains a model.
type Feedback struct {
	ID       string `json:"id"`
	Accurate bool   `json:"was_accurate"`
	Text     Text   `json:"feedback"`
	Priority string `json:"ml_priority"` // what was shown
	Recorded Time   `json:"recorded_at"`
	By       Text   `json:"by"`
}

// AddFeedback adds to a lead's history whether its score was found right.
func (l *Leads) AddFeedback(ctx context.Context, q Request, accurate *bool, text string) (answer []byte, replayed bool, err error) {
	if accurate == nil {
		return nil, false, fault.Field(fault.MissingField, "was_accurate", "was_accurate is required, true or false.")
	}
	if err := checkNote("feedback", text); err != nil {
		return nil, false, err
	}
	return l.add(ctx, &q, func(r *row, a *addition) error {
		a.kind, a.entry.Accurate, a.note = journal.KindFeedback, accurate, text
		a.entry.Band = priorityNames[r.Priority]
		a.answer = func(r *row) any {
			return struct {
				Feedback
				Lead string `json:"lead_id"`
			}{newFeedback(&a.entry, r, text), q.Lead}
		}
		return nil
	})
}

func newFeedback(e *entry, r *row, text string) Feedback {
	band := e.Band
	if band == "" { // before leads were scored again
		band = priorityNames[r.Priority]
	}
	return Feedback{
		ID: numberText(e.Number), Accurate: *e.Accurate, Text: Text(text), Priority: band,
		Recorded: Time(e.At), By: Text(e.By),
	}
}
