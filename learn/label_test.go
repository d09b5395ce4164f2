package learn

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// A line of input is a lead: its name, then words: created=DAY, profile=NAME, and won=DAY, lost=DAY or open=DAY, each with
// :DAY behind it if it was recorded on another day than it happened. Days count from 2024-01-01; now=DAY is the moment.
func TestLabels(t *testing.T) {
	datadriven.RunTest(t, "testdata/labels.txt", func(t *testing.T, d *datadriven.TestData) string {
		now, horizon := 0, 180
		d.ScanArgs(t, "now", &now)
		if d.HasArg("horizon") {
			d.ScanArgs(t, "horizon", &horizon)
		}
		var leads []Lead
		for line := range strings.Lines(d.Input) {
			leads = append(leads, parseLead(t, line))
		}
		known, c := Labels(leads, start.Add(time.Duration(now)*day), horizon)
		var out strings.Builder
		for _, k := range known {
			was := "lost"
			if k.Won {
				was = "won"
			}
			fmt.Fprintf(&out, "%s: %s, weight %.4g\n", k.ID, was, k.Weight)
		}
		fmt.Fprintf(&out, "coverage: %d of %d matured have an outcome, %d assumed lost, %d dropped, below: %v\n",
			c.WithOutcome, c.Matured, c.AssumedLost, c.Dropped, c.Below)
		return out.String()
	})
}

func parseLead(t *testing.T, line string) Lead {
	words := strings.Fields(line)
	l := Lead{ID: words[0], Profile: "ann"}
	created := 0
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		happened, recorded := 0, 0
		if name != "profile" {
			if n, _ := fmt.Sscanf(value, "%d:%d", &happened, &recorded); n < 2 {
				recorded = happened
			}
		}
		switch name {
		case "created":
			created = happened
			l.Created = start.Add(time.Duration(created) * day).UnixMilli()
			l.Arrived = l.Created
		case "profile":
			l.Profile = value
		default:
			was := map[string]Ended{"won": Won, "lost": Lost, "open": Unresolved}[name]
			at := start.Add(time.Duration(recorded) * day).UnixMilli()
			l.Ends = append(l.Ends, End{At: at, Heard: at, Days: happened - created, Was: was})
		}
	}
	return l
}

func TestWhatIsRecordedLaterChangesNoLabelOfBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var leads []Lead
		for i := range rapid.IntRange(0, 30).Draw(t, "leads") {
			l := Lead{ID: fmt.Sprint(i), Profile: rapid.SampledFrom([]string{"ann", "ben"}).Draw(t, "profile")}
			created := rapid.IntRange(0, 400).Draw(t, "created")
			l.Created = start.Add(time.Duration(created) * day).UnixMilli()
			l.Arrived = l.Created
			at := created
			for range rapid.IntRange(0, 3).Draw(t, "ends") {
				at += rapid.IntRange(0, 200).Draw(t, "later")
				l.Ends = append(l.Ends, endAfter(start.Add(time.Duration(created)*day), at-created, at-created, rapid.SampledFrom([]Ended{Won, Lost, Unresolved}).Draw(t, "was")))
			}
			leads = append(leads, l)
		}
		now := start.Add(time.Duration(rapid.IntRange(0, 800).Draw(t, "now")) * day)
		all, c := Labels(leads, now, 180)
		heard, hc := Labels(heardOf(leads, now), now, 180)
		if fmt.Sprint(labelText(all)) != fmt.Sprint(labelText(heard)) || c.Dropped != hc.Dropped || c.AssumedLost != hc.AssumedLost {
			t.Errorf("%v\n%v", labelText(all), labelText(heard))
		}
		for _, k := range all {
			if k.Weight < 1 || k.Weight > 20 {
				t.Errorf("%s weighs %v", k.ID, k.Weight)
			}
		}
	})
}

func labelText(known []Labelled) (text []string) {
	for _, k := range known {
		text = append(text, fmt.Sprintf("%s %v %.6f", k.ID, k.Won, k.Weight))
	}
	return text
}
