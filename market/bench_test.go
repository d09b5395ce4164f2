package market

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"footfall/event"
	"footfall/journal"
)

// visitors submits what so many visitors look at on their own: each 100 views of random listings on random days, the last
// ones of 30.
func (w *world) visitors(visitors, listings, days int) {
	random := rand.New(rand.NewPCG(1, 2))
	for v := range visitors {
		w.n++
		c := &event.Chunk{Session: fmt.Sprint("s", w.n), Visitor: fmt.Sprint("v", w.n), Flags: event.Imported}
		for range 100 {
			on := int32(day + 30 - days + random.IntN(days))
			c.Events = append(c.Events, event.Event{
				Type: event.PropertyView, Listing: fmt.Sprint("mls-", random.IntN(listings)), At: int64(on)*dayMS + int64(v),
				Day: on, Clock: event.None, Scroll: event.None,
			})
		}
		_, err := w.journal.Submit(context.Background(), journal.Record{Kind: journal.KindChunk, Site: site, Session: c.Session, Chunk: c})
		w.must(err)
	}
}

// BenchmarkRanked ranks 5,000 listings over 30 days of 3 views each: for the first time, again, and again after a visitor
// came who looked at 100 of them, or many on the last day.
func BenchmarkRanked(b *testing.B) {
	w := newWorld(b)
	w.visitors(4500, 5000, 30)
	w.must(w.journal.Checkpoint(context.Background()))
	ask := func(b *testing.B, to uint16) {
		r, err := w.market.Ranked(w.catalog.Sites(), RankQuery{From: day, To: to})
		if err != nil || len(r.Listings) != 50 {
			b.Fatal(err)
		}
	}
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			w.market = New(w.market.sessions, w.catalog)
			ask(b, day+29)
		}
	})
	b.Run("again", func(b *testing.B) {
		ask(b, day+29)
		b.ReportAllocs()
		for b.Loop() {
			ask(b, day+29)
		}
	})
	b.Run("after 2,000 views of the last day", func(b *testing.B) {
		ask(b, day+29)
		for b.Loop() {
			b.StopTimer()
			w.visitors(20, 5000, 1)
			w.must(w.journal.Checkpoint(context.Background()))
			b.StartTimer()
			ask(b, day+29)
		}
	})
	b.Run("after a visitor", func(b *testing.B) {
		ask(b, day+29)
		for b.Loop() {
			b.StopTimer()
			w.visitors(1, 5000, 30)
			b.StartTimer()
			began := time.Now()
			ask(b, day+29)
			b.ReportMetric(float64(time.Since(began).Microseconds()), "last-µs")
		}
	})
}
