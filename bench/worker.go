package bench

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"footfall/event"
)

const (
	attempts = 3  // to have a beacon acknowledged
	repeats  = 50 // one of so many acknowledged beacons is sent again, as by a browser that did not get its answer
)

// worker is one connection and the visitors behind it. A visitor's beacons are sent one after the other, so that the
// order in which the server may take them is known.
type worker struct {
	load   *load
	id     int
	conn   conn
	rng    *rand.Rand
	live   []sender
	ledger []entry      // of every visit begun here; the i-th has the number i × workers + id
	begun  atomic.Int64 // len(ledger), for those that query
	body   []byte
	buf    []byte
	sample string // the first refusal, as text
}

// entry is what is known of one visit: so many of its events were sent, and all of them acknowledged but those of the
// spans.
type entry struct {
	sent   int
	unsure []span
}

// span is a range of a visit's events: from, to excluded.
type span struct{ from, to int }

// sender is a visitor who is on the site now.
type sender struct {
	visit
	entry int    // in the ledger, -1 before the first visit
	again []byte // a body to send once more, if not empty
	span         // of its events
	acked bool   // those events were acknowledged before
	tries int
}

func newWorker(l *load, id, visitors int) *worker {
	w := &worker{
		load: l, id: id, live: make([]sender, visitors), rng: rand.New(rand.NewPCG(l.script.seed, uint64(id)<<32|1)),
		conn: conn{target: l.target, timeout: l.timeout, now: l.now},
	}
	for i := range w.live {
		w.live[i].entry = -1
	}
	return w
}

// number returns the number of the visit of a ledger entry.
func (w *worker) number(entry int) uint64 {
	return uint64(entry)*uint64(len(w.load.workers)) + uint64(w.id)
}

// request renders the next request of some visitor.
func (w *worker) request() (*sender, []byte) {
	s := &w.live[w.rng.IntN(len(w.live))]
	if len(s.again) == 0 {
		w.beacon(s)
	} else {
		w.body = append(w.body[:0], s.again...)
	}
	b := append(w.buf[:0], w.load.heads[s.device()]...)
	b = strconv.AppendInt(b, int64(len(w.body)), 10)
	b = append(b, headEnd...)
	w.buf = append(b, w.body...)
	return s, w.buf
}

// beacon renders the next beacon of a visitor; of the next one, if this one has left.
func (w *worker) beacon(s *sender) {
	if s.entry < 0 || !s.more() {
		s.entry = len(w.ledger)
		w.ledger = append(w.ledger, entry{})
		w.load.script.begin(&s.visit, w.number(s.entry))
		w.begun.Store(int64(len(w.ledger)))
	}
	var events int
	w.body, events = s.appendBeacon(w.body[:0], w.load.now().UnixMilli())
	s.span = span{s.told - events, s.told}
	s.acked, s.tries = false, 0
	w.ledger[s.entry].sent = s.told
}

// turn sends one request that was due at some time.
func (w *worker) turn(due, free time.Time) {
	s, request := w.request()
	sent := w.load.now()
	a, err := w.conn.do(request)
	times := sending{due: due, free: free, sent: sent, done: w.load.now()}
	if err == nil && a.status == 204 {
		w.load.rec.acknowledged(w.id, times, s.to-s.from)
		w.acknowledged(s)
		return
	}
	w.load.rec.failed(w.id, w.why(a, err))
	s.tries++
	if again := err != nil || a.status == 429 || a.status == 503; again && (s.tries < attempts || s.acked) {
		s.again = append(s.again[:0], w.body...)
		return
	}
	w.giveUp(s)
}

// acknowledged settles a beacon, or decides to repeat it.
func (w *worker) acknowledged(s *sender) {
	repeat := !s.acked && w.rng.IntN(repeats) == 0
	s.acked, s.again = true, s.again[:0]
	if repeat {
		s.again = append(s.again, w.body...)
	}
}

// giveUp settles a beacon that may have arrived or not.
func (w *worker) giveUp(s *sender) {
	s.again = s.again[:0]
	if !s.acked && s.entry >= 0 {
		e := &w.ledger[s.entry]
		e.unsure = append(e.unsure, s.span)
	}
}

// why names a failure, and keeps the first refusal's text.
func (w *worker) why(a answer, err error) string {
	if err != nil {
		if w.sample == "" {
			w.sample = err.Error()
		}
		return "no answer"
	}
	if w.sample == "" {
		w.sample = fmt.Sprintf("%d %.300s", a.status, a.body)
	}
	return strconv.Itoa(a.status)
}

// finish settles what is still to be repeated and hangs up.
func (w *worker) finish() {
	for i := range w.live {
		if s := &w.live[i]; len(s.again) > 0 {
			w.giveUp(s)
		}
	}
	w.conn.close()
}

// requestHeads returns the head of a beacon from each device, up to the length of the body.
func requestHeads(t *target, writeKey, origin string) [][]byte {
	heads := make([][]byte, len(devices))
	for i, d := range devices {
		head := fmt.Sprintf("POST /v1/events?k=%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nContent-Type: text/plain;charset=UTF-8\r\n",
			writeKey, t.host, d.agent)
		if origin != "" {
			head += "Origin: " + origin + "\r\n"
		}
		heads[i] = []byte(head + "Content-Length: ")
	}
	return heads
}

// kindName is the wire name of a step's event.
func kindName(k event.Type) string { return (&event.Event{Type: k}).TypeName() }
