package api

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"footfall/fault"
	"footfall/sessionize"
)

// Bounds of event streams.
const (
	maxStreams      = 1000
	streamsOfKey    = 20
	streamsOfUser   = 5
	ringEntries     = 4096                   // news that somebody who comes back can still be told of, at least
	stepEvery       = 50 * time.Millisecond  // so long at most between two looks at what moves, so that
	stepPerNews     = 2 * time.Millisecond   // it costs a bounded part of a core: the more a look found, the longer
	beatEvery       = time.Second            // streams are looked at
	commentBeats    = 15                     // without a message, then a comment is sent
	unclaimedBeats  = 30                     // after which a stream is given up whose connection was lost before it began
	snapshotOnReset = 200                    // live sessions that are told after a reset
	activeOnReset   = 5 * time.Minute        // since when those were active
	expectedFor     = 5 * time.Minute        // after the last stream ended: who comes back is told what they missed
	retryBacklog    = 250 * time.Millisecond // for who was told of less than a second ago
)

// kind is a type of message of a stream; a set of them is a bit mask.
type kind uint8

const (
	kindSession kind = 1 << iota
	kindLead
	kindHot
)

var kindNames = []struct {
	kind kind
	name string
}{{kindSession, "session"}, {kindLead, "lead"}, {kindHot, "hot"}}

func (k kind) String() string {
	for _, row := range kindNames {
		if row.kind == k {
			return row.name
		}
	}
	return ""
}

// news is one thing that streams tell of. It names what changed and holds nothing of it: whoever is told later reads it
// as it is then, by what they may see then, and nothing is told of who was forgotten.
type news struct {
	number uint64
	kind   kind
	site   uint32
	name   string // of a session or a lead, by id
	hot    sessionize.Hot
}

// streams are the open event streams and the news of late.
type streams struct {
	a    *API
	most int
	boot string // begins the ids of messages: those of another run mean nothing in this one

	mu      sync.Mutex
	open    map[*stream]struct{}
	of      map[string]int // open streams by actor
	ring    []news         // the newest last
	number  uint64         // of the newest
	left    time.Time      // when a stream was last open
	closing bool

	dropped atomic.Int64 // streams that were ended because their reader was too slow

	stop context.CancelFunc
	pump sync.WaitGroup
	all  sync.WaitGroup // goroutines of streams
}

func newStreams(a *API, most int) *streams {
	if most == 0 {
		most = maxStreams
	}
	return &streams{
		a: a, most: most, boot: strconv.FormatInt(a.now().UnixMilli(), 36),
		open: map[*stream]struct{}{}, of: map[string]int{}, stop: func() {},
	}
}

// start begins to look at what moves.
func (h *streams) start(w *sessionize.Watch) {
	var ctx context.Context
	ctx, h.stop = context.WithCancel(context.Background())
	h.pump.Go(func() { h.run(ctx, w) })
}

// close ends all streams, lets none begin, and waits for them.
func (h *streams) close() {
	h.mu.Lock()
	h.closing = true
	for s := range h.open {
		s.end()
	}
	h.mu.Unlock()
	h.leaveUnclaimed(0)
	h.stop()
	h.pump.Wait()
	h.all.Wait()
}

// enter lets a stream in, or says why not. It then gets what is published from now on; past is what was published after
// the message that it had last, gap that not all of that is known any more.
func (h *streams) enter(s *stream, last string) (past []news, gap bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	most, what := streamsOfKey, "key"
	if s.grant.KeyID() == "" {
		most, what = streamsOfUser, "user"
	}
	busy := func(message string, args ...any) error {
		f := fault.New(fault.RateLimited, message, args...)
		f.After = 10 * time.Second
		return f
	}
	switch {
	case h.closing:
		return nil, false, fault.New(fault.Unavailable, "The server is stopping. Come back in a moment.")
	case h.of[s.grant.Actor] >= most:
		return nil, false, busy("This %s has %d streams open, which is the most. Close one, or share one.", what, most)
	case len(h.open) >= h.most:
		return nil, false, busy("%d streams are open, which is the most that the server has. Try again later.", h.most)
	}
	h.open[s] = struct{}{}
	h.of[s.grant.Actor]++
	h.all.Add(1)
	past, gap = h.since(last)
	return past, gap, nil
}

