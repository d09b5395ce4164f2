package api

import "footfall/leads"

type outcomesPage struct {
	Outcomes []leads.Outcome `json:"outcomes"`
	Next     *string         `json:"next_cursor"`
}

// outcomes answers GET /v1/leads/{id}/outcomes.
func (a *API) outcomes(c *call) (any, error) {
	site, page, err := a.historyPage(c)
	if err != nil {
		return nil, err
	}
	list, next, err := a.o.Leads.Outcomes(site, c.id, page)
	for i := range list {
		c.hideText(&list[i].Notes)
	}
	return outcomesPage{list, a.nextCursor(c, []byte(next))}, err
}

// addOutcome answers POST /v1/leads/{id}/outcome.
func (a *API) addOutcome(c *call) (answer []byte, location string, err error) {
	q, in, err := a.addition(c)
	if err != nil {
		return nil, "", err
	}
	var res leads.Result
	for _, f := range []struct {
		name string
		to   *string
	}{{"outcome", &res.Outcome}, {"outcome_date", &res.Date}, {"loss_reason", &res.Loss}, {"notes", &res.Notes}} {
		if *f.to, err = in.text(f.name); err != nil {
			return nil, "", err
		}
	}
	if res.DealValue, err = in.number("deal_value"); err != nil {
		return nil, "", err
	}
	answer, _, err = a.o.Leads.AddOutcome(c, q, res)
	return answer, "/outcomes", err
}
