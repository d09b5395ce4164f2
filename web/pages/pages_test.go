package pages

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestPagesShowTextAndNoMarkup(t *testing.T) {
	const evil = `"><script>alert(1)</script>`
	for _, page := range []string{SignIn, Invite, Reset, Home, Gone} {
		b, err := Render(page, Data{Title: "T", Error: evil, Note: evil, Email: evil, Name: evil, Token: evil, Role: evil})
		if err != nil {
			t.Fatal(err)
		}
		if html := string(b); strings.Contains(html, "<script>") || !strings.Contains(html, "&lt;script&gt;") {
			t.Errorf("%s:\n%s", page, html)
		}
	}
}

// What the policy does not permit would not work in a browser: scripts and styles within the page, other origins.
func TestPagesKeepToTheirPolicy(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)<style|style=|\son\w+=|<script(?: [^>]*)?>[^<]|javascript:|(?:src|href|action)="(?:https?:)?//`)
	for _, page := range []string{SignIn, Invite, Reset, Home, Gone} {
		b, err := Render(page, Data{Title: "T"})
		if err != nil {
			t.Fatal(err)
		}
		if found := forbidden.Find(b); found != nil {
			t.Errorf("%s holds %q", page, found)
		}
		if !strings.HasPrefix(string(b), "<!doctype html>") || !strings.Contains(string(b), "</html>") {
			t.Errorf("%s is not whole:\n%s", page, b)
		}
	}
}

func TestAReportShowsTextAndKeepsToItsPolicy(t *testing.T) {
	const evil = `"><script>alert(1)</script>`
	b, err := RenderReport(&Report{
		Data: Data{Title: evil}, Facts: []string{evil}, From: evil, To: evil, Figures: []Figure{{evil, evil}}, Chart: NewChart(evil, []string{evil, evil}, []int64{1, 2}),
		Days: []ReportDay{{evil, evil, evil, evil, evil}}, Segment: evil, Compared: []ReportRow{{evil, evil, evil, evil, evil}},
		History: []ReportEvent{{evil, evil, evil}}, Agent: evil, Made: evil, Until: evil,
	})
	if err != nil {
		t.Fatal(err)
	}
	html := string(b)
	if strings.Contains(html, "<script>") || strings.Count(html, "&lt;script&gt;") < 20 || !strings.Contains(html, "</html>") {
		t.Errorf("%s", html)
	}
	if found := regexp.MustCompile(`(?i)<style|style=|\son\w+=|javascript:|(?:src|href|action)="(?:https?:)?//`).FindString(html); found != "" {
		t.Errorf("it holds %q", found)
	}
}

// Worked by hand: of three bars over 600 units the second begins at 200; 5 of at most 10 is half of the 130 units between 26
// and 156.
func TestAChartsBarsFillItsWidthAndItsHeight(t *testing.T) {
	c := NewChart("", []string{"a", "b", "c"}, []int64{10, 5, 0})
	want := []Bar{{1, 26, 198, 130, "a: 10"}, {201, 91, 198, 65, "b: 5"}, {401, 156, 198, 0, "c: 0"}}
	if !slices.Equal(c.Bars, want) || c.Top != "10" || c.First != "a" || c.Last != "c" {
		t.Errorf("%+v", c)
	}
	if c := NewChart("", []string{"a"}, []int64{0}); c.Bars[0].Height != 0 {
		t.Errorf("nothing is %+v", c.Bars)
	}
	if c := NewChart("", []string{"a", "b"}, []int64{1, 1_000_000}); c.Bars[0].Height != 1 {
		t.Errorf("little is %+v", c.Bars)
	}
	if NewChart("", nil, nil) != nil {
		t.Error("a chart of nothing")
	}
}

func TestWholeNumbersHaveCommas(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1_234_567: "1,234,567", -1000: "-1,000", -999: "-999"} {
		if got := Whole(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