// since returns the news after a message, by its id; h.mu is held.
func (h *streams) since(last string) (past []news, gap bool) {
	if last == "" {
		return nil, false
	}
	number, ok := h.numberOf(last)
	if !ok || number > h.number || number+uint64(len(h.ring)) < h.number {
		return nil, true
	}
	return append(past, h.ring[len(h.ring)-int(h.number-number):]...), false
}

func (h *streams) leave(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, in := h.open[s]; !in {
		return
	}
	delete(h.open, s)
	h.left = h.a.now()
	if h.of[s.grant.Actor]--; h.of[s.grant.Actor] == 0 {
		delete(h.of, s.grant.Actor)
	}
	h.all.Done()
}

// Load is what streams and exports take up.
type Load struct {
	Streams, StreamsLimit int
	StreamsDropped        int64 // since the start, because their reader was too slow
	Exports               int   // that are being made
}

// Load says what streams and exports take up now.
func (a *API) Load() Load {
	h := a.streams
	h.mu.Lock()
	defer h.mu.Unlock()
	return Load{Streams: len(h.open), StreamsLimit: h.most, StreamsDropped: h.dropped.Load(), Exports: len(a.exports)}
}

// claim says whether a stream that was let in may still begin.
func (h *streams) claim(s *stream) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, s.claimed = h.open[s]
	return s.claimed
}

// leaveUnclaimed takes out streams that have not begun for so many beats: their connections were lost before.
func (h *streams) leaveUnclaimed(beats int64) {
	for _, s := range h.everyone() {
		h.mu.Lock()
		lost := !s.claimed && s.beats.Load() >= beats
		h.mu.Unlock()
		if lost {
			h.leave(s)
		}
	}
}

// heard says whether somebody listens, or did lately. When nobody is expected back what happened is not kept.
func (h *streams) heard() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.a.now()
	if len(h.open) > 0 {
		h.left = now
	}
	if !h.left.IsZero() && now.Sub(h.left) > expectedFor {
		h.left = time.Time{}
		h.skip()
	}
	return !h.left.IsZero()
}

// everyone returns the open streams.
func (h *streams) everyone() []*stream {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]*stream, 0, len(h.open))
	for s := range h.open {
		all = append(all, s)
	}
	return all
}

// count numbers news and keeps them. Who enters after it finds them in the ring, who was there before is to be told.
func (h *streams) count(n news) (numbered news, listeners []*stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.number++
	n.number = h.number
	if len(h.ring) == 2*ringEntries {
		h.ring = h.ring[:copy(h.ring, h.ring[ringEntries:])]
	}
	h.ring = append(h.ring, n)
	for s := range h.open {
		if s.kinds&n.kind != 0 && s.covers(n.site) {
			listeners = append(listeners, s)
		}
	}
	return n, listeners
}

// forgetPast makes whoever comes back read anew: something was lost that they would have been told of.
func (h *streams) forgetPast() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.skip()
}

// skip does it; h.mu is held.
func (h *streams) skip() {
	h.number++
	h.ring = h.ring[:0]
}

// id is the id of a message.
func (h *streams) id(number uint64) string { return h.boot + "-" + strconv.FormatUint(number, 10) }

func (h *streams) numberOf(id string) (number uint64, ok bool) {
	if len(id) <= len(h.boot) || id[:len(h.boot)] != h.boot || id[len(h.boot)] != '-' {
		return 0, false
	}
	number, err := strconv.ParseUint(id[len(h.boot)+1:], 10, 64)
	return number, err == nil
}

// message is the bytes of one message.
func (h *streams) message(kind string, number uint64, v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, len(data)+64)
	b = append(append(b, "id: "...), h.id(number)...)
	b = append(append(b, "\nevent: "...), kind...)
	b = append(append(b, "\ndata: "...), data...)
	return append(b, "\n\n"...), nil
}
