package sessionize

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unsafe"

	"footfall/event"
	"footfall/journal"
	"footfall/store"
)

// The stored session, version 1. uv is an unsigned varint, sv a zigzag varint, str a uv length and that many bytes;
// times are sv differences to First, indexes and event.None-able numbers are sv.
//
//	u8  version (1) | u8 device | u16 flags LE
//	str id | str visitor | str profile | str lead
//	uv  through | uv received | uv lastLive | uv ordinal | uv count
//	uv  first (absolute) | sv newest | sv last
//	sv  current | sv counting | uv dropped | uv scrollSum | uv scrollViews | uv idCount
//	uv n, n × u16 LE    days of receipt
//	uv n, n × (u8 key, str value)  source
//	uv n, n × 40 bits LE  dropped pages
//	uv n, n × (40 bits LE page, sv newest, sv clock, sv base, sv clockAt, uv gaps, sv view, uv used)  loads
//	uv n, n × (str id, uv dwell, sv scroll, sv newest, uv n, n × u16 LE days)  listings
//	uv n, n × (sv listing, sv load, u8 bits, u16 LE day, uv dwell, uv segFrom, uv segTo - segFrom, sv scroll)  views
//	uv n, n × (sv from, uv to - from, u8 return)  runs
//	uv n, n × (56 bits LE of hash, sv at - at of the one before)  ids, in memory only
//
// The ids would be a third of what is stored, and nothing compresses them. They stand in the session's chunks too: load
// takes them from there.
const sessionVersion = 1

const (
	viewNamed = 1 << iota
	viewByClock
)

// pageBytes of the hash of a pageId are kept: two of the 64 loads of a session meet by chance once in 10^9 sessions.
const pageBytes = 5

// flags packs the booleans, from bit 0 up in this order: part of the format.
func (s *Session) flags() (f uint16) {
	for i, on := range []bool{
		s.Truncated, s.Flagged, s.RateFlagged, s.FormStarted, s.FormSubmit, s.FormLead, s.PrevClocked, s.Anonymous,
	} {
		if on {
			f |= 1 << i
		}
	}
	return f
}

// appendSession appends the session as it is in memory, and says how long its stored part is.
func appendSession(b []byte, s *Session) (all []byte, stored int) {
	b = appendStored(b, s)
	stored = len(b)
	return appendIDs(b, s.IDs), stored
}

func appendStored(b []byte, s *Session) []byte {
	le, uv, sv := binary.LittleEndian, binary.AppendUvarint, binary.AppendVarint
	count := func(n int) { b = uv(b, uint64(n)) }
	b = append(b, sessionVersion, byte(s.Device))
	b = le.AppendUint16(b, s.flags())
	for _, str := range []string{s.ID, s.Visitor, s.Profile, s.Lead} {
		b = appendString(b, str)
	}
	for _, n := range []int64{int64(s.Through), s.Received, s.LastLive, int64(s.Ordinal), s.Count, s.First} {
		b = uv(b, uint64(n))
	}
	b = sv(sv(b, s.Newest-s.First), s.Last-s.First)
	b = sv(sv(b, int64(s.Current)), int64(s.Counting))
	b = uv(uv(uv(uv(b, uint64(s.Dropped)), uint64(s.ScrollSum)), uint64(s.ScrollViews)), uint64(s.IDCount))
	b = appendDays(b, s.Days)
	count(len(s.Source))
	for _, a := range s.Source {
		b = appendString(append(b, byte(a.Key)), a.Value)
	}
	count(len(s.DroppedPages))
	for _, h := range s.DroppedPages {
		b = le.AppendUint64(b, h)[:len(b)+pageBytes]
	}
	count(len(s.Loads))
	for i := range s.Loads {
		l := &s.Loads[i]
		b = le.AppendUint64(b, l.Page)[:len(b)+pageBytes]
		b = sv(sv(sv(sv(b, l.Newest-s.First), int64(l.Clock)), int64(l.Base)), l.ClockAt-s.First)
		b = uv(sv(uv(b, uint64(l.Gaps)), int64(l.View)), uint64(l.Used))
	}
	count(len(s.Listings))
	for i := range s.Listings {
		l := &s.Listings[i]
		b = uv(appendString(b, l.ID), uint64(l.Dwell))
		b = appendDays(sv(sv(b, int64(l.Scroll)), int64(l.Newest)), l.Days)
	}
	count(len(s.Views))
	for i := range s.Views {
		b = appendView(b, &s.Views[i])
	}
	return appendRuns(b, s.Runs, s.First)
}

func appendIDs(b []byte, ids []SeenID) []byte {
	b = binary.AppendUvarint(b, uint64(len(ids)))
	var at uint32
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint64(b, id.Hash)[:len(b)+7]
		b = binary.AppendVarint(b, int64(id.At)-int64(at))
		at = id.At
	}
	return b
}

