package ingest

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"footfall/fault"
)

func TestRejectedEventsAreCountedByReason(t *testing.T) {
	g := newRig(t)
	g.want(g.beacon(`[{"eventType":"page_view","sessionId":"s"},{"eventType":"page_view"},{"eventType":"page_view"},{"eventType":"!","sessionId":"s"}]`), 200, "")
	g.want(g.beacon(`{"eventType":"page_view"}`), 400, "all_rejected")
	want := map[fault.Code]int64{fault.MissingField: 3, fault.InvalidField: 1}
	if got := g.in.Counts().Reasons(); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if n := g.in.Counts().Rejected.Load(); n != 4 {
		t.Errorf("%d in all", n)
	}
}

// Each look at the clock is a second after the last one, so that every part of the way takes some.
func TestASlowBeaconTellsWhereItsTimeWent(t *testing.T) {
	g := newRig(t)
	var log strings.Builder
	g.in.o.Log = slog.New(slog.NewJSONHandler(&log, nil))
	g.step.Store(int64(time.Second))
	g.want(g.beacon(`{"eventType":"page_view","sessionId":"s"}`), 204, "")
	if log.Len() > 0 {
		t.Errorf("without a limit: %s", log.String())
	}
	g.in.o.Slow = time.Hour
	g.want(g.beacon(`{"eventType":"page_view","sessionId":"s"}`), 204, "")
	if log.Len() > 0 {
		t.Errorf("under the limit: %s", log.String())
	}
	g.in.o.Slow = 3 * time.Second
	g.want(g.beacon(`{"eventType":"page_view","sessionId":"s","title":"SECRET"}`), 204, "")
	var line map[string]any
	if err := json.Unmarshal([]byte(log.String()), &line); err != nil {
		t.Fatalf("%v: %q", err, log.String())
	}
	if s := fmt.Sprint(line["msg"], " ", line["queue"], " ", line["fold"], " ", line["commit"]); s != "slow events 1s 1s 1s" ||
		line["decode"] == nil || line["request_id"] == nil || strings.Contains(log.String(), "SECRET") {
		t.Error(log.String())
	}
}
