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

// Calls with a secret key and with a write key have idempotency keys of their own: a replay must not show a public
// caller the whole lead.
const (
	keepPublic = "write:"
	keepSecret = "secret:"
)

// reserve takes the idempotency key of a call until release is called, and returns where its answer is kept.
func (l *Leads) reserve(site uint32, kind, idempotencyKey string) (key []byte, release func(), err error) {
	if len(idempotencyKey) > maxIdempotencyKey || !isText(idempotencyKey) {
		return nil, nil, fault.Field(fault.InvalidField, "Idempotency-Key", "Idempotency-Key has at most %d bytes of text.", maxIdempotencyKey)
	}
	key = idKey(store.Idempotency, site, l.db.ID(kind+idempotencyKey))
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
func (l *Leads) stored(key []byte, body [32]byte, now time.Time) (r replay, found bool, err error) {
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
	if kept.Body != body {
		return r, false, fault.Field(fault.IdempotencyMismatch, "Idempotency-Key", "This Idempotency-Key came with another body. Use a new key for a new lead.")
	}
	return *kept, true, nil
}
