package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// printer writes lines and keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// table writes rows of cells, the first row being the head.
func (p *printer) table(rows [][]string) {
	if p.err != nil {
		return
	}
	t := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range rows {
		if _, err := fmt.Fprintln(t, strings.Join(row, "\t")+"\t"); err != nil {
			p.err = err
			return
		}
	}
	p.err = t.Flush()
}

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	p := &printer{w: w}
	p.line("footfall bench, run %s: %s, seed %d, on %s", r.Run, r.Target, r.Seed, r.Started.Format("2006-01-02 15:04:05 MST"))
	p.line("%d CPUs shared by server and harness, %s %s/%s", r.Machine.CPUs, r.Machine.Go, r.Machine.OS, r.Machine.Arch)
	for _, note := range r.Notes {
		p.line("note: %s", note)
	}
	p.line("")
	if r.Load != nil {
		p.load(r, r.Load)
	}
	if r.Ramp != nil {
		p.ramp(r.Ramp)
	}
	if r.Comparison != nil {
		p.comparison(r.Comparison)
	}
	if r.Verification != nil {
		p.verification(r.Verification)
	}
	return p.err
}

func (p *printer) load(r *Report, l *LoadReport) {
	kind := "closed loop"
	if l.TargetRate > 0 {
		kind = fmt.Sprintf("open loop at %.0f requests/s", l.TargetRate)
	}
	p.line("%s, %d connections, %.1f s", kind, r.Connections, l.Seconds)
	p.line("  acknowledged  %d requests, %d events: %.0f requests/s, %.0f events/s", l.Requests, l.Events, l.RequestsPerSecond, l.EventsPerSecond)
	if l.failures() > 0 {
		p.line("  FAILED        %s; the first: %s", counts(l.Failed), l.FailedSample)
	}
	if l.Unsent > 0 {
		p.line("  NOT SENT      %d requests of the plan, because every connection waited (their wait counts below)", l.Unsent)
	}
	cpu := fmt.Sprintf("harness %.1f µs a request", l.ClientCPU)
	if l.ServerCPU != nil {
		cpu += fmt.Sprintf("; server %.1f µs a request, %.2f µs an event, %.0f %% of it in user mode", *l.ServerCPU, *l.ServerCPUEvent, 100**l.ServerUser)
	} else {
		cpu += "; server unknown (--pid)"
	}
	p.line("  CPU           %s", cpu)
	p.line("")
	rows := [][]string{{"latency, ms", "p50", "p90", "p95", "p99", "p99.9", "max", "mean"}}
	if l.TargetRate > 0 {
		rows = append(rows, latencyRow("from due (corrected)", l.Corrected), latencyRow("from sent", l.Service), latencyRow("harness late by", l.Lag))
	} else {
		rows = append(rows, latencyRow("from sent", l.Service))
	}
	if q := l.Queries; q != nil {
		rows = append(rows, latencyRow(fmt.Sprintf("queries, %.0f/s", q.PerSecond), q.Latency))
		for _, k := range q.Kinds {
			rows = append(rows, latencyRow("  about "+k.About, k.Latency))
		}
	}
	p.table(rows)
	if q := l.Queries; q != nil && len(q.Failed) > 0 {
		p.line("queries FAILED: %s", counts(q.Failed))
	}
	p.line("")
}

func latencyRow(name string, l Latencies) []string {
	row := []string{name}
	for _, x := range []float64{l.P50, l.P90, l.P95, l.P99, l.P999, l.Max, l.Mean} {
		row = append(row, fmt.Sprintf("%.2f", x))
	}
	return row
}

func counts(m map[string]int64) string {
	var parts []string
	for _, why := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%d × %s", m[why], why))
	}
	return strings.Join(parts, ", ")
}

func (p *printer) ramp(r *RampReport) {
	rows := [][]string{{"rate", "requests/s", "events/s", "p50 ms", "p99 ms", "failed"}}
	for _, s := range r.Steps {
		rows = append(rows, []string{
			fmt.Sprintf("%.0f", s.Rate), fmt.Sprintf("%.0f", s.Requests), fmt.Sprintf("%.0f", s.Events),
			fmt.Sprintf("%.2f", s.P50), fmt.Sprintf("%.2f", s.P99), fmt.Sprint(s.Failed),
		})
	}
	p.table(rows)
	if r.Knee > 0 {
		p.line("knee: %.0f requests/s were held (p99 %.2f ms); then %s", r.Knee, r.KneeP99, r.Why)
	} else {
		p.line("the first rate was not held: %s", r.Why)
	}
	p.line("")
}

func (p *printer) comparison(c *ComparisonReport) {
	p.line("%d rounds in turns of %.1f s each, closed loop; median (least–most)", c.Rounds, c.RoundSeconds)
	for _, k := range c.Cases {
		p.line("")
		p.line("%d event(s) a request, %d connections", k.Events, k.Connections)
		rows := [][]string{{"", "requests/s", "events/s", "p99 ms", "CPU µs/request", "CPU µs/event", "harness µs/request"}}
		for _, s := range k.Servers {
			rows = append(rows, []string{
				s.Name, s.Rate.text(0), s.EventRate.text(0), s.P99.text(2), s.CPU.text(1), s.CPUEvent.text(2), s.Harness.text(1),
			})
		}
		p.table(rows)
		for _, s := range k.Servers {
			if s.Failed > 0 {
				p.line("%s FAILED %d requests", s.Name, s.Failed)
			}
		}
		for _, r := range k.Ratios {
			p.line("%s to %s: rate %s, CPU a request %s", k.Servers[0].Name, r.To, r.Rate.text(2), r.CPU.text(2))
		}
	}
	p.line("")
}

func (p *printer) verification(v *Verification) {
	asked := "all"
	if v.Sessions < v.SessionsSent {
		asked = fmt.Sprintf("%.1f %% of the", 100*float64(v.Sessions)/float64(v.SessionsSent))
	}
	p.line("verification: %s sessions (%d), %d acknowledged events, %d unanswered ones, %d listings asked back in %.1f s",
		asked, v.Sessions, v.Events, v.Unsure, v.Listings, v.Seconds)
	if v.Wrong() == 0 {
		p.line("  RIGHT: each acknowledged event is there once, none was invented, and all figures agree")
		return
	}
	for _, f := range []struct {
		n    int64
		what string
	}{
		{v.Missing, "acknowledged events are MISSING"}, {v.Doubled, "events are DOUBLED"}, {v.Invented, "events were INVENTED"},
		{v.Different, "events are DIFFERENT from what was sent"}, {v.WrongSessions, "sessions have WRONG figures"},
		{v.WrongListings, "listings have WRONG views"}, {v.Unreadable, "answers could NOT BE READ"},
	} {
		if f.n > 0 {
			p.line("  %d %s", f.n, f.what)
		}
	}
	p.line("  such as:")
	for _, e := range v.Examples {
		p.line("    %s", e)
	}
}
