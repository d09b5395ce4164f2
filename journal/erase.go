package journal

import (
	"context"
	"encoding/binary"
	"fmt"

	"footfall/event"
	"footfall/store"
)

// EraseKind says what a Target is. The numbers are part of the format.
type EraseKind uint8

// What can be forgotten.
const (
	EraseVisitor EraseKind = 1 // with the sessions that are bound to it
	EraseSession EraseKind = 2
	EraseEmail   EraseKind = 3 // nothing is stored under it; rejected events that hold it are deleted
	EraseLead    EraseKind = 4
)

// Target is one thing that is forgotten: never its id, only the keyed hash of it.
type Target struct {
	Kind EraseKind
	ID   store.ID
	Pos  Position // of a lead's record, else 0
}

// The body of a KindErase record:
//
//	u8 version (1) | n × (u8 kind | 16 bytes id | u64 position, big endian)
const (
	eraseVersion = 1
	targetLen    = 1 + 16 + 8
)

// EncodeErase returns the body of a record.
func EncodeErase(targets []Target) []byte {
	b := []byte{eraseVersion}
	for i := range targets {
		t := &targets[i]
		b = append(append(b, byte(t.Kind)), t.ID[:]...)
		b = binary.BigEndian.AppendUint64(b, uint64(t.Pos))
	}
	return b
}

// DecodeErase reads the body of a record.
func DecodeErase(b []byte) (targets []Target, err error) {
	if len(b) < 1 || b[0] != eraseVersion || (len(b)-1)%targetLen != 0 {
		return nil, fmt.Errorf("%w: who is forgotten, in %d bytes", errRecord, len(b))
	}
	for rest := b[1:]; len(rest) > 0; rest = rest[targetLen:] {
		targets = append(targets, Target{EraseKind(rest[0]), store.ID(rest[1:]), Position(binary.BigEndian.Uint64(rest[17:]))})
	}
	return targets, nil
}

// IsErase says whether a stored record of the journal is one that names who was forgotten.
func IsErase(value []byte) bool { return len(value) > 1 && Kind(value[1]) == KindErase }

// At returns the record at a position that is no chunk, if it is there and was not forgotten.
func At(r store.Reader, pos Position) (rec Record, found bool, err error) {
	value, found, err := r.Get(recordKey(pos))
	if err != nil || !found {
		return rec, false, err
	}
	rec, err = decodeRecord(recordKey(pos), value)
	return rec, err == nil, err
}

// Days returns the UTC days of receipt that have chunks, ascending, by one seek for each.
func Days(r store.Reader) (days []uint16, err error) {
	lo, hi := store.Events.Span()
	for more := true; more && err == nil; {
		more = false
		err = r.Scan(store.Range{Lo: lo, Hi: hi}, func(key, _ []byte) error {
			day, _, _, _, err := parseEventKey(key)
			if err != nil {
				return err
			}
			days, more = append(days, day), true
			lo = store.PrefixEnd(key[:3])
			return store.ErrStop
		})
	}
	return days, err
}

// Verdict is what becomes of a record.
type Verdict uint8

// The verdicts.
const (
	Keep    Verdict = iota
	Forget          // the record becomes a gap
	Replace         // the record, which the judge has changed, takes the place of the one that is stored
)

// siftAtOnce bounds the records that are deleted in one batch.
const siftAtOnce = 1000

// Sift reads all records up to a position and does with each what the judge says. Records that an owner could still have
// to apply must be kept: the position must not lie after Checkpointed. What is replaced must apply to the same state. It
// returns the keys of what changed.
func (j *Journal) Sift(ctx context.Context, until Position, judge func(*Record) (Verdict, error)) (changed [][]byte, err error) {
	if until > j.Checkpointed() {
		return nil, fmt.Errorf("journal: position %d is not in a checkpoint yet", until)
	}
	s := sieve{j: j, b: j.db.NewBatch()}
	defer func() { s.b.Close() }()
	v := j.db.NewView()
	err = s.sift(ctx, v.Reader, until, judge)
	if cerr := v.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = s.b.Commit(true)
	}
	return s.changed, err
}

type sieve struct {
	j       *Journal
	b       *store.Batch
	inBatch int
	changed [][]byte
}

func (s *sieve) sift(ctx context.Context, r store.Reader, until Position, judge func(*Record) (Verdict, error)) error {
	for _, space := range []store.Space{store.Events, store.Journal} {
		lo, hi := space.Span()
		err := r.Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
			rec, err := decodeStored(key, value)
			if err != nil || rec.Pos > until {
				return err
			}
			verdict, err := judge(&rec)
			if err != nil || verdict == Keep {
				return err
			}
			switch {
			case verdict == Forget:
				s.b.Delete(key)
			case rec.Chunk != nil:
				s.b.Set(key, event.Append(nil, rec.Chunk))
			default:
				s.b.Set(key, appendRecord(nil, &rec))
			}
			return s.next(ctx, key)
		})
		if err != nil {
			return fmt.Errorf("sift the journal: %w", err)
		}
	}
	return nil
}

func decodeStored(key, value []byte) (Record, error) {
	if key[0] == byte(store.Events) {
		return decodeChunk(key, value)
	}
	return decodeRecord(key, value)
}

// next counts a change and writes the batch if it is full.
func (s *sieve) next(ctx context.Context, key []byte) error {
	s.changed = append(s.changed, append([]byte(nil), key...))
	if s.inBatch++; s.inBatch < siftAtOnce {
		return ctx.Err()
	}
	if err := s.b.Commit(false); err != nil {
		return err
	}
	s.b, s.inBatch = s.j.db.NewBatch(), 0
	return ctx.Err()
}
