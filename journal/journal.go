// Package journal is the one way in which anything changes: Submit, group commit, apply, return.
//
// It guarantees a total order of records, that Submit returns nil only once its records are on disk and applied by
// every owner, and that after Open every owner has applied exactly the records that are on disk. A record that was on
// its way when the process died is there or not; one that was acknowledged is there. A failed commit or apply poisons
// the journal: nothing more is accepted and Failed says why; nothing is retried.
//
// It does not judge records: what is invalid is refused before Submit, and duplicates are dropped by Options.Admit.
package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"footfall/store"
)

// Owner is folded state. Its methods are called by one goroutine at a time; Apply in position order.
type Owner interface {
	// Name of the owner in messages.
	Name() string
	// Position up to which the stored state of the owner has applied the journal.
	Position() Position
	// Apply folds one record; unknown kinds are ignored. It is deterministic: it reads the record, the owner's state
	// and, through b, what owners wrote. What it writes to b is committed with the record.
	Apply(b *store.Batch, r *Record) error
	// Checkpoint writes what is dirty, and the position, in one batch that it commits itself.
	Checkpoint() error
	// Check reports every broken invariant of the stored state.
	Check(v *store.View, report func(error))
}

// Options of a Journal.
type Options struct {
	Now func() time.Time
	Log *slog.Logger
	// Queue bounds the bytes of waiting records, default 32 MiB; the last tenth is for records that are no chunks. When
	// it is full, Submit waits for QueueWait and then answers ErrOverloaded.
	Queue     int64
	QueueWait time.Duration
	// Refuse is asked before a submission is queued, by the kind of its first record. Its error is Submit's. It is on
	// the way of every request: it must be quick. May be nil.
	Refuse func(Kind) error
	// Admit is asked for each record just before it gets its position. It may drop events of a chunk and stamps what
	// only the committer knows; a chunk that is left without events is dropped whole, and so is a record that it voids.
	Admit           func(r *Record) error
	CheckpointEvery time.Duration // default 1 s
	CheckpointAfter int           // records, default 65,536
	// AcceptLoss opens a journal although records that were acknowledged are missing at its end.
	AcceptLoss bool
	// Committed is told of each group that was written, how long it took from its beginning until it was on disk. It
	// holds up the answers: it must be quick. May be nil.
	Committed func(took time.Duration)
}

var (
	// ErrOverloaded is returned by Submit when the queue is full: nothing was taken.
	ErrOverloaded = errors.New("journal: the queue is full")
	// ErrPoisoned is in the error of Submit after a commit or apply failed: whether the records are on disk is not known.
	ErrPoisoned = errors.New("the journal is poisoned")
	// ErrClosed is returned by Submit once the journal is closing: nothing was taken.
	ErrClosed = errors.New("journal: closed")
)

// Journal orders, commits and applies records.
type Journal struct {
	db     *store.DB
	owners []Owner
	o      Options

	mu      sync.Mutex
	queue   []*submission
	queued  int64 // bytes
	waiting int   // submissions that are not answered yet
	target  int   // submissions for which the committer waits, at most gatherFor
	closing bool
	hurried atomic.Bool     // no checkpoint any more
	wake    chan struct{}   // of size 1: there is something to do
	room    chan struct{}   // closed when the queue gets shorter; nil while nobody waits for that
	asked   []chan struct{} // closed at the next checkpoint

	syncing chan *group // what the committer wrote, on its way to disk
	groups  sync.WaitGroup

	failed   atomic.Pointer[error]
	failedCh chan struct{}
	done     chan struct{}

	last    Position  // of the newest record
	lastAt  time.Time // its receive time
	sinceCP int       // records since the last checkpoint
	key     []byte    // the committer's, reused
	value   []byte

	pulse        pulse
	applied      atomic.Uint64
	checkpointed atomic.Uint64
	durableMu    sync.Mutex
	durable      Position
	durableCh    chan struct{} // closed and replaced when durable grows
	noted        Position      // what the file acked says; noteLoop's, and before and after it of whoever opens and closes
	noting       sync.WaitGroup
}

// submission is one call of Submit. It is reused: done holds one token when it is answered.
type submission struct {
	recs []Record
	size int64
	last Position
	err  error
	done chan struct{}
}

