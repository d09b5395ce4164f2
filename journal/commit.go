package journal

import (
	"fmt"
	"time"

	"footfall/event"
	"footfall/store"
)

// maxGroup bounds the bytes of one group commit, so that one sync does not keep thousands of requests waiting.
const maxGroup = 4 << 20

const (
	// gatherFor is how long the committer waits for more to commit together: a sync costs the machine about 200 µs of
	// CPU, however much it takes along.
	gatherFor = time.Millisecond
	// groupsOnTheWay bounds the groups that are written but not synced.
	groupsOnTheWay = 4
)

// group is what was written in one batch and waits for its sync.
type group struct {
	batch *store.Batch // nil if there was nothing to write
	subs  []*submission
	last  Position
	times
}

// commitLoop is the one writer. While one group is on its way to disk it gathers, writes and applies the next. It ends
// when the journal is closed and the queue is empty, or when it is poisoned.
func (j *Journal) commitLoop() {
	defer close(j.done)
	ticker := time.NewTicker(j.o.CheckpointEvery)
	defer ticker.Stop()
	for j.Err() == nil {
		due := false
		select {
		case <-j.wake:
			j.gather()
		case <-ticker.C:
			due = true
			j.pulse.mark(&j.pulse.beat)
		}
		subs, closing := j.take()
		if len(subs) > 0 {
			j.commit(subs)
		}
		asked := j.takeAsked()
		if j.Err() == nil && (due || closing || len(asked) > 0 || j.sinceCP >= j.o.CheckpointAfter) && !j.hurried.Load() {
			j.checkpoint()
		}
		for _, wait := range asked {
			close(wait)
		}
		if closing {
			break
		}
	}
	close(j.syncing)
	j.groups.Wait()
	if j.Err() != nil {
		j.refuseAll()
	}
}

// gather waits until as much is queued as the target says, but not for long.
func (j *Journal) gather() {
	j.mu.Lock()
	enough := len(j.queue) >= j.target || j.closing
	j.mu.Unlock()
	if enough {
		return
	}
	timer := time.NewTimer(gatherFor)
	defer timer.Stop()
	select {
	case <-j.wake:
	case <-timer.C:
	}
}

// take takes from the front of the queue, and says whether there will be no more.
func (j *Journal) take() (subs []*submission, closing bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var size int64
	n := 0
	for n < len(j.queue) && (n == 0 || size+j.queue[n].size <= maxGroup) {
		size += j.queue[n].size
		n++
	}
	subs = j.queue[:n:n]
	j.queue = j.queue[n:]
	if len(j.queue) == 0 {
		j.queue = nil
	}
	if len(j.queue) > 0 || j.closing { // come again
		j.notify()
	}
	j.queued -= size
	j.tellRoom()
	j.aim()
	return subs, j.closing && n == 0
}

// aim sets the target to half of the submissions that wait for an answer, the most of them lately: enough to keep syncs
// few, and 1 when callers come one by one, so that they never wait for others. j.mu is held.
func (j *Journal) aim() {
	want := max(j.waiting/2, 1)
	if want < j.target { // shrink slowly: a lull after many is a hiccup
		want = j.target - (j.target-want+7)/8
	}
	j.target = want
}

// commit writes and applies one group and sends it on to be synced.
func (j *Journal) commit(subs []*submission) {
	g := &group{subs: subs, times: times{began: j.o.Now()}}
	if err := j.write(g); err != nil {
		j.poison(err)
	}
	g.folded = j.o.Now()
	j.syncing <- g
}

// syncLoop waits for groups to be on disk, in order, and answers them.
func (j *Journal) syncLoop() {
	for g := range j.syncing {
		if g.batch != nil {
			g.batch.SyncWait()
		}
		err := j.Err()
		if err == nil {
			j.setDurable(g.last)
			j.tell(g)
		}
		j.mu.Lock()
		j.waiting -= len(g.subs)
		j.mu.Unlock()
		for _, s := range g.subs {
			s.err = err
			s.done <- struct{}{}
		}
	}
}

// write puts a group's records into one batch, applies them, and hands the batch to the log without waiting for the
// disk.
func (j *Journal) write(g *group) error {
	b := j.newBatch(g.subs)
	first := j.last
	for _, s := range g.subs {
		for i := range s.recs {
			if err := j.writeRecord(b, &s.recs[i]); err != nil {
				b.Close()
				return err
			}
		}
		s.last = j.last
	}
	g.last = j.last
	if b.Empty() {
		b.Close()
		return nil // duplicates only; what they repeat is in a group before this one
	}
	j.sinceCP += int(j.last - first)
	if err := b.CommitAsync(); err != nil {
		return err
	}
	g.batch = b
	return nil
}

// newBatch returns a batch that can be read from if any record is not a chunk: only owners of such records look at
// what an earlier record of the same group wrote.
func (j *Journal) newBatch(subs []*submission) *store.Batch {
	for _, s := range subs {
		for i := range s.recs {
			if s.recs[i].Kind != KindChunk {
				return j.db.NewIndexedBatch()
			}
		}
	}
	return j.db.NewBatch()
}

// writeRecord admits, numbers, writes and applies one record.
func (j *Journal) writeRecord(b *store.Batch, r *Record) error {
	if r.Session != "" {
		r.Key = j.db.ID(r.Session)
	}
	if r.At.IsZero() {
		r.At = j.o.Now()
	}
	if r.At = r.At.UTC().Truncate(time.Millisecond); r.At.Before(j.lastAt) {
		r.At = j.lastAt
	}
	if r.Chunk != nil {
		r.Chunk.Received = r.At.UnixMilli()
	}
	if j.o.Admit != nil {
		if err := j.o.Admit(r); err != nil {
			return fmt.Errorf("admit a record: %w", err)
		}
	}
	if r.Void || r.Chunk != nil && len(r.Chunk.Events) == 0 {
		return nil
	}
	j.last++
	r.Pos, j.lastAt = j.last, r.At
	j.applied.Store(uint64(r.Pos)) // before: who sees what Apply changes must find that they have to wait for it
	if r.Kind == KindChunk {
		j.key = appendEventKey(j.key[:0], uint16(event.UTCDay(r.Chunk.Received)), r.Site, r.Key, r.Pos)
		j.value = event.Append(j.value[:0], r.Chunk)
		b.Set(j.key, j.value)
	} else {
		b.Set(recordKey(r.Pos), appendRecord(nil, r))
	}
	for _, row := range r.Rows {
		if row.Value == nil {
			b.Delete(row.Key)
		} else {
			b.Set(row.Key, row.Value)
		}
	}
	return j.apply(b, r)
}

func (j *Journal) apply(b *store.Batch, r *Record) error {
	for _, o := range j.owners {
		if err := o.Apply(b, r); err != nil {
			return fmt.Errorf("%s: apply record %d: %w", o.Name(), r.Pos, err)
		}
	}
	return nil
}

func (j *Journal) checkpoint() {
	for _, o := range j.owners {
		if err := o.Checkpoint(); err != nil {
			j.poison(fmt.Errorf("%s: checkpoint: %w", o.Name(), err))
			return
		}
	}
	if err := j.writeMark(); err != nil {
		j.poison(err)
		return
	}
	j.sinceCP = 0
	j.checkpointed.Store(uint64(j.last))
	j.pulse.mark(&j.pulse.checkpoint)
}

// refuseAll answers everything that still waits with the poison.
func (j *Journal) refuseAll() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.queue {
		s.err = j.Err()
		s.done <- struct{}{}
	}
	j.queue, j.queued = nil, 0
}
