package ingest

import (
	"sync/atomic"

	"footfall/fault"
)

// load is how much of the memory for requests is in use.
type load struct {
	queue   int64        // bytes that may wait for the disk, --queue-bytes; 0: not known
	waiting atomic.Int64 // bytes submitted and not answered, of all sites
	bodies  int64        // bytes of bodies that may be read at once, 0: any
	reading atomic.Int64
}

// weight is what events cost while they wait: about what the journal counts for them.
func weight(items []Item) (n int64) {
	const perEvent = 200
	for i := range items {
		n += perEvent + int64(len(items[i].Event.Data))
	}
	return n
}

// occupy notes that a site's events wait, or why they must not now. The first to be refused as the queue fills are those
// that matter least, pixels and robots, then sites that hold more than half of it while others want in.
func (l *load) occupy(u *siteUse, n int64, least bool) error {
	all, own := l.waiting.Add(n), u.waiting.Add(n)
	crowded := l.queue > 0 && all > l.queue/4*3
	switch {
	case crowded && least:
		l.vacate(u, n)
		return fault.New(fault.Overloaded, "The queue of records that wait for the disk is over three quarters of its limit, --queue-bytes: pixels and robots are refused first. Nothing of this request was taken: send it again later.")
	case crowded && own > l.queue/2 && all > own:
		l.vacate(u, n)
		return fault.New(fault.Overloaded, "This site's events take up half of the queue of records that wait for the disk, --queue-bytes, and other sites wait too. Nothing of this request was taken: send it again later.")
	}
	return nil
}

// crowded says whether over half of the queue waits: what matters less than events is put off then.
func (l *load) crowded() bool { return l.queue > 0 && l.waiting.Load() > l.queue/2 }

// Crowded says whether so much waits for the disk that exports and slow streams must make room.
func (in *Ingest) Crowded() bool { return in.load.crowded() }

func (l *load) vacate(u *siteUse, n int64) {
	l.waiting.Add(-n)
	u.waiting.Add(-n)
}

// beginBody makes room for a body of n bytes.
func (l *load) beginBody(n int64) error {
	if now := l.reading.Add(n); l.bodies > 0 && now > l.bodies {
		l.reading.Add(-n)
		return fault.New(fault.Overloaded, "The bodies that are being read fill the part of --memory that is for them. Nothing of this request was taken: send it again later.")
	}
	return nil
}

func (l *load) endBody(n int64) { l.reading.Add(-n) }
