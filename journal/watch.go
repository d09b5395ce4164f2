package journal

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"

	"footfall/store"
)

// pulse is when the committer last did what it does again and again: as durations since the journal was opened, which a
// clock that is set back does not change.
type pulse struct {
	now        func() time.Time
	opened     time.Time
	beat       atomic.Int64
	checkpoint atomic.Int64
}

func newPulse(now func() time.Time) pulse { return pulse{now: now, opened: now()} }

func (p *pulse) mark(at *atomic.Int64) { at.Store(int64(p.now().Sub(p.opened))) }

func (p *pulse) since(at *atomic.Int64) time.Duration {
	return p.now().Sub(p.opened) - time.Duration(at.Load())
}

// SinceHeartbeat returns how long ago the committer last came by its clock, which it does each CheckpointEvery unless
// it is stuck.
func (j *Journal) SinceHeartbeat() time.Duration { return j.pulse.since(&j.pulse.beat) }

// SinceCheckpoint returns the age of the newest checkpoint of this run, or of the opening before there is one.
func (j *Journal) SinceCheckpoint() time.Duration { return j.pulse.since(&j.pulse.checkpoint) }

// Lag returns how long the oldest record that waits to be folded has been waiting, 0 if none does. Records without a
// receive time, which are made within the program, are not looked at.
func (j *Journal) Lag() time.Duration {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.queue {
		if len(s.recs) > 0 && !s.recs[0].At.IsZero() {
			return max(j.o.Now().Sub(s.recs[0].At), 0)
		}
	}
	return 0
}

// Took says where the time of a submission went. All of it is in whole groups: the queue ends when the committer
// begins with the submission's group.
type Took struct {
	Queue  time.Duration // from the receive time, in milliseconds
	Fold   time.Duration // the group admitted, written to the log's buffer and applied
	Commit time.Duration // until the group is on disk
}

// times are those of a group.
type times struct{ began, folded time.Time }

// tell writes into the first record of each submission of a group where its time went, and tells Options.Committed.
func (j *Journal) tell(g *group) {
	now := j.o.Now()
	fold, commit := g.folded.Sub(g.began), now.Sub(g.folded)
	for _, s := range g.subs {
		if len(s.recs) > 0 {
			s.recs[0].Took = Took{max(g.began.Sub(s.recs[0].At), 0), fold, commit}
		}
	}
	if j.o.Committed != nil && g.batch != nil {
		j.o.Committed(fold + commit)
	}
}

// QueueLimit returns Options.Queue.
func (j *Journal) QueueLimit() int64 { return j.o.Queue }

// OldestEvents returns when the day of the oldest events began, and whether there are any.
func OldestEvents(r store.Reader) (day time.Time, found bool, err error) {
	lo, hi := store.Events.Span()
	err = r.Scan(store.Range{Lo: lo, Hi: hi}, func(key, _ []byte) error {
		if len(key) != eventKeyLen {
			return fmt.Errorf("%w: key %x", errRecord, key)
		}
		day, found = time.Unix(int64(binary.BigEndian.Uint16(key[1:]))*86400, 0), true
		return store.ErrStop
	})
	return day, found, err
}

// OldestRecord returns the receive time of the oldest record that is no chunk, and whether there is one.
func OldestRecord(r store.Reader) (at time.Time, found bool, err error) {
	lo, hi := store.Journal.Span()
	err = r.Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
		rec, err := decodeRecord(key, value)
		if at, found = rec.At, err == nil; err != nil {
			return err
		}
		return store.ErrStop
	})
	return at, found, err
}
