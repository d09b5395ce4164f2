package api

import (
	"slices"
	"strings"

	"footfall/access"

	"github.com/valyala/fasthttp"
)

// Public marks routes that ask for no secret key; what they ask for instead is their handler's business.
const Public access.Scope = 0

// Route is a row of the route table. Path holds literal segments, at most one {id}, and perhaps a {part} behind it.
type Route struct {
	Method  string
	Path    string
	Scope   access.Scope // what a secret key must grant, or Public
	Summary string
	serve   func(*call)
}

const (
	get     = fasthttp.MethodGet
	head    = fasthttp.MethodHead
	post    = fasthttp.MethodPost
	put     = fasthttp.MethodPut
	patch   = fasthttp.MethodPatch
	options = fasthttp.MethodOptions
	erase   = fasthttp.MethodDelete
)

// table is everything that the public port serves. GET rows answer HEAD too.
func (a *API) table() []Route {
	in := a.o.Ingest
	return []Route{
		{post, "/v1/events", Public, "Send events", public(in.Beacon)},
		{options, "/v1/events", Public, "Preflight of events", public(in.Preflight)},
		{post, "/v1/leads", Public, "Send a lead form, or create a lead with a secret key", a.postLead},
		{options, "/v1/leads", Public, "Preflight of lead forms", public(in.Preflight)},
		{post, "/api/analytics/page-duration", Public, "Send the duration of a page", public(in.PageDuration)},
		{options, "/api/analytics/page-duration", Public, "Preflight of page durations", public(in.PreflightPageDuration)},
		{get, "/v1/p", Public, "Send an event by pixel", public(in.Pixel)},
		{get, "/v1/pixel.gif", Public, "Send an event by pixel", public(in.Pixel)},
		{post, "/v1/import", access.Write, "Import past events as NDJSON", a.importEvents},

		{get, "/v1/sessions", access.Read, "Live sessions", a.answer(a.liveSessions)},
		{get, "/v1/sessions/{id}", access.Read, "A session", a.answer(a.session)},
		{get, "/v1/sessions/{id}/events", access.Read, "A session's timeline", a.answer(a.timeline)},
		{get, "/v1/visitors", access.Read, "Live visitors, hottest first", a.answer(a.liveVisitors)},
		{get, "/v1/visitors/{id}", access.Read, "A visitor with its sessions", a.answer(a.visitor)},
		{erase, "/v1/visitors/{id}", access.Admin, "Erase a visitor", a.eraseVisitor},
		{get, "/v1/listings/{id}/engagement", access.Read, "A listing's totals and days", a.answer(a.engagement)},
		{get, "/v1/listings/{id}/audience", access.Read, "Visitors in common with other listings", a.answer(a.audience)},
		{get, "/v1/engagement/listings", access.Read, "Listings ranked by engagement", a.answer(a.rankedListings)},
		{get, "/v1/leads", access.Read, "Leads", a.answer(a.listLeads)},
		{get, "/v1/leads/{id}", access.Read, "A lead", a.answer(a.lead)},
		{patch, "/v1/leads/{id}", access.Write, "Change a lead", a.answer(a.patchLead)},
		{get, "/v1/leads/{id}/activities", access.Read, "What was done about a lead", a.answer(a.activities)},
		{post, "/v1/leads/{id}/activities", access.Write, "Say what was done about a lead", a.adding(a.addActivity)},
		{erase, "/v1/leads/{id}/activities/{part}", access.Write, "Take an activity back", a.undoActivity},
		{post, "/v1/leads/{id}/outcome", access.Write, "Say how a lead ended", a.adding(a.addOutcome)},
		{get, "/v1/leads/{id}/outcomes", access.Read, "How a lead ended, newest first", a.answer(a.outcomes)},
		{post, "/v1/leads/{id}/feedback", access.Write, "Say whether a lead's score was right", a.adding(a.addFeedback)},
		{get, "/v1/leads/{id}/scores", access.Read, "The scores that a lead was given", a.answer(a.scores)},
		{get, "/v1/leads/{id}/history", access.Read, "Everything that happened to a lead", a.answer(a.history)},
		{erase, "/v1/leads/{id}", access.Admin, "Erase a lead's person", a.eraseLead},
		{get, "/v1/export/person", access.Admin, "Everything that is known of a person", a.answer(a.exportPerson)},
		{get, "/v1/jobs/{id}", access.Read, "How far a job is", a.answer(a.job)},
		{get, "/v1/rejects", access.Read, "Rejected events, newest first", a.answer(a.rejects)},
	}
}

// public makes a handler of one that knows nothing of calls.
func public(h fasthttp.RequestHandler) func(*call) {
	return func(c *call) { h(c.RequestCtx) }
}

// choose returns the route of a method, nil if there is none.
func choose(routes []*Route, method string) *Route {
	for _, r := range routes {
		if r.Method == method || method == head && r.Method == get {
			return r
		}
	}
	return nil
}

// allow lists the methods of a path for the Allow header.
func allow(routes []*Route) string {
	var methods []string
	for _, r := range routes {
		methods = append(methods, r.Method)
		if r.Method == get {
			methods = append(methods, head)
		}
	}
	slices.Sort(methods)
	return strings.Join(slices.Compact(methods), ", ")
}
