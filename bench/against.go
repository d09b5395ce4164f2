package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// The names of the servers of a comparison.
const (
	nameTarget   = "footfall"
	nameBare     = "bare"
	namePostgres = "postgres"
)

// settling is the time between two rounds, for what a server does after its answers.
const settling = 300 * time.Millisecond

// ComparisonReport is the same load on several servers, in turns.
type ComparisonReport struct {
	Rounds       int          `json:"rounds"`
	RoundSeconds float64      `json:"round_seconds"`
	Cases        []CaseReport `json:"cases"`
}

// CaseReport is one size of request at one number of connections. The first server is the target.
type CaseReport struct {
	Events      int            `json:"events_per_request"`
	Connections int            `json:"connections"`
	Servers     []ServerReport `json:"servers"`
	Ratios      []RatioReport  `json:"ratios"`
}

// ServerReport is what one server did in all rounds of a case.
type ServerReport struct {
	Name      string `json:"name"`
	Rate      Spread `json:"requests_per_second"`
	EventRate Spread `json:"events_per_second"`
	P99       Spread `json:"p99_ms"`
	CPU       Spread `json:"cpu_us_per_request"`
	CPUEvent  Spread `json:"cpu_us_per_event"`
	Harness   Spread `json:"harness_cpu_us_per_request"`
	Failed    int64  `json:"failed"`
}

// RatioReport is the target's figures divided by a peer's of the same round.
type RatioReport struct {
	To   string `json:"to"`
	Rate Spread `json:"requests_per_second"`
	CPU  Spread `json:"cpu_us_per_request"`
}

// Spread is a figure of several rounds. Single rounds on a shared machine swing; the median and its bounds tell more
// than a mean.
type Spread struct {
	Median float64   `json:"median"`
	Min    float64   `json:"min"`
	Max    float64   `json:"max"`
	Rounds []float64 `json:"rounds"`
}

