// Package bench loads a server over HTTP as browsers would, and says what the server held and whether it lied.
//
// The load is visits: seeded stories of pages, listings (Zipf), scrolls, forms, late and repeated beacons. It is sent in
// an open loop (a fixed rate; latencies count from the moment at which a request was due), in a closed loop (as fast as
// the answers come: capacity), or as a ramp of open loops up to the knee. Afterwards everything that was acknowledged is
// asked back: each event must be there once, with its content, none that was not sent, and the figures of the sessions
// and listings must be what the visits' own stories say. The comparison runs the same load, in turns, on a server that
// does nothing and on PostgreSQL.
//
// The package knows the server by its wire contract alone. It does not load other machines unless told that they are
// its user's, and it does not know what the processes of another machine cost.
package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"
)

// The modes of a run.
const (
	ModeOpen   = "open"
	ModeClosed = "closed"
	ModeRamp   = "ramp"
)

// Options of a run. The tags are read by the command line.
type Options struct {
	Target           string        `help:"Server under test. Default: this program, started on a temporary directory." placeholder:"URL"`
	Mode             string        `help:"open: a fixed rate; closed: as fast as answers come; ramp: open, faster and faster." enum:"open,closed,ramp" default:"closed"`
	Connections      int           `help:"Connections that send." default:"64"`
	Rate             float64       `help:"Requests a second (open), or of the first step (ramp)." default:"1000"`
	Duration         time.Duration `help:"How long to send: in all, each step of a ramp, each round of a comparison." default:"10s"`
	EventsPerRequest int           `help:"Events of a request; 0: a mix of 1, 4 and 10." default:"0"`
	Sessions         int           `help:"Visitors on the site at a time." default:"2000"`
	Listings         int           `help:"Listings that are viewed." default:"5000"`
	Seed             uint64        `help:"Seed of the visits." default:"1"`
	QueriesPerSecond float64       `help:"Questions about sessions and listings meanwhile." default:"0"`
	P99Limit         time.Duration `help:"A ramp ends where the 99th percentile passes this." default:"50ms"`
	WriteKey         string        `help:"Write key of the site." default:"wk_0123456789abcdef"`
	AdminKey         string        `help:"Secret key, to ask back." default:"sk_0123456789abcdef"`
	Origin           string        `help:"Origin header of the beacons." default:"http://localhost"`
	PID              int           `help:"Process of the server under test, for its CPU time." name:"pid"`
	VerifySample     int           `help:"Sessions to ask back; 0: all." default:"20000"`
	Against          []string      `help:"Also run these in turns: bare (an HTTP server that does nothing), postgres." enum:"bare,postgres"`
	Rounds           int           `help:"Rounds of a comparison." default:"5"`
	Timeout          time.Duration `help:"How long to wait for an answer." default:"10s"`
	Dir              string        `help:"Where temporary data stand; a file system in memory would flatter." type:"existingdir"`
	IOwnThisTarget   bool          `help:"Load a target that is not this machine." name:"i-own-this-target"`

	Program string           `kong:"-"` // this program, to start servers from
	Now     func() time.Time `kong:"-"`
	Show    func(Progress)   `kong:"-"`
}

// Progress is how far a run is.
type Progress struct {
	Phase string
	Part  float64 // of the phase, 0 to 1
	Text  string
}

// ErrWrong is the end of a run whose verification found something.
var ErrWrong = errors.New("the server does not hold what it acknowledged")

// ErrNothing is the end of a run that proves nothing.
var ErrNothing = errors.New("the server acknowledged nothing")

const maxConnections = 20_000

func (o *Options) check() error {
	switch {
	case o.Connections < 1 || o.Connections > maxConnections:
		return fmt.Errorf("--connections must be 1 to %d", maxConnections)
	case o.Mode != ModeClosed && !(o.Rate > 0 && o.Rate <= 1e7):
		return errors.New("--rate must be above 0 and at most 10,000,000")
	case o.Duration <= 0:
		return errors.New("--duration must be above 0")
	case o.EventsPerRequest < 0 || o.EventsPerRequest > 100:
		return errors.New("--events-per-request must be 0 to 100")
	case o.Sessions < 1 || o.Listings < 1 || o.Listings > 1_000_000:
		return errors.New("--sessions must be at least 1, and --listings 1 to 1,000,000")
	case o.QueriesPerSecond < 0 || o.QueriesPerSecond > 1e5:
		return errors.New("--queries-per-second must be 0 to 100,000")
	case o.VerifySample < 0:
		return errors.New("--verify-sample must be 0 or more")
	case len(o.Against) > 0 && o.Rounds < 1:
		return errors.New("--rounds must be at least 1")
	case o.Timeout < 100*time.Millisecond:
		return errors.New("--timeout must be at least 100ms")
	}
	return nil
}