func appendView(b []byte, v *View) []byte {
	bits := byte(0)
	if v.Named {
		bits |= viewNamed
	}
	if v.ByClock {
		bits |= viewByClock
	}
	b = binary.AppendVarint(binary.AppendVarint(b, int64(v.Listing)), int64(v.Load))
	b = binary.LittleEndian.AppendUint16(append(b, bits), v.Day)
	b = binary.AppendUvarint(b, uint64(v.Dwell))
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(v.SegFrom)), uint64(v.SegTo-v.SegFrom))
	return binary.AppendVarint(b, int64(v.Scroll))
}

func appendRuns(b []byte, runs []Run, base int64) []byte {
	b = binary.AppendUvarint(b, uint64(len(runs)))
	for _, r := range runs {
		b = binary.AppendUvarint(binary.AppendVarint(b, r.From-base), uint64(r.To-r.From))
		ret := byte(0)
		if r.Return {
			ret = 1
		}
		b = append(b, ret)
	}
	return b
}

func appendDays(b []byte, days []uint16) []byte {
	b = binary.AppendUvarint(b, uint64(len(days)))
	for _, d := range days {
		b = binary.LittleEndian.AppendUint16(b, d)
	}
	return b
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// ErrCorrupt is returned for stored bytes that this package cannot have written.
var ErrCorrupt = errors.New("sessionize: stored state cannot be read")

// decodeSession fills s from an encoding, stored or in memory, reusing its slices. Its strings alias b. Stored ones have
// no ids.
func decodeSession(b []byte, s *Session) error {
	d := reader{b: b}
	s.reset("")
	if d.u8() != sessionVersion {
		return fmt.Errorf("%w: session version", ErrCorrupt)
	}
	s.Device = event.Device(d.u8())
	s.setFlags(d.u16())
	s.ID, s.Visitor, s.Profile, s.Lead = d.str(), d.str(), d.str(), d.str()
	s.Through, s.Received, s.LastLive = journal.Position(d.uv()), d.uv(), d.uv()
	s.Ordinal, s.Count, s.First = uint32(d.uv()), d.uv(), d.uv()
	s.Newest, s.Last = s.First+d.sv(), s.First+d.sv()
	s.Current, s.Counting = int(d.sv()), int(d.sv())
	s.Dropped, s.ScrollSum, s.ScrollViews, s.IDCount = d.uv(), d.uv(), d.uv(), d.uv()
	s.Days = d.days(s.Days)
	for range d.count(2) {
		s.Source = append(s.Source, event.Attr{Key: event.AttrKey(d.u8()), Value: d.str()})
	}
	for range d.count(pageBytes) {
		s.DroppedPages = append(s.DroppedPages, d.page())
	}
	for range d.count(pageBytes + 7) {
		s.Loads = append(s.Loads, Load{
			Page: d.page(), Newest: s.First + d.sv(), Clock: int32(d.sv()), Base: int32(d.sv()),
			ClockAt: s.First + d.sv(), Gaps: d.uv(), View: int(d.sv()), Used: d.uv(),
		})
	}
	for range d.count(5) {
		s.Listings = append(s.Listings, Listing{
			ID: d.str(), Dwell: d.uv(), Scroll: int16(d.sv()), Newest: int(d.sv()), Days: d.days(nil),
		})
	}
	for range d.count(9) {
		s.Views = append(s.Views, d.view())
	}
	s.Runs = d.runs(s.Runs, s.First)
	if len(d.b) > 0 {
		d.ids(s)
	}
	if d.bad || len(d.b) != 0 || !s.consistent() {
		return fmt.Errorf("%w: session", ErrCorrupt)
	}
	return nil
}

func (d *reader) ids(s *Session) {
	var at int64
	for range d.count(8) {
		hash := d.u56()
		at += d.sv()
		s.IDs = append(s.IDs, SeenID{Hash: hash, At: uint32(at)})
	}
}

func (s *Session) setFlags(f uint16) {
	for i, on := range []*bool{
		&s.Truncated, &s.Flagged, &s.RateFlagged, &s.FormStarted, &s.FormSubmit, &s.FormLead, &s.PrevClocked, &s.Anonymous,
	} {
		*on = f&(1<<i) != 0
	}
}

func (d *reader) view() View {
	v := View{Listing: int(d.sv()), Load: int(d.sv())}
	bits := d.u8()
	v.Named, v.ByClock = bits&viewNamed != 0, bits&viewByClock != 0
	v.Day, v.Dwell, v.SegFrom = d.u16(), d.uv(), int32(d.uv())
	v.SegTo, v.Scroll = v.SegFrom+int32(d.uv()), int16(d.sv())
	return v
}

// consistent says whether every index of the session points into its slice, so that the fold never panics on stored
// bytes.
func (s *Session) consistent() bool {
	ok := func(i, n int) bool { return i >= none && i < n }
	if !ok(s.Current, len(s.Loads)) || !ok(s.Counting, len(s.Views)) {
		return false
	}
	for i := range s.Loads {
		if !ok(s.Loads[i].View, len(s.Views)) {
			return false
		}
	}
	for i := range s.Listings {
		if !ok(s.Listings[i].Newest, len(s.Views)) {
			return false
		}
	}
	for i := range s.Views {
		if v := &s.Views[i]; v.Listing < 0 || !ok(v.Listing, len(s.Listings)) || !ok(v.Load, len(s.Loads)) {
			return false
		}
	}
	return true
}

// reader reads from the front of b. After the first thing that is not as it must be, bad is set and all reads as zero.
type reader struct {
	b   []byte
	bad bool
}

func (d *reader) take(n int) []byte {
	if n < 0 || n > len(d.b) {
		d.bad, d.b = true, nil
		return nil
	}
	t := d.b[:n]
	d.b = d.b[n:]
	return t
}

func (d *reader) u8() byte {
	if t := d.take(1); t != nil {
		return t[0]
	}
	return 0
}

func (d *reader) u16() uint16 {
	if t := d.take(2); t != nil {
		return binary.LittleEndian.Uint16(t)
	}
	return 0
}

func (d *reader) u56() uint64 {
	if t := d.take(7); t != nil {
		return uint64(binary.LittleEndian.Uint32(t)) | uint64(binary.LittleEndian.Uint32(t[3:]))>>8<<32
	}
	return 0
}

func (d *reader) page() uint64 {
	if t := d.take(pageBytes); t != nil {
		return uint64(binary.LittleEndian.Uint32(t)) | uint64(t[4])<<32
	}
	return 0
}

func (d *reader) uv() int64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || v > math.MaxInt64 {
		d.take(-1)
		return 0
	}
	d.b = d.b[n:]
	return int64(v)
}

