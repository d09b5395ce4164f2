//go:build !linux

package bench

import "time"

// timer does not exist here.
type timer struct{}

func newTimer() *timer { return &timer{} }

func (*timer) sleep(time.Duration) bool { return false }

func (*timer) close() {}
