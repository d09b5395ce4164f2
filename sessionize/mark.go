package sessionize

import (
	"encoding/binary"
	"fmt"
	"slices"

	"footfall/event"
	"footfall/store"
)

// The mark, under its own key of the meta space: uv receive time of the newest record | uv first day and uv first slot
// that may hold chunks which stored sessions lack | uv n, n × (uv site, uv next ordinal), ascending.
var markKey = []byte("\x00sessionize")

func (o *Sessions) writeMark(b *store.Batch) {
	day, slot := uint16(event.UTCDay(o.at)), uint32(o.at/slotLength)
	for d := range o.dirtyDays {
		day = min(day, d)
	}
	for _, q := range []*list{&o.dirty, &o.past} {
		if q.first != nil {
			slot = min(slot, uint32(q.first.received/slotLength))
		}
	}
	if o.scanning {
		day, slot = min(day, o.scanFrom), min(slot, o.floorSlot)
	}
	v := binary.AppendUvarint(nil, uint64(o.at))
	v = binary.AppendUvarint(binary.AppendUvarint(v, uint64(day)), uint64(slot))
	sites := make([]uint32, 0, len(o.nextOrdinal))
	for site := range o.nextOrdinal {
		sites = append(sites, site)
	}
	slices.Sort(sites)
	v = binary.AppendUvarint(v, uint64(len(sites)))
	for _, site := range sites {
		v = binary.AppendUvarint(binary.AppendUvarint(v, uint64(site)), uint64(o.nextOrdinal[site]))
	}
	b.Set(markKey, v)
}

func (o *Sessions) readMark() error {
	v, found, err := o.db.Get(markKey)
	if err != nil || !found || o.pos == 0 {
		return err
	}
	d := reader{b: v}
	o.at = d.uv()
	o.scanning, o.scanFrom, o.floorSlot = true, uint16(d.uv()), uint32(d.uv())
	for range d.count(2) {
		site := uint32(d.uv())
		o.nextOrdinal[site] = uint32(d.uv())
	}
	if d.bad || len(d.b) != 0 {
		return fmt.Errorf("%w: the mark of sessionize", ErrCorrupt)
	}
	o.completeSince = int64(o.floorSlot) * slotLength
	return nil
}
