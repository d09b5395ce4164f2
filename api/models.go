package api

import (
	"context"

	"footfall/access"
	"footfall/fault"
	"footfall/ingest"
	"footfall/learn"

	"github.com/valyala/fasthttp"
)

// modelRoutes are the models of organizations: which there are, training, choosing, and how they do.
func (a *API) modelRoutes() []Route {
	return []Route{
		{get, "/v1/models", access.Read, "An organization's models, newest first", a.answer(a.models)},
		{post, "/v1/models/train", access.Admin, "Train a model, as a job", a.train},
		{post, "/v1/models/{id}/activate", access.Admin, "Score leads by a version from now on", a.act(a.activate)},
		{get, "/v1/models/metrics", access.Read, "How an organization's models do", a.answer(a.modelMetrics)},
	}
}

// models answers GET /v1/models.
func (a *API) models(c *call) (any, error) {
	organization, err := a.organizationFor(c)
	if err != nil {
		return nil, err
	}
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	versions, err := a.o.Learn.Versions(organization)
	if err != nil {
		return nil, err
	}
	log, err := a.o.Learn.History(organization, limit)
	if c.grant.Profile != "" { // the names of other profiles are not theirs to know
		for i := range versions {
			versions[i].Coverage.Below, versions[i].Agents = []string{}, nil
		}
	}
	return struct {
		Models []learn.Listed `json:"models"`
		Active string         `json:"active"`
		Log    []learn.Entry  `json:"training_log"`
		Next   *string        `json:"next_cursor"`
	}{versions[:min(len(versions), limit)], a.o.Learn.Active(organization), log, nil}, err
}

// modelMetrics answers GET /v1/models/metrics.
func (a *API) modelMetrics(c *call) (any, error) {
	organization, err := a.organizationFor(c)
	if err != nil {
		return nil, err
	}
	m, err := a.o.Learn.Monitor(organization)
	if err == nil && c.grant.Profile != "" {
		m.Coverage.Below = []string{}
	}
	return m, err
}

// train answers POST /v1/models/train with 202 and a job, or 409 and what is missing.
func (a *API) train(c *call) {
	v, err := a.inTurn(c, func(c *call) (any, error) {
		organization, err := a.organizationFor(c)
		if err != nil {
			return nil, err
		}
		labels, err := a.o.Learn.Ready(organization)
		if err != nil {
			return nil, err
		}
		actor := c.grant.Actor
		job, err := a.startJob(c, "train", organization, labels, func(ctx context.Context, progress func(float64)) (any, error) {
			return a.trained(ctx, organization, actor, progress)
		})
		if err != nil {
			return nil, err
		}
		return job, a.o.Access.LogIn(c, c.grant, organization, "model.train", job.ID, "")
	})
	if err != nil {
		ingest.WriteError(c.RequestCtx, err)
		return
	}
	ingest.WriteJSON(c.RequestCtx, fasthttp.StatusAccepted, v)
}

// trained is the result of a training.
type trained struct {
	Model    *learn.Listed `json:"model"`
	Rescored int           `json:"rescored_leads"` // open leads that the new version scored again
}

func (a *API) trained(ctx context.Context, organization, by string, progress func(float64)) (t trained, err error) {
	if t.Model, err = a.o.Learn.Train(ctx, organization, by, func(share float64) { progress(share * 0.9) }); err != nil || !t.Model.Active {
		return t, err
	}
	t.Rescored, err = a.o.Leads.RescoreOpen(ctx, organization, func(share float64) { progress(0.9 + share*0.1) })
	return t, err
}

// activate answers POST /v1/models/{id}/activate. An earlier version is a rollback; rules-1 is no model at all. Open leads
// are then scored again, as a job.
func (a *API) activate(c *call) (int, any, error) {
	organization, err := a.organizationFor(c)
	if err != nil {
		return 0, nil, err
	}
	v, err := a.o.Learn.Activate(c, organization, c.id, c.grant.Actor)
	if err != nil {
		return 0, nil, err
	}
	if err := a.o.Access.LogIn(c, c.grant, organization, "model.activate", c.id, ""); err != nil {
		return 0, nil, err
	}
	job, err := a.works.start("rescore", c.grant, organization, func(ctx context.Context, progress func(float64)) (any, error) {
		n, err := a.o.Leads.RescoreOpen(ctx, organization, progress)
		return struct {
			Rescored int `json:"rescored_leads"`
		}{n}, err
	})
	if err != nil && fault.From(err).Code != fault.Overloaded { // it is active all the same
		return 0, nil, err
	}
	return fasthttp.StatusOK, activated{*v, job}, nil
}
