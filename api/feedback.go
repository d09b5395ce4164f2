package api

import "footfall/leads"

// addFeedback answers POST /v1/leads/{id}/feedback.
func (a *API) addFeedback(c *call) (answer []byte, location string, err error) {
	q, in, err := a.addition(c)
	if err != nil {
		return nil, "", err
	}
	accurate, err := in.truth("was_accurate")
	if err != nil {
		return nil, "", err
	}
	text, err := in.text("feedback")
	if err != nil {
		return nil, "", err
	}
	answer, _, err = a.o.Leads.AddFeedback(c, q, accurate, text)
	return answer, "/history", err
}

type scoresPage struct {
	Scores []leads.Score `json:"scores"`
	Next   *string       `json:"next_cursor"`
}

// scores answers GET /v1/leads/{id}/scores.
func (a *API) scores(c *call) (any, error) {
	site, err := a.leadSite(c)
	if err != nil {
		return nil, err
	}
	list, err := a.o.Leads.Scores(site.ID, c.id)
	return scoresPage{Scores: list}, err
}
