package server

import (
	"log/slog"
	"net/http"
	"time"

	"footfall/api"
	"footfall/ingest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/valyala/fasthttp"
)

// namespace begins the names of all metrics but Go's and the process's.
const namespace = "footfall"

// metrics are the figures that are counted as things happen; those that are read when somebody asks are in figures.go.
type metrics struct {
	registry *prometheus.Registry
	commits  prometheus.Histogram
	requests requests
}

// Bounds of histograms, in seconds.
func requestBuckets() []float64 {
	return []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
}

func newMetrics(o Options) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "commit_duration_seconds", Buckets: requestBuckets(),
			Help: "From the moment the committer begins with a group of records until it is on disk.",
		}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "1, with what this program is.",
		ConstLabels: prometheus.Labels{"version": o.Version},
	})
	build.Set(1)
	m.registry.MustRegister(m.commits, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// committed is journal.Options.Committed.
func (m *metrics) committed(took time.Duration) { m.commits.Observe(took.Seconds()) }

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// requests counts the requests of the public port. A request costs it no look-up of labels and no memory: what it counts
// in is found by its route.
type requests struct {
	routes map[*api.Route]*routeMetrics
	other  *routeMetrics // requests for what is not there
	slow   time.Duration // requests that take this long or longer are logged; 0: none
	log    *slog.Logger
}

type routeMetrics struct {
	name    string
	classes [len(classes)]prometheus.Counter
	took    prometheus.Observer
}

// classes of statuses, by their first digit.
var classes = [...]string{2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx"}

// countRequests registers the metrics of every route.
func (m *metrics) countRequests(table []api.Route, o Options) {
	total := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: namespace, Name: "http_requests_total", Help: "Requests of the public port that were answered.",
	}, []string{"route", "class"})
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: "http_request_duration_seconds", Buckets: requestBuckets(),
		Help: "From the head of a request to its answer; of an import, to the beginning of its answer.",
	}, []string{"route"})
	m.registry.MustRegister(total, took)
	of := func(name string) *routeMetrics {
		r := &routeMetrics{name: name, took: took.WithLabelValues(name)}
		for digit, class := range classes {
			if class != "" {
				r.classes[digit] = total.WithLabelValues(name, class)
			}
		}
		return r
	}
	m.requests = requests{routes: map[*api.Route]*routeMetrics{}, other: of("other"), slow: o.SlowLog, log: o.Log}
	for i := range table {
		m.requests.routes[&table[i]] = of(table[i].Method + " " + table[i].Path)
	}
}

// observe is api.Options.Observe.
func (r *requests) observe(ctx *fasthttp.RequestCtx, route *api.Route) {
	m := r.routes[route]
	if m == nil {
		m = r.other
	}
	status := ctx.Response.StatusCode()
	if digit := status / 100; digit >= 2 && digit < len(classes) {
		m.classes[digit].Inc()
	}
	took := time.Duration(0)
	if began := ctx.Time(); !began.IsZero() { // it is if there was no head of a request
		took = time.Since(began)
		m.took.Observe(took.Seconds())
	}
	if r.slow > 0 && took >= r.slow {
		r.log.Warn("slow request", "request_id", ingest.RequestID(ctx), "route", m.name, "status", status, "took", took.String())
	}
}
