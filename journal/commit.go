package journal

import (
	"fmt"
	"time"

	"footfall/event"
	"footfall/store"
)

// maxGroup bounds the bytes of one group commit, so that one sync does not keep thousands of requests waiting.
const maxGroup = 4 << 20

// commitLoop is the one writer. It ends when the journal is closed and the queue is empty, or when it is poisoned.
func (j *Journal) commitLoop() {
	defer close(j.done)
	ticker := time.NewTicker(j.o.CheckpointEvery)
	defer ticker.Stop()
	stopTick := make(chan struct{})
	defer close(stopTick)
	due := false
	go func() { // wakes the loop so that a checkpoint does not wait for the next request
		for {
			select {
			case <-ticker.C:
				j.mu.Lock()
				due = true
				j.wake.Signal()
				j.mu.Unlock()
			case <-stopTick:
				return
			}
		}
	}()
	for {
		j.mu.Lock()
		for len(j.queue) == 0 && !j.closing && !due {
			j.wake.Wait()
		}
		group := j.takeGroup()
		checkpoint, closing := due || j.sinceCP >= j.o.CheckpointAfter, j.closing && len(group) == 0
		due = false
		j.mu.Unlock()
		if len(group) > 0 {
			j.commit(group)
		}
		if j.Err() == nil && (checkpoint || closing) {
			j.checkpoint()
		}
		if j.Err() != nil {
			j.refuseAll()
			return
		}
		if closing {
			return
		}
	}
}

// takeGroup takes from the front of the queue; j.mu is held.
func (j *Journal) takeGroup() []*submission {
	var size int64
	n := 0
	for n < len(j.queue) && (n == 0 || size+j.queue[n].size <= maxGroup) {
		size += j.queue[n].size
		n++
	}
	group := j.queue[:n:n]
	j.queue = j.queue[n:]
	if len(j.queue) == 0 {
		j.queue = nil
	}
	j.queued -= size
	return group
}

// commit writes one group in one synced batch, applies it and answers it.
func (j *Journal) commit(group []*submission) {
	err := j.write(group)
	if err != nil {
		j.poison(err)
	}
	for _, s := range group {
		if err != nil {
			s.err = j.Err()
		}
		close(s.done)
	}
}

func (j *Journal) write(group []*submission) error {
	b := j.newBatch(group)
	defer b.Close()
	first := j.last
	for _, s := range group {
		for i := range s.recs {
			if err := j.writeRecord(b, &s.recs[i]); err != nil {
				return err
			}
		}
		s.last = j.last
	}
	j.applied.Store(uint64(j.last))
	if b.Empty() {
		return nil // duplicates only; what they repeat was synced by an earlier group
	}
	if err := b.Commit(true); err != nil {
		return err
	}
	j.sinceCP += int(j.last - first)
	j.setDurable(j.last)
	return nil
}

// newBatch returns a batch that can be read from if any record is not a chunk: only owners of such records look at
// what an earlier record of the same group wrote.
func (j *Journal) newBatch(group []*submission) *store.Batch {
	for _, s := range group {
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
	if r.Chunk != nil && len(r.Chunk.Events) == 0 {
		return nil
	}
	j.last++
	r.Pos, j.lastAt = j.last, r.At
	if r.Kind == KindChunk {
		key := appendEventKey(nil, uint16(event.UTCDay(r.Chunk.Received)), r.Site, r.Key, r.Pos)
		b.Set(key, event.Append(nil, r.Chunk))
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
}

// refuseAll answers everything that still waits with the poison.
func (j *Journal) refuseAll() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.queue {
		s.err = j.Err()
		close(s.done)
	}
	j.queue, j.queued = nil, 0
}
