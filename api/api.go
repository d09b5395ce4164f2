// Package api is the public port: one route table over everything that is served there, and the answers to those who
// hold a secret key.
//
// It guarantees that every path under /v1 that is not public answers 401 without a valid key before anything else is
// looked at, that no answer to a query shows what a crash could take back, that every error has the one JSON shape,
// and that a cursor works only for the key and the query it was made for. A handler is parse, one call of the domain,
// encode. Sessions, listings and leads themselves are the business of the packages below; what strangers' browsers may
// call is package ingest's, here are only its rows in the table.
package api

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"footfall/access"
	"footfall/catalog"
	"footfall/fault"
	"footfall/ingest"
	"footfall/leads"
	"footfall/learn"
	"footfall/market"
	"footfall/sessionize"
	"footfall/web"

	"github.com/valyala/fasthttp"
)

// Options of an API. All fields but Observe and the bounds of queries are required.
type Options struct {
	Ingest   *ingest.Ingest
	Sessions *sessionize.Sessions
	Leads    *leads.Leads
	Learn    *learn.Learn
	Market   *market.Market
	Agents   *market.Agents
	Catalog  *catalog.Catalog
	Access   *access.Access
	// WaitDurable returns once everything that a query can have seen is on disk.
	WaitDurable func(ctx context.Context) error
	// CursorKey authenticates cursors. Cursors made under another key are refused, so it should survive a restart.
	CursorKey []byte
	// BeaconPath is another path of /v1/events, which lists of content blockers do not name; "" for none.
	BeaconPath string
	// Purge removes from the disk what is left of those who were erased. It runs as a job.
	Purge func(ctx context.Context) error
	// Watch tells what moves on the sites; nil: nothing is told. Streams are the event streams that may be open, 0: 1,000.
	Watch   *sessionize.Watch
	Streams int
	// Scripts are what pages load, and TrackerPath is another path of the tracker; "" for none.
	Scripts     []web.Script
	TrackerPath string
	// PublicURL is where browsers find us, for links and the description; "" if nobody has said.
	PublicURL string
	// App are the files of the dashboard.
	App []web.Script
	// Queries that are worked on at a time, 0: no limit; QueryTimeout is how long one may wait for its turn, and then for
	// the disk.
	Queries      int
	QueryTimeout time.Duration
	// Observe is told of each answered request, with its row of Routes, nil if there is none. It must be quick. May be
	// nil.
	Observe func(ctx *fasthttp.RequestCtx, route *Route)
	Now     func() time.Time
	Log     *slog.Logger
}

// API serves the public port.
type API struct {
	o      Options
	routes []Route
	paths  paths
	begin  []string      // files that the dashboard begins with
	turns  chan struct{} // holds one for each query that is worked on, nil: no limit
	works  *works
	// document makes the description of the routes, at the first call.
	document func() (served, error)
	streams  *streams
	exports  chan struct{} // holds one for each export that is being made

	warnPlain sync.Once // that people sign in without TLS
}

// New returns an API over the packages in o.
func New(o Options) *API {
	a := &API{o: o, works: newWorks(o.Now, o.Log)}
	a.streams, a.exports = newStreams(a, o.Streams), make(chan struct{}, exportsAtOnce)
	if o.Queries > 0 {
		a.turns = make(chan struct{}, o.Queries)
	}
	a.begin = web.Begin(o.App)
	a.routes = a.table()
	if path := o.BeaconPath; path != "" {
		a.routes = append(a.routes,
			Route{post, path, Public, "Send events", public(o.Ingest.Beacon)},
			Route{options, path, Public, "Preflight of events", public(o.Ingest.Preflight)})
	}
	a.routes = append(a.routes, a.trackerRoutes()...)
	a.routes = slices.Concat(a.routes,
		a.organizationRoutes(), a.profileRoutes(), a.siteRoutes(), a.keyRoutes(), a.loginRoutes(), a.userRoutes(), a.pageRoutes(),
		a.agentRoutes(), a.listingRoutes(), a.benchmarkRoutes(), a.reportRoutes(),
		a.predictRoutes(), a.modelRoutes(),
		a.liveRoutes(), a.changeRoutes(), a.exportRoutes(),
		a.openapiRoutes(), a.appRoutes(),
	)
	a.paths = newPaths(a.routes)
	a.document = sync.OnceValues(a.renderDocument)
	if o.Watch != nil {
		a.streams.start(o.Watch)
	}
	return a
}

// Routes returns the route table.
func (a *API) Routes() []Route { return a.routes }

// EndStreams ends the event streams that are open, which no wait for open requests would see the end of, and lets none
// begin.
func (a *API) EndStreams() { a.streams.close() }

// Close ends the streams and jobs that run and waits for them. No request may come any more.
func (a *API) Close() {
	a.streams.close()
	a.works.stop()
}

// call is one request on its way to its handler.
type call struct {
	*fasthttp.RequestCtx
	route *Route
	id    string // the value of {id}
	part  string // the value of {part}
	key   string // the secret key, empty on public routes
	grant access.Grant
}

