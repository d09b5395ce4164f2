package leads

import (
	"sync"

	"footfall/journal"
)

// maxChanged bounds the leads that changed and were not asked for yet.
const maxChanged = 1 << 14

// Changed is a lead that was made or changed.
type Changed struct {
	Site uint32
	Lead string
}

// changed gathers which leads records were applied to, for who tells of them.
type changed struct {
	mu    sync.Mutex
	leads map[Changed]struct{}
	lost  bool
	wake  chan struct{} // of size 1
}

func newChanged() changed {
	return changed{leads: map[Changed]struct{}{}, wake: make(chan struct{}, 1)}
}

// note is called by the committer.
func (c *changed) note(r *journal.Record, lead string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.leads) >= maxChanged {
		c.lost = true
		return
	}
	c.leads[Changed{r.Site, lead}] = struct{}{}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Wake returns a channel that gets a token when a lead changed.
func (l *Leads) Wake() <-chan struct{} { return l.changed.wake }

// TakeChanged returns the leads that changed since it was called last, each once, and whether there were too many to keep
// them all. They may have changed by records that are not on disk yet.
func (l *Leads) TakeChanged() (leads []Changed, lost bool) {
	c := &l.changed
	c.mu.Lock()
	defer c.mu.Unlock()
	for lead := range c.leads {
		leads = append(leads, lead)
	}
	clear(c.leads)
	lost, c.lost = c.lost, false
	return leads, lost
}
