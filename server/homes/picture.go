package homes

import (
	"fmt"
	"math"
	"net/http"
	"strings"
)

// Picture is one of a home's drawings.
type Picture struct{ Name, Alt string }

// Pictures are those of a home, the first of them for its card.
func (h *Home) Pictures() []Picture {
	return []Picture{
		{"front", "Drawing of the front of " + h.Street},
		{"garden", "Drawing of " + h.Street + " from the garden"},
		{"dusk", "Drawing of the front of " + h.Street + " at dusk"},
		{"plan", fmt.Sprintf("Sketch of a floor plan with %d bedrooms and %s baths", h.Beds, decimals(h.Baths))},
	}
}

func (s *Site) picture(w http.ResponseWriter, r *http.Request) {
	h := s.find(r.PathValue("id"))
	if h == nil {
		http.NotFound(w, r)
		return
	}
	switch r.PathValue("picture") {
	case "front.svg":
		sendPicture(w, h.elevation(false, false))
	case "garden.svg":
		sendPicture(w, h.elevation(true, false))
	case "dusk.svg":
		sendPicture(w, h.elevation(false, true))
	case "plan.svg":
		sendPicture(w, h.plan())
	default:
		http.NotFound(w, r)
	}
}

// Size of a picture, and where its ground begins.
const (
	pictureWidth  = 640
	pictureHeight = 420
	groundLine    = 340
	storey        = 58
)

// canvas gathers shapes. Windows are drawn last: at dusk there is light in them.
type canvas struct {
	strings.Builder
	windows strings.Builder
}

func (c *canvas) rect(x, y, w, h int, fill string) {
	fmt.Fprintf(c, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`, x, y, w, h, fill)
}

// poly takes x and y in turns.
func (c *canvas) poly(fill string, points ...int) {
	text := strings.Trim(fmt.Sprint(points), "[]")
	fmt.Fprintf(c, `<polygon points="%s" fill="%s"/>`, text, fill)
}

func (c *canvas) circle(x, y, r int, fill string) {
	fmt.Fprintf(c, `<circle cx="%d" cy="%d" r="%d" fill="%s"/>`, x, y, r, fill)
}

// window has panes: so many columns, and one bar across unless it is low.
func (c *canvas) window(x, y, w, h, panes int, glass, trim string) {
	fmt.Fprintf(&c.windows, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s" stroke="%s" stroke-width="4"/>`, x, y, w, h, glass, trim)
	for i := 1; i < panes; i++ {
		fmt.Fprintf(&c.windows, `<path d="M%d %dv%d" stroke="%s" stroke-width="2"/>`, x+w*i/panes, y, h, trim)
	}
	if h > 24 {
		fmt.Fprintf(&c.windows, `<path d="M%d %dh%d" stroke="%s" stroke-width="2"/>`, x, y+h*2/5, w, trim)
	}
}

// elevation draws a home from its front or from its garden, by its figures; colours and trees are the id's.
func (h *Home) elevation(garden, dusk bool) string {
	var c canvas
	colors := h.palette(dusk)
	fmt.Fprintf(&c, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d"><linearGradient id="sky" x2="0" y2="1"><stop stop-color="%s"/><stop offset="1" stop-color="%s"/></linearGradient>`,
		pictureWidth, pictureHeight, colors.zenith, colors.horizon)
	c.rect(0, 0, pictureWidth, groundLine, "url(#sky)")
	if !garden {
		c.circle(90+h.mix("sun", 460), 80, 26, colors.sun)
	} else {
		c.WriteString(`<g transform="matrix(-1 0 0 1 640 0)">`)
	}
	h.land(&c, colors)
	h.house(&c, colors, garden)
	h.trees(&c, colors)
	if garden {
		c.windows.WriteString(`</g>`)
	}
	if dusk { // everything but the windows
		fmt.Fprintf(&c, `<rect width="%d" height="%d" fill="#1a2140" opacity=".42"/>`, pictureWidth, pictureHeight)
	}
	return c.String() + c.windows.String() + `</svg>`
}

// land is what lies behind the house and before it.
func (h *Home) land(c *canvas, p palette) {
	if h.View > 0 || h.Waterfront {
		peak := 120 + h.mix("peak", 400)
		c.poly(p.far, peak-230, groundLine, peak-40, 150, peak, 128, peak+50, 162, peak+260, groundLine)
		c.poly("#f3f6f6", peak-40, 150, peak, 128, peak+50, 162, peak+28, 170, peak+8, 158, peak-14, 174)
	}
	fmt.Fprintf(c, `<path d="M0 %d Q%d 250 %d 300 T640 285 V340 H0z" fill="%s"/>`, 290+h.mix("hill", 30), 120+h.mix("hills", 80), 330, p.hill)
	c.rect(0, groundLine, pictureWidth, pictureHeight-groundLine, p.lawn)
	if h.Waterfront {
		fmt.Fprintf(c, `<path d="M0 386 Q160 376 320 386 T640 384 V420 H0z" fill="%s"/>`, p.water)
		for i := range 9 {
			fmt.Fprintf(c, `<path d="M%d %dh44" stroke="#fff" stroke-opacity=".5" stroke-width="2"/>`, 20+i*70, 398+i*7%17)
		}
		return
	}
	fmt.Fprintf(c, `<path d="M300 340 L340 340 L%d 420 L%d 420z" fill="%s"/>`, 420, 330, p.path)
}

// trees stand at both sides of the house, more of them on a large lot.
func (h *Home) trees(c *canvas, p palette) {
	n := 2 + int(math.Min(float64(h.Lot)/9000, 3))
	for i := range n {
		x := 24 + h.mix(fmt.Sprint("tree", i), 70)
		if i%2 == 1 {
			x = pictureWidth - x
		}
		tall := 90 + h.mix(fmt.Sprint("tall", i), 90)
		base := groundLine + 4 + 7*i
		if h.mix(fmt.Sprint("kind", i), 3) == 0 {
			c.rect(x-4, base-tall/2, 8, tall/2, p.trunk)
			c.circle(x, base-tall*2/3, tall/3, p.leaf)
			c.circle(x+tall/5, base-tall/2, tall/5, p.leaf)
			continue
		}
		c.rect(x-4, base-20, 8, 20, p.trunk)
		for k := range 3 {
			half, top := 36-9*k, base-12-tall*(k+1)/3-14
			c.poly(p.needle, x-half, base-14-tall*k/3, x, top, x+half, base-14-tall*k/3)
		}
	}
}