// Handler answers a request.
func (a *API) Handler(ctx *fasthttp.RequestCtx) {
	c := &call{RequestCtx: ctx}
	defer a.observe(c)
	defer a.recoverPanic(ctx)
	if err := a.dispatch(c); err != nil {
		ingest.WriteError(ctx, err)
	}
	if ctx.Response.StatusCode() >= fasthttp.StatusInternalServerError {
		a.logFailure(ctx)
	}
}

func (a *API) observe(c *call) {
	if a.o.Observe != nil {
		a.o.Observe(c.RequestCtx, c.route)
	}
}

// dispatch finds the route and checks the key. The key comes first: who has none learns nothing of which paths exist.
func (a *API) dispatch(c *call) error {
	place, named, pathErr := a.paths.find(c.URI().PathOriginal(), len(c.QueryArgs().Peek("id")) > 0)
	var allowed []*Route
	if place != nil {
		allowed = place.routes
	}
	c.id, c.part, c.route = named.id, named.part, choose(allowed, string(c.Method()))
	if err := framed(c); err != nil {
		a.cors(c.RequestCtx, allowed)
		return a.limited(c, err)
	}
	if guarded(c, allowed) {
		c.Response.Header.Set("Cross-Origin-Resource-Policy", "same-origin")
		if err := a.authenticate(c); err != nil {
			return a.limited(c, err)
		}
	}
	switch {
	case pathErr != nil:
		return a.limited(c, pathErr)
	case len(allowed) == 0:
		return a.limited(c, fault.New(fault.NotFound, "There is nothing at this path."))
	case c.route == nil:
		c.Response.Header.Set(fasthttp.HeaderAllow, allow(allowed))
		a.cors(c.RequestCtx, allowed)
		return fault.New(fault.MethodNotAllowed, "%s is not served at this path. The Allow header names what is.", c.Method())
	case !c.grant.Scopes.Has(c.route.Scope):
		return fault.New(fault.Forbidden, "The key lacks the scope that %s %s asks for.", c.route.Method, c.route.Path)
	}
	if c.id == "" {
		c.id = string(c.QueryArgs().Peek("id"))
	}
	c.route.serve(c)
	return nil
}

// guarded says whether a key is asked for: everything under /v1 but a public route, or a path that only has such.
func guarded(c *call, allowed []*Route) bool {
	if c.route != nil {
		return c.route.Scope != Public
	}
	for _, r := range allowed {
		if r.Scope != Public {
			return true
		}
	}
	path := c.URI().PathOriginal()
	return len(allowed) == 0 && (bytes.HasPrefix(path, []byte("/v1/")) || string(path) == "/v1")
}

// cors lets pages of other origins read a refusal at a path that takes what they send.
func (a *API) cors(ctx *fasthttp.RequestCtx, routes []*Route) {
	if choose(routes, options) != nil {
		a.o.Ingest.CORS(ctx)
	}
}

// answer makes a handler of a query: what it returns is encoded once everything it can have seen is on disk. That holds
// for its faults too: "not found" may be the news of a deletion.
func (a *API) answer(query func(c *call) (any, error)) func(*call) {
	return func(c *call) {
		v, err := a.inTurn(c, query)
		if err != nil {
			ingest.WriteError(c.RequestCtx, err)
			return
		}
		ingest.WriteJSON(c.RequestCtx, fasthttp.StatusOK, v)
	}
}

// inTurn makes a query once it is its turn.
func (a *API) inTurn(c *call, query func(c *call) (any, error)) (any, error) {
	ctx := context.Context(unnamed{c.RequestCtx})
	if a.o.QueryTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.o.QueryTimeout)
		defer cancel()
	}
	done, err := a.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	v, err := query(c)
	if err := a.vouch(ctx); err != nil {
		return nil, err
	}
	return v, err
}

// unnamed is the context of a request without its values. What the context package keeps of a parent may be asked for a
// value after the request is over, when fasthttp has given its values to the next.
type unnamed struct{ *fasthttp.RequestCtx }

// Value implements context.Context.
func (unnamed) Value(any) any { return nil }

// turn waits until a query may be worked on.
func (a *API) turn(ctx context.Context) (done func(), err error) {
	if a.turns == nil {
		return func() {}, nil
	}
	select {
	case a.turns <- struct{}{}:
		return func() { <-a.turns }, nil
	case <-ctx.Done():
		return nil, fault.New(fault.Overloaded, "Too many queries are being worked on: --query-concurrency, and this one waited for --query-timeout. Ask again later.")
	}
}

// vouch returns once everything that an answer can show is on disk.
func (a *API) vouch(ctx context.Context) error {
	if err := a.o.WaitDurable(ctx); err != nil {
		return fault.Wrap(fault.Unavailable, err, "The server cannot vouch for an answer now. Try again.")
	}
	return nil
}
