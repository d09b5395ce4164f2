package sessionize

import (
	"fmt"
	"testing"

	"footfall/event"
)

func TestStatsTellTheSizeOfTheLiveState(t *testing.T) {
	w := newWorldWith(t, 1<<20, 1) // a checkpoint after each record
	add := func(session string) {
		w.add(&event.Chunk{Session: session, Received: 1000, Events: []event.Event{{Type: event.PageView, Clock: event.None, Scroll: event.None}}})
	}
	for i := range 3 {
		add(fmt.Sprint("s", i))
	}
	s := w.sessions.Stats()
	if s.Live != 3 || s.Bytes < 3*liveOverhead || s.Limit != 1<<20-1<<20/metShare || s.Evicted != 0 {
		t.Errorf("%+v", s)
	}
	w.sessions.o.Memory = s.Bytes / 3
	add("s3")
	add("s4")
	if err := w.sessions.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	if s := w.sessions.Stats(); s.Live+int(s.Evicted) != 5 || s.Evicted == 0 || s.Bytes > s.Limit {
		t.Errorf("%+v", s)
	}
}
