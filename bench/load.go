package bench

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// load sends the beacons of one run for some time.
type load struct {
	target   *target
	script   *script
	heads    [][]byte
	workers  []*worker
	rec      *recorder
	now      func() time.Time
	timeout  time.Duration
	duration time.Duration
	rate     float64 // requests a second; 0: as fast as the answers come
	queries  *queries
	claimed  atomic.Int64
	planned  int64
}

// second is one second of a load.
type second struct {
	At       float64 `json:"at_seconds"`
	Requests float64 `json:"requests_per_second"`
	Events   float64 `json:"events_per_second"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"`
	Failed   int64   `json:"failed"`
}

// outcome is what a load was and did.
type outcome struct {
	load    *load
	took    time.Duration
	total   tally
	unsent  int64
	seconds []second
	client  time.Duration // CPU time
	server  cpuTime
	sample  string
}

func (o *Options) newLoad(t *target, run string, rate float64, connections, size int, d time.Duration) *load {
	l := &load{
		target: t, script: newScript(o.Seed, run, size, o.Listings), heads: requestHeads(t, o.WriteKey, o.Origin),
		rec: newRecorder(2 * runtime.GOMAXPROCS(0)), now: o.Now, timeout: o.Timeout, duration: d, rate: rate,
		planned: int64(rate * d.Seconds()),
	}
	visitors := max(1, o.Sessions/connections)
	l.workers = make([]*worker, connections)
	for i := range l.workers {
		l.workers[i] = newWorker(l, i, visitors)
	}
	if o.QueriesPerSecond > 0 {
		l.queries = newQueries(l, o.AdminKey, o.QueriesPerSecond)
	}
	return l
}

// run sends until the duration is over or ctx ends, and waits for the answers.
func (l *load) run(ctx context.Context, pids []int, show func(second)) *outcome {
	o := &outcome{load: l, total: newTally()}
	ctx, cancel := context.WithTimeout(ctx, l.duration+time.Minute) // the workers stop by themselves
	defer cancel()
	l.connect()
	client, server := cpuOf(selfPID()), cpuOf(pids...)
	start := l.now()
	end := start.Add(l.duration)
	var sending, beside sync.WaitGroup
	for _, w := range l.workers {
		sending.Go(func() { l.drive(ctx, w, start, end) })
	}
	if l.queries != nil {
		sending.Go(func() { l.queries.run(ctx, end) })
	}
	stop := make(chan struct{})
	beside.Go(func() { l.watch(o, start, stop, show) })
	sending.Wait()
	o.took = l.now().Sub(start)
	o.client, o.server = cpuOf(selfPID()).since(client).total(), cpuOf(pids...).since(server)
	close(stop)
	beside.Wait()
	l.countUnsent(o, start, end)
	for _, w := range l.workers {
		if o.sample == "" {
			o.sample = w.sample
		}
	}
	return o
}

// dialers is how many connections are opened at a time: more would overflow what the kernel keeps for the server.
const dialers = 64

// connect opens all connections beforehand. One that cannot be opened is tried again by its first request.
func (l *load) connect() {
	var next atomic.Int64
	var dialing sync.WaitGroup
	for range dialers {
		dialing.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(l.workers)); i = next.Add(1) - 1 {
				_ = l.workers[i].conn.open() // its first request says why
			}
		})
	}
	dialing.Wait()
}

// drive is one worker's part. In an open loop each worker takes the next moment of the plan that nobody has taken, and
// waits for it; a late one is sent at once and its latency begins at that moment all the same.
func (l *load) drive(ctx context.Context, w *worker, start, end time.Time) {
	defer w.finish()
	var a alarm
	defer a.close()
	for ctx.Err() == nil {
		free := l.now()
		if !free.Before(end) {
			return
		}
		due := free
		if l.rate > 0 {
			k := l.claimed.Add(1) - 1
			if k >= l.planned {
				return
			}
			due = l.due(start, k)
			a.sleepUntil(ctx, due, l.now)
		}
		w.turn(due, free)
	}
}

func (l *load) due(start time.Time, k int64) time.Time {
	return start.Add(time.Duration(float64(k) * float64(time.Second) / l.rate))
}

// countUnsent records the requests of the plan that no connection was free to send, with the wait that they had.
func (l *load) countUnsent(o *outcome, start, end time.Time) {
	for k := l.claimed.Load(); k < l.planned; k++ {
		l.rec.unsent(end.Sub(l.due(start, k)))
		o.unsent++
	}
	rest := l.rec.drain()
	rest.drainInto(&o.total)
}

// watch takes the figures of every second.
func (l *load) watch(o *outcome, start time.Time, stop <-chan struct{}, show func(second)) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last := start
	for {
		stopped := false
		select {
		case <-tick.C:
		case <-stop:
			stopped = true
		}
		now := l.now()
		t, span := l.rec.drain(), now.Sub(last).Seconds()
		s := second{
			At: now.Sub(start).Seconds(), Requests: float64(t.requests) / span, Events: float64(t.events) / span,
			P50: ms(t.corrected.ValueAtQuantile(50)), P99: ms(t.corrected.ValueAtQuantile(99)), Max: ms(t.corrected.Max()),
			Failed: t.failures(),
		}
		last = now
		t.drainInto(&o.total)
		if stopped && span < .2 { // too short for a rate
			return
		}
		o.seconds = append(o.seconds, s)
		show(s)
		if stopped {
			return
		}
	}
}

func ms(us int64) float64 { return float64(us) / 1000 }
