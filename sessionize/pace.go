package sessionize

import (
	"context"
	"time"
)

// Work in the background goes on for workFor, then rests restFor times as long: a fourth of a core is the most that it
// takes from ingest.
const (
	workFor = 2 * time.Millisecond
	restFor = 3
)

// pace is the pace of work in the background. The zero pace never rests.
type pace struct{ began time.Time }

func gently() pace { return pace{time.Now()} }

// step is called between two bits of work, without locks. It returns when work may go on, or ctx's error.
func (p *pace) step(ctx context.Context) error {
	if p.began.IsZero() {
		return ctx.Err()
	}
	worked := time.Since(p.began)
	if worked < workFor {
		return ctx.Err()
	}
	rest := time.NewTimer(restFor * worked)
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-ctx.Done():
	}
	p.began = time.Now()
	return ctx.Err()
}
