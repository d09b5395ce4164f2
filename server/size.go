package server

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes. On the command line it may have a unit: 512MiB, 2GiB, 1.5G.
type Size int64

// The units are powers of 1,024, however they are written.
var units = []struct {
	letter string
	size   Size
}{{"T", 1 << 40}, {"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}}

// UnmarshalText reads a size as people write it.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := strings.ToUpper(strings.TrimSpace(string(text))), Size(1)
	number = strings.TrimSuffix(strings.TrimSuffix(number, "B"), "I")
	for _, u := range units {
		if n, ok := strings.CutSuffix(number, u.letter); ok {
			number, unit = n, u.size
			break
		}
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if bytes := n * float64(unit); err == nil && bytes >= 0 && bytes < math.MaxInt64 { // false for NaN too
		*s = Size(bytes)
		return nil
	}
	return fmt.Errorf("%q is no size: write bytes, or a number with KiB, MiB, GiB or TiB", text)
}

// String writes the size as people read it, rounded down to a tenth of its unit.
func (s Size) String() string {
	for _, u := range units {
		if s >= u.size {
			whole, tenths := int64(s/u.size), int64(s%u.size*10/u.size)
			if tenths == 0 {
				return fmt.Sprintf("%d %siB", whole, u.letter)
			}
			return fmt.Sprintf("%d.%d %siB", whole, tenths, u.letter)
		}
	}
	return fmt.Sprintf("%d bytes", int64(s))
}
