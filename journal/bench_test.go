package journal

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"footfall/event"
	"footfall/store"
)

// BenchmarkCommit submits chunks of one event to a journal on the disk, synced, from so many callers at once, without an
// owner that folds them.
func BenchmarkCommit(b *testing.B) {
	for _, callers := range []int{16, 64, 256} {
		b.Run(fmt.Sprint("callers=", callers), func(b *testing.B) {
			g := newRig(b)
			db, err := store.Open(b.TempDir(), store.Options{Mem: 64 << 20, Cache: 128 << 20, Fatal: g.fatal})
			g.must(err)
			j, err := Open(db, nil, g.o)
			g.must(err)
			var n atomic.Int64
			b.SetParallelism((callers + 1) / 2)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				session := fmt.Sprint("session ", n.Add(1))
				for pb.Next() {
					c := event.Chunk{Session: session, Visitor: "visitor", Received: noon.UnixMilli(), Events: []event.Event{
						{Type: event.PropertyView, ID: "id", Page: "page", Listing: "mls-1", At: noon.UnixMilli(), Clock: event.None, Scroll: event.None},
					}}
					if _, err := j.Submit(context.Background(), Record{Kind: KindChunk, Site: 1, Session: session, Chunk: &c}); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.StopTimer()
			g.must(j.Close())
			g.must(db.Close())
		})
	}
}
