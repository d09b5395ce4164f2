package bench

import (
	"slices"

	"footfall/event"
)

// expected is what a server must say of a visit. It is worked out from the visit's own story and by its simplest
// rule, with nothing of the server's: every event of these visits names its page and carries the page's clock, so a
// page lasts as long as its largest clock, and listings stand in the order in which they were viewed.
type expected struct {
	events   int
	seconds  int64
	listings []int32
}

// expect returns what the server must say if it holds those of the steps that are present.
func expect(steps []step, present func(i int) bool) expected {
	var x expected
	clocks := map[int32]int32{}
	for i, st := range steps {
		if !present(i) {
			continue
		}
		x.events++
		clocks[st.page] = max(clocks[st.page], st.clock)
		if st.kind == event.PropertyView && !slices.Contains(x.listings, st.listing) {
			x.listings = append(x.listings, st.listing)
		}
	}
	var total int64
	for _, clock := range clocks {
		total += int64(clock)
	}
	x.seconds = (total + 500) / 1000
	return x
}

// isAcknowledged tells whether an event of the visit was.
func (e *entry) isAcknowledged(i int) bool {
	for _, s := range e.unsure {
		if i >= s.from && i < s.to {
			return false
		}
	}
	return i < e.sent
}

// acknowledged returns how many events of the visit were.
func (e *entry) acknowledged() int {
	n := e.sent
	for _, s := range e.unsure {
		n -= s.to - s.from
	}
	return n
}

// views returns for each listing the views that the server must count, and how many more it may.
func (l *load) views() (must, may []int64) {
	must, may = make([]int64, len(l.script.listings)), make([]int64, len(l.script.listings))
	var v visit
	for _, w := range l.workers {
		for i := range w.ledger {
			e := &w.ledger[i]
			l.script.begin(&v, w.number(i))
			for v.told < e.sent {
				st := v.next()
				if st.kind != event.PropertyView {
					continue
				}
				if e.isAcknowledged(v.told - 1) {
					must[st.listing]++
				} else {
					may[st.listing]++
				}
			}
		}
	}
	return must, may
}
