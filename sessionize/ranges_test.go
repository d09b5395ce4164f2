package sessionize

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"footfall/event"
	"footfall/store"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"
)

// sumsAgree asks for the sums of ranges, some of which were asked for before, and adds the days up again.
func (w *world) sumsAgree(t *rapid.T) {
	first := uint16(event.UTCDay(rulesBase))
	for range rapid.IntRange(0, 2).Draw(t, "asks") {
		r := rapid.SampledFrom([][2]uint16{{0, 1<<16 - 1}, {first, first}, {first - 1, first + 1}, {first + 1, 1<<16 - 1}}).Draw(t, "range")
		got, err := w.sessions.ListingSums(testSite, r[0], r[1])
		w.must(err)
		if got, want := showSums(got), showSums(w.sumUp(r[0], r[1])); got != want {
			t.Fatalf("sums of %v\nwant %s\ngot  %s", r, want, got)
		}
	}
}

func (w *world) sumUp(from, to uint16) (sums []ListingSum) {
	visitors := roaring.New()
	w.must(w.sessions.EachListingDay(testSite, from, to, func(d *ListingDay) error {
		if n := len(sums); n == 0 || sums[n-1].Listing != d.Listing {
			sums = append(sums, ListingSum{Listing: d.Listing})
			visitors = roaring.New()
		}
		s := &sums[len(sums)-1]
		s.DayCounts.Add(d.DayCounts)
		visitors.Or(d.Visitors())
		s.Unique = int64(visitors.GetCardinality())
		return nil
	}))
	return sums
}

func showSums(sums []ListingSum) string {
	slices.SortFunc(sums, func(a, b ListingSum) int { return cmp.Compare(a.Listing, b.Listing) })
	return fmt.Sprintf("%+v", sums)
}

// Many listings, so that most of what is asked for again comes from what was kept.
func TestSumsAskedForAgainAreThoseOfNow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		run := &scope{TB: t}
		defer run.end()
		w := newWorld(run)
		first := event.UTCDay(rulesBase)
		n := 0
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			switch rapid.IntRange(0, 5).Draw(rt, "step") {
			case 0:
				w.must(w.journal.Checkpoint(t.Context()))
			case 1:
				w.erase(rulesBase+int64(n), fmt.Sprint("v", rapid.IntRange(0, 9).Draw(rt, "who")))
			case 2:
				w.sumsAgree(rt)
			default:
				n++
				c := &event.Chunk{Session: fmt.Sprint("s", n), Received: rulesBase + int64(n)}
				for range rapid.IntRange(1, 8).Draw(rt, "views") {
					c.Events = append(c.Events, event.Event{
						Type: event.PropertyView, Listing: fmt.Sprint("l", rapid.IntRange(0, 60).Draw(rt, "listing")), At: rulesBase + int64(n),
						Day: first + int32(rapid.IntRange(-1, 2).Draw(rt, "day")), Clock: event.None, Scroll: event.None,
					})
				}
				w.add(c)
				if rapid.Bool().Draw(rt, "binds") { // its views move to the visitor
					w.add(&event.Chunk{Session: c.Session, Visitor: fmt.Sprint("v", n%10), Received: c.Received, Events: []event.Event{
						{Type: event.PageView, At: c.Received, Day: first, Clock: event.None, Scroll: event.None},
					}})
				}
			}
		}
		w.sumsAgree(rt)
		w.sumsAgree(rt)
	})
}

func TestKeptSumsAreBounded(t *testing.T) {
	k := ranges{kept: map[rangeKey]*rangeSums{}}
	ask := func(day uint16, size int) {
		key := rangeKey{1, day, day}
		r := k.get(key)
		r.sums = make(map[store.ID]*rangeSum, size)
		for i := range size {
			var id store.ID
			binary.BigEndian.PutUint32(id[:], uint32(i))
			r.sums[id] = nil
		}
		k.trim(key, r)
	}
	for day := range uint16(100) {
		ask(day, 1)
	}
	if len(k.kept) != maxRanges || k.kept[rangeKey{1, 99, 99}] == nil {
		t.Errorf("%d ranges are kept", len(k.kept))
	}
	ask(100, maxRangeSums)
	if len(k.kept) != 1 {
		t.Errorf("%d ranges are kept beside one that is as large as all may be", len(k.kept))
	}
	ask(101, maxRangeSums+1)
	if len(k.kept) != 0 {
		t.Errorf("%d ranges are kept with one that is too large", len(k.kept))
	}
	c := changes{last: map[dayKey]uint64{}}
	c.asked.Store(true)
	for day := range 3 {
		days := map[dayKey]*ListingDay{}
		for i := range maxChanged / 2 {
			var id store.ID
			binary.BigEndian.PutUint32(id[:], uint32(i))
			days[dayKey{uint32(day), id, 1}] = nil
		}
		c.note(days)
	}
	if _, ok := c.of(2, 2); len(c.last) > maxChanged || ok {
		t.Errorf("%d changes are kept; those since checkpoint 2 are known: %t", len(c.last), ok)
	}
}

func FuzzStoredOrdinals(f *testing.F) {
	for _, b := range []*roaring.Bitmap{roaring.New(), roaring.BitmapOf(1, 2, 70_000), roaring.BitmapOf(1 << 31)} {
		bytes, err := b.ToBytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, ok := appendStoredOrdinals(nil, b)
		if again := roaring.New(); ok && again.UnmarshalBinary(b) == nil && again.GetCardinality() == uint64(len(got)) {
			if want := again.ToArray(); !slices.Equal(got, want) && len(got) > 0 {
				t.Errorf("%x is read as %v, not %v", b, got, want)
			}
		}
	})
}

func TestUnionsOfVisitorsAreCountedExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := roaring.New()
		var u ordinals
		before, days := visitorSet{}, rapid.IntRange(0, 3).Draw(t, "days before")
		for i := range rapid.IntRange(0, 6).Draw(t, "days") {
			from := rapid.Uint64Range(0, 1<<18).Draw(t, "from")
			seen := roaring.New()
			seen.AddRange(from, from+rapid.SampledFrom([]uint64{0, 1, 3, 4096, 4097, 20_000}).Draw(t, "seen"))
			if rapid.Bool().Draw(t, "packed") {
				seen.RunOptimize()
			}
			left := roaring.New()
			left.AddRange(from+1, from+1+rapid.SampledFrom([]uint64{0, 0, 2}).Draw(t, "left"))
			want.Or(roaring.AndNot(seen, left))
			s, err := seen.ToBytes()
			if err != nil {
				t.Fatal(err)
			}
			l, err := left.ToBytes()
			if err != nil {
				t.Fatal(err)
			}
			if i == days {
				before = u.settle()
			}
			if err := u.add(s, l); err != nil {
				t.Fatal(err)
			}
		}
		if got := before.count() + u.countWithout(&before); got != int64(want.GetCardinality()) {
			t.Fatalf("%d, not %d", got, want.GetCardinality())
		}
	})
}
