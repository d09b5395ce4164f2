package homes

import "math"

// palette are the colours of a picture.
type palette struct {
	zenith, horizon, sun, far, hill, lawn, path, water string
	wall, clad, trim, roof, glass, door                string
	trunk, leaf, needle                                string
}

func (h *Home) palette(dusk bool) palette {
	p := palette{
		zenith: "#9cc5e0", horizon: "#e9f1ee", sun: "#fdf3cf", far: "#9db1c1", hill: "#8fb09a", lawn: "#7fa66a", path: "#d8cfbd",
		water: "#5f97b5", trim: "#fbf8f1", glass: "#bcd6df", trunk: "#6a5443", leaf: "#6d9a55", needle: "#3f6b52",
		wall: []string{"#e3d3b4", "#c4d0c6", "#b4c3cf", "#d8b393", "#aebd9f", "#e7ddcf", "#93a9b5"}[h.mix("wall", 7)],
		clad: []string{"#9a6b45", "#5c6b73", "#7b5e57", "#58694f"}[h.mix("clad", 4)],
		roof: []string{"#5d4b43", "#4b5762", "#6e5040", "#46534c"}[h.mix("roof", 4)],
		door: []string{"#a8402f", "#2f6151", "#33547e", "#c78a2a"}[h.mix("door", 4)],
	}
	if dusk {
		p.zenith, p.horizon, p.sun, p.glass = "#33406b", "#f0a878", "#ffd9a0", "#ffdc8c"
	}
	return p
}

// house draws the body, the roof that its year suggests, windows, a door, and a garage from 1955 on.
func (h *Home) house(c *canvas, p palette, garden bool) {
	floors := int(h.Floors)
	wide := 120 + int(4*math.Sqrt(float64(h.Sqft-h.Basement)/h.Floors))
	garage := h.Built >= 1955 && floors < 3
	x := (pictureWidth - wide) / 2
	if garage {
		x -= 44
	}
	base := groundLine + 6
	if h.Basement > 0 {
		base -= 14
		c.rect(x, base, wide, 14, "#8d8a84")
	}
	top := base - floors*storey
	if garage {
		h.garage(c, p, x+wide, base+min(h.Basement, 14), garden)
	}
	if h.Built < 1980 {
		c.rect(x+wide*3/4, top-74, 22, 80, "#8a5647")
	}
	c.rect(x, top, wide, floors*storey, p.wall)
	switch {
	case h.Built < 1945:
		h.gable(c, p, x, top, wide)
	case h.Built < 1976:
		c.poly(p.roof, x-24, top, x+wide+24, top, x+wide-30, top-40, x+30, top-40)
	case h.Built < 2004:
		c.poly(p.roof, x-14, top, x+wide+14, top, x+wide-14, top-52, x+14, top-52)
		c.poly(p.wall, x+8, top+1, x+wide/2-4, top+1, x+wide/4, top-44)
		c.poly(p.roof, x-6, top+4, x+wide/4, top-58, x+wide/2+8, top+4, x+wide/2-4, top+4, x+wide/4, top-44, x+8, top+4)
	default:
		c.rect(x+wide*3/5, top, wide-wide*3/5, floors*storey, p.clad)
		c.poly(p.wall, x, top, x+wide*3/5, top, x+wide*3/5, top-12, x, top-30)
		c.poly(p.roof, x-12, top-42, x+wide*3/5+8, top-20, x+wide*3/5+8, top-10, x-12, top-32)
		c.rect(x+wide*3/5-4, top-8, wide-wide*3/5+14, 10, p.roof)
	}
	h.openings(c, p, x, base, wide, garden)
}

// gable is the steep roof of an old house. Half a floor is a room in it.
func (h *Home) gable(c *canvas, p palette, x, top, wide int) {
	tall := min(wide*3/10, 96)
	c.poly(p.wall, x, top+1, x+wide, top+1, x+wide/2, top-tall+8)
	c.poly(p.roof, x-20, top+10, x+wide/2, top-tall-8, x+wide+20, top+10, x+wide+4, top+10, x+wide/2, top-tall+10, x-4, top+10)
	if h.Floors != math.Trunc(h.Floors) {
		c.window(x+wide/2-24, top-tall/2+6, 48, 32, 2, p.glass, p.trim)
		return
	}
	c.window(x+wide/2-12, top-tall/2+10, 24, 20, 2, p.glass, p.trim)
}

// openings are the windows of each floor, and the door in the middle of the lowest.
func (h *Home) openings(c *canvas, p palette, x, base, wide int, garden bool) {
	columns := max(wide/66, 3)
	room := wide / columns
	width, panes := 28, 2
	if h.Built >= 1945 && h.Built < 1976 || h.Built >= 2004 {
		width, panes = 40, 3
	}
	if h.Grade >= 10 {
		width += 6
	}
	for floor := range int(h.Floors) {
		y := base - (floor+1)*storey + 14
		for column := range columns {
			middle := x + column*room + room/2
			if floor > 0 || column != columns/2 {
				c.window(middle-width/2, y, width, 32, panes, p.glass, p.trim)
				continue
			}
			h.door(c, p, middle, base, garden)
		}
	}
}

func (h *Home) door(c *canvas, p palette, middle, base int, garden bool) {
	if garden { // of glass, onto a deck
		c.window(middle-30, base-44, 60, 44, 2, p.glass, p.trim)
		c.rect(middle-90, base, 180, 10, "#a98a66")
		for i := range 7 {
			c.rect(middle-88+i*29, base-18, 3, 18, "#8c7050")
		}
		c.rect(middle-90, base-20, 180, 3, "#8c7050")
		return
	}
	c.rect(middle-14, base-46, 28, 46, p.trim)
	c.rect(middle-10, base-42, 20, 42, p.door)
	c.circle(middle+6, base-20, 2, p.trim)
	c.rect(middle-20, base, 40, 5, "#b8b2a6")
	if h.Built < 1945 { // a porch
		c.rect(middle-40, base-52, 5, 52, p.trim)
		c.rect(middle+35, base-52, 5, 52, p.trim)
		c.poly(p.roof, middle-50, base-50, middle+50, base-50, middle+34, base-64, middle-34, base-64)
	}
}

func (h *Home) garage(c *canvas, p palette, x, base int, garden bool) {
	wall := p.wall
	if h.Built >= 2004 {
		wall = p.clad
	}
	c.rect(x, base-60, 92, 60, wall)
	c.poly(p.roof, x, base-58, x+104, base-58, x+88, base-84, x, base-84)
	if garden {
		c.window(x+32, base-44, 28, 24, 2, p.glass, p.trim)
		return
	}
	c.rect(x+10, base-46, 72, 46, p.trim)
	for i := range 4 {
		c.rect(x+12, base-44+i*11, 68, 9, "#d9d6cf")
	}
}
