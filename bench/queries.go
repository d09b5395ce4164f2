package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

const queryConnections = 4

// api asks the server with the secret key.
type api struct {
	client *fasthttp.HostClient
	base   string
	auth   string
}

func newAPI(t *target, adminKey string, connections int, timeout time.Duration) *api {
	return &api{
		client: &fasthttp.HostClient{
			Addr: t.address, IsTLS: t.tls != nil, TLSConfig: t.tls, MaxConns: connections, ReadTimeout: timeout, WriteTimeout: timeout,
		},
		base: t.base, auth: "Bearer " + adminKey,
	}
}

// get asks for a path and returns the status and the body.
func (a *api) get(path string) (int, []byte, error) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI(a.base + path)
	req.Header.Set("Authorization", a.auth)
	if err := a.client.Do(req, resp); err != nil {
		return 0, nil, fmt.Errorf("GET %s: %w", path, err)
	}
	return resp.StatusCode(), append([]byte(nil), resp.Body()...), nil
}

// queries asks about sessions and listings while a load runs, at a rate of their own.
type queries struct {
	load *load
	api  *api
	rate float64
	recs [numKinds]*recorder
}

// kind is what a query is about.
type kind int

const (
	aboutSession kind = iota
	aboutListing
	ranking
	numKinds
)

var kindNames = [numKinds]string{aboutSession: "a session", aboutListing: "a listing", ranking: "rankings"}

func newQueries(l *load, adminKey string, rate float64) *queries {
	q := &queries{load: l, api: newAPI(l.target, adminKey, queryConnections, l.timeout), rate: rate}
	for kind := range q.recs {
		q.recs[kind] = newRecorder(queryConnections)
	}
	return q
}

func (q *queries) run(ctx context.Context, end time.Time) {
	var asking sync.WaitGroup
	for i := range queryConnections {
		asking.Go(func() { q.drive(ctx, i, end) })
	}
	asking.Wait()
	q.api.client.CloseIdleConnections()
}

func (q *queries) drive(ctx context.Context, who int, end time.Time) {
	rng := rand.New(rand.NewPCG(q.load.script.seed, uint64(who)<<40|2))
	every := time.Duration(queryConnections * float64(time.Second) / q.rate)
	due := q.load.now().Add(every * time.Duration(who+1) / queryConnections)
	var a alarm
	defer a.close()
	for ; ctx.Err() == nil && due.Before(end); due = due.Add(every) {
		free := q.load.now()
		a.sleepUntil(ctx, due, q.load.now)
		about, path := q.draw(rng)
		sent := q.load.now()
		status, _, err := q.api.get(path)
		switch {
		case err != nil:
			q.recs[about].failed(who, "no answer")
		case status != fasthttp.StatusOK:
			q.recs[about].failed(who, fmt.Sprint(status))
		default:
			q.recs[about].acknowledged(who, sending{due: due, free: free, sent: sent, done: q.load.now()}, 0)
		}
	}
}

// draw picks a question: most are about one session, some about one listing, few rank listings.
func (q *queries) draw(rng *rand.Rand) (kind, string) {
	d := rng.IntN(20)
	w := q.load.workers[rng.IntN(len(q.load.workers))]
	// The newest visit of a worker may not have been acknowledged.
	if known := w.begun.Load() - 1; d < 13 && known > 0 {
		return aboutSession, sessionPath(q.load.script, w.number(rng.IntN(int(known))))
	}
	if d < 19 {
		v := visit{script: q.load.script}
		v.rng.Seed(rng.Uint64(), rng.Uint64())
		return aboutListing, engagementPath(q.load.script, v.drawListing())
	}
	return ranking, "/v1/engagement/listings?limit=10"
}

func sessionPath(s *script, n uint64) string {
	return "/v1/sessions/" + url.PathEscape(string(s.appendSession(nil, n)))
}

func engagementPath(s *script, listing int32) string {
	return "/v1/listings/" + url.PathEscape(string(s.appendListing(nil, listing))) + "/engagement"
}
