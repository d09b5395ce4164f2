package leads

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// priceRange is what somebody wants to pay, in cents, both ends included.
type priceRange struct{ low, high int64 }

const (
	anyPrice   = math.MaxInt64
	leastPrice = 1000             // a number without a unit below it is none: "2-3" are bedrooms
	mostPrice  = 1_000_000_000_00 // cents
)

// A form's range of prices as people write it, once money signs, spaces around units and commas are gone.
var (
	amount    = regexp.MustCompile(`^(\d+(?:\.\d+)?)(k|thousand|m|mm|mio|million)?$`)
	betweens  = regexp.MustCompile(`-|–|—|\.\.+|\bto\b|\band\b|\bbis\b`)
	openBelow = regexp.MustCompile(`^(?:under|below|up to|upto|less than|at most|max\.?|maximum|<=?|≤)\s*`)
	openAbove = regexp.MustCompile(`^(?:over|above|more than|at least|from|min\.?|minimum|starting at|>=?|≥)\s*`)
	orMore    = regexp.MustCompile(`\s*(?:\+|and up|and above|and more|or more|plus)$`)
	orLess    = regexp.MustCompile(`\s*(?:or less|and below|and under|max\.?)$`)
	between   = regexp.MustCompile(`^between\s+`)
	moneySign = regexp.MustCompile(`[$€£,]|\b(?:usd|eur|gbp|us)\b`)
	unitApart = regexp.MustCompile(`(\d)\s+(k|thousand|m|mm|mio|million)\b`)
)

// parsePriceRange reads a range of prices; ok is false for what is none. One number alone does not say on which side of
// it a home may cost.
func parsePriceRange(s string) (r priceRange, ok bool) {
	if len(s) > 100 {
		return r, false
	}
	s = strings.Join(strings.Fields(moneySign.ReplaceAllString(strings.ToLower(s), "")), " ")
	s = unitApart.ReplaceAllString(s, "$1$2")
	for _, open := range []struct {
		mark  *regexp.Regexp
		above bool
	}{{openBelow, false}, {openAbove, true}, {orMore, true}, {orLess, false}} {
		rest := open.mark.ReplaceAllString(s, "")
		if rest == s || len(betweens.FindAllString(rest, -1)) > 0 {
			continue
		}
		v, _, ok := parseAmount(rest, "")
		if !ok || open.above {
			return priceRange{v, anyPrice}, ok
		}
		return priceRange{0, v}, true
	}
	ends := betweens.Split(openAbove.ReplaceAllString(between.ReplaceAllString(s, ""), ""), -1)
	if len(ends) != 2 {
		return r, false
	}
	high, unit, ok := parseAmount(strings.TrimSpace(ends[1]), "")
	if !ok {
		return r, false
	}
	low, ok := lowEnd(strings.TrimSpace(ends[0]), high, unit)
	return priceRange{low, high}, ok && low <= high
}

// lowEnd reads the lower end. Without a unit it has that of the upper end, or the one below: "1-2m", "500-1m". A bare 0
// is 0.
func lowEnd(s string, high int64, unit string) (int64, bool) {
	if v, err := strconv.ParseFloat(s, 64); err == nil && v == 0 {
		return 0, true
	}
	for _, unit := range slices.Compact([]string{unit, "k"}) {
		if v, _, ok := parseAmount(s, unit); ok && v <= high {
			return v, true
		}
		if unit == "" {
			break
		}
	}
	v, _, ok := parseAmount(s, "")
	return v, ok
}

// parseAmount reads one amount in cents; otherwise is the unit of a small number that names none.
func parseAmount(s, otherwise string) (cents int64, unit string, ok bool) {
	m := amount.FindStringSubmatch(s)
	if m == nil {
		return 0, "", false
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0, "", false
	}
	unit = m[2]
	if unit == "" && v < leastPrice {
		unit = otherwise
	}
	switch {
	case strings.HasPrefix(unit, "m"):
		v *= 1_000_000
	case unit != "":
		v *= 1000
	}
	if v < leastPrice || v > mostPrice/100 {
		return 0, "", false
	}
	return int64(math.Round(v * 100)), unit, true
}

// priceRangeOf returns the range of prices that a form names.
func priceRangeOf(form []Field) (r priceRange, ok bool) {
	for i := range form {
		if form[i].Name == "price_range" || form[i].Name == "priceRange" {
			if s, isText := form[i].text(); isText {
				if r, ok = parsePriceRange(s); ok {
					return r, true
				}
			}
		}
	}
	return r, false
}
