package journal

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"footfall/event"
	"footfall/store"
)

// Position is a place in the total order of a partition's records. Positions are dense and never decrease; 0 is before
// everything.
type Position uint64

// Kind says what a record means. The numbers are part of the format.
type Kind uint8

// The kinds of records.
const (
	KindChunk  Kind = 1 // events of one session; Chunk is set
	KindSite   Kind = 2 // package catalog
	KindLead   Kind = 3 // package leads: a lead was created
	KindPatch  Kind = 4 // package leads: a lead was changed
	KindRetire Kind = 5 // what is past its retention is deleted; see Retire

	KindAccess   Kind = 6  // package access: a key or a user changed, or something was done that the audit trail names
	KindCatalog  Kind = 7  // package catalog: an organization, a profile, a listing changed
	KindActivity Kind = 8  // package leads: somebody did something about a lead, or took it back
	KindOutcome  Kind = 9  // package leads: how a lead ended
	KindFeedback Kind = 10 // package leads: whether a score was found right
	KindModel    Kind = 11 // package learn: a model was trained, activated, or rolled back
	KindErase    Kind = 12 // a person is forgotten by every owner
	KindHot      Kind = 13 // package sessionize: somebody on a site turned hot by a rule
	KindScore    Kind = 16 // package leads: a lead was scored again
)

// Record is one thing that happened. It carries every decision, so that applying it reads no clock, no configuration
// and no randomness.
type Record struct {
	Pos     Position  // given by the committer
	At      time.Time // receive time; the committer moves it forward to the record before it if the clock went back
	Kind    Kind
	Site    uint32
	Session string       // the session it belongs to, may be empty
	Key     store.ID     // hash of Session
	Body    []byte       // what a record that is no chunk says, in its owner's format
	Chunk   *event.Chunk // of KindChunk; lent until Submit returns
	Rows    []Row        // primary data that is committed with the record but does not stand in the journal
	Void    bool         // set by Options.Admit: nothing of the record is left to write; not stored
	Took    Took         // of a submission's first record, once Submit returned; not stored
}

// Row is a key and its value; a nil value deletes.
type Row struct{ Key, Value []byte }

// Keys of the two spaces, big endian:
//
//	events   0x01 | UTC day of receipt u16 | site u32 | session hash 16 | position u64
//	journal  0x02 | position u64
//
// A chunk's value is event.Append's. The value of any other record, version 1:
//
//	u8 version | u8 kind | uv site | uv received ms | uv n, n bytes session | body
const recordVersion = 1

const eventKeyLen = 31

func appendEventKey(dst []byte, day uint16, site uint32, session store.ID, pos Position) []byte {
	dst = append(dst, byte(store.Events))
	dst = binary.BigEndian.AppendUint16(dst, day)
	dst = binary.BigEndian.AppendUint32(dst, site)
	dst = append(dst, session[:]...)
	return binary.BigEndian.AppendUint64(dst, uint64(pos))
}

func parseEventKey(k []byte) (day uint16, site uint32, session store.ID, pos Position, err error) {
	if len(k) != eventKeyLen || k[0] != byte(store.Events) {
		return 0, 0, session, 0, fmt.Errorf("journal: %x is no event key", k)
	}
	return binary.BigEndian.Uint16(k[1:]), binary.BigEndian.Uint32(k[3:]), store.ID(k[7:23]), Position(binary.BigEndian.Uint64(k[23:])), nil
}

func recordKey(pos Position) []byte {
	return binary.BigEndian.AppendUint64([]byte{byte(store.Journal)}, uint64(pos))
}

func appendRecord(dst []byte, r *Record) []byte {
	dst = append(dst, recordVersion, byte(r.Kind))
	dst = binary.AppendUvarint(dst, uint64(r.Site))
	dst = binary.AppendUvarint(dst, uint64(r.At.UnixMilli()))
	dst = binary.AppendUvarint(dst, uint64(len(r.Session)))
	dst = append(dst, r.Session...)
	return append(dst, r.Body...)
}

var errRecord = fmt.Errorf("%w: a record of the journal cannot be read", store.ErrDamaged)

func decodeRecord(key, value []byte) (Record, error) {
	if len(key) != 9 || len(value) < 2 || value[0] != recordVersion {
		return Record{}, fmt.Errorf("%w: key %x", errRecord, key)
	}
	r := Record{Pos: Position(binary.BigEndian.Uint64(key[1:])), Kind: Kind(value[1])}
	rest, bad := value[2:], false
	uv := func(limit uint64) uint64 {
		v, n := binary.Uvarint(rest)
		if n <= 0 || v > limit {
			bad, rest = true, nil
			return 0
		}
		rest = rest[n:]
		return v
	}
	r.Site = uint32(uv(math.MaxUint32))
	r.At = time.UnixMilli(int64(uv(math.MaxInt64))).UTC()
	n := uv(math.MaxInt64)
	if bad || n > uint64(len(rest)) {
		return Record{}, fmt.Errorf("%w: position %d", errRecord, r.Pos)
	}
	r.Session = string(rest[:n])
	r.Body = append([]byte(nil), rest[n:]...)
	return r, nil
}

// decodeChunk reads a stored chunk into a record of its own.
func decodeChunk(key, value []byte) (Record, error) {
	_, site, session, pos, err := parseEventKey(key)
	if err != nil {
		return Record{}, err
	}
	c := new(event.Chunk)
	if err := event.Decode(value, c); err != nil {
		return Record{}, fmt.Errorf("read chunk at position %d: %w", pos, err)
	}
	return Record{
		Pos: pos, At: time.UnixMilli(c.Received).UTC(), Kind: KindChunk, Site: site,
		Session: c.Session, Key: session, Chunk: c,
	}, nil
}
