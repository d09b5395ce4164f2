package ingest

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

const second = int64(time.Second)

// request takes one request at a time and tells whether it was within the rate.
func (r *rates) request(addr string, now int64) bool {
	one := amount{perRequest: 1}
	_, wait := r.take(netip.MustParseAddr(addr), one, one, now)
	return wait == 0
}

// requests takes requests until one is refused, and returns how many were not.
func (r *rates) requests(addr string, now int64) (n int) {
	for r.request(addr, now) {
		n++
	}
	return n
}

func TestAnAddressHasItsBurstAndThenItsRate(t *testing.T) {
	r, now := newRates(), now.UnixNano()
	if n := r.requests("192.0.2.1", now); n != 1000 {
		t.Errorf("%d at once, want 1,000", n)
	}
	if n := r.requests("192.0.2.1", now+second/10); n != 20 {
		t.Errorf("%d in a tenth of a second, want 20", n)
	}
	if n := r.requests("192.0.2.2", now); n != 1000 {
		t.Errorf("a neighbour has %d", n)
	}
	one := amount{perRequest: 1}
	kind, wait := r.take(netip.MustParseAddr("192.0.2.1"), one, one, now+second/10)
	if kind != perRequest || wait != 5*time.Millisecond {
		t.Errorf("refused for %v of kind %d, want 5ms", wait, kind)
	}
	if n := r.requests("192.0.2.1", now+3600*second); n != 1000 {
		t.Errorf("%d after an hour, want 1,000", n)
	}
}

func TestOfIPv6ANetworkCounts(t *testing.T) {
	r, now := newRates(), now.UnixNano()
	if n := r.requests("2001:db8:1:1::1", now); n != 1000 {
		t.Errorf("%d, want 1,000", n)
	}
	if r.request("2001:db8:1:1:ffff::2", now) {
		t.Error("another address of the same /64 has requests of its own")
	}
	total := 1000
	for _, addr := range []string{"2001:db8:1:2::", "2001:db8:1:3::", "2001:db8:1:4::", "2001:db8:1:5::", "2001:db8:1:6::"} {
		total += r.requests(addr, now)
	}
	if total < 3900 || total > 4000 { // what a /64 was refused counts for its /48
		t.Errorf("a /48 has %d, want 4,000", total)
	}
	if n := r.requests("2001:db8:2::", now); n != 1000 {
		t.Errorf("the next /48 has %d", n)
	}
}

func TestWhatShowsLaterIsPaidLater(t *testing.T) {
	r, now := newRates(), now.UnixNano()
	addr := netip.MustParseAddr("192.0.2.1")
	need := amount{perRequest: 1, perEvent: 1}
	for range 3 { // requests at the same time, each of which may be the last that fits
		if _, wait := r.take(addr, need, amount{perRequest: 1}, now); wait > 0 {
			t.Fatal("refused before anything was spent")
		}
	}
	for range 3 {
		r.take(addr, amount{}, amount{perEvent: 5000}, now)
	}
	kind, wait := r.take(addr, need, amount{perRequest: 1}, now)
	if kind != perEvent || wait.Round(time.Millisecond) != 2*time.Second {
		t.Errorf("refused for %v of kind %d, want 2s", wait, kind)
	}
	if _, wait := r.take(addr, need, amount{perRequest: 1}, now+2*second+second/1000); wait > 0 {
		t.Errorf("after 2 s refused for %v", wait)
	}
}

func TestAClockThatIsSetBackShutsNobodyOut(t *testing.T) {
	r, now := newRates(), now.UnixNano()
	r.requests("192.0.2.1", now)
	if !r.request("192.0.2.1", now-3600*second) {
		t.Error("refused an hour before")
	}
}

// nth returns the nth of 16 million addresses.
func nth(n int) netip.Addr {
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], 0x0b000000+uint32(n))
	return netip.AddrFrom4(a)
}

func TestWhoFindsNoSlotSharesTheOverflow(t *testing.T) {
	r, now := newRates(), now.UnixNano()
	one := amount{perRequest: 1, perLead: 1}
	served := 0
	const flood = 150_000
	for i := range flood {
		if _, wait := r.take(nth(i), one, one, now); wait == 0 {
			served++
		}
	}
	const slots, overflow = rows * slotsOfARow, overflowFold * 10 // lead forms
	if served < slots*9/10 || served > slots+overflow {
		t.Errorf("%d of %d addresses were served, want about %d", served, flood, slots)
	}
	served = 0
	for i := range 1000 { // a minute later the flood is forgotten
		if _, wait := r.take(nth(flood+i), one, one, now+60*second); wait == 0 {
			served++
		}
	}
	if served != 1000 {
		t.Errorf("later %d of 1,000 were served", served)
	}
}

func TestRatesAllocateNothing(t *testing.T) {
	r := newRates()
	need := amount{perRequest: 1, perEvent: 1, perByte: 1}
	six := netip.MustParseAddr("2001:db8::1")
	n := 0
	if allocs := testing.AllocsPerRun(1000, func() {
		n++
		r.take(nth(n), need, amount{perRequest: 1}, second*int64(n))
		r.take(six, need, amount{perRequest: 1}, second*int64(n))
	}); allocs > 0 {
		t.Errorf("%.1f allocations", allocs)
	}
}

func BenchmarkRate(b *testing.B) {
	r := newRates()
	need := amount{perRequest: 1, perEvent: 1, perByte: 1}
	var n int
	b.ReportAllocs()
	for b.Loop() {
		n++
		r.take(nth(n%10_000), need, amount{perRequest: 1}, now.UnixNano()+int64(n)*100_000)
	}
}
