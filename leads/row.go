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
	Imported     bool // it was made elsewhere, earlier
	Unranked     bool // what its points would be made of is not known
	Moved        bool // it was ever anything but new
	Qualified    bool // it was ever qualified or won
	Points       int
	Score        float64 // exact
	Created      int64   // ms, like the next three
	Updated      int64
	Contacted    int64  // first change from new, 0: never, or it is not known when
	LastActivity int64  // 0: none
	Decision     []byte // JSON of the decision

	Entries uint64   // the number of the newest entry of its history
	Base    struct { // what it was before the first entry
		Status    status
		Contacted int64
	}
	Outcome struct { // the newest
		Number uint64 // of its entry, 0: none
		Status status
		Day    int32 // local, since 1970-01-01
		Days   int32 // from creation until then
	}
}

func newRow(pos journal.Position, d *decision, raw []byte) row {
	r := row{
		Pos: pos, ID: d.Lead.ID, Organization: d.Organization, Profile: d.Lead.Profile, Listing: string(d.Lead.Listing),
		Session: string(d.Lead.Session), Priority: priorityOf(d.Lead.Priority), Points: d.Points, Unranked: d.Unranked,
		Imported: d.Imported != 0, Score: d.Exact, Created: int64(d.Lead.Created), Updated: max(int64(d.Lead.Created), d.Imported),
		Decision: raw,
	}
	if s, err := statusOf(d.Status); err == nil {
		r.move(s, 0)
		r.Base.Status = s
	}
	return r
}

// move gives the lead a status; at is when, ms, 0 if that is not known.
func (r *row) move(to status, at int64) {
	if to != statusNew && !r.Moved {
		r.Moved, r.Contacted = true, at
	}
	r.Qualified = r.Qualified || to == statusQualified || to == statusWon
	r.Status = to
}

// change takes a patch in, and returns the entry that it adds to the history, nil for none.
func (r *row) change(c *change) *entry {
	if c.Profile != "" {
		r.Profile = c.Profile
	}
	r.Updated = max(r.Updated, c.At)
	if c.Status == "" {
		return nil
	}
	if c.Number == 0 { // of old, before there was a history
		s, _ := statusOf(c.Status)
		r.move(s, c.At)
		r.Base.Status, r.Base.Contacted = r.Status, r.Contacted
		return nil
	}
	e := &entry{Lead: c.Lead, Number: c.Number, At: c.At, By: c.By, Status: c.Status}
	r.step(e)
	return e
}

// step takes an entry of the history in.
func (r *row) step(e *entry) {
	at := e.At
	if e.Undated {
		at = 0
	}
	switch {
	case e.Activity != "":
		if r.LastActivity = max(r.LastActivity, e.At); r.Status == statusNew {
			r.move(statusContacted, at)
		}
	case e.Status != "":
		s, _ := statusOf(e.Status)
		r.move(s, at)
	case e.Outcome != nil:
		s, _ := statusOf(e.Outcome.Outcome)
		r.move(s, at)
		r.Outcome.Number, r.Outcome.Status, r.Outcome.Day, r.Outcome.Days = e.Number, s, e.Outcome.Day, e.Outcome.Days
	}
	r.Entries = max(r.Entries, e.Number)
	r.Updated = max(r.Updated, e.At)
}

// without returns what the lead would be had one activity not been: the others are taken in again from the start. What
// it ever was, was qualified for instance, is not an activity's doing.
func (r *row) without(number uint64, history []entry) undo {
	var again row
	again.Status, again.Contacted = r.Base.Status, r.Base.Contacted
	again.Moved = r.Base.Contacted != 0 || r.Base.Status != statusNew
	for i := range history {
		if history[i].Number != number {
			again.step(&history[i])
		}
	}
	return undo{
		Number: number, Status: again.Status.String(), Contacted: again.Contacted, Moved: again.Moved,
		LastActivity: again.LastActivity,
	}
}

func (r *row) undo(u *undo, at int64) {
	r.Status, _ = statusOf(u.Status)
	r.Contacted, r.Moved, r.LastActivity = u.Contacted, u.Moved, u.LastActivity
	r.Updated = max(r.Updated, at)
}

