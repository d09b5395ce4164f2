package ingest

// decimal reads a JSON number exactly and returns it in steps of 10^-places, rounded half up. Beyond ±limit it returns
// ±limit, so that the caller sees that it is out of range. finite is false for what no float64 holds, like 1e400.
//
// It never goes through a float64: 0.0005 s is 1 ms, not a little less than half of one.
func decimal(lit string, places int, limit int64) (n int64, finite bool) {
	negative := lit[0] == '-'
	if negative {
		lit = lit[1:]
	}
	mantissa, exponent := splitExponent(lit)
	digits := digitsOf(mantissa)
	if digits.skipZeros() {
		return 0, true
	}
	// The value is 0.d1d2d3… × 10^point.
	point := digits.point + exponent
	if point > 309 {
		return 0, false
	}
	point += places
	if point > 18 {
		return signed(limit, negative), true
	}
	for ; point > 0; point-- {
		n = n*10 + int64(digits.next())
	}
	if point == 0 {
		// Half up is towards +∞: below zero a half goes up to the smaller magnitude.
		half := digits.next()
		if half > 5 || half == 5 && (!negative || !digits.skipZeros()) {
			n++
		}
	}
	return signed(min(n, limit), negative), true
}

func signed(n int64, negative bool) int64 {
	if negative {
		return -n
	}
	return n
}

// splitExponent returns what stands before an E and the number after it, cut to a size that no sum overflows.
func splitExponent(lit string) (mantissa string, exponent int) {
	const huge = 1 << 40
	for i := range len(lit) {
		if lit[i]|0x20 != 'e' {
			continue
		}
		negative := lit[i+1] == '-'
		for _, c := range lit[i+1:] {
			if c != '-' && c != '+' && exponent < huge {
				exponent = exponent*10 + int(c-'0')
			}
		}
		return lit[:i], int(signed(int64(exponent), negative))
	}
	return lit, 0
}

// digitString yields the digits of a mantissa, the point left out and zeros without end behind it.
type digitString struct {
	rest  string
	point int // places from the next digit to the decimal point
}

func digitsOf(mantissa string) digitString {
	d := digitString{rest: mantissa, point: len(mantissa)}
	for i := range len(mantissa) {
		if mantissa[i] == '.' {
			d.point = i
		}
	}
	return d
}

func (d *digitString) next() byte {
	if d.rest != "" && d.rest[0] == '.' {
		d.rest = d.rest[1:]
	}
	if d.rest == "" {
		return 0
	}
	c := d.rest[0] - '0'
	d.rest = d.rest[1:]
	return c
}

// skipZeros drops leading zeros and tells whether there was nothing else.
func (d *digitString) skipZeros() bool {
	for d.rest != "" && (d.rest[0] == '0' || d.rest[0] == '.') {
		if d.rest[0] == '0' {
			d.point--
		}
		d.rest = d.rest[1:]
	}
	return d.rest == ""
}