// Run loads the target and verifies it. The report is there also with ErrWrong and ErrNothing.
func Run(ctx context.Context, o Options) (report *Report, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Show == nil {
		o.Show = func(Progress) {}
	}
	var notes []string
	if o.Target == "" {
		notes = append(notes, o.noteDisk()...)
		own, err := startOwn(ctx, &o)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, own.stop()) }()
	}
	t, err := parseTarget(ctx, o.Target, o.IOwnThisTarget)
	if err != nil {
		return nil, err
	}
	r := &runner{o: &o, target: t, run: strconv.FormatInt(o.Now().UnixMilli(), 36)}
	report = newReport(&o, r.run)
	report.Notes = notes
	switch {
	case len(o.Against) > 0:
		err = r.compare(ctx, report)
	case o.Mode == ModeRamp:
		err = r.ramp(ctx, report)
	default:
		r.once(ctx, report)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	if report.Verification, err = o.verify(ctx, r.loads); err != nil {
		return nil, err
	}
	switch {
	case report.Verification.Wrong() > 0:
		return report, ErrWrong
	case report.acknowledged() == 0:
		return report, ErrNothing
	}
	return report, nil
}

// noteDisk says what would make the server look better than it is.
func (o *Options) noteDisk() []string {
	dir := o.Dir
	if dir == "" {
		dir = os.TempDir()
	}
	if inMemory(dir) {
		return []string{dir + " is in memory: nothing was synced to a disk (--dir)"}
	}
	return nil
}

// runner is one run.
type runner struct {
	o      *Options
	target *target
	run    string
	loads  []*load // that the target got
}

// load runs one load on the target.
func (r *runner) load(ctx context.Context, phase string, rate float64, connections, size int) *outcome {
	l := r.o.newLoad(r.target, r.run+"x"+strconv.Itoa(len(r.loads)), rate, connections, size, r.o.Duration)
	r.loads = append(r.loads, l)
	return l.run(ctx, r.pids(), r.o.shower(phase))
}

func (r *runner) pids() []int {
	if r.o.PID == 0 {
		return nil
	}
	return withChildren(r.o.PID)
}

// shower returns what shows the seconds of a load.
func (o *Options) shower(phase string) func(second) {
	return func(s second) {
		text := fmt.Sprintf("%7.0f requests/s  %7.0f events/s  p50 %.2f ms  p99 %.2f ms", s.Requests, s.Events, s.P50, s.P99)
		if s.Failed > 0 {
			text += fmt.Sprintf("  %d failed", s.Failed)
		}
		o.Show(Progress{Phase: phase, Part: min(1, s.At/o.Duration.Seconds()), Text: text})
	}
}

// once is an open or a closed loop.
func (r *runner) once(ctx context.Context, report *Report) {
	rate := 0.0
	if r.o.Mode == ModeOpen {
		rate = r.o.Rate
	}
	report.Load = newLoadReport(r.load(ctx, r.o.Mode, rate, r.o.Connections, r.o.EventsPerRequest))
}

const (
	rampFactor  = 1.25
	rampReached = .97  // of the rate, below which it was not reached
	rampFailed  = .001 // of the requests, above which the rate was not held
)

// ramp raises the rate until the server does not hold it.
func (r *runner) ramp(ctx context.Context, report *Report) error {
	report.Ramp = &RampReport{}
	for rate := r.o.Rate; ctx.Err() == nil; rate = math.Ceil(rate * rampFactor) {
		out := r.load(ctx, fmt.Sprintf("ramp %.0f/s", rate), rate, r.o.Connections, r.o.EventsPerRequest)
		step := newRampStep(rate, out, r.o.P99Limit)
		report.Ramp.Steps = append(report.Ramp.Steps, step)
		if step.Why != "" {
			report.Ramp.Why = step.Why
			return nil
		}
		report.Ramp.Knee, report.Ramp.KneeP99 = step.Requests, step.P99
	}
	return ctx.Err()
}

func newRampStep(rate float64, o *outcome, limit time.Duration) RampStep {
	l := newLoadReport(o)
	s := RampStep{Rate: rate, Requests: l.RequestsPerSecond, Events: l.EventsPerSecond, P50: l.Corrected.P50, P99: l.Corrected.P99, Failed: l.failures()}
	switch {
	case float64(s.Failed) > rampFailed*float64(l.Requests+s.Failed):
		s.Why = fmt.Sprintf("%d of %d requests failed", s.Failed, l.Requests+s.Failed)
	case l.RequestsPerSecond < rampReached*rate:
		s.Why = fmt.Sprintf("%.0f of %.0f requests a second were reached", l.RequestsPerSecond, rate)
	case l.Corrected.P99 > ms(limit.Microseconds()):
		s.Why = fmt.Sprintf("the 99th percentile was %.1f ms", l.Corrected.P99)
	}
	return s
}
