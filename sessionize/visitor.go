package sessionize

import (
	"encoding/binary"
	"fmt"

	"footfall/store"
)

// Visitor is the folded state of one visitor: a union of what its sessions add.
type Visitor struct {
	ID      string
	Ordinal uint32 // 0: none yet
	Runs    []Run
}

// VisitCount returns the number of visits.
func (v *Visitor) VisitCount() int { return visitCount(v.Runs) }

// FirstVisit and LastVisit return the smallest and largest event time, ms; 0 if there is none.
func (v *Visitor) FirstVisit() int64 {
	if len(v.Runs) == 0 {
		return 0
	}
	return v.Runs[0].From
}

// LastVisit returns the largest event time, ms; 0 if there is none.
func (v *Visitor) LastVisit() int64 {
	if len(v.Runs) == 0 {
		return 0
	}
	return v.Runs[len(v.Runs)-1].To
}

// unite adds what o has to v. Runs are united; there is at most one ordinal.
func (v *Visitor) unite(o *Visitor) {
	if v.ID == "" {
		v.ID = o.ID
	}
	v.Ordinal = max(v.Ordinal, o.Ordinal)
	for _, r := range o.Runs {
		v.Runs = addRun(v.Runs, r)
	}
}

// The stored visitor, version 1:
//
//	u8 version | str id | uv ordinal | uv n, n × (sv from, uv to - from, u8 return)
const visitorVersion = 1

func appendVisitor(b []byte, v *Visitor) []byte {
	b = appendString(append(b, visitorVersion), v.ID)
	b = binary.AppendUvarint(b, uint64(v.Ordinal))
	return appendRuns(b, v.Runs, 0)
}

func decodeVisitor(b []byte) (*Visitor, error) {
	d := reader{b: b}
	if d.u8() != visitorVersion {
		return nil, fmt.Errorf("%w: visitor version", ErrCorrupt)
	}
	v := &Visitor{ID: string(d.str()), Ordinal: uint32(d.uv())}
	v.Runs = d.runs(nil, 0)
	if d.bad || len(d.b) != 0 {
		return nil, fmt.Errorf("%w: visitor", ErrCorrupt)
	}
	return v, nil
}

func mergeVisitors(values [][]byte) ([]byte, error) {
	var v Visitor
	for _, value := range values {
		o, err := decodeVisitor(value)
		if err != nil {
			return nil, err
		}
		v.unite(o)
	}
	return appendVisitor(nil, &v), nil
}

// Merges are the merge operators of the spaces that this package owns, for store.Options.
func Merges() map[store.Space]store.Merge {
	return map[store.Space]store.Merge{store.Visitors: mergeVisitors, store.ListingDays: mergeListingDays}
}
