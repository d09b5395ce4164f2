package store

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestSpacesAreUniqueAndDescribed(t *testing.T) {
	bytesOf, names := map[Space]string{}, map[string]bool{}
	for _, s := range Spaces {
		if other, taken := bytesOf[s.Space]; taken {
			t.Errorf("%s and %s share the byte %#x", s.Name, other, s.Space)
		}
		if names[s.Name] {
			t.Errorf("two spaces are named %s", s.Name)
		}
		bytesOf[s.Space], names[s.Name] = s.Name, true
		if s.Name == "" || s.Owner == "" || s.Key == "" || s.Retention == "" {
			t.Errorf("space %#x lacks a description: %+v", s.Space, s)
		}
		if s.Prefix == 1 || s.Prefix < 0 {
			t.Errorf("%s: a prefix of %d bytes tells no keys apart", s.Name, s.Prefix)
		}
	}
}

func TestSpanHoldsTheKeysOfItsSpaceOnly(t *testing.T) {
	for _, s := range Spaces {
		lo, hi := s.Space.Span()
		for _, other := range Spaces {
			for _, key := range [][]byte{{byte(other.Space)}, {byte(other.Space), 0xff, 0xff}} {
				in := bytes.Compare(lo, key) <= 0 && bytes.Compare(key, hi) < 0
				if in != (s.Space == other.Space) {
					t.Errorf("key %x is in the span of %s: %t", key, s.Name, in)
				}
			}
		}
	}
}

func TestPrefixEnd(t *testing.T) {
	for _, c := range []struct{ prefix, want string }{
		{"\x01", "\x02"}, {"ab", "ac"}, {"a\xff", "b"}, {"a\xff\xff", "b"}, {"\x01\x00", "\x01\x01"},
	} {
		prefix := []byte(c.prefix)
		if got := PrefixEnd(prefix); string(got) != c.want {
			t.Errorf("PrefixEnd(%x) = %x, want %x", c.prefix, got, c.want)
		}
		if string(prefix) != c.prefix {
			t.Errorf("PrefixEnd changed %x to %x", c.prefix, prefix)
		}
	}
}

func TestPrefixEndIsAboveExactlyTheKeysWithThePrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		few := rapid.SampledFrom([]byte{0, 1, 0xfe, 0xff})
		prefix := append([]byte{1}, rapid.SliceOfN(few, 0, 3).Draw(t, "prefix")...)
		key := append([]byte{1}, rapid.SliceOfN(few, 0, 6).Draw(t, "key")...)
		in := bytes.Compare(prefix, key) <= 0 && bytes.Compare(key, PrefixEnd(prefix)) < 0
		if in != bytes.HasPrefix(key, prefix) {
			t.Fatalf("key %x, prefix %x, end %x", key, prefix, PrefixEnd(prefix))
		}
	})
}
