package journal

import (
	"errors"
	"fmt"
	"time"

	"footfall/store"
)

// ErrTailLost is returned by Open when the log ends before what was acknowledged. Options.AcceptLoss opens all the same.
var ErrTailLost = errors.New("log_tail_lost")

// checkTail compares the end of the journal with the position that was noted as acknowledged.
func (j *Journal) checkTail() error {
	acked, found, err := j.db.Acked()
	switch {
	case err != nil && !j.o.AcceptLoss:
		return fmt.Errorf("%w: where the log must end is not known; --accept-loss goes on without knowing", err)
	case err != nil:
		j.o.Log.Error("where the log must end is not known", "error", err)
	case !found:
		return nil
	case Position(acked) <= j.last:
		j.noted = Position(acked)
		return nil
	case !j.o.AcceptLoss:
		return fmt.Errorf("%w: %w: %s ends at position %d, but positions up to %d were acknowledged; restore a backup, or give --accept-loss to go on without them",
			ErrTailLost, store.ErrDamaged, j.db.LastLog(), j.last, acked)
	default:
		j.o.Log.Error("the end of the log is lost, and accepted to be", "position", j.last, "acknowledged", acked, "file", j.db.LastLog())
	}
	j.noted = j.last
	return j.db.NoteAcked(uint64(j.last))
}

// noteLoop notes each second what is on disk, and once more when everything is.
func (j *Journal) noteLoop() {
	ticker := time.NewTicker(j.o.CheckpointEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := j.noteAcked(); err != nil { // there is another try, and no answer depends on it
				j.o.Log.Error("what is acknowledged cannot be noted", "error", err)
			}
		case <-j.done:
			return
		}
	}
}

// noteAcked notes the position up to which everything is on disk, if that is news.
func (j *Journal) noteAcked() error {
	j.durableMu.Lock()
	durable := j.durable
	j.durableMu.Unlock()
	if durable == j.noted {
		return nil
	}
	if err := j.db.NoteAcked(uint64(durable)); err != nil {
		return err
	}
	j.noted = durable
	return nil
}
