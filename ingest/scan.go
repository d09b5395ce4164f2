package ingest

import (
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// maxNesting is the nesting that encoding/json allows. The scanner keeps its own stack of bits, so that no input
// makes it recurse.
const maxNesting = 10_000

// scanner reads JSON from the front of src. It accepts what encoding/json accepts, except strings that are not UTF-8,
// and allocates nothing. After the first thing that is wrong, why says what, pos stands at it, and every step fails.
type scanner struct {
	src   []byte
	pos   int
	why   string
	stack [maxNesting/64 + 1]uint64 // a set bit is an object, a clear one an array
}

func (s *scanner) reset(src []byte) { s.src, s.pos, s.why = src, 0, "" }

func (s *scanner) fail(why string) bool {
	if s.why == "" {
		s.why = why
	}
	return false
}

// peek returns the next byte, 0 at the end. A NUL in the input is no JSON either, so the two need not be told apart.
func (s *scanner) peek() byte {
	if s.pos < len(s.src) {
		return s.src[s.pos]
	}
	return 0
}

func (s *scanner) space() {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// end tells whether nothing but white space is left.
func (s *scanner) end() bool {
	s.space()
	return s.why == "" && (s.pos == len(s.src) || s.fail("text after the end of the JSON value"))
}

// more moves to the next member of an object or element of an array, whose opening bracket has been read. It returns
// false after the closing bracket, or on a fault.
func (s *scanner) more(first bool, closing byte) bool {
	if s.why != "" {
		return false
	}
	s.space()
	c := s.peek()
	if c == closing {
		s.pos++
		return false
	}
	if first {
		return true
	}
	if c != ',' {
		return s.fail("a comma or a closing bracket is missing")
	}
	s.pos++
	s.space()
	return true
}

// name reads a member's name and its colon. A name with escapes is decoded into buf.
func (s *scanner) name(buf *[]byte) (string, bool) {
	if s.peek() != '"' {
		return "", s.fail("a member's name must be a string")
	}
	raw, escaped, ok := s.quoted()
	if !ok {
		return "", false
	}
	s.space()
	if s.peek() != ':' {
		return "", s.fail("a colon is missing after a member's name")
	}
	s.pos++
	s.space()
	if escaped {
		*buf = unescape((*buf)[:0], raw)
		raw = *buf
	}
	return lend(raw), true
}

// value skips one value of any kind.
func (s *scanner) value() bool {
	for depth := 0; ; {
		s.space()
		switch c := s.peek(); c {
		case '{', '[':
			if depth == maxNesting {
				return s.fail("nested too deeply")
			}
			s.push(depth, c == '{')
			depth++
			s.pos++
			s.space()
			if s.peek() == c+2 { // in ASCII each closing bracket stands two after its opening one
				break
			}
			if c == '{' && !s.skipName() {
				return false
			}
			continue
		case '"':
			if _, _, ok := s.quoted(); !ok {
				return false
			}
		case 't':
			s.literal("true")
		case 'f':
			s.literal("false")
		case 'n':
			s.literal("null")
		default:
			s.number()
		}
		if s.why != "" || !s.closeUp(&depth) {
			return false
		}
		if depth == 0 {
			return true
		}
	}
}

// closeUp reads what may follow a value inside depth brackets: closing brackets, until a comma or the outermost one.
func (s *scanner) closeUp(depth *int) bool {
	for *depth > 0 {
		object := s.isObject(*depth - 1)
		s.space()
		switch c := s.peek(); {
		case c == '}' && object, c == ']' && !object:
			s.pos++
			*depth--
		case c == ',':
			s.pos++
			s.space()
			return !object || s.skipName()
		default:
			return s.fail("a comma or a closing bracket is missing")
		}
	}
	return true
}

func (s *scanner) push(depth int, object bool) {
	bit := uint64(1) << (depth % 64)
	if object {
		s.stack[depth/64] |= bit
	} else {
		s.stack[depth/64] &^= bit
	}
}

func (s *scanner) isObject(depth int) bool { return s.stack[depth/64]>>(depth%64)&1 != 0 }

func (s *scanner) skipName() bool {
	if s.peek() != '"' {
		return s.fail("a member's name must be a string")
	}
	if _, _, ok := s.quoted(); !ok {
		return false
	}
	s.space()
	if s.peek() != ':' {
		return s.fail("a colon is missing after a member's name")
	}
	s.pos++
	return true
}

func (s *scanner) literal(word string) bool {
	if len(s.src)-s.pos < len(word) || string(s.src[s.pos:s.pos+len(word)]) != word {
		return s.fail("not a JSON value")
	}
	s.pos += len(word)
	return true
}

func (s *scanner) number() bool {
	if s.peek() == '-' {
		s.pos++
	}
	if s.peek() == '0' {
		s.pos++
	} else if !s.digits() {
		return s.fail("not a JSON value")
	}
	if s.peek() == '.' {
		s.pos++
		if !s.digits() {
			return s.fail("a number lacks its digits")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		if !s.digits() {
			return s.fail("a number lacks its digits")
		}
	}
	return true
}

func (s *scanner) digits() bool {
	from := s.pos
	for s.pos < len(s.src) && s.src[s.pos]-'0' <= 9 {
		s.pos++
	}
	return s.pos > from
}

// plain are the bytes that stand for themselves in a string: ASCII but quotes, backslashes and control characters.
var plain = func() (t [256]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// quoted reads a string and returns what stands between its quotes, and whether that has escapes.
func (s *scanner) quoted() (raw []byte, escaped, ok bool) {
	i := s.pos + 1
	start := i
	for i < len(s.src) {
		c := s.src[i]
		if plain[c] {
			i++
			continue
		}
		switch {
		case c == '"':
			s.pos = i + 1
			return s.src[start:i], escaped, true
		case c == '\\':
			n := escapeLen(s.src[i:])
			if n == 0 {
				s.pos = i
				return nil, false, s.fail("not an escape that JSON knows")
			}
			escaped = true
			i += n
		case c < ' ':
			s.pos = i
			return nil, false, s.fail("a control character in a string")
		default:
			r, n := utf8.DecodeRune(s.src[i:])
			if r == utf8.RuneError && n == 1 {
				s.pos = i
				return nil, false, s.fail("invalid UTF-8")
			}
			i += n
		}
	}
	s.pos = len(s.src)
	return nil, false, s.fail("a string without its closing quote")
}

// escapeLen returns the length of the escape that b begins with, 0 if it is none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if hex4(b) >= 0 {
			return 6
		}
	}
	return 0
}

// hex4 returns the number in an escape \uXXXX that b begins with, −1 if it does not.
func hex4(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range b[2:6] {
		n := hexDigit(c)
		if n < 0 {
			return -1
		}
		r = r<<4 | n
	}
	return r
}

// hexDigit returns the number that a hexadecimal digit stands for, −1 if c is none.
func hexDigit(c byte) rune {
	switch {
	case c-'0' <= 9:
		return rune(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}
	return -1
}

// unescape appends the text of a string that quoted has read. A surrogate without its other half becomes U+FFFD.
func unescape(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			dst = append(dst, raw[i])
			i++
			continue
		}
		switch c := raw[i+1]; c {
		case 'u':
			r := hex4(raw[i:])
			i += 6
			if utf16.IsSurrogate(r) {
				r = utf16.DecodeRune(r, hex4(raw[i:]))
				if r != utf8.RuneError {
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
			continue
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		default:
			dst = append(dst, c)
		}
		i += 2
	}
	return dst
}

// lend returns b as a string without copying: it is valid as long as b is not written to.
func lend(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
