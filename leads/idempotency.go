package leads

import (
	"encoding/binary"
	"fmt"
	"time"

	"footfall/fault"
	"footfall/store"
)

const (
	replayFor         = 24 * time.Hour
	maxIdempotencyKey = 255
)

// replay is an answer that is given again to whoever sends the same body under the same key.
type replay struct {
	At     int64 // ms
	Body   [32]byte
	Status int
	Lead   string
	Answer []byte
}

// The stored replay, version 1:
//
//	u8 version | uv at | 32 bytes body hash | uv status | uv n, n bytes lead id | the answer
const replayVersion = 1

func encodeReplay(r *replay) []byte {
	b := binary.AppendUvarint([]byte{replayVersion}, uint64(r.At))
	b = append(b, r.Body[:]...)
	b = binary.AppendUvarint(b, uint64(r.Status))
	b = append(binary.AppendUvarint(b, uint64(len(r.Lead))), r.Lead...)
	return append(b, r.Answer...)
}

func decodeReplay(b []byte) (*replay, error) {
	d := decoder{b: b}
	if d.u8() != replayVersion {
		return nil, fmt.Errorf("%w: idempotency version", errCorrupt)
	}
	r := &replay{At: int64(d.uv())}
	copy(r.Body[:], d.take(uint64(len(r.Body))))
	r.Status = int(d.uv())
	r.Lead = string(d.take(d.uv()))
	r.Answer = d.b
	if d.bad {
		return nil, fmt.Errorf("%w: idempotency", errCorrupt)
	}
	return r, nil
}

// reserve takes the idempotency key of a call until release is called, and returns where its answer is kept. Calls
// with a secret key and with a write key have keys of their own: a replay must not show a public caller the whole lead.
func (l *Leads) reserve(c *Create) (key []byte, release func(), err error) {
	if len(c.IdempotencyKey) > maxIdempotencyKey || !isText(c.IdempotencyKey) {
		return nil, nil, fault.Field(fault.InvalidField, "Idempotency-Key", "Idempotency-Key has at most %d bytes of text.", maxIdempotencyKey)
	}
	kind := "write:"
	if c.Whole {
		kind = "secret:"
	}
	key = idKey(store.Idempotency, c.Site.ID, l.db.ID(kind+c.IdempotencyKey))
	l.inFlightMu.Lock()
	defer l.inFlightMu.Unlock()
	if l.inFlight[string(key)] {
		return nil, nil, fault.Field(fault.InFlight, "Idempotency-Key", "A request with this Idempotency-Key is being worked on. Wait for its answer.")
	}
	l.inFlight[string(key)] = true
	return key, func() {
		l.inFlightMu.Lock()
		delete(l.inFlight, string(key))
		l.inFlightMu.Unlock()
	}, nil
}

// stored returns what was answered under the key within the last 24 hours.
func (l *Leads) stored(key []byte, c *Create, now time.Time) (r replay, found bool, err error) {
	v, found, err := l.db.Get(key)
	if err != nil || !found {
		return r, false, err
	}
	kept, err := decodeReplay(v)
	if err != nil {
		return r, false, err
	}
	if kept.old(now) {
		return r, false, nil
	}
	if kept.Body != c.Body {
		return r, false, fault.Field(fault.IdempotencyMismatch, "Idempotency-Key", "This Idempotency-Key came with another body. Use a new key for a new lead.")
	}
	return *kept, true, nil
}