var submissions = sync.Pool{New: func() any { return &submission{done: make(chan struct{}, 1)} }}

// Open recovers the owners from the store and starts the committer. The owners are applied in the order given.
func Open(db *store.DB, owners []Owner, o Options) (*Journal, error) {
	if o.Queue == 0 {
		o.Queue = 32 << 20
	}
	if o.CheckpointEvery == 0 {
		o.CheckpointEvery = time.Second
	}
	if o.CheckpointAfter == 0 {
		o.CheckpointAfter = 1 << 16
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	j := &Journal{db: db, owners: owners, o: o,
		lastAt:   time.UnixMilli(0).UTC(), // the format holds no earlier time, whatever a clock says
		failedCh: make(chan struct{}), done: make(chan struct{}), durableCh: make(chan struct{}),
		wake: make(chan struct{}, 1), syncing: make(chan *group, groupsOnTheWay), target: 1,
		pulse: newPulse(o.Now)}
	if err := j.recover(); err != nil {
		return nil, fmt.Errorf("recover the journal: %w", err)
	}
	j.applied.Store(uint64(j.last))
	j.durable = j.last
	if err := j.checkTail(); err != nil {
		return nil, fmt.Errorf("recover the journal: %w", err)
	}
	j.groups.Go(j.syncLoop)
	j.noting.Go(j.noteLoop)
	go j.commitLoop()
	return j, nil
}

// Submit puts records at the end of the journal, all or none, next to each other, and returns the position of the last
// one once all are on disk and applied. Records of which nothing was left to write (duplicates) are acknowledged once
// everything before them is on disk. The records are lent until it returns; so it does not return early when ctx ends
// once the committer has them. The context is looked at only before that.
func (j *Journal) Submit(ctx context.Context, recs ...Record) (Position, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s := submissions.Get().(*submission)
	s.recs, s.size, s.last, s.err = recs, sizeOf(recs), 0, nil
	defer func() {
		s.recs = nil
		submissions.Put(s)
	}()
	if err := j.enqueue(ctx, s); err != nil {
		return 0, err
	}
	<-s.done
	return s.last, s.err
}

// Applied returns the position up to which records are applied, or being applied. What is read after it may not be on disk
// yet: see WaitDurable.
func (j *Journal) Applied() Position { return Position(j.applied.Load()) }

// Durable returns the position up to which everything is on disk.
func (j *Journal) Durable() Position {
	j.durableMu.Lock()
	defer j.durableMu.Unlock()
	return j.durable
}

// WaitDurable returns once everything that was applied when it was called is on disk. A query calls it between reading
// and answering, so that no answer shows what a crash could still take back.
func (j *Journal) WaitDurable(ctx context.Context) error {
	pos := j.Applied()
	for {
		j.durableMu.Lock()
		have, ch := j.durable, j.durableCh
		j.durableMu.Unlock()
		if have >= pos {
			return nil
		}
		select {
		case <-ch:
		case <-j.failedCh:
			return *j.failed.Load()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (j *Journal) setDurable(pos Position) {
	j.durableMu.Lock()
	j.durable = pos
	close(j.durableCh)
	j.durableCh = make(chan struct{})
	j.durableMu.Unlock()
}

// Failed is closed when the journal was poisoned; Err then says by what. The program must end.
func (j *Journal) Failed() <-chan struct{} { return j.failedCh }

// Err returns what poisoned the journal, nil if nothing did.
func (j *Journal) Err() error {
	if p := j.failed.Load(); p != nil {
		return *p
	}
	return nil
}

func (j *Journal) poison(err error) {
	err = fmt.Errorf("%w: %w", ErrPoisoned, err)
	if j.failed.CompareAndSwap(nil, &err) {
		close(j.failedCh)
	}
}

// Hurry makes Close write no checkpoint: the next Open folds the end of the journal again instead.
func (j *Journal) Hurry() { j.hurried.Store(true) }

// Close commits what is queued, writes a checkpoint of every owner, stops the committer and notes what is acknowledged.
// Submit answers ErrClosed from the moment it is called.
func (j *Journal) Close() error {
	j.mu.Lock()
	j.closing = true
	j.notify()
	j.mu.Unlock()
	<-j.done
	j.noting.Wait()
	if err := j.Err(); err != nil {
		return err
	}
	return j.noteAcked()
}
