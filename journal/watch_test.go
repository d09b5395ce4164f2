package journal

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// atNoon returns a record as it is received at noon.
func atNoon(session, id string) Record {
	r := chunk(session, id)
	r.At = noon
	return r
}

func TestLagIsTheAgeOfTheOldestInTheQueue(t *testing.T) {
	g, stop := newRig(t, &recorder{name: "a"}), newGate()
	g.o.Admit = stop.admit
	g.open()
	defer g.close()
	var all sync.WaitGroup
	all.Go(func() { g.submit(atNoon("s", "with the committer")) })
	<-stop.entered
	g.clock.Store(1000)
	if lag := g.Lag(); lag != 0 {
		t.Errorf("with an empty queue %v", lag)
	}
	all.Go(func() { g.submit(atNoon("s", "in the queue")) })
	g.waitQueued()
	g.clock.Store(5000)
	if lag := g.Lag(); lag != 5*time.Second {
		t.Errorf("after 5 s %v", lag)
	}
	close(stop.open)
	all.Wait()
	if lag := g.Lag(); lag != 0 {
		t.Errorf("in the end %v", lag)
	}
}

func TestHeartbeatStopsWithTheCommitter(t *testing.T) {
	g, stop := newRig(t, &recorder{name: "a"}), newGate()
	g.o.Admit, g.o.CheckpointEvery = stop.admit, time.Millisecond
	g.open()
	defer g.close()
	beats := func(since func() time.Duration) {
		g.clock.Add(60_000)
		for since() != 0 {
			runtime.Gosched()
		}
	}
	beats(g.SinceCheckpoint)
	beats(g.SinceHeartbeat)
	var all sync.WaitGroup
	all.Go(func() { g.submit(chunk("s", "held up")) })
	<-stop.entered
	g.clock.Add(60_000)
	if since := g.SinceHeartbeat(); since != time.Minute {
		t.Errorf("held up for a minute, the last beat was %v ago", since)
	}
	close(stop.open)
	all.Wait()
	beats(g.SinceHeartbeat)
}

// Each look at the clock is a second after the last one.
func TestASubmissionLearnsWhereItsTimeWent(t *testing.T) {
	g := newRig(t, &recorder{name: "a"})
	var looks, committed atomic.Int64
	g.o.Now = func() time.Time { return noon.Add(time.Duration(looks.Add(1)) * time.Second) }
	g.o.Committed = func(took time.Duration) { committed.Add(int64(took)) }
	g.open()
	defer g.close()
	recs := []Record{atNoon("s", "one"), atNoon("s", "two")}
	if _, err := g.Submit(context.Background(), recs...); err != nil {
		t.Fatal(err)
	}
	// The journal was opened at 1 s and began with the group at 2 s.
	if want := (Took{Queue: 2 * time.Second, Fold: time.Second, Commit: time.Second}); recs[0].Took != want || recs[1].Took != (Took{}) {
		t.Errorf("took %+v and %+v, want %+v for the first", recs[0].Took, recs[1].Took, want)
	}
	if took := time.Duration(committed.Load()); took != 2*time.Second {
		t.Errorf("Committed was told %v", took)
	}
}

func TestTheOldestEventsAreThoseOfTheFirstDay(t *testing.T) {
	g := newRig(t, &recorder{name: "a"}).open()
	defer g.close()
	if _, found, err := OldestEvents(g.db.Reader()); found || err != nil {
		t.Errorf("without events: %v, %v", found, err)
	}
	for day := range 3 {
		r := atNoon("s", "id")
		r.At = noon.AddDate(0, 0, day)
		g.submit(r)
	}
	day, found, err := OldestEvents(g.db.Reader())
	if want := noon.Truncate(24 * time.Hour); !found || err != nil || !day.Equal(want) {
		t.Errorf("%v, %v, %v; want %v", day, found, err, want)
	}
}
