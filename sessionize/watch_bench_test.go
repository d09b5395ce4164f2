package sessionize

import (
	"context"
	"testing"
)

// BenchmarkWatch measures what it costs beside the fold to find out who is hot: nobody listens, and all sessions move.
func BenchmarkWatch(b *testing.B) {
	w := newWorldWith(b, 0, 1<<16)
	watch := w.sessions.NewWatch(w.journal)
	ctx := context.Background()
	now := rulesBase
	looked := 0
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		for j := range movesAtOnce {
			c := benchVisit(i*movesAtOnce + j)[0]
			now = max(now, c.Received)
			w.add(c)
		}
		b.StartTimer()
		moved, err := watch.Step(ctx, now)
		w.must(err)
		looked += len(moved)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(max(looked, 1)), "ns/session")
}
