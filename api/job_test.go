package api

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"footfall/access"
	"footfall/fault"
)

func anybody() access.Grant { return everything }

func newTestWorks(t *testing.T) *works {
	w := newWorks(func() time.Time { return now }, slog.New(slog.DiscardHandler))
	t.Cleanup(w.stop)
	return w
}

func TestAJobIsQueuedRunsAndIsDone(t *testing.T) {
	w := newTestWorks(t)
	began, goOn := make(chan bool), make(chan bool)
	id, err := w.start("erase", everything, "org", func(_ context.Context, progress func(float64)) (any, error) {
		progress(0.4)
		began <- true
		<-goOn
		return map[string]int{"leads": 1}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.start("erase", everything, "org", func(context.Context, func(float64)) (any, error) {
		return nil, fault.New(fault.Conflict, "It cannot be done.")
	})
	if err != nil {
		t.Fatal(err)
	}
	<-began
	state := func(id string) string {
		p, err := w.get(id, anybody())
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
	p, err := w.get(second, anybody())
	if err != nil || p.State != workFailed || p.Error.Code != fault.Conflict {
		t.Errorf("the second: %+v, %v", p, err)
	}
}

func TestAJobIsShownToItsOrganizationsAdminsAndToWhoeverStartedIt(t *testing.T) {
	w := newTestWorks(t)
	agent := access.NewGrant("bob", "a", "bob", access.AgentRole)
	id, err := w.start("predict", agent, "a", func(context.Context, func(float64)) (any, error) { return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	scopes := access.Read | access.Write
	for name, c := range map[string]struct {
		g    access.Grant
		sees bool
	}{
		"who started it":                 {agent, true},
		"the organization's admin":       {access.NewGrant("ada", "a", "", access.AdminRole), true},
		"the organization's admin key":   {access.Grant{Actor: "key:1", Organization: "a", Scopes: scopes | access.Admin}, true},
		"the server's admin key":         {everything, true},
		"another agent":                  {access.NewGrant("eve", "a", "eve", access.AgentRole), false},
		"an agent of the same profile":   {access.NewGrant("cid", "a", "bob", access.AgentRole), false},
		"a viewer":                       {access.NewGrant("vic", "a", "", access.ViewerRole), false},
		"a key of the profile":           {access.Grant{Actor: "key:2", Organization: "a", Profile: "bob", Scopes: scopes}, false},
		"a reading and writing key":      {access.Grant{Actor: "key:3", Organization: "a", Scopes: scopes}, false},
		"the neighbour's admin":          {access.NewGrant("ada", "b", "", access.AdminRole), false},
		"the same user, of another firm": {access.NewGrant("bob", "b", "bob", access.AgentRole), false},
	} {
		if _, err := w.get(id, c.g); (err == nil) != c.sees || err != nil && !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestJobsThatAreDoneAreForgottenFirst(t *testing.T) {
	w := newTestWorks(t)
	var ids []string
	for range maxWorks + 50 {
		id, err := w.start("erase", everything, "", func(context.Context, func(float64)) (any, error) { return nil, nil })
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
		w.owner.Wait()
	}
	if len(w.byID) != maxWorks || len(w.order) != maxWorks {
		t.Errorf("%d jobs are remembered", len(w.byID))
	}
	if _, err := w.get(ids[0], anybody()); !fault.Is(err, fault.NotFound) {
		t.Errorf("the oldest: %v", err)
	}
}

func TestStoppingEndsJobsAndTakesNoMore(t *testing.T) {
	w := newTestWorks(t)
	began := make(chan bool)
	id, err := w.start("erase", everything, "", func(ctx context.Context, _ func(float64)) (any, error) {
		began <- true
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	<-began
	w.stop()
	if p, _ := w.get(id, anybody()); p.State != workFailed {
		t.Errorf("the job is %s", p.State)
	}
	_, err = w.start("erase", everything, "", nil)
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("after the stop: %v", err)
	}
}
