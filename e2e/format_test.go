package e2e

import (
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// How numbers, times and amounts are written, in an English browser.
func TestNumbersAreWrittenAsPeopleReadThem(t *testing.T) {
	t.Parallel()
	built := api.Build(api.BuildOptions{
		EntryPoints: []string{"../web/app/format.ts"}, Bundle: true, Format: api.FormatIIFE, GlobalName: "format", TsconfigRaw: "{}",
	})
	if len(built.Errors) > 0 {
		t.Fatal(built.Errors)
	}
	b := newTab(t)
	b.run("%s;Object.assign(window, format)", string(built.OutputFiles[0].Contents))
	for _, c := range []struct{ call, want string }{
		{`chance(1 / 12)`, "about 1 in 12"},
		{`chance(0.08, 0.02)`, "about 1 in 13, 4 times your average"},
		{`chance(0.015)`, "about 1 in 67"},
		{`chance(0.0031, 0.002)`, "about 1 in 320, 1.5 times your average"},
		{`chance(0.02, 0.02)`, "about 1 in 50, about your average"},
		{`chance(0.01, 0.02)`, "about 1 in 100, below your average"},
		{`chance(0.5)`, "about 5 in 10"},
		{`chance(0.99)`, "almost certain"},
		{`chance(0.0001)`, "almost none"},
		{`chance(null)`, "–"},
		{`odds(0.58) + ": " + besideAverage(0.58, 0.1)`, "about 6 in 10: 6 times your average"},
		{`besideAverage(0.58, null)`, ""},
		{`three(0.8224) + three(null)`, ".822–"},
		{`shortMonth("2026-02-01")`, "Feb"},
		{`count(1, "lead")`, "1 lead"},
		{`count(2500, "person", "people")`, "2,500 people"},
		{`[1, 2, 3, 4, 11, 22].map(ordinal).join()`, "1st,2nd,3rd,4th,11th,22nd"},
		{`duration(59)`, "59\u00a0s"},
		{`duration(61)`, "1\u00a0min"},
		{`duration(3600 + 20 * 60)`, "1\u00a0h 20\u00a0min"},
		{`duration(7200)`, "2\u00a0h"},
		{`duration(5 * 86400)`, "5 days"},
		{`duration(null)`, "–"},
		{`signed(9) + signed(-3) + signed(0)`, "+9−3±0"},
		{`money(1250000)`, "$1,250,000"},
		{`shortMoney(1250000)`, "$1.3M"},
		{`percent(0.286)`, "28.6%"},
		{`ago(1000, 31000)`, "just now"},
		{`ago(0, 3 * 60000)`, "3 minutes ago"},
		{`ago(0, 86400000)`, "yesterday"},
		{`ago(null)`, "never"},
		{`words("closed_won")`, "Closed won"},
		{`list(["a", "b", "c"])`, "a, b, and c"},
		{`isoDay(new Date(2026, 0, 5))`, "2026-01-05"},
	} {
		if got := eval[string](b, c.call); got != c.want {
			t.Errorf("%s is %q, not %q", c.call, got, c.want)
		}
	}
}
