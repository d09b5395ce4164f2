package server

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestJobsRunAtOnceAndThenInTheirPeriods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		j := newJobs(slog.New(slog.NewTextHandler(&log, nil)))
		var quick, failing atomic.Int32
		ended := false
		j.start([]job{
			{"quick", time.Second, func(context.Context) error { quick.Add(1); return nil }},
			{"failing", time.Minute, func(context.Context) error { failing.Add(1); return errors.New("broken") }},
			{"long", time.Hour, func(ctx context.Context) error { <-ctx.Done(); ended = true; return ctx.Err() }},
		})
		for _, want := range []struct{ quick, failing int32 }{{1, 1}, {31, 1}, {61, 2}, {91, 2}} {
			synctest.Wait()
			if q, f := quick.Load(), failing.Load(); q != want.quick || f != want.failing {
				t.Errorf("the quick job ran %d times and the failing one %d times, want %+v", q, f, want)
			}
			time.Sleep(30 * time.Second)
		}
		j.stop()
		if !ended {
			t.Error("stop did not wait for a job that was running")
		}
		if n := strings.Count(log.String(), "job=failing error=broken"); n < 2 || strings.Contains(log.String(), "job=long") {
			t.Errorf("logged:\n%s", log.String())
		}
		j.stop()
		j.start([]job{{"late", time.Second, func(context.Context) error { t.Error("it runs after stop"); return nil }}})
		j.stop()
	})
}
