package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"footfall/learn"
	"footfall/server"
)

// imported makes a data directory with past leads of whom those closed that looked at many listings.
func imported(t *testing.T) (data string) {
	t.Helper()
	data = t.TempDir()
	s, err := server.Open(t.Context(), server.Options{Data: data, Listen: "127.0.0.1:0", QueueBytes: 8 << 20, ShutdownGrace: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	public, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, public) }()
	defer func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	var rows []map[string]any
	for i := range 200 {
		created := time.Date(2024, 1, 1+2*i, 12, 0, 0, 0, time.UTC)
		end, views := "closed_lost", 1+i%4
		if i%6 == 0 {
			end, views = "closed_won", 4+i%5
		}
		rows = append(rows, map[string]any{
			"external_id": fmt.Sprint(i), "email": fmt.Sprintf("p%d@example.com", i), "created_at": created.Format(time.RFC3339), "outcome": end,
			"outcome_date": created.AddDate(0, 0, 20).Format(time.DateOnly), "properties_viewed_count": views, "total_engagement_time": 60 * views,
		})
	}
	t.Setenv(adminKeyName, "")
	r := remote{URL: "http://" + public.Addr().String(), Data: data}
	var sum struct{ Created int }
	if err := r.ask(&program{ctx: t.Context()}, "POST", "/v1/leads", rows, &sum); err != nil || sum.Created != len(rows) {
		t.Fatal(sum, err)
	}
	return data
}

func TestBacktestPrintsALineACutoff(t *testing.T) {
	data := imported(t)
	run := func(c backtestCmd) string {
		t.Helper()
		var out bytes.Buffer
		c.Data = data
		if err := c.Run(&program{ctx: t.Context(), out: &out}); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	day := func(text string) (d date) {
		t.Helper()
		if err := d.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		return d
	}
	every := step(0)
	if err := every.UnmarshalText([]byte("60d")); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(run(backtestCmd{From: day("2024-07-01"), To: day("2024-10-30"), Every: every})), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "cutoff ") || !strings.HasPrefix(lines[3], "2024-10-29 ") {
		t.Errorf("%s", strings.Join(lines, "\n"))
	}
	d := json.NewDecoder(strings.NewReader(run(backtestCmd{From: day("2024-07-01"), To: day("2024-07-01"), Every: every, JSON: true})))
	var row learn.Tested
	// By 2024-07-01 91 of the 200 leads had come. Those of 2024-06-09 and before had ended on a day that was over: 81, of whom
	// every sixth won.
	if err := d.Decode(&row); err != nil || row.Labels != 81 || row.LabelWon != 14 || row.Leads != 109 || row.AUC == nil || row.LogLoss == nil || row.Rules == nil {
		t.Errorf("%+v, %v", row, err)
	}
	for _, wrong := range []string{"0d", "x", "d", "5"} {
		if err := every.UnmarshalText([]byte(wrong)); err == nil {
			t.Errorf("%q is a step", wrong)
		}
	}
}
