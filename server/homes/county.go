package homes

import (
	"bufio"
	"fmt"
	"image"
	"io/fs"
	"net/http"
	"slices"
	"strings"
)

// The part of the county that the map shows, in degrees, and the size of a cell of files/sales.txt in them.
const (
	west, north = -122.46, 47.79
	cellLong    = 0.0075
	cellLat     = 0.005
	cell        = 6 // units of the picture
)

// Size of the map in units of the picture: 68 columns and 66 rows of cells. At this latitude they are nearly square.
const (
	mapWidth  = 68 * cell
	mapHeight = 66 * cell
)

// dot is a cell in which homes were sold.
type dot struct{ x, y, level int } // level 1 to 5: 1, 2, 4, 8, 16 sales and more

// county is the map as the templates see it.
type county struct {
	Width, Height int
	Pins          []pin
}

// pin is a home on the map: a dot, and a label with its price beside it.
type pin struct {
	Home
	X, Y  int
	Label image.Rectangle
	Here  bool // it is the home that the page is about
}

// Middle is half the label's width.
func (p pin) Middle() int { return p.Label.Dx() / 2 }

// labelHeight is that of a label in units of the picture.
const labelHeight = 18

// readGround reads the sales of the whole data set, counted in cells: a digit for each, a point for none.
func readGround(files fs.FS) (ground []dot, err error) {
	f, err := files.Open("sales.txt")
	if err != nil {
		return nil, fmt.Errorf("open the map's ground: %w", err)
	}
	defer f.Close() // only read
	lines := bufio.NewScanner(f)
	for y := 0; lines.Scan(); y++ {
		for x, c := range lines.Text() {
			if c >= '1' && c <= '5' {
				ground = append(ground, dot{x, y, int(c - '0')})
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the map's ground: %w", err)
	}
	return ground, nil
}

// county returns the map with all homes, the given one last and so above the others.
func (s *Site) county(here *Home) county {
	c := county{Width: mapWidth, Height: mapHeight}
	for i := range s.homes {
		h := &s.homes[i]
		c.Pins = append(c.Pins, pin{
			Home: *h, Here: h == here,
			X: int((h.Long - west) / cellLong * cell), Y: int((north - h.Lat) / cellLat * cell),
		})
	}
	for i := range c.Pins {
		c.Pins[i].Label = c.label(i)
	}
	if i := slices.IndexFunc(c.Pins, func(p pin) bool { return p.Here }); i >= 0 {
		top := c.Pins[i]
		c.Pins = append(slices.Delete(c.Pins, i, i+1), top)
	}
	return c
}

// label finds the place of a pin's label: above the dot, left, right or below, where no dot and no label before it is.
func (c *county) label(of int) image.Rectangle {
	p := &c.Pins[of]
	width := 8*len(p.Short()) + 6
	above := image.Rect(0, 0, width, labelHeight).Add(image.Pt(p.X-width/2, p.Y-7-labelHeight))
	aside := image.Pt(width/2+8, 7+labelHeight/2)
	for _, by := range []image.Point{{}, {-aside.X, aside.Y}, aside, {0, 14 + labelHeight}} {
		if place := above.Add(by); c.free(of, place) {
			return place
		}
	}
	return above
}

// free tells whether a place is on the map and covers no dot of another pin and no label of those before it.
func (c *county) free(of int, place image.Rectangle) bool {
	if !place.In(image.Rect(0, 0, c.Width, c.Height)) {
		return false
	}
	for i, p := range c.Pins {
		dot := image.Rect(p.X-4, p.Y-4, p.X+4, p.Y+4)
		if i != of && place.Overlaps(dot) || i < of && place.Overlaps(p.Label) {
			return false
		}
	}
	return true
}

// groundPicture draws where homes were sold. The shores are where nobody lives.
func (s *Site) groundPicture(w http.ResponseWriter, _ *http.Request) {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" stroke="#5d8a70" stroke-linecap="round">`, mapWidth, mapHeight)
	for level := 1; level <= 5; level++ {
		fmt.Fprintf(&b, `<path stroke-width="%.1f" stroke-opacity="%.2f" d="`, 2+0.6*float64(level), 0.2+0.1*float64(level))
		for _, d := range s.ground {
			if d.level == level {
				fmt.Fprintf(&b, "M%d %dh0", d.x*cell+cell/2, d.y*cell+cell/2)
			}
		}
		b.WriteString(`"/>`)
	}
	b.WriteString(`</svg>`)
	sendPicture(w, b.String())
}

func sendPicture(w http.ResponseWriter, svg string) {
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "max-age=3600")
	_, _ = fmt.Fprint(w, svg) // the visitor may have gone
}
