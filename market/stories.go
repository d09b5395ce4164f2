package market

import (
	"cmp"
	"encoding/json"
	"slices"

	"footfall/catalog"
	"footfall/leads"
)

// Story is a deal that was closed with a lead whose score had said so. It tells nothing of the person.
type Story struct {
	Site    uint32          `json:"site_id"`
	Lead    *string         `json:"lead_id"` // null where whoever asks does not see the lead
	Profile string          `json:"profile_id"`
	Name    string          `json:"full_name"`
	Score   int             `json:"ml_score"` // at creation
	Closed  Date            `json:"outcome_date"`
	Days    int32           `json:"days_to_close"`
	Value   json.RawMessage `json:"deal_value"`

	id string
}

// Place is where a story stands: by day descending, then site and lead ascending.
type Place struct {
	Day  uint16
	Site uint32
	Lead string
}

// Place returns where the story stands.
func (s *Story) Place() Place { return Place{uint16(s.Closed), s.Site, s.id} }

func (p Place) compare(o Place) int {
	return cmp.Or(cmp.Compare(o.Day, p.Day), cmp.Compare(p.Site, o.Site), cmp.Compare(p.Lead, o.Lead))
}

// Stories returns at most limit stories of an organization's sites, newest first, that come after a place; nil: from the
// newest one.
func (a *Agents) Stories(organization string, sites []*catalog.Site, limit int, after *Place) ([]Story, error) {
	all := []Story{}
	for _, site := range sites {
		err := a.leads.HighWins(site.ID, func(w *leads.Win) error {
			s := Story{
				Site: site.ID, Lead: &w.Lead, Profile: w.Profile, Name: a.nameOf(organization, w.Profile), Score: w.Score,
				Closed: Date(w.Day), Days: w.Days, Value: w.Value, id: w.Lead,
			}
			if after == nil || s.Place().compare(*after) > 0 {
				all = append(all, s)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(x, y Story) int { return x.Place().compare(y.Place()) })
	return all[:min(len(all), limit)], nil
}
