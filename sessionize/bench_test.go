package sessionize

import (
	"fmt"
	"runtime"
	"testing"

	"footfall/event"
)

// benchVisit is a visit of 12 events on 3 pages with 4 listings, one beacon an event, ids as the tracker makes them.
func benchVisit(session int) []*event.Chunk {
	var chunks []*event.Chunk
	at := rulesBase + int64(session)*10
	for i := range 12 {
		page := fmt.Sprintf("%08x%x", session*2654435761&0xffffffff, i/4)
		e := event.Event{
			Type: event.PropertyView, ID: fmt.Sprintf("%s.%d", page, i), Page: page, Listing: fmt.Sprintf("mls-%d", (session*7+i/3)%5000),
			At: at + int64(i)*5000, Clock: int32(i%4) * 5000, Scroll: event.None,
		}
		if i%3 != 0 {
			e.Type, e.Scroll = event.ScrollDepth, int16(250*(i%3))
		}
		e.Day = event.UTCDay(e.At)
		chunks = append(chunks, &event.Chunk{
			Session: fmt.Sprintf("s%020x", session), Visitor: fmt.Sprintf("v%020x", session/2), Device: event.Mobile,
			Received: e.At, Events: []event.Event{e},
		})
	}
	return chunks
}

func BenchmarkFold(b *testing.B) {
	chunks := benchVisit(1)
	var s Session
	var out Deltas
	b.ReportAllocs()
	for b.Loop() {
		s.reset("s")
		for _, c := range chunks {
			out.reset()
			Fold(&s, c, &out)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(chunks)), "ns/event")
}

func BenchmarkSessionCodec(b *testing.B) {
	var s, decoded Session
	var out Deltas
	s.reset("s00000000000000000001")
	for _, c := range benchVisit(1) {
		s.remember(c)
		Fold(&s, c, &out)
	}
	var buf []byte
	var stored int
	b.ReportAllocs()
	for b.Loop() {
		buf, stored = appendSession(buf[:0], &s)
		if err := decodeSession(buf, &decoded); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(buf)), "bytes/session")
	b.ReportMetric(float64(stored), "stored-bytes/session")
}

// BenchmarkLiveSessions folds whole visits through the journal and reports what a session that is live costs in memory.
func BenchmarkLiveSessions(b *testing.B) {
	w := newWorldWith(b, 1<<40, 1<<20)
	var before, after runtime.MemStats
	sessions := 0
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		for range 1000 {
			for _, c := range benchVisit(sessions) {
				w.add(c)
			}
			sessions++
		}
	}
	w.must(w.sessions.Checkpoint())
	runtime.GC()
	runtime.ReadMemStats(&after)
	live, bytes, _ := w.sessions.Live()
	b.ReportMetric(float64(bytes)/float64(live), "accounted-B/session")
	blobs := 0
	for _, l := range w.sessions.live {
		blobs += len(l.blob)
	}
	b.ReportMetric(float64(blobs)/float64(live), "blob-B/session")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(sessions*12), "ns/event")
}
