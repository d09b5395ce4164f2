package journal

import "context"

// Checkpoint returns once every owner has stored all that was applied when it was called.
func (j *Journal) Checkpoint(ctx context.Context) error {
	want := j.Applied()
	for j.Checkpointed() < want {
		if j.hurried.Load() {
			return ErrClosed
		}
		wait := make(chan struct{})
		j.mu.Lock()
		j.asked = append(j.asked, wait)
		j.notify()
		j.mu.Unlock()
		select {
		case <-wait:
		case <-j.failedCh:
			return *j.failed.Load()
		case <-j.done:
			if j.Checkpointed() < want {
				return ErrClosed
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Checkpointed returns the position that every owner's stored state has.
func (j *Journal) Checkpointed() Position { return Position(j.checkpointed.Load()) }

// takeAsked returns who waits for a checkpoint.
func (j *Journal) takeAsked() []chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	asked := j.asked
	j.asked = nil
	return asked
}