func newSpread(rounds []float64) Spread {
	if len(rounds) == 0 {
		return Spread{Rounds: []float64{}}
	}
	sorted := slices.Sorted(slices.Values(rounds))
	n := len(sorted)
	return Spread{(sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[0], sorted[n-1], rounds}
}

func (s Spread) text(decimals int) string {
	if len(s.Rounds) == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.*f (%.*f–%.*f)", decimals, s.Median, decimals, s.Min, decimals, s.Max)
}

// cases are the sizes that are compared.
func cases() []CaseReport {
	return []CaseReport{{Events: 1, Connections: 64}, {Events: 10, Connections: 64}, {Events: 1, Connections: 256}}
}

// peer is a server that gets the load in its turn.
type peer struct {
	name   string
	target *target
	pids   func() []int
	rounds []*LoadReport // of the case now running
}

// compare runs the cases on the target and its peers.
func (r *runner) compare(ctx context.Context, report *Report) (err error) {
	peers := []*peer{{name: nameTarget, target: r.target, pids: r.pids}}
	for _, name := range r.o.Against {
		p, stop, err := r.startPeer(ctx, name)
		if errors.Is(err, ErrNoPostgres) {
			report.Notes = append(report.Notes, err.Error())
			continue
		}
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
		peers = append(peers, p)
	}
	report.Comparison = &ComparisonReport{Rounds: r.o.Rounds, RoundSeconds: r.o.Duration.Seconds(), Cases: cases()}
	for i := range report.Comparison.Cases {
		if err := r.compareCase(ctx, peers, &report.Comparison.Cases[i]); err != nil {
			return err
		}
	}
	return nil
}

// startPeer starts a peer by its name.
func (r *runner) startPeer(ctx context.Context, name string) (*peer, func() error, error) {
	stop := func() error { return nil }
	var more []*child
	var front *child
	var err error
	if name == namePostgres {
		db, dsn, err := startPostgres(ctx, r.o)
		if err != nil {
			return nil, nil, err
		}
		more, stop = append(more, db), db.stop
		front, err = startPeer(ctx, r.o, nil, "postgres-server", "--dsn", dsn, "--listings", strconv.Itoa(r.o.Listings))
		if err != nil {
			return nil, nil, errors.Join(err, stop())
		}
	} else if front, err = startPeer(ctx, r.o, nil, "bare-server"); err != nil {
		return nil, nil, err
	}
	all := func() error { return errors.Join(front.stop(), stop()) }
	t, err := parseTarget(ctx, "http://"+front.addr, false)
	if err != nil {
		return nil, nil, errors.Join(err, all())
	}
	pids := func() (pids []int) {
		for _, c := range append(more, front) {
			pids = append(pids, withChildren(c.cmd.Process.Pid)...)
		}
		return pids
	}
	return &peer{name: name, target: t, pids: pids}, all, nil
}

// compareCase runs the rounds of one case. Every second round goes the other way round, so that no server always
// comes after the same one.
func (r *runner) compareCase(ctx context.Context, peers []*peer, c *CaseReport) error {
	for _, p := range peers {
		p.rounds = nil
	}
	for round := range r.o.Rounds {
		order := slices.Clone(peers)
		if round%2 == 1 {
			slices.Reverse(order)
		}
		for _, p := range order {
			l := r.o.newLoad(p.target, fmt.Sprintf("%sx%de%dc%d", r.run, round, c.Events, c.Connections), 0, c.Connections, c.Events, r.o.Duration)
			if p.target == r.target {
				r.loads = append(r.loads, l)
			}
			phase := fmt.Sprintf("%d events, %d connections, round %d of %d, %s", c.Events, c.Connections, round+1, r.o.Rounds, p.name)
			p.rounds = append(p.rounds, newLoadReport(l.run(ctx, p.pids(), r.o.shower(phase))))
			if err := ctx.Err(); err != nil {
				return err
			}
			time.Sleep(settling)
		}
	}
	for _, p := range peers {
		c.Servers = append(c.Servers, newServerReport(p))
	}
	for _, p := range peers[1:] {
		c.Ratios = append(c.Ratios, newRatioReport(peers[0], p))
	}
	return nil
}

func newServerReport(p *peer) ServerReport {
	s := ServerReport{
		Name:      p.name,
		Rate:      spreadOf(p.rounds, func(l *LoadReport) *float64 { return &l.RequestsPerSecond }),
		EventRate: spreadOf(p.rounds, func(l *LoadReport) *float64 { return &l.EventsPerSecond }),
		P99:       spreadOf(p.rounds, func(l *LoadReport) *float64 { return &l.Service.P99 }),
		CPU:       spreadOf(p.rounds, func(l *LoadReport) *float64 { return l.ServerCPU }),
		CPUEvent:  spreadOf(p.rounds, func(l *LoadReport) *float64 { return l.ServerCPUEvent }),
		Harness:   spreadOf(p.rounds, func(l *LoadReport) *float64 { return &l.ClientCPU }),
	}
	for _, l := range p.rounds {
		s.Failed += l.failures()
	}
	return s
}

// spreadOf gathers one figure of all rounds; none if it is not known in one.
func spreadOf(rounds []*LoadReport, figure func(*LoadReport) *float64) Spread {
	var values []float64
	for _, l := range rounds {
		x := figure(l)
		if x == nil {
			return newSpread(nil)
		}
		values = append(values, *x)
	}
	return newSpread(values)
}

func newRatioReport(a, b *peer) RatioReport {
	var rate, cpu []float64
	for i, l := range a.rounds {
		m := b.rounds[i]
		if m.RequestsPerSecond > 0 {
			rate = append(rate, l.RequestsPerSecond/m.RequestsPerSecond)
		}
		if l.ServerCPU != nil && m.ServerCPU != nil && *m.ServerCPU > 0 {
			cpu = append(cpu, *l.ServerCPU / *m.ServerCPU)
		}
	}
	return RatioReport{b.name, newSpread(rate), newSpread(cpu)}
}
