package homes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// room is one of a floor plan, with its share of the floor.
type room struct {
	name, fill string
	share      float64
}

// plan sketches rooms by their number: nobody knows where they are in the house that was sold.
func (h *Home) plan() string {
	rooms := []room{{"Living room", "#f6e8cf", 30}, {"Kitchen", "#dfe9dc", 17}, {"Hall", "#efece6", 9}}
	if h.Sqft > 2500 {
		rooms = append(rooms, room{"Dining room", "#f3dfd0", 14})
	}
	for i := range h.Beds {
		rooms = append(rooms, room{fmt.Sprint("Bedroom ", i+1), "#dce6ef", 16 - 1.5*float64(i)})
	}
	for i := range int(h.Baths + 0.5) {
		rooms = append(rooms, room{fmt.Sprint("Bath ", i+1), "#d3ebe9", 6})
	}
	slices.SortStableFunc(rooms, func(a, b room) int { return cmp.Compare(b.share, a.share) })
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui,sans-serif" font-size="13" text-anchor="middle" fill="#3b4148"><rect width="640" height="420" fill="#fdfcf9"/>`, pictureWidth, pictureHeight)
	divide(&b, rooms, 40, 36, 560, 330)
	fmt.Fprintf(&b, `<rect x="40" y="36" width="560" height="330" fill="none" stroke="#3b4148" stroke-width="7"/>`)
	fmt.Fprintf(&b, `<text x="320" y="396">A sketch from the number of rooms · %s sq ft in all</text></svg>`, thousands(h.Sqft))
	return b.String()
}

// divide parts a rectangle among rooms by their shares, along its longer side.
func divide(b *strings.Builder, rooms []room, x, y, w, h float64) {
	if len(rooms) == 1 {
		fmt.Fprintf(b, `<rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" fill="%s" stroke="#3b4148" stroke-width="3"/>`, x, y, w, h, rooms[0].fill)
		fmt.Fprintf(b, `<text x="%.0f" y="%.0f">%s</text>`, x+w/2, y+h/2+5, rooms[0].name)
		return
	}
	total, first, n := 0.0, 0.0, 0
	for _, r := range rooms {
		total += r.share
	}
	for n == 0 || n < len(rooms)-1 && first+rooms[n].share/2 < total/2 {
		first += rooms[n].share
		n++
	}
	part := first / total
	if w > h {
		divide(b, rooms[:n], x, y, w*part, h)
		divide(b, rooms[n:], x+w*part, y, w*(1-part), h)
		return
	}
	divide(b, rooms[:n], x, y, w, h*part)
	divide(b, rooms[n:], x, y+h*part, w, h*(1-part))
}
