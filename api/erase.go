package api

import (
	"context"
	"net/url"

	"footfall/fault"
	"footfall/ingest"
	"footfall/leads"

	"github.com/valyala/fasthttp"
)

// erasure is the answer to whoever has somebody forgotten: what was found, and the job that removes the bytes.
type erasure struct {
	Job    string          `json:"job_id"`
	Erased leads.Forgotten `json:"erased"`
}

// eraseVisitor serves DELETE /v1/visitors/{id}. A visitor that is not known is erased too: one may stand in flagged or
// rejected events alone, which only the job finds.
func (a *API) eraseVisitor(c *call) { a.erase(c, leads.Who{Visitor: c.id}) }

// eraseLead serves DELETE /v1/leads/{id}, which erases the lead's person.
func (a *API) eraseLead(c *call) { a.erase(c, leads.Who{Lead: c.id}) }

// erase forgets somebody and answers 202 once no query tells of them. What is left on the disk is then removed by a job.
func (a *API) erase(c *call, who leads.Who) {
	done, err := a.inTurn(c, func(c *call) (any, error) { return a.forget(c, who) })
	if err != nil {
		ingest.WriteError(c.RequestCtx, err)
		return
	}
	ingest.WriteJSON(c.RequestCtx, fasthttp.StatusAccepted, done)
}

func (a *API) forget(c *call, who leads.Who) (done erasure, err error) {
	site, err := a.site(c)
	if who.Lead != "" && fault.Is(err, fault.MissingField) { // of several sites only one has it
		site, err = a.leadSite(c)
	}
	if err != nil {
		return done, err
	}
	if err := c.whole(); err != nil { // what is erased may be others' too
		return done, err
	}
	entries, err := a.o.Access.Note(c.grant, "person.erase", "")(a.o.Leads.PersonKey(who), site.Organization)
	if err != nil {
		return done, err
	}
	if done.Erased, err = a.o.Leads.Erase(c, site, who, entries...); err != nil {
		return done, err
	}
	done.Job, err = a.works.start("erase", c.grant, site.Organization, func(ctx context.Context, _ func(float64)) (any, error) {
		return done.Erased, a.o.Purge(ctx)
	})
	c.Response.Header.Set(fasthttp.HeaderLocation, "/v1/jobs/"+url.PathEscape(done.Job))
	return done, err
}