func (d *reader) sv() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.take(-1)
		return 0
	}
	d.b = d.b[n:]
	return v
}

// count reads the length of a list whose items take at least size bytes each.
func (d *reader) count(size int) int {
	n := d.uv()
	if n > int64(len(d.b)/size) {
		d.take(-1)
		return 0
	}
	return int(n)
}

func (d *reader) str() string {
	t := d.take(int(d.uv()))
	return unsafe.String(unsafe.SliceData(t), len(t))
}

func (d *reader) days(days []uint16) []uint16 {
	for range d.count(2) {
		days = append(days, d.u16())
	}
	return days
}

func (d *reader) runs(runs []Run, base int64) []Run {
	for range d.count(3) {
		from := base + d.sv()
		runs = append(runs, Run{From: from, To: from + d.uv(), Return: d.u8() == 1})
	}
	return runs
}

// Keys of the spaces, big endian; ids are store.ID hashes:
//
//	sessions          0x03 | site u32 | session 16
//	visitors          0x04 | site u32 | visitor 16
//	visitor sessions  0x05 | site u32 | visitor 16 | session 16
//	seen              0x06 | slot u32 (receive time / 5 min) | site u32 | session 16
//	listing days      0x07 | site u32 | listing 16 | local day u16
//	hot               see hot.go
//
// Visitor sessions have no values. That of a seen key is empty, or version u8 (1) if no beacon of the session had come
// live by then. Page days are drawn in pageday.go.
func idKey(space store.Space, site uint32, id store.ID) []byte {
	b := binary.BigEndian.AppendUint32(append(make([]byte, 0, 40), byte(space)), site)
	return append(b, id[:]...)
}

func seenKey(slot uint32, site uint32, id store.ID) []byte {
	b := binary.BigEndian.AppendUint32(append(make([]byte, 0, 25), byte(store.Seen)), slot)
	b = binary.BigEndian.AppendUint32(b, site)
	return append(b, id[:]...)
}

func parseSeenKey(k []byte) (sessionKey, error) {
	if len(k) != 1+4+4+16 {
		return sessionKey{}, fmt.Errorf("%w: seen key %x", ErrCorrupt, k)
	}
	return sessionKey{binary.BigEndian.Uint32(k[5:]), store.ID(k[9:25])}, nil
}

const seenPast = 1

func seenValue(past bool) []byte {
	if past {
		return []byte{seenPast}
	}
	return nil
}

// isPast says whether a row of the seen space is of a session of which no beacon had come live.
func isPast(value []byte) bool { return len(value) != 0 }

func listingDayKey(site uint32, listing store.ID, day uint16) []byte {
	return binary.BigEndian.AppendUint16(idKey(store.ListingDays, site, listing), day)
}