// The stored row, version 2. uv is an unsigned varint, sv a signed one, str a uv length and that many bytes:
//
//	u8 version | u8 flags (1: erased, 2: imported, 4: unranked, 8: moved, 16: qualified) | u8 status | u8 priority |
//	uv position | uv points | u64 score, IEEE 754 | uv created | uv updated | uv contacted |
//	uv last activity | uv entries | u8 base status | uv base contacted | uv outcome's number | u8 its status |
//	sv its day | sv its days |
//	str id | str organization | str profile | str listing | str session | the decision as JSON
//
// Version 1 had the first of the flags alone, and none of the fifth and sixth line.
const (
	rowVersion  = 2
	rowVersion1 = 1
)

const (
	rowErased = 1 << iota
	rowImported
	rowUnranked
	rowMoved
	rowQualified
)

func (r *row) flags() (flags byte) {
	for i, set := range [...]bool{r.Erased, r.Imported, r.Unranked, r.Moved, r.Qualified} {
		if set {
			flags |= 1 << i
		}
	}
	return flags
}

func appendRow(b []byte, r *row) []byte {
	b = append(b, rowVersion, r.flags(), byte(r.Status), byte(r.Priority))
	b = binary.AppendUvarint(b, uint64(r.Pos))
	b = binary.AppendUvarint(b, uint64(r.Points))
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(r.Score))
	for _, v := range []uint64{uint64(r.Created), uint64(r.Updated), uint64(r.Contacted), uint64(r.LastActivity), r.Entries} {
		b = binary.AppendUvarint(b, v)
	}
	b = binary.AppendUvarint(append(b, byte(r.Base.Status)), uint64(r.Base.Contacted))
	b = append(binary.AppendUvarint(b, r.Outcome.Number), byte(r.Outcome.Status))
	b = binary.AppendVarint(binary.AppendVarint(b, int64(r.Outcome.Day)), int64(r.Outcome.Days))
	for _, s := range []string{r.ID, r.Organization, r.Profile, r.Listing, r.Session} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return append(b, r.Decision...)
}

// decodeRow reads a row of either version. Its strings are its own, Decision is lent from b.
func decodeRow(b []byte) (row, error) {
	var r row
	d := decoder{b: b}
	version := d.u8()
	if version != rowVersion && version != rowVersion1 {
		return r, fmt.Errorf("%w: lead row version", errCorrupt)
	}
	flags := d.u8()
	r.Erased, r.Imported, r.Unranked = flags&rowErased != 0, flags&rowImported != 0, flags&rowUnranked != 0
	r.Moved, r.Qualified = flags&rowMoved != 0, flags&rowQualified != 0
	r.Status, r.Priority = status(d.u8()), priority(d.u8())
	r.Pos, r.Points = journal.Position(d.uv()), int(d.uv())
	if score := d.take(8); len(score) == 8 {
		r.Score = math.Float64frombits(binary.BigEndian.Uint64(score))
	}
	for _, ms := range []*int64{&r.Created, &r.Updated, &r.Contacted} {
		*ms = int64(d.uv())
	}
	if version == rowVersion1 {
		r.Base.Status, r.Base.Contacted = r.Status, r.Contacted
		r.Moved = r.Contacted != 0 || r.Status != statusNew
		r.Qualified = r.Status == statusQualified || r.Status == statusWon
	} else {
		r.decodeHistory(&d)
	}
	for _, s := range []*string{&r.ID, &r.Organization, &r.Profile, &r.Listing, &r.Session} {
		*s = string(d.take(d.uv()))
	}
	r.Decision = d.b
	if d.bad || r.Status >= numStatuses || r.Priority >= numPriorities || r.Base.Status >= numStatuses || r.Outcome.Status >= numStatuses {
		return row{}, fmt.Errorf("%w: lead row", errCorrupt)
	}
	return r, nil
}

func (r *row) decodeHistory(d *decoder) {
	r.LastActivity, r.Entries = int64(d.uv()), d.uv()
	r.Base.Status, r.Base.Contacted = status(d.u8()), int64(d.uv())
	r.Outcome.Number, r.Outcome.Status = d.uv(), status(d.u8())
	r.Outcome.Day, r.Outcome.Days = int32(d.sv()), int32(d.sv())
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

func (d *decoder) sv() int64 {
	v, n := binary.Varint(d.b)
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

// writeRow writes a row with its entry in the index by time.
func (l *Leads) writeRow(b *store.Batch, site uint32, key store.ID, r *row) {
	b.Set(idKey(store.Leads, site, key), appendRow(nil, r))
	s := l.standing(r)
	b.Set(timeKey(site, r.Created, key), appendStanding(nil, &s))
}
