package ingest

import (
	"maps"
	"sync"

	"footfall/fault"

	"github.com/valyala/fasthttp"
)

// reasons counts rejected events by what was wrong with them.
type reasons struct {
	mu sync.Mutex
	by map[fault.Code]int64
}

func (r *reasons) add(rejects []Reject) {
	if len(rejects) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by == nil {
		r.by = map[fault.Code]int64{}
	}
	for i := range rejects {
		r.by[rejects[i].Code]++
	}
}

// Reasons returns how many events were rejected, by code.
func (c *Counts) Reasons() map[fault.Code]int64 {
	c.reasons.mu.Lock()
	defer c.reasons.mu.Unlock()
	return maps.Clone(c.reasons.by)
}

// tellSlow logs where the time of a beacon's events went, if they took long. It reads no clock: the times were taken on
// the way, that of the reception in milliseconds.
func (in *Ingest) tellSlow(ctx *fasthttp.RequestCtx, w *work) {
	if in.o.Slow == 0 || len(w.records) == 0 {
		return
	}
	first := &w.records[0]
	decode := max(first.At.Sub(ctx.Time()), 0)
	if decode+first.Took.Queue+first.Took.Fold+first.Took.Commit < in.o.Slow {
		return
	}
	in.o.Log.Warn("slow events", "request_id", RequestID(ctx), "decode", decode.String(),
		"queue", first.Took.Queue.String(), "fold", first.Took.Fold.String(), "commit", first.Took.Commit.String())
}
