package journal

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"footfall/store"
)

// window is how many positions are sorted in memory at once. Events stand by day and session, so a day is read once
// for each window of it.
const window = 1 << 20

// Read yields the records after a position in order, as the store has them now. Erased records are gaps.
func (j *Journal) Read(after Position) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		v := j.db.NewView()
		stopped := false
		err := read(v.Reader, after, window, func(r *Record) error {
			if stopped = !yield(*r, nil); stopped {
				return store.ErrStop
			}
			return nil
		})
		if cerr := v.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("close view: %w", cerr)
		}
		if err != nil && err != store.ErrStop && !stopped {
			yield(Record{}, err)
		}
	}
}

// read visits the records after a position in order, window positions at a time. The record is the visitor's to keep.
func read(r store.Reader, after, window Position, visit func(*Record) error) error {
	for {
		recs, more, err := readWindow(r, after, after+window)
		if err != nil {
			return err
		}
		for i := range recs {
			if err := visit(&recs[i]); err != nil {
				return err
			}
		}
		if more == math.MaxUint64 {
			return nil
		}
		after = max(after+window, more-1)
	}
}

// readWindow returns the records in (after, until] by position, and the smallest position above until that it saw.
func readWindow(r store.Reader, after, until Position) (recs []Record, more Position, err error) {
	more = math.MaxUint64
	lo, hi := store.Events.Span()
	err = r.Scan(store.Range{Lo: lo, Hi: hi, After: uint64(after), Until: math.MaxInt64}, func(key, value []byte) error {
		_, _, _, pos, err := parseEventKey(key)
		if err != nil || pos <= after {
			return err
		}
		if pos > until {
			more = min(more, pos)
			return nil
		}
		rec, err := decodeChunk(key, value)
		recs = append(recs, rec)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	_, hi = store.Journal.Span()
	err = r.Scan(store.Range{Lo: recordKey(after + 1), Hi: hi}, func(key, value []byte) error {
		rec, err := decodeRecord(key, value)
		if err != nil {
			return err
		}
		if rec.Pos > until {
			more = min(more, rec.Pos)
			return store.ErrStop
		}
		recs = append(recs, rec)
		return nil
	})
	slices.SortFunc(recs, func(a, b Record) int { return cmp.Compare(a.Pos, b.Pos) })
	return recs, more, err
}

// ReadSession visits the chunks of one session that were received on one UTC day and have positions above after, in
// order.
func ReadSession(r store.Reader, day uint16, site uint32, session store.ID, after Position, visit func(*Record) error) error {
	prefix := appendEventKey(nil, day, site, session, 0)
	return r.ScanPrefix(prefix[:eventKeyLen-8], func(key, value []byte) error {
		rec, err := decodeChunk(key, value)
		if err != nil || rec.Pos <= after {
			return err
		}
		return visit(&rec)
	})
}

// ReadSessionBack visits the chunks of one session that were received on one UTC day and have positions up to until, the
// newest first.
func ReadSessionBack(r store.Reader, day uint16, site uint32, session store.ID, until Position, visit func(*Record) error) error {
	rg := store.Range{
		Lo: appendEventKey(nil, day, site, session, 0), Hi: appendEventKey(nil, day, site, session, until+1), Reverse: true,
	}
	return r.Scan(rg, func(key, value []byte) error {
		rec, err := decodeChunk(key, value)
		if err != nil {
			return err
		}
		return visit(&rec)
	})
}

// recover applies to each owner the records that its stored state lacks, and finds the end of the journal. Positions
// above everything that was checkpointed must be dense: a hole there is a lost record.
func (j *Journal) recover() error {
	from, newest := Position(math.MaxUint64), Position(0)
	for _, o := range j.owners {
		from, newest = min(from, o.Position()), max(newest, o.Position())
	}
	if len(j.owners) == 0 {
		from = 0
	}
	if err := j.readMark(); err != nil {
		return err
	}
	j.last = max(j.last, newest)
	dense := j.last
	b := j.db.NewIndexedBatch()
	defer func() { b.Close() }()
	err := read(j.db.Reader(), from, window, func(r *Record) error {
		if r.Pos > dense+1 {
			return fmt.Errorf("%w: the record at position %d is missing", store.ErrDamaged, dense+1)
		}
		j.last, dense = max(j.last, r.Pos), max(dense, r.Pos)
		if r.Session != "" {
			r.Key = j.db.ID(r.Session)
		}
		if r.At.After(j.lastAt) {
			j.lastAt = r.At
		}
		for _, o := range j.owners {
			if o.Position() >= r.Pos {
				continue
			}
			if err := o.Apply(b, r); err != nil {
				return fmt.Errorf("%s: apply record %d: %w", o.Name(), r.Pos, err)
			}
		}
		j.sinceCP++
		if b.Len() > maxGroup || j.sinceCP >= j.o.CheckpointAfter {
			if err := b.Commit(false); err != nil {
				return err
			}
			b = j.db.NewIndexedBatch()
			return j.checkpointRecovered()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.Commit(false)
}

func (j *Journal) checkpointRecovered() error {
	j.sinceCP = 0
	for _, o := range j.owners {
		if err := o.Checkpoint(); err != nil {
			return fmt.Errorf("%s: checkpoint: %w", o.Name(), err)
		}
	}
	return nil
}

// The mark is where the journal stood at the last checkpoint, so that positions and receive times go on from there
// when the tail is empty: uv position | uv receive time in ms.
var markKey = []byte("\x00journal")

func (j *Journal) writeMark() error {
	b := j.db.NewBatch()
	v := binary.AppendUvarint(nil, uint64(j.last))
	b.Set(markKey, binary.AppendUvarint(v, uint64(j.lastAt.UnixMilli())))
	return b.Commit(false)
}

func (j *Journal) readMark() error {
	v, found, err := j.db.Get(markKey)
	if err != nil || !found {
		return err
	}
	pos, n := binary.Uvarint(v)
	if n <= 0 {
		return fmt.Errorf("%w: the journal's mark", errRecord)
	}
	j.last = Position(pos)
	if at, m := binary.Uvarint(v[n:]); m > 0 {
		j.lastAt = time.UnixMilli(int64(at)).UTC()
	}
	return nil
}
