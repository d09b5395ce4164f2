package learn

import (
	"fmt"
	"testing"
	"time"
)

// 50 leads of .1 (5 won) and 30 of .3 (15 won) that are old enough, and some that do not count: two bins, though three
// would be as large, as leads of the same probability stay together. Wilson of 5 of 50: .0435 to .2136; of 15 of 30:
// .3315 to .6685.
func TestReliabilityKeepsWhatWasSaidAlikeTogether(t *testing.T) {
	now := start.Add(400 * day)
	var leads []Lead
	add := func(n, won int, p float64, age int, imported bool) {
		for i := range n {
			created := now.Add(-time.Duration(age) * day)
			d := Lead{ID: fmt.Sprint(len(leads)), Created: created.UnixMilli(), Probability: p, Imported: imported, Ends: []End{endAfter(created, 5, 5, Lost)}}
			if i < won {
				d.Ends[0].Was = Won
			}
			leads = append(leads, d)
		}
	}
	add(30, 15, 0.3, 200, false)
	add(50, 5, 0.1, 200, false)
	add(20, 20, 0.2, 20, false)
	add(20, 20, 0.2, 300, true)
	known, _ := Labels(leads, now, 180)
	got := ""
	for _, b := range reliability(known, now, 180) {
		got += fmt.Sprintf("%d won of %d said %.1f to %.1f, %.2f: %.2f (%.4f to %.4f)\n", b.Won, b.Leads, b.From, b.To, b.Expected, b.Observed, b.Low, b.High)
	}
	if want := "5 won of 50 said 0.1 to 0.1, 0.10: 0.10 (0.0435 to 0.2136)\n15 won of 30 said 0.3 to 0.3, 0.30: 0.50 (0.3315 to 0.6685)\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if bins := reliability(known[:19], now, 180); len(bins) != 0 {
		t.Errorf("19 leads make %v", bins)
	}
}

func TestBinsHoldEachLeadOnce(t *testing.T) {
	now := start.Add(400 * day)
	for _, n := range []int{20, 39, 200, 457} {
		var known []Labelled
		for i := range n {
			created := now.Add(-200 * day)
			known = append(known, Labelled{Lead: &Lead{Created: created.UnixMilli(), Probability: float64(i*7919%n) / float64(n)}, Won: i%3 == 0})
		}
		sum, last := 0, -1.0
		for _, b := range reliability(known, now, 180) {
			if b.From <= last || b.Leads < leastInBin || b.Expected < b.From || b.Expected > b.To {
				t.Errorf("of %d: %+v after %v", n, b, last)
			}
			sum, last = sum+b.Leads, b.To
		}
		if sum != n {
			t.Errorf("%d of %d leads are in bins", sum, n)
		}
	}
}
