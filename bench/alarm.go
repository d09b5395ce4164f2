package bench

import (
	"context"
	"time"
)

// longSleep is what a sleeper sleeps at a time without looking whether it should stop.
const longSleep = 100 * time.Millisecond

// alarm sleeps as precisely as the kernel can. Go's own timers are kept in whole milliseconds when nothing else
// happens (the wait of epoll), and that would show as latency of the server. The zero alarm is ready; it belongs to one
// goroutine.
type alarm struct {
	timer *timer
}

// sleepUntil sleeps until the time due, less if ctx ends. Where precise timers are not to be had, Go's have to do; the
// report's lag then shows it.
func (a *alarm) sleepUntil(ctx context.Context, due time.Time, now func() time.Time) {
	for ctx.Err() == nil {
		d := due.Sub(now())
		if d <= 0 {
			return
		}
		d = min(d, longSleep)
		if a.timer == nil {
			a.timer = newTimer()
		}
		if !a.timer.sleep(d) {
			time.Sleep(d)
		}
	}
}

func (a *alarm) close() {
	if a.timer != nil {
		a.timer.close()
	}
}
