package bench

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// between serves as the real server with something done to its requests and answers.
func between(t *testing.T, o *Options, change func(c *fasthttp.RequestCtx, forward func())) {
	t.Helper()
	real := &fasthttp.HostClient{Addr: strings.TrimPrefix(o.Target, "http://"), MaxConns: 100}
	t.Cleanup(real.CloseIdleConnections)
	o.Target = serveHere(t, func(c *fasthttp.RequestCtx) {
		change(c, func() {
			if err := real.Do(&c.Request, &c.Response); err != nil {
				c.Error(err.Error(), fasthttp.StatusBadGateway)
			}
		})
	})
}

func isBeacon(c *fasthttp.RequestCtx) bool { return string(c.Path()) == "/v1/events" }

func reportText(t *testing.T, r *Report) string {
	t.Helper()
	if r == nil {
		return "no report"
	}
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheRealServerIsRight(t *testing.T) {
	for _, mode := range []string{ModeClosed, ModeOpen} {
		for _, size := range []int{0, 10} {
			o := served(t)
			o.Mode, o.EventsPerRequest, o.QueriesPerSecond = mode, size, 50
			r, err := Run(context.Background(), o)
			if err != nil {
				t.Fatalf("%s, size %d: %v\n%s", mode, size, err, reportText(t, r))
			}
			v := r.Verification
			if v.Wrong() != 0 || v.Events == 0 || v.Sessions != v.SessionsSent || v.Listings == 0 || r.Load.Queries.Latency.Count == 0 {
				t.Errorf("%s, size %d: %+v", mode, size, v)
			}
			asked := int64(0)
			for _, kind := range r.Load.Queries.Kinds {
				asked += kind.Latency.Count
			}
			if asked != r.Load.Queries.Latency.Count {
				t.Errorf("%d questions of each kind, %d in all", asked, r.Load.Queries.Latency.Count)
			}
			if len(r.Load.Failed)+len(r.Load.Queries.Failed) > 0 {
				t.Errorf("failed: %v (%s), queries: %v", r.Load.Failed, r.Load.FailedSample, r.Load.Queries.Failed)
			}
		}
	}
}

func TestARampEndsAtItsLimit(t *testing.T) {
	o := served(t)
	o.Mode, o.Rate, o.Duration, o.P99Limit = ModeRamp, 100, 300*time.Millisecond, time.Microsecond
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Ramp.Steps) != 1 || r.Ramp.Knee != 0 || r.Ramp.Why == "" {
		t.Errorf("%+v", r.Ramp)
	}
}

func TestUnreliableServersAreRight(t *testing.T) {
	for name, after := range map[string]bool{"refuses some beacons": false, "loses some answers": true} {
		t.Run(name, func(t *testing.T) {
			o := served(t)
			var beacons atomic.Int64
			between(t, &o, func(c *fasthttp.RequestCtx, forward func()) {
				spoil := isBeacon(c) && beacons.Add(1)%5 == 0
				if !spoil || after {
					forward()
				}
				if spoil {
					c.Response.Reset()
					c.Error("busy", fasthttp.StatusServiceUnavailable)
				}
			})
			r, err := Run(context.Background(), o)
			if err != nil {
				t.Fatalf("%v\n%s", err, reportText(t, r))
			}
			if r.Load.Failed["503"] == 0 || r.Verification.Unsure == 0 || r.Load.FailedSample != "503 busy" {
				t.Errorf("%v, %q, %d unsure", r.Load.Failed, r.Load.FailedSample, r.Verification.Unsure)
			}
		})
	}
}

