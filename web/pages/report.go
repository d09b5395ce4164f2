package pages

import (
	"bytes"
	"fmt"
	"strconv"
)

// Report is what the page for the owner of a home shows: how many looked at it, and nothing of who they are. Everything
// in it is text as it is read.
type Report struct {
	Data
	Facts    []string // of the home, the most important first
	From, To string
	DayCount int
	Figures  []Figure
	Chart    *Chart
	Days     []ReportDay // those with data, the newest first
	Segment  string
	Compared []ReportRow
	History  []ReportEvent // the newest first
	Agent    string        // whose listing it is, may be empty
	Made     string
	Until    string
}

// Figure is a number with its name.
type Figure struct{ Name, Value string }

// ReportDay is one day.
type ReportDay struct{ Date, Views, Visitors, Inquiries, Shares string }

// ReportRow is a number of the home beside that of others.
type ReportRow struct{ Name, Value, Mean, Between, Samples string }

// ReportEvent is a change of price or status.
type ReportEvent struct{ Date, Price, Status string }

// Chart is bars in units of its own, which the page scales to its width.
type Chart struct {
	Width, Height, Floor    int
	Bars                    []Bar
	First, Last, Top, Label string
}

// Bar is one bar of a chart.
type Bar struct {
	X, Y, Width, Height int
	Title               string
}

// Size of a chart in its units.
const (
	chartWidth  = 600
	chartHeight = 180
	chartFloor  = 156 // below it are the dates
	chartTop    = 26  // above it is the largest number
)

// NewChart draws a bar for each number. names are what the bars are of, from the first to the last.
func NewChart(label string, names []string, numbers []int64) *Chart {
	c := &Chart{Width: chartWidth, Height: chartHeight, Floor: chartFloor, Label: label}
	if len(numbers) == 0 || len(numbers) != len(names) {
		return nil
	}
	most := int64(1)
	for _, n := range numbers {
		most = max(most, n)
	}
	c.First, c.Last, c.Top = names[0], names[len(names)-1], Whole(most)
	for i, n := range numbers {
		left, right := i*chartWidth/len(numbers), (i+1)*chartWidth/len(numbers)
		height := int(n * (chartFloor - chartTop) / most)
		if n > 0 {
			height = max(height, 1)
		}
		c.Bars = append(c.Bars, Bar{left + 1, chartFloor - height, max(1, right-left-2), height, names[i] + ": " + Whole(n)})
	}
	return c
}

// Whole writes a whole number with commas between thousands.
func Whole(n int64) string {
	s := strconv.FormatInt(n, 10)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(s) - 3; i > first; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// RenderReport returns the page of a report as HTML.
func RenderReport(r *Report) ([]byte, error) {
	r.Wide = true
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, "report.html", r); err != nil {
		return nil, fmt.Errorf("render report.html: %w", err)
	}
	return b.Bytes(), nil
}
