package scorer

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func ones(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 1
	}
	return w
}

func TestFewValuesHaveABinEach(t *testing.T) {
	c := binColumn([]float64{3, 1, math.NaN(), 2, 1, -4}, ones(6))
	if got := c.cuts; len(got) != 3 || got[0] != -1.5 || got[1] != 1.5 || got[2] != 2.5 {
		t.Errorf("cuts %v", got)
	}
	for i, want := range []uint8{3, 1, 4, 2, 1, 0} {
		if c.bins[i] != want {
			t.Errorf("row %d in bin %d, want %d", i, c.bins[i], want)
		}
	}
}

func TestManyValuesShareBinsOfEqualWeight(t *testing.T) {
	values, w := make([]float64, 100_000), ones(100_000)
	for i := range values {
		values[i] = float64(i)
		if i < 50_000 {
			w[i] = 3
		}
		if i%10 == 0 {
			values[i] = 123 // a heavy value
		}
	}
	c := binColumn(values, w)
	if len(c.cuts) < maxBins-3 || len(c.cuts) > maxBins-1 {
		t.Fatalf("%d bins", len(c.cuts)+1)
	}
	weights, total, heavy := make([]float64, maxBins), 0.0, uint8(0)
	for i, bin := range c.bins {
		weights[bin] += w[i]
		total += w[i]
		if values[i] == 123 {
			heavy = bin
		}
	}
	share := total / maxBins
	for bin, weight := range weights[:len(c.cuts)] {
		if weight > 1.1*share && bin != int(heavy) {
			t.Errorf("bin %d weighs %v, a bin's share is %v", bin, weight, share)
		}
	}
}

func TestCutsLieBetweenNeighbours(t *testing.T) {
	next := math.Nextafter(1, 2)
	for _, tt := range []struct{ a, b, want float64 }{
		{1, 2, 1.5},
		{1, next, next},
		{-math.MaxFloat64, math.MaxFloat64, 0},
		{math.MaxFloat64 / 2, math.MaxFloat64, math.MaxFloat64 * 0.75},
		{0, math.SmallestNonzeroFloat64, math.SmallestNonzeroFloat64},
		{math.Inf(-1), math.Inf(1), math.MaxFloat64},
		{math.Inf(-1), 3, 3},
		{3, math.Inf(1), math.MaxFloat64},
	} {
		if got := between(tt.a, tt.b); got != tt.want {
			t.Errorf("between %v and %v: %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestBinsAndThresholdsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(
			rapid.Float64(), rapid.Just(math.NaN()), rapid.Map(rapid.IntRange(-3, 3), func(i int) float64 { return float64(i) }),
		), 1, 600).Draw(t, "values")
		c := binColumn(values, ones(len(values)))
		for i, x := range values {
			bin := int(c.bins[i])
			if math.IsNaN(x) {
				if bin != c.missing() {
					t.Fatalf("NaN in bin %d", bin)
				}
				continue
			}
			for cut := range c.cuts {
				if (x < c.threshold(cut)) != (bin <= cut) {
					t.Fatalf("%v is in bin %d, its cut %d is %v", x, bin, cut, c.threshold(cut))
				}
			}
		}
	})
}
