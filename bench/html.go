package bench

import (
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"
)

// page is complete in itself: it can be mailed and opened anywhere.
const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>footfall bench {{.Run}}</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1d2733;background:#fff}
pre{overflow-x:auto;background:#f4f6f8;padding:1rem;font-size:13px;line-height:1.4}
svg{width:100%;height:auto;margin:.5rem 0 1.5rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-bottom:0}
.wrong{color:#b00020;font-weight:600}.right{color:#12663a;font-weight:600}
</style></head><body>
<h1>footfall bench, run {{.Run}}</h1>
<p class="{{if .Wrong}}wrong{{else}}right{{end}}">{{.Verdict}}</p>
{{range .Plots}}<h2>{{.Title}}</h2>
{{.SVG}}
{{end}}<h2>Report</h2>
<pre>{{.Text}}</pre>
</body></html>
`

// WriteHTML writes the report as a page with plots.
func (r *Report) WriteHTML(w io.Writer) error {
	t, err := template.New("report").Parse(page)
	if err != nil {
		return fmt.Errorf("read the page's template: %w", err)
	}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		return err
	}
	view := struct {
		Run, Verdict, Text string
		Wrong              bool
		Plots              []plot
	}{Run: r.Run, Text: text.String(), Plots: r.plots()}
	if v := r.Verification; v != nil {
		view.Wrong = v.Wrong() > 0
		view.Verdict = fmt.Sprintf("%d acknowledged events asked back, %d things wrong", v.Events, v.Wrong())
	}
	if err := t.Execute(w, view); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// plots returns what can be drawn of the run.
func (r *Report) plots() (plots []plot) {
	if l := r.Load; l != nil {
		plots = append(plots, l.percentiles())
		rate := line{name: "requests/s"}
		p50, p99 := line{name: "p50"}, line{name: "p99"}
		for _, s := range l.PerSecond {
			rate.points = append(rate.points, [2]float64{s.At, s.Requests})
			p50.points = append(p50.points, [2]float64{s.At, s.P50})
			p99.points = append(p99.points, [2]float64{s.At, s.P99})
		}
		plots = append(plots,
			plot{Title: "Acknowledged requests a second", x: "s", lines: []line{rate}},
			plot{Title: "Latency over time, ms", x: "s", lines: []line{p50, p99}})
	}
	if r.Ramp != nil {
		p50, p99 := line{name: "p50"}, line{name: "p99"}
		for _, s := range r.Ramp.Steps {
			p50.points = append(p50.points, [2]float64{s.Rate, s.P50})
			p99.points = append(p99.points, [2]float64{s.Rate, s.P99})
		}
		plots = append(plots, plot{Title: "Latency by rate, ms", x: "requests/s", lines: []line{p50, p99}})
	}
	if r.Comparison != nil {
		for _, c := range r.Comparison.Cases {
			p := plot{Title: fmt.Sprintf("Requests a second by round: %d event(s), %d connections", c.Events, c.Connections), x: "round", whole: true}
			for _, s := range c.Servers {
				l := line{name: s.Name}
				for i, x := range s.Rate.Rounds {
					l.points = append(l.points, [2]float64{float64(i + 1), x})
				}
				p.lines = append(p.lines, l)
			}
			plots = append(plots, p)
		}
	}
	return plots
}

// percentiles plots latencies so that each further nine takes as much room as the one before.
func (l *LoadReport) percentiles() plot {
	p := plot{Title: "Latency by percentile, ms", x: "percentile", whole: true, label: func(x float64) string {
		return fmt.Sprintf("%.6g", 100-100*math.Pow(10, -x))
	}}
	add := func(name string, q Latencies) {
		l := line{name: name}
		for _, point := range q.Points {
			l.points = append(l.points, [2]float64{-math.Log10(1 - point[0]/100), point[1]})
		}
		p.lines = append(p.lines, l)
	}
	if l.TargetRate > 0 {
		add("from due", l.Corrected)
	}
	add("from sent", l.Service)
	if l.Queries != nil {
		add("queries", l.Queries.Latency)
	}
	return p
}

// plot is lines over a common axis.
type plot struct {
	Title string
	x     string
	whole bool                   // the x axis has no place between whole numbers
	label func(x float64) string // of the x axis; nil: the number
	lines []line
}

type line struct {
	name   string
	points [][2]float64
}

const (
	width, height       = 900.0, 280.0
	left, right         = 70.0, 15.0
	top, bottom         = 28.0, 40.0
	gridLines           = 5
	plotFont, plotMuted = `font-size="12" font-family="system-ui,sans-serif"`, `#66727f`
)

// SVG draws the plot.
func (p plot) SVG() template.HTML {
	x0, x1, y1 := p.bounds()
	sx := func(x float64) float64 { return left + (x-x0)/(x1-x0)*(width-left-right) }
	sy := func(y float64) float64 { return height - bottom - y/y1*(height-top-bottom) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">`, width, height, template.HTMLEscapeString(p.Title))
	for y := 0.0; y <= y1*1.001; y += y1 / gridLines {
		fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="#dde3e8"/>`, left, width-right, sy(y), sy(y))
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="end" fill="%s" %s>%.10g</text>`, left-8, sy(y)+4, plotMuted, plotFont, y)
	}
	for _, x := range ticks(x0, x1, p.whole) {
		name := fmt.Sprintf("%.6g", x)
		if p.label != nil {
			name = p.label(x)
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="%s" %s>%s</text>`, sx(x), height-bottom+18, plotMuted, plotFont, name)
	}
	fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="end" fill="%s" %s>%s</text>`, width-right, height-5, plotMuted, plotFont, p.x)
	colors := [...]string{"#1766c2", "#c2410c", "#12663a"}
	for i, l := range p.lines {
		color := colors[i%len(colors)]
		fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="2" points="`, color)
		for _, point := range l.points {
			fmt.Fprintf(&b, "%.1f,%.1f ", sx(point[0]), sy(point[1]))
		}
		fmt.Fprintf(&b, `"/><text x="%.1f" y="16" fill="%s" %s>%s</text>`, left+float64(i)*130, color, plotFont, template.HTMLEscapeString(l.name))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) // all text in it is escaped or ours
}

// bounds returns the range of x, and the end of the y axis, which begins at 0.
func (p plot) bounds() (x0, x1, y1 float64) {
	x0, x1 = math.Inf(1), math.Inf(-1)
	for _, l := range p.lines {
		for _, point := range l.points {
			x0, x1, y1 = min(x0, point[0]), max(x1, point[0]), max(y1, point[1])
		}
	}
	if x0 > x1 {
		x0, x1 = 0, 1
	}
	if x0 == x1 {
		x1++
	}
	return x0, x1, niceStep(max(y1, 1e-6)/gridLines) * gridLines
}

// niceStep returns the smallest of 1, 2, 2.5 and 5 times a power of ten that is at least x.
func niceStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	steps := []float64{1, 2, 2.5, 5, 10}
	i := slices.IndexFunc(steps, func(s float64) bool { return s*power >= x*(1-1e-9) })
	return steps[max(i, 0)] * power
}

// ticks returns some round numbers between a and b.
func ticks(a, b float64, whole bool) (at []float64) {
	step := niceStep((b - a) / 8)
	if whole {
		step = math.Ceil(step)
	}
	for x := math.Ceil(a/step) * step; x <= b+step/1000; x += step {
		at = append(at, x)
	}
	return at
}
