package journal

import (
	"encoding/binary"
	"fmt"

	"footfall/event"
	"footfall/store"
)

// Retire is what a KindRetire record says: what is past its retention. Owners apply the ones of their spaces.
type Retire struct {
	Space  store.Space // Sessions, Visitors or Leads: IDs are deleted unless they have changed since; Events: nothing changes
	Before uint16      // UTC day: what is older is past its retention
	IDs    []store.ID  // of the record's site
}

// BeforeTime returns the first moment that is kept, ms since 1970.
func (t *Retire) BeforeTime() int64 { return int64(t.Before) * event.MsPerDay }

// The body of a KindRetire record:
//
//	u8 version (1) | u8 space | u16 day, big endian | n × 16 bytes id
const (
	retireVersion = 1
	retireHead    = 4
)

// EncodeRetire returns the body of a record.
func EncodeRetire(t *Retire) []byte {
	b := binary.BigEndian.AppendUint16([]byte{retireVersion, byte(t.Space)}, t.Before)
	for i := range t.IDs {
		b = append(b, t.IDs[i][:]...)
	}
	return b
}

// DecodeRetire reads the body of a record.
func DecodeRetire(b []byte) (t Retire, err error) {
	if len(b) < retireHead || b[0] != retireVersion || (len(b)-retireHead)%len(store.ID{}) != 0 {
		return t, fmt.Errorf("%w: what is retired, in %d bytes", errRecord, len(b))
	}
	t.Space, t.Before = store.Space(b[1]), binary.BigEndian.Uint16(b[2:])
	for rest := b[retireHead:]; len(rest) > 0; rest = rest[len(store.ID{}):] {
		t.IDs = append(t.IDs, store.ID(rest))
	}
	return t, nil
}

// firstKeptKey holds the first UTC day whose events are kept, u16 big endian. Without it all are.
var firstKeptKey = []byte("\x00first kept day")

// FirstKept returns the first UTC day of receipt whose events are kept, 0 if none were retired.
func FirstKept(r store.Reader) (day uint16, err error) {
	v, found, err := r.Get(firstKeptKey)
	if err != nil || !found {
		return 0, err
	}
	if len(v) != 2 {
		return 0, fmt.Errorf("%w: the first kept day", errRecord)
	}
	return binary.BigEndian.Uint16(v), nil
}

// RetireEvents deletes the events that were received before a UTC day. The stored state of every owner must have
// them, or a crash would lose what they changed. State cannot be made again from the journal afterwards.
func (j *Journal) RetireEvents(before uint16) error {
	kept, err := FirstKept(j.db.Reader())
	if err != nil || before <= kept {
		return err
	}
	lo, _ := store.Events.Span()
	hi := binary.BigEndian.AppendUint16(lo[:1:1], before)
	found := false
	err = j.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(_, _ []byte) error {
		found = true
		return store.ErrStop
	})
	if err != nil || !found {
		return err
	}
	b := j.db.NewBatch()
	b.DeleteRange(lo, hi)
	b.Set(firstKeptKey, binary.BigEndian.AppendUint16(nil, before))
	return b.Commit(true) // what a query no longer saw must not come back
}
