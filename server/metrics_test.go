package server_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// scrape returns the lines of /metrics that are no comments.
func scrape(t *testing.T, ops string) (lines []string) {
	t.Helper()
	status, text := fetch(t, ops+"/metrics", "")
	if status != http.StatusOK {
		t.Fatalf("/metrics: %d: %s", status, text)
	}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

func TestMetricsCountWhatHappened(t *testing.T) {
	serving(t, t.TempDir(), func(public, ops string) {
		for _, c := range []struct{ path, body string }{
			{"/v1/events?k=" + writeKey, `{"eventType":"page_view","sessionId":"s"}`},
			{"/v1/events?k=" + writeKey, `[{"eventType":"page_view","sessionId":"s"},{"eventType":"page_view"},{"eventType":"B@D","sessionId":"s"}]`},
			{"/v1/events?k=" + writeKey, `not JSON`},
			{"/v1/sessions/s", ""},
			{"/v1/sessions/none", ""},
			{"/v1/nothing", ""},
		} {
			fetch(t, public+c.path, c.body)
		}
		lines := scrape(t, ops)
		for _, want := range []string{
			`footfall_http_requests_total{class="2xx",route="POST /v1/events"} 2`,
			`footfall_http_requests_total{class="4xx",route="POST /v1/events"} 1`,
			`footfall_http_requests_total{class="5xx",route="POST /v1/events"} 0`,
			`footfall_http_requests_total{class="2xx",route="GET /v1/sessions/{id}"} 1`,
			`footfall_http_requests_total{class="4xx",route="GET /v1/sessions/{id}"} 1`,
			`footfall_http_requests_total{class="4xx",route="other"} 1`,
			`footfall_http_request_duration_seconds_count{route="POST /v1/events"} 3`,
			`footfall_events_total{reason="",result="accepted"} 2`,
			`footfall_events_total{reason="missing_field",result="rejected"} 1`,
			`footfall_events_total{reason="invalid_field",result="rejected"} 1`,
			`footfall_sessions_live 1`,
			`footfall_queue_bytes 0`,
			`footfall_fold_lag_seconds 0`,
			`footfall_commit_duration_seconds_count 3`, // the site's and two of events
			`footfall_build_info{version=""} 1`,
			`footfall_memory_limit_bytes{part="queue"} 3.3554432e+07`,
		} {
			if !slices.Contains(lines, want) {
				name, _, _ := strings.Cut(want, " ")
				t.Errorf("want %s, there is %q", want, slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return !strings.HasPrefix(l, name) }))
			}
		}
		for _, positive := range []string{
			`footfall_fsync_duration_seconds_count`, `footfall_disk_free_bytes`, `footfall_oldest_record_seconds{space="events"}`,
			`footfall_memory_bytes{part="live_state"}`, `footfall_pebble_disk_bytes`, `go_goroutines`,
		} {
			if !slices.ContainsFunc(lines, func(l string) bool {
				value, ok := strings.CutPrefix(l, positive+" ")
				return ok && value != "0" && !strings.HasPrefix(value, "-")
			}) {
				t.Errorf("no %s above 0", positive)
			}
		}
	})
}

const (
	rules     = "../deploy/prometheus/footfall-rules.yml"
	rulesTest = "../deploy/prometheus/footfall-rules-test.yml"
	dashboard = "../deploy/grafana/footfall.json"
)

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// expressions returns what the dashboard asks Prometheus.
func expressions(t *testing.T) (all []string) {
	t.Helper()
	var d struct {
		Panels []struct {
			ID      int
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(readFile(t, dashboard)), &d); err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, p := range d.Panels {
		if seen[p.ID] {
			t.Errorf("two panels have the id %d", p.ID)
		}
		seen[p.ID] = true
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("the panel %q shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			all = append(all, target.Expr)
		}
	}
	return all
}

func TestWhatAlertsAndTheDashboardAskForIsScraped(t *testing.T) {
	texts := expressions(t)
	for _, m := range regexp.MustCompile(`(?s)expr: (.*?)\n        (?:for|labels):`).FindAllStringSubmatch(readFile(t, rules), -1) {
		texts = append(texts, m[1])
	}
	named := regexp.MustCompile(`\b(?:footfall|go|process)_[a-z_]+`)
	serving(t, filled(t), func(_, ops string) {
		there := map[string]bool{}
		for _, line := range scrape(t, ops) {
			there[regexp.MustCompile(`^\w+`).FindString(line)] = true
		}
		asked := 0
		for _, text := range texts {
			for _, name := range named.FindAllString(text, -1) {
				asked++
				if !there[name] {
					t.Errorf("%s is not scraped: %s", name, text)
				}
			}
		}
		if asked < 40 {
			t.Errorf("only %d names were found", asked)
		}
	})
}

func TestMetricsOfTheManualAreThoseOfAScrape(t *testing.T) {
	manual := readFile(t, "../docs/operations.md")
	row := regexp.MustCompile("(?m)^\\| `(footfall_[a-z_]+)`")
	written := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(manual, -1) {
		written[m[1]] = true
	}
	serving(t, filled(t), func(_, ops string) {
		_, text := fetch(t, ops+"/metrics", "")
		for _, m := range regexp.MustCompile(`(?m)^# TYPE (footfall_\w+)`).FindAllStringSubmatch(text, -1) {
			if !written[m[1]] {
				t.Errorf("operations.md has no row for %s", m[1])
			}
			delete(written, m[1])
		}
	})
	for name := range written {
		t.Errorf("operations.md has a row for %s, which is not scraped", name)
	}
}

func TestEveryAlertHasItsRunbook(t *testing.T) {
	headings := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (\w+)$`).FindAllStringSubmatch(readFile(t, "../docs/operations.md"), -1) {
		headings[strings.ToLower(m[1])] = true
	}
	text := readFile(t, rules)
	alerts := regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(text, -1)
	if len(alerts) != 8 {
		t.Errorf("%d alerts", len(alerts))
	}
	for _, a := range alerts {
		anchor := strings.ToLower(a[1])
		if !strings.Contains(text, "runbook: docs/operations.md#"+anchor+"\n") {
			t.Errorf("%s does not name its runbook", a[1])
		}
		if !headings[anchor] {
			t.Errorf("operations.md has no section %s", a[1])
		}
		if !strings.Contains(readFile(t, rulesTest), "alertname: "+a[1]+"\n") {
			t.Errorf("%s has no test", a[1])
		}
	}
}

func TestAlertsFireOnWhatTheyAreFor(t *testing.T) {
	needTool(t, "promtool", true)
	for _, args := range [][]string{{"check", "rules", rules}, {"test", "rules", rulesTest}} {
		if out, err := exec.Command("promtool", args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

func TestTheSystemdUnitIsValid(t *testing.T) {
	needTool(t, "systemd-analyze", false)
	unit := strings.ReplaceAll(readFile(t, "../deploy/systemd/footfall.service"), "/usr/local/bin/footfall", binary)
	name := t.TempDir() + "/footfall.service"
	if err := os.WriteFile(name, []byte(unit), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("systemd-analyze", "verify", name).CombinedOutput()
	if about := regexp.MustCompile(`.*footfall.*`).FindAllString(string(out), -1); err != nil || len(about) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// needTool skips the test where a program is missing, but not in CI if make test installs it there.
func needTool(t *testing.T, name string, installed bool) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if installed && os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed, and CI must run this", name)
	}
	t.Skipf("%s is not installed", name)
}
