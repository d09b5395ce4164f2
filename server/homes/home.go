package homes

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Home is a sale of a home, as files/homes.csv has it.
type Home struct {
	ID          string // of the listing: the street in small letters with dashes
	Street      string // made up
	Sale        string // id of the row in the data set
	Sold        time.Time
	Price       int // US dollars
	Beds        int
	Baths       float64 // a quarter is a room with one of toilet, sink, shower and tub
	Sqft, Lot   int     // square feet of living space and of land
	Floors      float64
	Waterfront  bool
	View        int // 0 to 4
	Condition   int // 1 to 5
	Grade       int // of construction, 1 to 13
	Basement    int // square feet, part of Sqft
	Built       int // year
	Zip         string
	Lat, Long   float64 // degrees
	description string
}

// columns of files/homes.csv, in the order in which readHome reads them.
const columns = "street,id,date,price,bedrooms,bathrooms,sqft_living,sqft_lot,floors,waterfront,view,condition,grade,sqft_basement,yr_built,zipcode,lat,long"

// readHomes returns the homes, the most expensive first.
func readHomes(files fs.FS) ([]Home, error) {
	f, err := files.Open("homes.csv")
	if err != nil {
		return nil, fmt.Errorf("open the homes: %w", err)
	}
	defer f.Close() // only read
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read the homes: %w", err)
	}
	if len(rows) == 0 || strings.Join(rows[0], ",") != columns {
		return nil, fmt.Errorf("the homes have other columns than %s", columns)
	}
	var homes []Home
	for _, row := range rows[1:] {
		h, err := readHome(row)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", row[0], err)
		}
		homes = append(homes, h)
	}
	slices.SortFunc(homes, func(a, b Home) int { return cmp.Compare(b.Price, a.Price) })
	return homes, nil
}

func readHome(row []string) (h Home, err error) {
	next := func() (text string) {
		text, row = row[0], row[1:]
		return text
	}
	number := func() float64 {
		v, nerr := strconv.ParseFloat(next(), 64)
		err = cmp.Or(err, nerr)
		return v
	}
	whole := func() int { return int(number()) }
	h.Street = next()
	h.ID = strings.ReplaceAll(strings.ToLower(h.Street), " ", "-")
	h.Sale = next()
	sold, derr := time.Parse("20060102", next())
	h.Sold = sold
	h.Price, h.Beds, h.Baths, h.Sqft, h.Lot, h.Floors = whole(), whole(), number(), whole(), whole(), number()
	h.Waterfront = next() == "1"
	h.View, h.Condition, h.Grade, h.Basement, h.Built = whole(), whole(), whole(), whole(), whole()
	h.Zip = next()
	h.Lat, h.Long = number(), number()
	h.description = h.describe()
	return h, cmp.Or(err, derr)
}

// Dollars is the price in full: $1,220,000.
func (h *Home) Dollars() string { return "$" + thousands(h.Price) }

// Short is the price in at most five characters, for the map.
func (h *Home) Short() string {
	if h.Price < 999_500 {
		return fmt.Sprintf("$%.0fk", float64(h.Price)/1e3)
	}
	return fmt.Sprintf("$%.1fM", float64(h.Price)/1e6)
}

// Figures is the line under the price.
func (h *Home) Figures() string {
	return fmt.Sprintf("%d bd · %s ba · %s sq ft", h.Beds, decimals(h.Baths), thousands(h.Sqft))
}

// Facts are rows for the table of a home's page, name and value.
func (h *Home) Facts() [][2]string {
	facts := [][2]string{
		{"Bedrooms", strconv.Itoa(h.Beds)}, {"Bathrooms", decimals(h.Baths)},
		{"Living space", thousands(h.Sqft) + " sq ft"}, {"Lot", thousands(h.Lot) + " sq ft"},
		{"Floors", decimals(h.Floors)}, {"Built", strconv.Itoa(h.Built)},
		{"Construction grade", fmt.Sprintf("%d of 13", h.Grade)}, {"Condition", fmt.Sprintf("%d of 5", h.Condition)},
		{"Zip code", h.Zip}, {"Sold", h.Sold.Format("January 2006")},
	}
	if h.Basement > 0 {
		facts = slices.Insert(facts, 3, [2]string{"Of it basement", thousands(h.Basement) + " sq ft"})
	}
	return facts
}

// Description is made from the figures.
func (h *Home) Description() string { return h.description }

func (h *Home) describe() string {
	kind := "A house"
	switch {
	case h.Lot < h.Sqft*2 && h.Floors > 2:
		kind = "A town house"
	case h.Sqft < 1000:
		kind = "A cottage"
	case h.Waterfront:
		kind = "A house on the water"
	case h.Built < 1930:
		kind = "An old house"
	case h.Built > 2000:
		kind = "A young house"
	}
	floors := map[float64]string{1: "one floor", 1.5: "a floor and a half", 2: "two floors", 2.5: "two floors and a half", 3: "three floors"}[h.Floors]
	text := fmt.Sprintf("%s of %d on %s: %s bedrooms and %s baths.", kind, h.Built, floors, words(h.Beds), decimals(h.Baths))
	if h.Basement > 0 {
		text += fmt.Sprintf(" The basement has %s of its %s square feet.", thousands(h.Basement), thousands(h.Sqft))
	}
	if h.View >= 3 {
		text += " The view is one of its best rooms."
	}
	if h.Lot > 15000 {
		text += fmt.Sprintf(" The land around it, %.1f acres, leaves the neighbours at a distance.", float64(h.Lot)/43560)
	}
	if h.Condition >= 5 {
		text += " It is kept very well."
	}
	return text
}

// mix returns a number from 0 to n-1 that is always the same for a home and a purpose, and looks random.
func (h *Home) mix(purpose string, n int) int {
	sum := fnv.New32a()
	fmt.Fprint(sum, h.ID, purpose) // a hash takes everything
	return int(sum.Sum32()>>8) % n
}

func words(n int) string {
	if all := []string{"no", "one", "two", "three", "four", "five", "six"}; n < len(all) {
		return all[n]
	}
	return strconv.Itoa(n)
}

// decimals writes a number with as many digits as it needs.
func decimals(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// thousands writes a number with commas.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// near returns the n other homes that are nearest.
func (s *Site) near(h *Home, n int) []Home {
	away := func(o Home) float64 {
		return math.Hypot(o.Lat-h.Lat, (o.Long-h.Long)*math.Cos(h.Lat*math.Pi/180))
	}
	others := slices.DeleteFunc(slices.Clone(s.homes), func(o Home) bool { return o.ID == h.ID })
	slices.SortFunc(others, func(a, b Home) int { return cmp.Compare(away(a), away(b)) })
	return others[:min(n, len(others))]
}
