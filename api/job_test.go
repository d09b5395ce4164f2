package api

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"footfall/fault"
)

func anybody(string) bool { return true }

func newTestWorks(t *testing.T) *works {
	w := newWorks(func() time.Time { return now }, slog.New(slog.DiscardHandler))
	t.Cleanup(w.stop)
	return w
}

func TestAJobIsQueuedRunsAndIsDone(t *testing.T) {
	w := newTestWorks(t)
	began, goOn := make(chan bool), make(chan bool)
	id, err := w.start("erase", "org", func(_ context.Context, progress func(float64)) (any, error) {
		progress(0.4)
		began <- true
		<-goOn
		return map[string]int{"leads": 1}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.start("erase", "org", func(context.Context, func(float64)) (any, error) {
		return nil, fault.New(fault.Conflict, "It cannot be done.")
	})
	if err != nil {
		t.Fatal(err)
	}
	<-began
	state := func(id string) string {
		p, err := w.get(id, anybody)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s %v %v %v", p.State, p.Progress, p.Result, p.Error != nil)
	}
	if got := state(id); got != "running 0.4 <nil> false" {
		t.Errorf("the first: %s", got)
	}
	if got := state(second); got != "queued 0 <nil> false" {
		t.Errorf("the second: %s", got)
	}
	close(goOn)
	w.owner.Wait()
	if got := state(id); got != "done 1 map[leads:1] false" {
		t.Errorf("the first: %s", got)
	}
	p, err := w.get(second, anybody)
	if err != nil || p.State != workFailed || p.Error.Code != fault.Conflict {
		t.Errorf("the second: %+v, %v", p, err)
	}
}

func TestAJobIsItsOrganizationsOnly(t *testing.T) {
	w := newTestWorks(t)
	id, err := w.start("erase", "a", func(context.Context, func(float64)) (any, error) { return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.get(id, func(org string) bool { return org == "b" }); !fault.Is(err, fault.NotFound) {
		t.Errorf("another organization gets %v", err)
	}
}

func TestJobsThatAreDoneAreForgottenFirst(t *testing.T) {
	w := newTestWorks(t)
	var ids []string
	for range maxWorks + 50 {
		id, err := w.start("erase", "", func(context.Context, func(float64)) (any, error) { return nil, nil })
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
		w.owner.Wait()
	}
	if len(w.byID) != maxWorks || len(w.order) != maxWorks {
		t.Errorf("%d jobs are remembered", len(w.byID))
	}
	if _, err := w.get(ids[0], anybody); !fault.Is(err, fault.NotFound) {
		t.Errorf("the oldest: %v", err)
	}
}

func TestStoppingEndsJobsAndTakesNoMore(t *testing.T) {
	w := newTestWorks(t)
	began := make(chan bool)
	id, err := w.start("erase", "", func(ctx context.Context, _ func(float64)) (any, error) {
		began <- true
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	<-began
	w.stop()
	if p, _ := w.get(id, anybody); p.State != workFailed {
		t.Errorf("the job is %s", p.State)
	}
	_, err = w.start("erase", "", nil)
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("after the stop: %v", err)
	}
}
