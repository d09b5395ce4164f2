package bench

import (
	"sync"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

const (
	longest = int64(2 * time.Minute / time.Microsecond) // µs; a longer latency counts as this
	digits  = 3
)

func newHistogram() *hdr.Histogram { return hdr.New(1, longest, digits) }

// recorder gathers what happened to requests. Many goroutines write to it, so it is cut into shards.
//
// Each request has two latencies: from the moment at which it should have been sent, which counts the wait behind a
// server that stood still (without it, the requests that a stalled client never sent would be missing from the figure:
// coordinated omission), and from the moment at which it was sent.
type recorder struct {
	shards []shard
}

type shard struct {
	mu sync.Mutex
	tally
	_ [64]byte // keeps neighbours out of each other's cache lines
}

// tally is what happened in some time.
type tally struct {
	corrected, service *hdr.Histogram
	lag                *hdr.Histogram // by which a free connection sent later than it should have: the harness's own fault
	requests, events   int64          // acknowledged
	failed             map[string]int64
}

func newTally() tally {
	return tally{corrected: newHistogram(), service: newHistogram(), lag: newHistogram(), failed: map[string]int64{}}
}

// drainInto adds t to total and empties it.
func (t *tally) drainInto(total *tally) {
	total.corrected.Merge(t.corrected)
	total.service.Merge(t.service)
	total.lag.Merge(t.lag)
	total.requests += t.requests
	total.events += t.events
	for why, n := range t.failed {
		total.failed[why] += n
	}
	t.corrected.Reset()
	t.service.Reset()
	t.lag.Reset()
	t.requests, t.events = 0, 0
	clear(t.failed)
}

func (t *tally) failures() (n int64) {
	for _, m := range t.failed {
		n += m
	}
	return n
}

func newRecorder(shards int) *recorder {
	r := &recorder{shards: make([]shard, shards)}
	for i := range r.shards {
		r.shards[i].tally = newTally()
	}
	return r
}

// sending is one request's times: when it should have been sent, when its connection was free, when it was sent and
// when its answer came.
type sending struct{ due, free, sent, done time.Time }

// acknowledged records a request that was. Of one that came late because its connection was busy, the wait is the
// server's.
func (r *recorder) acknowledged(who int, t sending, events int) {
	s := &r.shards[who%len(r.shards)]
	ready := t.due
	if t.free.After(ready) {
		ready = t.free
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	record(s.corrected, t.done.Sub(t.due))
	record(s.service, t.done.Sub(t.sent))
	record(s.lag, t.sent.Sub(ready))
	s.requests++
	s.events += int64(events)
}

// failed records a request that was not acknowledged.
func (r *recorder) failed(who int, why string) {
	s := &r.shards[who%len(r.shards)]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally.failed[why]++
}

// unsent records requests that had been due since so long when the load ended.
func (r *recorder) unsent(wait time.Duration) {
	s := &r.shards[0]
	s.mu.Lock()
	defer s.mu.Unlock()
	record(s.corrected, wait)
}

// drain moves everything since the last drain into a tally of its own.
func (r *recorder) drain() tally {
	t := newTally()
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		s.drainInto(&t)
		s.mu.Unlock()
	}
	return t
}

// record cannot fail within its bounds.
func record(h *hdr.Histogram, d time.Duration) {
	_ = h.RecordValue(min(max(int64(d/time.Microsecond), 1), longest))
}
