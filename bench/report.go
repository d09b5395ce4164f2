package bench

import (
	"runtime"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Report is what a run found. Its JSON names are stable.
type Report struct {
	Run          string            `json:"run"`
	Started      time.Time         `json:"started"`
	Machine      Machine           `json:"machine"`
	Target       string            `json:"target"`
	Mode         string            `json:"mode"`
	Seed         uint64            `json:"seed"`
	Connections  int               `json:"connections"`
	Notes        []string          `json:"notes,omitempty"`
	Load         *LoadReport       `json:"load,omitempty"`
	Ramp         *RampReport       `json:"ramp,omitempty"`
	Comparison   *ComparisonReport `json:"comparison,omitempty"`
	Verification *Verification     `json:"verification,omitempty"`
}

// Machine is where the load came from.
type Machine struct {
	CPUs int    `json:"cpus"`
	Go   string `json:"go"`
	OS   string `json:"os"`
	Arch string `json:"arch"`
}

// Latencies are in ms.
type Latencies struct {
	Count  int64        `json:"count"`
	Mean   float64      `json:"mean"`
	P50    float64      `json:"p50"`
	P90    float64      `json:"p90"`
	P95    float64      `json:"p95"`
	P99    float64      `json:"p99"`
	P999   float64      `json:"p99_9"`
	Max    float64      `json:"max"`
	Points [][2]float64 `json:"points"` // quantile in percent, ms
}

// LoadReport is one load on one server.
type LoadReport struct {
	Seconds           float64          `json:"seconds"`
	TargetRate        float64          `json:"target_rate,omitempty"`
	Requests          int64            `json:"requests"` // acknowledged
	Events            int64            `json:"events"`   // acknowledged, repeated ones included
	RequestsPerSecond float64          `json:"requests_per_second"`
	EventsPerSecond   float64          `json:"events_per_second"`
	Failed            map[string]int64 `json:"failed"`
	FailedSample      string           `json:"failed_sample,omitempty"`
	Unsent            int64            `json:"unsent"`    // of the plan, no connection was free
	Corrected         Latencies        `json:"corrected"` // from when a request was due
	Service           Latencies        `json:"service"`   // from when it was sent
	Lag               Latencies        `json:"lag"`       // by which the harness itself was late
	ClientCPU         float64          `json:"client_cpu_us_per_request"`
	ServerCPU         *float64         `json:"server_cpu_us_per_request,omitempty"`
	ServerCPUEvent    *float64         `json:"server_cpu_us_per_event,omitempty"`
	ServerUser        *float64         `json:"server_user_share,omitempty"`
	Queries           *QueryReport     `json:"queries,omitempty"`
	PerSecond         []second         `json:"per_second"`
}

// QueryReport is what the questions during a load got.
type QueryReport struct {
	PerSecond float64          `json:"per_second"`
	Failed    map[string]int64 `json:"failed"`
	Latency   Latencies        `json:"latency"`
	Kinds     []KindReport     `json:"kinds"`
}

// KindReport is one kind of questions.
type KindReport struct {
	About   string    `json:"about"`
	Latency Latencies `json:"latency"`
}

// RampReport is a rising load. Knee is the highest rate that was held.
type RampReport struct {
	Steps   []RampStep `json:"steps"`
	Knee    float64    `json:"knee_requests_per_second"`
	KneeP99 float64    `json:"knee_p99_ms"`
	Why     string     `json:"why"` // it ended
}

// RampStep is one rate of a ramp.
type RampStep struct {
	Rate     float64 `json:"rate"`
	Requests float64 `json:"requests_per_second"`
	Events   float64 `json:"events_per_second"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	Failed   int64   `json:"failed"`
	Why      string  `json:"why,omitempty"` // it was not held
}

func newReport(o *Options, run string) *Report {
	return &Report{
		Run: run, Started: o.Now().UTC(), Target: o.Target, Mode: o.Mode, Seed: o.Seed, Connections: o.Connections,
		Machine: Machine{runtime.GOMAXPROCS(0), runtime.Version(), runtime.GOOS, runtime.GOARCH},
	}
}

// acknowledged returns how many requests were.
func (r *Report) acknowledged() (n float64) {
	if r.Load != nil {
		n += float64(r.Load.Requests)
	}
	if r.Ramp != nil {
		for _, s := range r.Ramp.Steps {
			n += s.Requests
		}
	}
	if r.Comparison != nil {
		for _, c := range r.Comparison.Cases {
			n += c.Servers[0].Rate.Median
		}
	}
	return n
}

func newLoadReport(o *outcome) *LoadReport {
	t, sec := &o.total, o.took.Seconds()
	l := &LoadReport{
		Seconds: sec, TargetRate: o.load.rate, Requests: t.requests, Events: t.events,
		RequestsPerSecond: float64(t.requests) / sec, EventsPerSecond: float64(t.events) / sec,
		Failed: t.failed, FailedSample: o.sample, Unsent: o.unsent,
		Corrected: newLatencies(t.corrected), Service: newLatencies(t.service), Lag: newLatencies(t.lag), PerSecond: o.seconds,
	}
	if sent := float64(t.requests + l.failures()); sent > 0 {
		l.ClientCPU = us(o.client) / sent
	}
	if o.server.Known && t.requests > 0 {
		perRequest, perEvent := us(o.server.total())/float64(t.requests), us(o.server.total())/float64(t.events)
		user := us(o.server.User) / max(us(o.server.total()), 1)
		l.ServerCPU, l.ServerCPUEvent, l.ServerUser = &perRequest, &perEvent, &user
	}
	if q := o.load.queries; q != nil {
		l.Queries = newQueryReport(q, sec)
	}
	return l
}

func newQueryReport(q *queries, sec float64) *QueryReport {
	all, kinds := newTally(), []KindReport{}
	for kind, rec := range q.recs {
		t := rec.drain()
		kinds = append(kinds, KindReport{kindNames[kind], newLatencies(t.corrected)})
		t.drainInto(&all)
	}
	return &QueryReport{PerSecond: float64(all.requests) / sec, Failed: all.failed, Latency: newLatencies(all.corrected), Kinds: kinds}
}

func us(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func (l *LoadReport) failures() (n int64) {
	for _, m := range l.Failed {
		n += m
	}
	return n
}

func newLatencies(h *hdr.Histogram) Latencies {
	at := func(p float64) float64 { return ms(h.ValueAtQuantile(p)) }
	l := Latencies{
		Count: h.TotalCount(), Mean: h.Mean() / 1000, P50: at(50), P90: at(90), P95: at(95), P99: at(99), P999: at(99.9), Max: ms(h.Max()),
		Points: [][2]float64{},
	}
	// Each step halves what is left, four points to a half, as far as the count gives them meaning.
	for rest := 100.0; h.TotalCount() > 0 && rest >= 100/float64(h.TotalCount()); rest *= .84 {
		l.Points = append(l.Points, [2]float64{100 - rest, at(100 - rest)})
	}
	return l
}
