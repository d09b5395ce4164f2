package api

import (
	"encoding/json"
	"net/url"

	"footfall/ingest"
	"footfall/leads"

	"github.com/valyala/fasthttp"
)

type activitiesPage struct {
	Activities []leads.Deed `json:"activities"`
	Next       *string      `json:"next_cursor"`
}

// activities answers GET /v1/leads/{id}/activities.
func (a *API) activities(c *call) (any, error) {
	site, page, err := a.historyPage(c)
	if err != nil {
		return nil, err
	}
	list, next, err := a.o.Leads.Activities(site, c.id, page)
	for i := range list {
		c.hideText(&list[i].Note)
	}
	return activitiesPage{list, a.nextCursor(c, []byte(next))}, err
}

// addActivity answers POST /v1/leads/{id}/activities.
func (a *API) addActivity(c *call) (answer []byte, location string, err error) {
	q, in, err := a.addition(c)
	if err != nil {
		return nil, "", err
	}
	kind, err := in.text("type")
	if err != nil {
		return nil, "", err
	}
	note, err := in.text("note")
	if err != nil {
		return nil, "", err
	}
	answer, _, err = a.o.Leads.AddActivity(c, q, kind, note)
	return answer, "/activities", err
}

// undoActivity answers DELETE /v1/leads/{id}/activities/{part}.
func (a *API) undoActivity(c *call) {
	_, err := a.inTurn(c, func(c *call) (any, error) {
		site, err := a.leadSite(c)
		if err != nil {
			return nil, err
		}
		return nil, a.o.Leads.UndoActivity(c, site, c.id, c.part)
	})
	if err != nil {
		ingest.WriteError(c.RequestCtx, err)
		return
	}
	ingest.WriteEmpty(c.RequestCtx, fasthttp.StatusNoContent)
}

// adding makes a handler of a call that adds to a lead's history: it answers 201 once that is on disk. The location is
// under the lead.
func (a *API) adding(add func(c *call) (answer []byte, location string, err error)) func(*call) {
	return func(c *call) {
		location := ""
		answer, err := a.inTurn(c, func(c *call) (any, error) {
			answer, at, err := add(c)
			location = "/v1/leads/" + url.PathEscape(c.id) + at
			return answer, err
		})
		if err != nil {
			ingest.WriteError(c.RequestCtx, err)
			return
		}
		c.Response.Header.Set(fasthttp.HeaderLocation, location)
		ingest.WriteJSON(c.RequestCtx, fasthttp.StatusCreated, json.RawMessage(answer.([]byte))) // what add returned
	}
}
