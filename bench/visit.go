package bench

import (
	"math"
	"math/rand/v2"
	"sort"

	"footfall/event"
)

// The bounds of a visit keep far from the bounds that a server may put on a session.
const (
	maxPages     = 12
	spread       = 700 // ms between the events of one beacon
	lateBy       = 12_000
	lateWithin   = 48_000
	zipfExponent = 1.07
)

// script tells what visitors do. Equal seeds give equal visits; visits are told apart by their number. It never
// changes, so that any goroutine may read any visit from its beginning, at any time and in any order.
type script struct {
	seed     uint64
	run      string    // part of every id, so that two runs on one server do not meet
	size     int       // events of a beacon; 0: most one, some four, few ten
	listings []float64 // probability that a view is of this listing or of one before it
}

func newScript(seed uint64, run string, size, listings int) *script {
	s := &script{seed: seed, run: run, size: size, listings: make([]float64, listings)}
	sum := 0.0
	for i := range s.listings {
		sum += math.Pow(float64(i+1), -zipfExponent)
		s.listings[i] = sum
	}
	for i := range s.listings {
		s.listings[i] /= sum
	}
	return s
}

// step is one thing that a visitor does.
type step struct {
	kind    event.Type
	page    int32
	listing int32 // none if negative
	clock   int32 // ms since the page loaded
	scroll  int16 // tenths of a percent, event.None if absent
	late    int32 // ms for which the event waited in the browser
}

// visit is one visit, told up to some step.
type visit struct {
	script  *script
	rng     rand.PCG // of the story alone: how it is cut into beacons must not change it
	cuts    rand.PCG
	number  uint64
	visitor uint64
	told    int    // steps told
	ahead   []step // of the page now seen, not yet told
	pages   int    // that the visit will have
	page    int32  // now seen, from 1
	clock   int32  // of the page now seen
}

// begin puts v at the beginning of visit number n. It keeps v's memory.
func (s *script) begin(v *visit, n uint64) {
	*v = visit{script: s, number: n, ahead: v.ahead[:0]}
	v.rng.Seed(s.seed, n)
	v.cuts.Seed(^s.seed, n)
	v.pages = 1
	for v.pages < maxPages && v.draw(4) > 0 {
		v.pages++
	}
	v.visitor = n
	if v.draw(5) == 0 { // somebody who came before
		v.visitor -= min(n, uint64(v.draw(1000)))
	}
}

// steps returns the first count steps of visit number n.
func (s *script) steps(n uint64, count int) []step {
	var v visit
	s.begin(&v, n)
	steps := make([]step, 0, count)
	for len(steps) < count && v.more() {
		steps = append(steps, v.next())
	}
	return steps
}

// draw returns a number in [0, n).
func (v *visit) draw(n int32) int32 { return drawFrom(&v.rng, n) }

func drawFrom(rng *rand.PCG, n int32) int32 {
	return int32((rng.Uint64() >> 32) * uint64(n) >> 32)
}

func (v *visit) drawListing() int32 {
	p := float64(v.rng.Uint64()>>11) / (1 << 53)
	return int32(min(sort.SearchFloat64s(v.script.listings, p), len(v.script.listings)-1))
}

// more tells whether the visit goes on. Where the size of a beacon is given, it does until the last one is full.
func (v *visit) more() bool {
	if size := v.script.size; size > 1 {
		return int(v.page) < v.pages || v.told%size > 0
	}
	return len(v.ahead) > 0 || int(v.page) < v.pages
}

// next tells the next step. The visit must go on.
func (v *visit) next() step {
	if len(v.ahead) == 0 {
		v.turnPage()
	}
	st := v.ahead[0]
	v.ahead = v.ahead[:copy(v.ahead, v.ahead[1:])]
	v.told++
	return st
}

// beaconSize returns how many steps the next beacon should hold.
func (v *visit) beaconSize() int {
	if v.script.size > 0 {
		return v.script.size
	}
	switch d := drawFrom(&v.cuts, 10); {
	case d < 6:
		return 1
	case d < 9:
		return 4
	}
	return 10
}

// turnPage tells all of the next page. The beacon that a browser sends when it leaves the page before may come after
// the next page's first one, and it may have waited.
func (v *visit) turnPage() {
	leaving := step{kind: event.PageDuration, page: v.page, listing: -1, scroll: event.None, clock: v.clock + v.draw(30_000)}
	left, overtaken := v.page > 0, v.draw(2) == 0
	if left && !overtaken {
		v.ahead = append(v.ahead, leaving)
	}
	v.page++
	v.clock = 0
	v.add(event.PageView, -1)
	if left && overtaken {
		if v.draw(3) == 0 {
			leaving.late = lateBy + v.draw(lateWithin)
		}
		v.ahead = append(v.ahead, leaving)
	}
	if v.draw(10) < 7 {
		v.seeListing(v.drawListing())
	} else if v.draw(3) == 0 {
		v.add(event.PropertySearch, -1)
	}
	if int(v.page) >= v.pages && v.draw(5) > 0 {
		v.clock += v.draw(30_000)
		v.add(event.PageDuration, -1)
	}
}

// seeListing tells what a visitor does on a listing's page.
func (v *visit) seeListing(listing int32) {
	v.clock = 40 + v.draw(400)
	v.add(event.PropertyView, listing)
	for scroll := 25 * v.draw(2); scroll > 0 && scroll <= 100; scroll += 25 {
		v.clock += 500 + v.draw(20_000)
		v.add(event.ScrollDepth, listing)
		v.ahead[len(v.ahead)-1].scroll = int16(scroll * 10)
		if v.draw(3) == 0 {
			break
		}
	}
	switch d := v.draw(100); {
	case d < 15:
		v.act(event.PropertyInteraction, listing)
	case d < 20:
		v.act(event.FormStart, listing)
		if v.draw(5) < 2 {
			v.act(event.FormSubmit, listing)
		} else {
			v.act(event.FormAbandon, listing)
		}
	case d < 23:
		v.act(event.ContactClick, listing)
	case d < 26:
		v.act(event.PropertySave, listing)
	}
}

// act adds a step after some time.
func (v *visit) act(kind event.Type, listing int32) {
	v.clock += 1000 + v.draw(15_000)
	v.add(kind, listing)
}

func (v *visit) add(kind event.Type, listing int32) {
	v.ahead = append(v.ahead, step{kind: kind, page: v.page, listing: listing, clock: v.clock, scroll: event.None})
}
