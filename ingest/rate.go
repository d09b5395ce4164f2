package ingest

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// amount counts what one client asks of us, by kind.
type amount [kinds]int64

const (
	perRequest = iota
	perEvent
	perByte // decompressed
	perLead // lead forms
	kinds
)

// rate is how much of a kind a client may ask for: so much in each second or minute, and a burst of it at once.
type rate struct {
	units int64
	each  time.Duration
	burst int64
}

// takes returns how long n units take at this rate, in ns.
func (r rate) takes(n int64) int64 { return n * int64(r.each) / r.units }

// bucket is a leaky bucket as the time, ns since 1970, at which it is empty again.
type bucket int64

// mostOwed is how many bursts a bucket holds at most.
const mostOwed = 4

// owed returns how long the bucket takes to empty, in ns. More than it can hold means that the clock was set back.
func (b bucket) owed(r rate, now int64) int64 {
	owed := int64(b) - now
	if owed < 0 || owed > mostOwed*r.takes(r.burst) {
		return 0
	}
	return owed
}

// wait returns for how many ns n units do not fit yet, 0 if they do. Whoever has times the rate has times the burst.
func (b bucket) wait(r rate, times, n, now int64) int64 {
	return max(b.owed(r, now)+r.takes(n)/times-r.takes(r.burst), 0)
}

// add adds n units whether they fit or not.
func (b *bucket) add(r rate, times, n, now int64) {
	*b = bucket(now + min(b.owed(r, now)+r.takes(n)/times, mostOwed*r.takes(r.burst)))
}

// slot is what is remembered of one network.
type slot struct {
	key     uint64 // its hash
	buckets [kinds]bucket
}

// fresh says that there is nothing to remember: every bucket is empty, as those of a stranger are.
func (s *slot) fresh(now int64) bool {
	for _, b := range s.buckets {
		if int64(b) > now {
			return false
		}
	}
	return true
}

const (
	slotsOfARow  = 4
	rows         = 1 << 14
	overflowFold = 16 // by which the overflow may do more than one address
	siteFold     = 4  // by which an IPv6 /48 may do more than one /64
)

// row is the slots that share a lock. Which row is whose depends on a seed that nobody outside knows.
type row struct {
	mu    sync.Mutex
	slots [slotsOfARow]slot
}

// rates holds clients to their rates in memory of one size: 65,536 slots, 3 MiB. A slot whose buckets are empty is free
// for the next one. Who finds all four slots of its row taken shares the overflow with all others who do.
type rates struct {
	seed     maphash.Seed
	of       [kinds]rate
	rows     []row
	overflow row // its first slot
}

func newRates() *rates {
	return &rates{seed: maphash.MakeSeed(), rows: make([]row, rows), of: [kinds]rate{
		perRequest: {200, time.Second, 1000},
		perEvent:   {5000, time.Second, 5000},
		perByte:    {4 << 20, time.Second, 4 << 20},
		perLead:    {10, time.Minute, 10},
	}}
}

// take takes what a client spends if what it needs fits, which may be more or less. Else it takes nothing and returns the
// kind of which there is too much, and for how long.
func (r *rates) take(addr netip.Addr, need, spend amount, now int64) (kind int, wait time.Duration) {
	all := addr.As16()
	if addr.Is4() {
		return r.takeOf(all[:], 1, need, spend, now)
	}
	// A provider's customer has a /64 at least, and often a /48.
	if kind, wait = r.takeOf(all[:6], siteFold, need, spend, now); wait > 0 {
		return kind, wait
	}
	return r.takeOf(all[:8], 1, need, spend, now)
}

func (r *rates) takeOf(network []byte, times int64, need, spend amount, now int64) (kind int, wait time.Duration) {
	key := maphash.Bytes(r.seed, network)
	home := &r.rows[key%rows]
	home.mu.Lock()
	s := home.find(key, now)
	if s == nil {
		home.mu.Unlock()
		home, times = &r.overflow, times*overflowFold
		home.mu.Lock()
		s = &home.slots[0]
	}
	defer home.mu.Unlock()
	for k, n := range need {
		if n > 0 {
			if ns := s.buckets[k].wait(r.of[k], times, n, now); ns > 0 {
				return k, time.Duration(ns)
			}
		}
	}
	for k, n := range spend {
		if n > 0 {
			s.buckets[k].add(r.of[k], times, n, now)
		}
	}
	return 0, 0
}

// find returns the slot of a key, or one that is free and becomes it; nil if there is none. The lock is held.
func (w *row) find(key uint64, now int64) *slot {
	var free *slot
	for i := range w.slots {
		s := &w.slots[i]
		switch {
		case s.key == key:
			return s
		case free == nil && s.fresh(now):
			free = s
		}
	}
	if free != nil {
		*free = slot{key: key}
	}
	return free
}
