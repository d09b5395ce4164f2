package journal

import (
	"context"
	"time"
)

// recordOverhead is what a queued record costs beside its bytes.
const recordOverhead = 200

func sizeOf(recs []Record) (n int64) {
	for i := range recs {
		n += recordOverhead + int64(len(recs[i].Body))
		if c := recs[i].Chunk; c != nil {
			n += int64(len(c.Events)) * recordOverhead
			for k := range c.Events {
				n += int64(len(c.Events[k].Data))
			}
		}
		for _, row := range recs[i].Rows {
			n += int64(len(row.Value))
		}
	}
	return n
}

// Refuses returns why a submission of a kind would be refused now, nil if it would not.
func (j *Journal) Refuses(kind Kind) error {
	if j.o.Refuse == nil {
		return nil
	}
	return j.o.Refuse(kind)
}

// enqueue queues a submission, and waits for room if it must.
func (j *Journal) enqueue(ctx context.Context, s *submission) error {
	if len(s.recs) > 0 {
		if err := j.Refuses(s.recs[0].Kind); err != nil {
			return err
		}
	}
	room, err := j.tryEnqueue(s)
	if room == nil {
		return err
	}
	timer := time.NewTimer(j.o.QueueWait)
	defer timer.Stop()
	for {
		select {
		case <-room:
		case <-j.failedCh:
		case <-timer.C:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
		if room, err = j.tryEnqueue(s); room == nil {
			return err
		}
	}
}

// tryEnqueue queues a submission if it can. Where waiting may help, room is closed when to try again.
func (j *Journal) tryEnqueue(s *submission) (room <-chan struct{}, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.failed.Load() != nil:
		return nil, *j.failed.Load()
	case j.closing:
		return nil, ErrClosed
	case j.queued+s.size > j.limit(s) && len(j.queue) > 0:
		if j.o.QueueWait == 0 {
			return nil, ErrOverloaded
		}
		if j.room == nil {
			j.room = make(chan struct{})
		}
		return j.room, ErrOverloaded
	}
	j.queued += s.size
	j.waiting++
	j.queue = append(j.queue, s)
	if n := len(j.queue); n == 1 || n == j.target {
		j.notify()
	}
	return nil, nil
}

// limit returns how many bytes may be queued with a submission.
func (j *Journal) limit(s *submission) int64 {
	if len(s.recs) > 0 && s.recs[0].Kind == KindChunk {
		return j.o.Queue - j.o.Queue/10
	}
	return j.o.Queue
}

// tellRoom tells those who wait that the queue got shorter. j.mu is held.
func (j *Journal) tellRoom() {
	if j.room != nil {
		close(j.room)
		j.room = nil
	}
}

// notify tells the committer that there is something to do.
func (j *Journal) notify() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// Queued returns the bytes of records that wait.
func (j *Journal) Queued() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.queued
}
