package sessionize

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// ordinals is a union of visitors over the days of a listing, as it is counted for a ranking. Nearly all days have few
// visitors: their sets are read from the stored bytes, without making bitmaps of them.
type ordinals struct {
	few  []uint32
	many *roaring.Bitmap // nil while they are few
}

const maxFew = 1 << 14

// add unites the stored sets of a day: those seen without those who left.
func (u *ordinals) add(seen, left []byte) error {
	if noneStored(left) {
		var ok bool
		if u.few, ok = appendStoredOrdinals(u.few, seen); ok {
			u.spill()
			return nil
		}
	}
	var s, l roaring.Bitmap
	for _, set := range []struct {
		of   *roaring.Bitmap
		from []byte
	}{{&s, seen}, {&l, left}} {
		if err := set.of.UnmarshalBinary(set.from); err != nil {
			return fmt.Errorf("%w: visitors of a listing day: %w", ErrCorrupt, err)
		}
	}
	s.AndNot(&l)
	u.addBitmap(&s)
	return nil
}

func (u *ordinals) addBitmap(b *roaring.Bitmap) {
	if b.GetCardinality() <= maxFew {
		for it := b.Iterator(); it.HasNext(); {
			u.few = append(u.few, it.Next())
		}
		u.spill()
		return
	}
	u.bitmap().Or(b)
}

func (u *ordinals) bitmap() *roaring.Bitmap {
	if u.many == nil {
		u.many = roaring.New()
	}
	return u.many
}

func (u *ordinals) spill() {
	if len(u.few) > maxFew {
		u.bitmap().AddMany(u.few)
		u.few = u.few[:0]
	}
}

// visitorSet is a union that does not change any more.
type visitorSet struct {
	few  []uint32        // ascending
	many *roaring.Bitmap // in place of them
}

func (v *visitorSet) count() int64 {
	if v.many != nil {
		return int64(v.many.GetCardinality())
	}
	return int64(len(v.few))
}

func (v *visitorSet) bytes() int {
	if v.many != nil {
		return int(v.many.GetSizeInBytes())
	}
	return 4 * len(v.few)
}

// settle returns the union, and makes it empty.
func (u *ordinals) settle() (v visitorSet) {
	if u.many != nil {
		u.many.AddMany(u.few)
		v.many = u.many
	} else {
		slices.Sort(u.few)
		v.few = slices.Clone(slices.Compact(u.few))
	}
	u.few, u.many = u.few[:0], nil
	return v
}

// countWithout returns how many there are that are not in v, and makes the union empty.
func (u *ordinals) countWithout(v *visitorSet) (n int64) {
	switch {
	case u.many == nil:
		slices.Sort(u.few)
		for _, id := range slices.Compact(u.few) {
			if !v.has(id) {
				n++
			}
		}
	case v.many != nil:
		u.many.AddMany(u.few)
		n = int64(u.many.GetCardinality() - u.many.AndCardinality(v.many))
	default:
		u.many.AddMany(u.few)
		n = int64(u.many.GetCardinality())
		for _, id := range v.few {
			if u.many.Contains(id) {
				n--
			}
		}
	}
	u.few, u.many = u.few[:0], nil
	return n
}

func (v *visitorSet) has(id uint32) bool {
	if v.many != nil {
		return v.many.Contains(id)
	}
	_, has := slices.BinarySearch(v.few, id)
	return has
}

// Roaring's portable format, of sets whose containers are all arrays; little endian:
//
//	u32 0x303a | u32 n | n × (u16 high bits, u16 size - 1) | n × u32 offset | n × size × u16 low bits
const (
	arraysCookie = 0x303a
	maxArray     = 4096 // a container of more is a bitmap
)

// noneStored says whether the bytes are those of the empty set.
func noneStored(b []byte) bool {
	return len(b) == 8 && binary.LittleEndian.Uint32(b) == arraysCookie && binary.LittleEndian.Uint32(b[4:]) == 0
}

// appendStoredOrdinals appends the members of a stored set, if all its containers are arrays.
func appendStoredOrdinals(to []uint32, b []byte) (all []uint32, ok bool) {
	le := binary.LittleEndian
	if len(b) < 8 || le.Uint32(b) != arraysCookie {
		return to, false
	}
	n := int(le.Uint32(b[4:]))
	if n > 1<<16 || len(b) < 8+8*n {
		return to, false
	}
	heads, low, all := b[8:], b[8+8*n:], to
	for i := range n {
		high, size := uint32(le.Uint16(heads[4*i:]))<<16, int(le.Uint16(heads[4*i+2:]))+1
		if size > maxArray || len(low) < 2*size {
			return to, false
		}
		for k := range size {
			all = append(all, high|uint32(le.Uint16(low[2*k:])))
		}
		low = low[2*size:]
	}
	return all, len(low) == 0
}
