package access

import (
	"context"
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"footfall/fault"
)

// How often somebody may fail to sign in before they are made to wait, and how long. A failure is forgotten after its share
// of failWindow, so five at once are gone after 15 minutes.
const (
	failWindow      = 15 * time.Minute
	failsOfAccount  = 5
	failsOfNetwork  = 20 // an IPv4 address, an IPv6 /64
	failsRemembered = 6  // more than those that are free; the wait grows no further
	firstWait       = time.Second
	longestWait     = 16 * time.Second
)

// How many are kept waiting at a time. One more is told to come back, so that waiting costs no more than that.
const (
	waitAtOnce    = 64
	waitOfAccount = 4
)

const (
	failRows    = 4096
	failsOfARow = 4
)

// delays makes those wait who fail to sign in again and again, by account (known or not) and by network. It never shuts
// anybody out: the right password is taken after the wait.
//
// Its memory is of one size, 16,384 places. Where all four of a row are taken, the one with the fewest failures makes room:
// to have an account forgotten, somebody must fail more often with four others.
type delays struct {
	now   func() time.Time
	pause func(context.Context, time.Duration) error
	seed  maphash.Seed

	mu      sync.Mutex
	fails   [][failsOfARow]failed
	waiting map[uint64]int // by account
	held    int            // who wait, in all
}

// failed is the failures of one account or network: the time, ns since 1970, at which all are forgotten.
type failed struct {
	key   uint64
	until int64
}

func newDelays(now func() time.Time, pause func(context.Context, time.Duration) error) *delays {
	return &delays{now: now, pause: pause, seed: maphash.MakeSeed(),
		fails: make([][failsOfARow]failed, failRows), waiting: map[uint64]int{}}
}

// pauseFor waits, unless ctx ends before.
func pauseFor(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin counts an attempt as failed, until it turns out otherwise, and returns when it may go on. Attempts that come
// together so count each other.
func (d *delays) begin(ctx context.Context, email string, from netip.Addr) error {
	account, network := d.keys(email, from)
	d.mu.Lock()
	now := d.now().UnixNano()
	a, n := d.find(account), d.find(network)
	wait := max(waitAfter(a, failsOfAccount, now), waitAfter(n, failsOfNetwork, now))
	if wait > 0 && (d.held >= waitAtOnce || d.waiting[account] >= waitOfAccount) {
		d.mu.Unlock()
		f := fault.New(fault.RateLimited, "Signing in has failed too often. Wait a little and try again.")
		f.After = wait
		return f
	}
	a.fail(failsOfAccount, 1, now)
	n.fail(failsOfNetwork, 1, now)
	if wait == 0 {
		d.mu.Unlock()
		return nil
	}
	d.held++
	d.waiting[account]++
	d.mu.Unlock()
	err := d.pause(ctx, wait)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held--
	if d.waiting[account]--; d.waiting[account] == 0 {
		delete(d.waiting, account)
	}
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "The server is stopping. Try again soon.")
	}
	return nil
}

// undo takes back that an attempt counts as failed.
func (d *delays) undo(email string, from netip.Addr) {
	account, network := d.keys(email, from)
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now().UnixNano()
	d.find(account).fail(failsOfAccount, -1, now)
	d.find(network).fail(failsOfNetwork, -1, now)
}

// forget forgets the failures of an account, which its owner has shown to be theirs.
func (d *delays) forget(email string) {
	account, _ := d.keys(email, netip.Addr{})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.find(account).until = 0
}

func (d *delays) keys(email string, from netip.Addr) (account, network uint64) {
	all := from.As16()
	of := all[:]
	if from.IsValid() && !from.Unmap().Is4() {
		of = all[:8]
	}
	return maphash.String(d.seed, "account "+email), maphash.String(d.seed, "network "+string(of))
}

// find returns the place of a key, empty if it has none yet.
func (d *delays) find(key uint64) *failed {
	row := &d.fails[key%failRows]
	least := &row[0]
	for i := range row {
		if row[i].key == key {
			return &row[i]
		}
		if row[i].until < least.until {
			least = &row[i]
		}
	}
	*least = failed{key: key}
	return least
}

// share is for how long one failure of so many counts.
func share(free int) int64 { return int64(failWindow) / int64(free) }

// owed returns for how long failures are still remembered. More than there can be means that the clock was set back.
func (f *failed) owed(free int, now int64) int64 {
	owed := f.until - now
	if owed < 0 || owed > share(free)*int64(free+failsRemembered) {
		return 0
	}
	return owed
}

// fail adds failures; it takes them back if times is below 0.
func (f *failed) fail(free int, times, now int64) {
	owed := f.owed(free, now) + times*share(free)
	f.until = now + max(min(owed, share(free)*int64(free+failsRemembered)), 0)
}

// waitAfter returns how long the next attempt waits: nothing while failures are free, then a second, and twice as long
// after each more.
func waitAfter(f *failed, free int, now int64) time.Duration {
	failures := int((f.owed(free, now) + share(free) - 1) / share(free))
	if failures < free {
		return 0
	}
	return min(firstWait<<(failures-free), longestWait)
}
