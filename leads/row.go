package leads

import (
	"encoding/binary"
	"fmt"
	"math"

	"footfall/journal"
	"footfall/store"
)

// row is the derived state of a lead: what lists filter and sort by stands in front, so that they decode no JSON of
// leads they leave out.
type row struct {
	Pos          journal.Position // of the record that created it
	ID           string
	Organization string
	Profile      string // now
	Listing      string
	Session      string
	Status       status
	Priority     priority
	Erased       bool // its form is gone for good
	Points       int
	Score        float64 // exact
	Created      int64   // ms, like the other two; Contacted 0: never
	Updated      int64
	Contacted    int64
	Decision     []byte // JSON of the decision
}

func newRow(pos journal.Position, d *decision, raw []byte) row {
	return row{
		Pos: pos, ID: d.Lead.ID, Organization: d.Organization, Profile: d.Lead.Profile, Listing: string(d.Lead.Listing),
		Session: string(d.Lead.Session), Status: statusNew, Priority: priorityOf(d.Lead.Priority), Points: d.Points,
		Score: d.Exact, Created: int64(d.Lead.Created), Updated: int64(d.Lead.Created), Decision: raw,
	}
}

// change takes a patch in.
func (r *row) change(c *change) {
	if c.Status != "" {
		s, _ := statusOf(c.Status)
		if r.Status == statusNew && s != statusNew && r.Contacted == 0 {
			r.Contacted = c.At
		}
		r.Status = s
	}
	if c.Profile != "" {
		r.Profile = c.Profile
	}
	r.Updated = max(r.Updated, c.At)
}

// The stored row, version 1. uv is an unsigned varint, str a uv length and that many bytes:
//
//	u8 version | u8 flags (1: erased) | u8 status | u8 priority | uv position | uv points | u64 score, IEEE 754 |
//	uv created | uv updated | uv contacted | str id | str organization | str profile | str listing | str session |
//	the decision as JSON
const rowVersion = 1

const rowErased = 1

func appendRow(b []byte, r *row) []byte {
	flags := byte(0)
	if r.Erased {
		flags |= rowErased
	}
	b = append(b, rowVersion, flags, byte(r.Status), byte(r.Priority))
	b = binary.AppendUvarint(b, uint64(r.Pos))
	b = binary.AppendUvarint(b, uint64(r.Points))
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(r.Score))
	for _, ms := range []int64{r.Created, r.Updated, r.Contacted} {
		b = binary.AppendUvarint(b, uint64(ms))
	}
	for _, s := range []string{r.ID, r.Organization, r.Profile, r.Listing, r.Session} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return append(b, r.Decision...)
}

// decodeRow reads a row. Its strings are its own, Decision is lent from b.
func decodeRow(b []byte) (row, error) {
	var r row
	d := decoder{b: b}
	if d.u8() != rowVersion {
		return r, fmt.Errorf("%w: lead row version", errCorrupt)
	}
	r.Erased = d.u8()&rowErased != 0
	r.Status, r.Priority = status(d.u8()), priority(d.u8())
	r.Pos, r.Points = journal.Position(d.uv()), int(d.uv())
	if score := d.take(8); len(score) == 8 {
		r.Score = math.Float64frombits(binary.BigEndian.Uint64(score))
	}
	for _, ms := range []*int64{&r.Created, &r.Updated, &r.Contacted} {
		*ms = int64(d.uv())
	}
	for _, s := range []*string{&r.ID, &r.Organization, &r.Profile, &r.Listing, &r.Session} {
		*s = string(d.take(d.uv()))
	}
	r.Decision = d.b
	if d.bad || r.Status >= numStatuses || r.Priority >= numPriorities {
		return row{}, fmt.Errorf("%w: lead row", errCorrupt)
	}
	return r, nil
}

// decoder reads from the front of b. After the first thing that is not there, bad is set and everything is zero.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) take(n uint64) []byte {
	if d.bad || n > uint64(len(d.b)) {
		d.bad, d.b = true, nil
		return nil
	}
	v := d.b[:n]
	d.b = d.b[n:]
	return v
}

func (d *decoder) u8() byte {
	if v := d.take(1); len(v) == 1 {
		return v[0]
	}
	return 0
}

func (d *decoder) uv() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

// getter is a batch or a reader.
type getter interface {
	Get(key []byte) (value []byte, found bool, err error)
}

func getRow(g getter, site uint32, key store.ID) (r row, found bool, err error) {
	v, found, err := g.Get(idKey(store.Leads, site, key))
	if err != nil || !found {
		return r, false, err
	}
	r, err = decodeRow(v)
	return r, err == nil, err
}

func setRow(b *store.Batch, site uint32, key store.ID, r *row) {
	b.Set(idKey(store.Leads, site, key), appendRow(nil, r))
}
