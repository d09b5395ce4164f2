package scorer

import (
	"encoding/json"
	"fmt"
	"math"
)

// wireReason is a Reason in JSON: the value of an unknown feature is null, NaN in the program.
type wireReason struct {
	Feature string   `json:"feature"`
	Value   *float64 `json:"value"`
	Typical *float64 `json:"typical"`
	LogOdds *float64 `json:"log_odds"`
	Points  int      `json:"points"`
	Text    string   `json:"text"`
}

// MarshalJSON writes null for a value that is not known.
func (r Reason) MarshalJSON() ([]byte, error) {
	return json.Marshal(wireReason{r.Feature, number64(r.Value), r.Typical, r.LogOdds, r.Points, r.Text})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Reason) UnmarshalJSON(b []byte) error {
	var w wireReason
	if err := json.Unmarshal(b, &w); err != nil {
		return fmt.Errorf("decode a reason: %w", err)
	}
	*r = Reason{w.Feature, math.NaN(), w.Typical, w.LogOdds, w.Points, w.Text}
	if w.Value != nil {
		r.Value = *w.Value
	}
	return nil
}
