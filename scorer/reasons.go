package scorer

import "fmt"

// Reason is why a lead has its score, in words with counts. Typical and LogOdds are known only where a model gave it.
type Reason struct {
	Feature string   `json:"feature"`
	Value   float64  `json:"value"`
	Typical *float64 `json:"typical"`
	LogOdds *float64 `json:"log_odds"`
	Points  int      `json:"points"`
	Text    string   `json:"text"`
}

// RuleReasons returns a reason for each rule that applied, in the order of the rules; never nil.
func RuleReasons(points []Point) []Reason {
	reasons := make([]Reason, 0, len(points))
	for _, p := range points {
		reasons = append(reasons, Reason{Feature: p.Feature, Value: p.Value, Points: p.Points, Text: ruleText(p)})
	}
	return reasons
}

func ruleText(p Point) string {
	n := int64(p.Value)
	switch p.Feature {
	case "visited_count":
		return counted(n, "visit", "visits")
	case "total_engagement_time":
		return counted(n/60, "minute", "minutes") + " on the site"
	case "properties_viewed_count":
		return "Viewed " + counted(n, "listing", "listings")
	case "deep_engagement_properties_count":
		return counted(n, "listing", "listings") + " looked at closely"
	case "form_fields":
		return counted(n, "form field", "form fields") + " filled"
	}
	return fmt.Sprintf("%s: %g", p.Feature, p.Value)
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
