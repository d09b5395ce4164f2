package scorer

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Numbers beyond this are taken for it, so that their squares have room.
const largest = 1e100

// missing says whether text stands for a value that is not there.
func missing(text string) bool {
	switch strings.ToLower(text) {
	case "", "na", "n/a", "#n/a", "nan", "null", "none", "<na>", "?":
		return true
	}
	return false
}

// written is a number as people write it: perhaps a currency, commas between thousands, a sign for hundredths.
var written = regexp.MustCompile(`^([+-]?)[$€£]? ?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)? ?%?$`)

// number returns the number that a text is; false if it is none. Missing is NaN.
func number(text string) (float64, bool) {
	if missing(text) {
		return math.NaN(), true
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		of := written.FindStringSubmatch(text)
		if of == nil {
			return 0, false
		}
		if x, err = strconv.ParseFloat(of[1]+strings.ReplaceAll(of[2], ",", "")+of[3], 64); err != nil && !errors.Is(err, strconv.ErrRange) {
			return 0, false
		}
	}
	return min(max(x, -largest), largest), true
}

// continental is a number with a comma before its decimals, perhaps with points between thousands; integer one that may
// stand among such.
var (
	continental = regexp.MustCompile(`^[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+([eE][+-]?\d+)?$`)
	integer     = regexp.MustCompile(`^[+-]?\d+$`)
)

// pointed rewrites columns whose numbers have a comma before their decimals, as programs write where commas do not part
// values. A column is one if nothing in it says otherwise: 1,5 may also be two codes.
func (t *Table) pointed() {
	for j := range t.Columns {
		some, other := false, false
		for _, row := range t.Rows {
			is := continental.MatchString(row[j])
			some = some || is
			other = other || !is && !missing(row[j]) && !integer.MatchString(row[j])
		}
		if !some || other {
			continue
		}
		for _, row := range t.Rows {
			if continental.MatchString(row[j]) {
				row[j] = strings.Replace(strings.ReplaceAll(row[j], ".", ""), ",", ".", 1)
			}
		}
	}
}
