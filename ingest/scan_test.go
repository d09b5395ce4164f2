package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"unicode/utf8"
)

// scan reads src as one value.
func scan(src []byte) *scanner {
	s := new(scanner)
	s.reset(src)
	if s.value() {
		s.end()
	}
	return s
}

func TestScannerAcceptsJSON(t *testing.T) {
	for _, src := range []string{
		`{}`, `[]`, ` { } `, "[ \t\r\n]", `{"a":1}`, `[1,2]`, `{"a":{"b":[{}]}}`, `"x"`, `""`, `0`, `-0`, `1.5e-3`, `1E+9`, `1e400`,
		`9223372036854775808`, `true`, `false`, `null`, `"\u0000\ud800\"\\\/\b\f\n\r\t"`, "\"\x7f\u0085\u202e\"", `{"a":1,"a":2}`,
		strings.Repeat("[", maxNesting) + strings.Repeat("]", maxNesting),
	} {
		if s := scan([]byte(src)); s.why != "" {
			t.Errorf("%.40s: %s at %d", src, s.why, s.pos)
		}
	}
}

func TestScannerRefusesWhatIsNotJSON(t *testing.T) {
	for _, src := range []string{
		``, ` `, `{`, `[`, `}`, `]`, `{]`, `[}`, `[1,]`, `{"a":1,}`, `{,}`, `[,1]`, `{"a"}`, `{"a":}`, `{a:1}`, `{1:1}`, `[1 2]`,
		`{"a":1 "b":2}`, `"`, `"\"`, `"\x"`, `"\u12"`, `"\u12g4"`, "\"\n\"", "\"\x00\"", "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"",
		`01`, `+1`, `-`, `1.`, `.5`, `1e`, `1e+`, `- 1`, `0x1`, `NaN`, `Infinity`, `tru`, `nul`, `True`, `1 2`, "\ufeff1", "\x00",
		strings.Repeat("[", maxNesting+1) + strings.Repeat("]", maxNesting+1),
		strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 100_000),
	} {
		if s := scan([]byte(src)); s.why == "" {
			t.Errorf("%.40q is accepted", src)
		}
	}
}

// text decodes a quoted string as the Decoder does.
func text(quoted []byte) string {
	s := new(scanner)
	s.reset(quoted)
	raw, _, _ := s.quoted()
	return string(unescape(nil, raw))
}

func FuzzScan(f *testing.F) {
	for _, src := range []string{
		`{"eventType":"page_view","n":[1.5e-3,true,null,"\ud83d\ude00\ud800x\u0000"]}`, `"\ud800\ud800\udc00"`, `[[[]]]`, `{"a":{}}`, "\"\xff\"", `1e400`, `"é"`,
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		s := scan(src)
		want := json.Valid(src) && utf8.Valid(src)
		if got := s.why == ""; got != want {
			t.Fatalf("accepted %v, want %v (%s at %d)", got, want, s.why, s.pos)
		}
		if trimmed := bytes.TrimSpace(src); want && trimmed[0] == '"' {
			var is string
			if err := json.Unmarshal(src, &is); err != nil {
				t.Fatal(err)
			}
			if got := text(trimmed); got != is {
				t.Fatalf("decoded to %q, want %q", got, is)
			}
		}
		if want {
			checkCompact(t, src)
		}
	})
}

// checkCompact compares the compactor with encoding/json's, on values in which neither depth nor secrets matter.
func checkCompact(t *testing.T, src []byte) {
	s := new(scanner)
	s.reset(src)
	s.space()
	c := compactor{s: s, depth: 100}
	if !c.value(false) || c.dropped > 0 {
		return
	}
	var want bytes.Buffer
	if err := json.Compact(&want, src); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(c.out, want.Bytes()) {
		t.Fatalf("compacted to %q, want %q", c.out, want.Bytes())
	}
}

func TestDecimalRoundsHalfUpExactly(t *testing.T) {
	for _, tc := range []struct {
		lit    string
		places int
		want   int64
	}{
		{"0", 3, 0}, {"-0", 3, 0}, {"0.0", 3, 0}, {"0e999999999999999999999", 3, 0},
		{"0.0005", 3, 1}, {"0.00049999999", 3, 0}, {"0.000499999999999999999999999999999999", 3, 0}, {"5e-4", 3, 1}, {"0.5E-3", 3, 1},
		{"1", 3, 1000}, {"1.0015", 3, 1002}, {"1.00149", 3, 1001}, {"2.675", 2, 268}, {"1.005", 2, 101}, {"12.5", 0, 13}, {"0.5", 0, 1},
		{"-0.5", 0, 0}, {"-0.50001", 0, -1}, {"-1.5", 0, -1}, {"-1.51", 0, -2}, {"-2", 0, -2}, {"-0.0004", 3, 0}, {"-0.05", 1, 0},
		{"75.05", 1, 751}, {"75.04999999999999999", 1, 750}, {"75", 1, 750}, {"1e2", 1, 1000}, {"1000000e-4", 1, 1000},
		{"1700000000000", 0, 1_700_000_000_000}, {"1.7e12", 0, 1_700_000_000_000}, {"1700000000000.5", 0, 1_700_000_000_001},
		{"9223372036854775808", 0, maxTime}, {"-9223372036854775808", 0, -maxTime}, {"1e308", 0, maxTime}, {"-1e300", 3, -maxTime},
		{"1e-400", 3, 0}, {"1e-99999999999999999999", 3, 0}, {"0.1e16", 0, maxTime}, {"1e18", 0, maxTime}, {"999999999999999999", 0, maxTime},
		{"0." + strings.Repeat("0", 500) + "1e501", 0, 1}, {"1" + strings.Repeat("0", 500) + "e-500", 0, 1},
	} {
		got, finite := decimal(tc.lit, tc.places, maxTime)
		if got != tc.want || !finite {
			t.Errorf("decimal(%.40s, %d) = %d, %v, want %d", tc.lit, tc.places, got, finite, tc.want)
		}
	}
}

func TestDecimalSaysWhatIsNotFinite(t *testing.T) {
	for _, lit := range []string{"1e400", "-1e400", "1e309", "1e99999999999999999999999", "1" + strings.Repeat("0", 400)} {
		if _, finite := decimal(lit, 0, maxTime); finite {
			t.Errorf("decimal(%.40s) is finite", lit)
		}
	}
}

func FuzzDecimal(f *testing.F) {
	f.Add(int64(5), int8(-4), uint8(3))
	f.Add(int64(-15), int8(-1), uint8(0))
	f.Fuzz(func(t *testing.T, mantissa int64, exponent int8, places uint8) {
		lit := fmt.Sprintf("%de%d", mantissa, exponent)
		p := int(places % 4)
		got, finite := decimal(lit, p, maxTime)
		if !finite {
			t.Fatalf("%s is finite", lit)
		}
		x, _ := new(big.Rat).SetString(lit)
		x.Mul(x, new(big.Rat).SetInt64(int64(math.Pow10(p))))
		x.Add(x, big.NewRat(1, 2))
		want := new(big.Int).Div(x.Num(), x.Denom()) // Euclidean: floor for a positive denominator
		limit := big.NewInt(maxTime)
		if want.CmpAbs(limit) > 0 {
			want = limit.Mul(limit, big.NewInt(int64(want.Sign())))
		}
		if want.Int64() != got {
			t.Fatalf("decimal(%s, %d) = %d, want %s", lit, p, got, want)
		}
	})
}
