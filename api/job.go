package api

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"footfall/access"
	"footfall/fault"
)

// maxWorks bounds how many pieces of work are remembered, those that are done first to be forgotten; maxRunning how
// many may wait or run.
const (
	maxWorks   = 1000
	maxRunning = 100
)

// The states of a piece of work.
const (
	workQueued  = "queued"
	workRunning = "running"
	workDone    = "done"
	workFailed  = "failed"
)

// piece is work that outlives the request that asked for it, as GET /v1/jobs/{id} shows it.
type piece struct {
	ID           string       `json:"id"`
	Kind         string       `json:"kind"`
	State        string       `json:"state"`
	Progress     float64      `json:"progress"` // 0 to 1
	Result       any          `json:"result"`
	Error        *jobError    `json:"error"`
	by           access.Grant // who started it
	organization string       // whom it is about, "": the instance
	run          work
}

// covers says whether a grant's holder may see the piece: an admin of its organization, and whoever started it.
func (p *piece) covers(g access.Grant) bool {
	return g.CoversOrganization(p.organization) && (g.Has(access.Admin) && g.Profile == "" || g.Actor == p.by.Actor)
}

// work does something and returns what is shown of it. progress says how far it is as a share of 1.
type work func(ctx context.Context, progress func(float64)) (result any, err error)

// jobError is what a client sees of why a piece failed.
type jobError struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
}

// works is the list of pieces of work: one runs at a time, in the order in which they came, so that none takes the
// machine from those who ask and send. What is not done when the program ends is lost with the list; whoever starts work
// that must be done after all writes that down elsewhere.
type works struct {
	now    func() time.Time
	log    *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	owner  sync.WaitGroup

	mu     sync.Mutex
	byID   map[string]*piece
	order  []*piece // oldest first
	queue  []*piece // those that wait for their turn
	active int      // queued or running; the runner runs as long as there are any
	count  int
}

func newWorks(now func() time.Time, log *slog.Logger) *works {
	w := &works{now: now, log: log, byID: map[string]*piece{}}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// start takes a piece of work of somebody and returns its id. organization is whom it is about. run is given a context that ends when the server stops. Its result is
// shown as JSON, its error as the fault in it.
func (w *works) start(kind string, by access.Grant, organization string, run work) (id string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.ctx.Err() != nil:
		return "", fault.New(fault.Unavailable, "The server is stopping. Nothing of this request was taken: send it again later.")
	case w.active >= maxRunning:
		return "", fault.New(fault.Overloaded, "%d jobs are waiting or running. Ask again when some are done.", maxRunning)
	}
	w.count++
	p := &piece{
		ID: fmt.Sprintf("job_%x_%d", w.now().UnixMilli(), w.count), Kind: kind, State: workQueued, by: by, organization: organization, run: run,
	}
	w.byID[p.ID] = p
	w.order, w.queue = append(w.order, p), append(w.queue, p)
	w.forget()
	if w.active++; w.active == 1 {
		w.owner.Go(w.runAll)
	}
	return p.ID, nil
}

// forget drops the oldest pieces that are done, as long as there are too many. w.mu is held.
func (w *works) forget() {
	for i := 0; len(w.order) > maxWorks && i < len(w.order); {
		if p := w.order[i]; p.State == workDone || p.State == workFailed {
			delete(w.byID, p.ID)
			w.order = append(w.order[:i], w.order[i+1:]...)
			continue
		}
		i++
	}
}

// runAll runs what is queued until nothing is.
func (w *works) runAll() {
	for more := true; more; {
		var p *piece
		w.change(func() {
			p, w.queue = w.queue[0], w.queue[1:]
			p.State = workRunning
		})
		result, err := any(nil), w.ctx.Err()
		if err == nil {
			result, err = p.run(w.ctx, func(share float64) {
				w.change(func() { p.Progress = max(p.Progress, min(share, 1)) })
			})
		}
		if err != nil {
			w.log.Error("a job failed", "job", p.Kind, "id", p.ID, "error", err)
		}
		w.change(func() {
			p.end(result, err)
			w.active--
			more = w.active > 0
		})
	}
}

func (p *piece) end(result any, err error) {
	p.run = nil
	if err != nil {
		f := fault.From(err)
		p.State, p.Error = workFailed, &jobError{f.Code, f.Message}
		return
	}
	p.State, p.Progress, p.Result = workDone, 1, result
}

func (w *works) change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// get returns a piece as it is now, if a grant covers it.
func (w *works) get(id string, g access.Grant) (piece, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.byID[id]
	if p == nil || !p.covers(g) {
		return piece{}, fault.New(fault.NotFound, "There is no such job, or it was done so long ago that it is forgotten.")
	}
	return *p, nil
}

// stop asks what runs to end, waits for it and takes no more. It may be called again.
func (w *works) stop() {
	w.mu.Lock()
	w.cancel()
	w.mu.Unlock()
	w.owner.Wait()
}

// job answers GET /v1/jobs/{id}.
func (a *API) job(c *call) (any, error) {
	return a.works.get(c.id, c.grant)
}
