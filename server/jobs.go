package server

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// job is something that is done again and again.
type job struct {
	name  string
	every time.Duration
	run   func(ctx context.Context) error // a failure is logged, and tried again at its next time
}

// jobs runs jobs beside everything else, each in a goroutine of its own so that a long one keeps no other waiting.
type jobs struct {
	log    *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	owner  sync.WaitGroup
}

func newJobs(log *slog.Logger) *jobs {
	j := &jobs{log: log}
	j.ctx, j.cancel = context.WithCancel(context.Background())
	return j
}

// start runs each job of a table now and then every so often, until stop.
func (j *jobs) start(table []job) {
	for _, job := range table {
		j.owner.Go(func() { j.repeat(&job) })
	}
}

func (j *jobs) repeat(job *job) {
	ticker := time.NewTicker(job.every)
	defer ticker.Stop()
	for j.ctx.Err() == nil {
		if err := job.run(j.ctx); err != nil && j.ctx.Err() == nil {
			j.log.Error("a job failed", "job", job.name, "error", err)
		}
		select {
		case <-ticker.C:
		case <-j.ctx.Done():
		}
	}
}

// stop asks the jobs that run to end, waits for them and starts no more. It may be called again.
func (j *jobs) stop() {
	j.cancel()
	j.owner.Wait()
}

// watches is the table of what runs as long as the directory is open.
func (s *Server) watches() []job {
	return []job{
		{"disk", time.Second, s.disk.poll},
	}
}

// chores is the table of what runs while the server serves: what commands do not do to a directory by the way.
func (s *Server) chores() []job {
	if s.o.ReadOnly {
		return nil
	}
	return []job{
		{"retention", time.Hour, s.retain},
		{"oldest records", time.Hour, s.lookForOldest},
		{"idempotency", time.Hour, s.leads.ForgetReplays},
		{"audit trail", 24 * time.Hour, s.access.RetireAudit},
		{"erasures", time.Hour, s.purgeRest},
		{"anonymous salt", time.Minute, s.turnSalt},
		{"models", 6 * time.Hour, s.keepModels},
	}
}
