package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func sampleReport() *Report {
	h := newHistogram()
	for i := range 10_000 {
		record(h, time.Duration(i)*10*time.Microsecond)
	}
	l := newLatencies(h)
	cpu := 12.5
	return &Report{
		Run: "abc", Target: "http://127.0.0.1:1", Mode: ModeOpen, Connections: 4, Notes: []string{"a note with <b>"},
		Load: &LoadReport{
			Seconds: 10, TargetRate: 1000, Requests: 10_000, Events: 25_000, RequestsPerSecond: 1000, EventsPerSecond: 2500,
			Failed: map[string]int64{"503": 2, "no answer": 1}, FailedSample: "503 busy", Unsent: 7, Corrected: l, Service: l, Lag: l,
			ServerCPU: &cpu, ServerCPUEvent: &cpu, ServerUser: &cpu, Queries: &QueryReport{PerSecond: 10, Latency: l, Kinds: []KindReport{{"a listing", l}}},
			PerSecond: []second{{At: 1, Requests: 990, P50: 1, P99: 5}, {At: 2, Requests: 1010, P50: 2, P99: 9}},
		},
		Ramp: &RampReport{Steps: []RampStep{{Rate: 100, Requests: 100, P50: 1, P99: 2}, {Rate: 125, Requests: 90, P50: 3, P99: 60}}, Knee: 100, KneeP99: 2, Why: "it was slow"},
		Comparison: &ComparisonReport{Rounds: 3, RoundSeconds: 2, Cases: []CaseReport{{
			Events: 1, Connections: 64,
			Servers: []ServerReport{{Name: nameTarget, Rate: newSpread([]float64{3, 1, 2})}, {Name: nameBare, Rate: newSpread([]float64{6, 5, 4}), Failed: 3}},
			Ratios:  []RatioReport{{To: nameBare, Rate: newSpread([]float64{.5, .2})}},
		}}},
		Verification: &Verification{Sessions: 10, SessionsSent: 20, Events: 100, Missing: 2, Examples: []string{"session <x>: gone"}},
	}
}

func TestTheTextSaysEverything(t *testing.T) {
	text := reportText(t, sampleReport())
	for _, want := range []string{
		"note: a note", "open loop at 1000 requests/s, 4 connections", "2 × 503, 1 × no answer; the first: 503 busy", "NOT SENT      7", "server 12.5 µs a request",
		"from due (corrected)  50.", "queries, 10/s", "about a listing", "knee: 100 requests/s were held", "2 (1–3)", "bare FAILED 3 requests", "footfall to bare: rate 0.35 (0.20–0.50), CPU a request unknown",
		"50.0 % of the sessions (10)", "2 acknowledged events are MISSING", "session <x>: gone",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestThePageIsCompleteInItself(t *testing.T) {
	var b bytes.Buffer
	if err := sampleReport().WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if n := strings.Count(page, "<svg"); n != 5 {
		t.Errorf("%d plots", n)
	}
	for _, forbidden := range []string{"<script", "src=", "href=", "<x>", "a note with <b>", "NaN", "Inf", "ZgotmplZ"} {
		if strings.Contains(page, forbidden) {
			t.Errorf("the page holds %s", forbidden)
		}
	}
	for _, p := range sampleReport().plots() {
		d := xml.NewDecoder(strings.NewReader(string(p.SVG())))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", p.Title, err)
			}
		}
	}
}

func TestPlotsOfNothingAreDrawn(t *testing.T) {
	r := &Report{Load: &LoadReport{Corrected: newLatencies(newHistogram()), Service: newLatencies(newHistogram())}}
	for _, p := range r.plots() {
		if svg := string(p.SVG()); !strings.HasSuffix(svg, "</svg>") || strings.Contains(svg, "NaN") {
			t.Errorf("%s: %s", p.Title, svg)
		}
	}
}

func TestSpreads(t *testing.T) {
	for _, c := range []struct {
		rounds           []float64
		median, min, max float64
	}{{nil, 0, 0, 0}, {[]float64{3}, 3, 3, 3}, {[]float64{4, 1}, 2.5, 1, 4}, {[]float64{9, 1, 2}, 2, 1, 9}} {
		if s := newSpread(c.rounds); s.Median != c.median || s.Min != c.min || s.Max != c.max {
			t.Errorf("%v: %+v", c.rounds, s)
		}
	}
}

func TestCPUTimeIsRead(t *testing.T) {
	if !exists("/proc/self/stat") {
		t.Skip("no /proc")
	}
	for x := 0; cpuOf(selfPID()).total() == 0; x++ { // until a tick has been counted
	}
	if c := cpuOf(selfPID(), 1<<30); c.Known {
		t.Error("a process that does not exist is known")
	}
	if c := cpuOf(); c.Known {
		t.Error("no process is known")
	}
	sleeper := exec.Command("sleep", "60")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	pids := withChildren(selfPID())
	if err := sleeper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = sleeper.Wait() // killed
	if len(pids) < 2 {
		t.Errorf("%v has no child", pids)
	}
}

func TestServersAreComparedInTurns(t *testing.T) {
	o := served(t)
	o.Against, o.Rounds, o.Duration = []string{nameBare}, 2, 100*time.Millisecond
	o.Dir = "" // the tests' own cannot be entered by PostgreSQL's user
	if _, _, err := postgresBinaries(); err == nil {
		o.Against = append(o.Against, namePostgres)
	}
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Fatalf("%v\n%s", err, reportText(t, r))
	}
	if len(r.Comparison.Cases) != 3 {
		t.Fatalf("%d cases", len(r.Comparison.Cases))
	}
	for _, c := range r.Comparison.Cases {
		if len(c.Servers) != 1+len(o.Against) || len(c.Ratios) != len(o.Against) {
			t.Errorf("%+v", c)
		}
		for _, s := range c.Servers {
			if len(s.Rate.Rounds) != 2 || s.Rate.Min == 0 || s.Failed > 0 {
				t.Errorf("%d events, %d connections: %+v", c.Events, c.Connections, s)
			}
			if want := s.Rate.Rounds[0] * float64(c.Events); math.Abs(s.EventRate.Rounds[0]-want) > 1e-3 {
				t.Errorf("%s: %v events a second, want %v", s.Name, s.EventRate.Rounds[0], want)
			}
		}
	}
}

func TestTheCommandReports(t *testing.T) {
	o := served(t)
	asJSON, asHTML := filepath.Join(t.TempDir(), "r.json"), filepath.Join(t.TempDir(), "r.html")
	args := []string{"bench", "--target", o.Target, "--duration", "300ms", "--sessions", "50", "--json", asJSON, "--html", asHTML}
	out, err := exec.Command(o.Program, args...).Output()
	if err != nil || !strings.Contains(string(out), "RIGHT") {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(asJSON)
	if err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(text, &r); err != nil || r.Load.Requests == 0 || r.Verification.Events == 0 {
		t.Errorf("%v: %s", err, text)
	}
	if page, err := os.ReadFile(asHTML); err != nil || !bytes.Contains(page, []byte("<svg")) {
		t.Errorf("%v: %.200s", err, page)
	}
	if out, err := exec.Command(o.Program, append(args, "--write-key", "wk_ffffffffffffffff")...).CombinedOutput(); err == nil {
		t.Errorf("nothing was acknowledged, and the command ends well\n%s", out)
	}
}