func TestBrokenServersAreCaught(t *testing.T) {
	var beacons, timelines atomic.Int64
	body := func(c *fasthttp.RequestCtx, from, to string) {
		c.Response.SetBody(regexp.MustCompile(from).ReplaceAll(c.Response.Body(), []byte(to)))
	}
	isTimeline := func(c *fasthttp.RequestCtx) bool {
		return strings.HasSuffix(string(c.Path()), "/events") && !isBeacon(c) && timelines.Add(1)%4 == 0
	}
	for name, c := range map[string]struct {
		serve func(c *fasthttp.RequestCtx, forward func())
		found func(v *Verification) int64
		says  string
	}{
		"acknowledges and drops": {func(c *fasthttp.RequestCtx, forward func()) {
			if isBeacon(c) && beacons.Add(1)%10 == 0 {
				c.SetStatusCode(fasthttp.StatusNoContent)
				return
			}
			forward()
		}, func(v *Verification) int64 { return v.Missing }, "acknowledged events are MISSING"},
		"takes everything twice": {func(c *fasthttp.RequestCtx, forward func()) {
			if isBeacon(c) {
				forward()
				c.Response.Reset()
				c.Request.SetBody(bytes.ReplaceAll(c.PostBody(), []byte(`"eventId":"e_`), []byte(`"eventId":"x_`)))
			}
			forward()
		}, func(v *Verification) int64 { return min(v.Invented, v.WrongSessions, v.WrongListings+1) }, "events were INVENTED"},
		"folds twice": {func(c *fasthttp.RequestCtx, forward func()) {
			forward()
			body(c, `"event_count":(\d+)`, `"event_count":1$1`)
		}, func(v *Verification) int64 { return v.WrongSessions }, "sessions have WRONG figures"},
		"counts seconds that were not": {func(c *fasthttp.RequestCtx, forward func()) {
			forward()
			body(c, `"total_duration_seconds":(\d+)`, `"total_duration_seconds":1$1`)
		}, func(v *Verification) int64 { return v.WrongSessions }, "total_duration_seconds is 1"},
		"forgets listings": {func(c *fasthttp.RequestCtx, forward func()) {
			forward()
			body(c, `"properties_viewed":\[[^\]]*\]`, `"properties_viewed":[]`)
		}, func(v *Verification) int64 { return v.WrongSessions }, "properties_viewed is []"},
		"stores repeated events": {func(c *fasthttp.RequestCtx, forward func()) {
			forward()
			if isTimeline(c) {
				body(c, `"events":\[(\{[^}]*\})`, `"events":[$1,$1`)
			}
		}, func(v *Verification) int64 { return v.Doubled }, "events are DOUBLED"},
		"stores something else": {func(c *fasthttp.RequestCtx, forward func()) {
			forward()
			if isTimeline(c) {
				body(c, `"event_type":"page_view"`, `"event_type":"page_hide"`)
			}
		}, func(v *Verification) int64 { return v.Different }, "events are DIFFERENT"},
		"counts views twice": {func(c *fasthttp.RequestCtx, forward func()) {
			forward()
			body(c, `"total_views":(\d+)`, `"total_views":1$1`)
		}, func(v *Verification) int64 { return v.WrongListings }, "listings have WRONG views"},
		"has lost its sessions": {func(c *fasthttp.RequestCtx, forward func()) {
			if strings.HasPrefix(string(c.Path()), "/v1/sessions/") {
				c.SetStatusCode(fasthttp.StatusNotFound)
				return
			}
			forward()
		}, func(v *Verification) int64 { return min(v.Missing, v.Unreadable) }, "acknowledged events are MISSING"},
		"does not end a timeline": {func(c *fasthttp.RequestCtx, forward func()) {
			forward()
			body(c, `"next_cursor":null`, `"next_cursor":""`)
			if isTimeline(c) {
				c.Response.SetBodyString(`{"events":[],"next_cursor":"again"}`)
			}
		}, func(v *Verification) int64 { return v.Unreadable }, "answers could NOT BE READ"},
	} {
		t.Run(name, func(t *testing.T) {
			o := served(t)
			between(t, &o, c.serve)
			r, err := Run(context.Background(), o)
			if !errors.Is(err, ErrWrong) {
				t.Fatalf("the run ended with %v", err)
			}
			if c.found(r.Verification) == 0 {
				t.Errorf("found %+v", r.Verification)
			}
			if text := reportText(t, r); !strings.Contains(text, c.says) || strings.Contains(text, "RIGHT") {
				t.Errorf("the report does not say %q:\n%s", c.says, text)
			}
		})
	}
}

func TestAServerThatAcknowledgesNothingProvesNothing(t *testing.T) {
	o := served(t)
	o.WriteKey, o.Duration = "wk_ffffffffffffffff", 300*time.Millisecond
	r, err := Run(context.Background(), o)
	if !errors.Is(err, ErrNothing) || r.Load.Failed["401"] == 0 {
		t.Errorf("%v, %+v", err, r)
	}
}

func TestASampleIsSaidToBeOne(t *testing.T) {
	o := served(t)
	o.VerifySample, o.Duration = 5, 300*time.Millisecond
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Verification.Sessions != 5 || r.Verification.SessionsSent <= 5 || !strings.Contains(reportText(t, r), "% of the sessions (5)") {
		t.Errorf("%s", reportText(t, r))
	}
}

func TestAStoppedRunSaysNothing(t *testing.T) {
	o := served(t)
	ctx, cancel := context.WithCancel(context.Background())
	o.Duration = time.Minute
	o.Show = func(Progress) { cancel() }
	if r, err := Run(ctx, o); !errors.Is(err, context.Canceled) || r != nil {
		t.Errorf("%v, %v", r, err)
	}
}
