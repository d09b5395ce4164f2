package store

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawKey draws keys like those of the table of spaces, often alike, some cut short.
func drawKey(t *rapid.T, label string) []byte {
	space := rapid.SampledFrom(Spaces).Draw(t, label+" space")
	length := space.Prefix
	if length == 0 {
		length = 21
	}
	key := bytes.Repeat([]byte{byte(space.Space)}, 1)
	few := rapid.SampledFrom([]byte{0, 0, 0, 1, 0xff})
	key = append(key, rapid.SliceOfN(few, 0, length+8).Draw(t, label)...)
	if n := len(key); n > 4 && n < length && rapid.Bool().Draw(t, label+" whole") {
		key = append(key, make([]byte, length-n)...)
	}
	return key
}

func TestSplitOfAPrefixIsThePrefix(t *testing.T) {
	c := newComparer()
	rapid.Check(t, func(t *rapid.T) {
		key := drawKey(t, "key")
		n := c.Split(key)
		if n < 1 || n > len(key) {
			t.Fatalf("Split(%x) = %d", key, n)
		}
		if again := c.Split(key[:n]); again != n {
			t.Fatalf("Split(%x) = %d, of its prefix %d", key, n, again)
		}
	})
}

func TestPrefixesAreOrderedAsTheirKeys(t *testing.T) {
	c := newComparer()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawKey(t, "a"), drawKey(t, "b")
		ap, bp := a[:c.Split(a)], b[:c.Split(b)]
		order := c.Compare(a, b)
		if prefixes := c.Compare(ap, bp); prefixes != 0 && prefixes != order {
			t.Fatalf("%x and %x compare as %d, their prefixes as %d", a, b, order, prefixes)
		}
		if c.Equal(ap, bp) {
			if suffixes := c.ComparePointSuffixes(a[len(ap):], b[len(bp):]); suffixes != order {
				t.Fatalf("%x and %x compare as %d, their suffixes as %d", a, b, order, suffixes)
			}
		}
		if order == 0 != c.Equal(a, b) {
			t.Fatalf("%x and %x compare as %d, Equal says %t", a, b, order, c.Equal(a, b))
		}
	})
}

func TestSplitEndsWhereTheTableSays(t *testing.T) {
	c := newComparer()
	for _, s := range Spaces {
		key := append([]byte{byte(s.Space)}, strings.Repeat("k", 40)...)
		want := s.Prefix
		if want == 0 {
			want = len(key)
		}
		if got := c.Split(key); got != want {
			t.Errorf("%s: Split of a key of %d bytes is %d, want %d", s.Name, len(key), got, want)
		}
	}
	for _, key := range []string{"", "\xee unknown"} {
		if got := c.Split([]byte(key)); got != len(key) {
			t.Errorf("Split(%q) = %d", key, got)
		}
	}
}

// What is stored in every directory cannot be changed without a new format.
func TestFormatNamesAreFrozen(t *testing.T) {
	if comparerName != "footfall.1" || mergerName != "footfall.1" || positionsName != "footfall.position" || formatMajorVersion != 20 {
		t.Error(comparerName, mergerName, positionsName, formatMajorVersion)
	}
}
