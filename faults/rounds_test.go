package faults

import (
	"flag"
	"iter"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

var seedFlag = flag.Uint64("seed", 0, "replay the round of this seed alone")

// rounds yields the seeds of a campaign's rounds: n of them, or as many as fit into FOOTFALL_SOAK, or the one to
// replay. It stops at the first that fails, and tells how to replay it.
func rounds(t *testing.T, n int) iter.Seq[uint64] {
	t.Helper()
	soak, err := time.ParseDuration(os.Getenv("FOOTFALL_SOAK"))
	if os.Getenv("FOOTFALL_SOAK") != "" && err != nil {
		t.Fatalf("FOOTFALL_SOAK: %v", err)
	}
	return func(yield func(uint64) bool) {
		if *seedFlag != 0 {
			yield(*seedFlag)
			return
		}
		began, done := time.Now(), 0
		for seed := uint64(began.UnixNano()); done < scaled(n) || time.Since(began) < soak; seed++ {
			failed := true
			func() {
				defer func() {
					if failed { // also when the round ended the test or panicked
						t.Logf("replay with: go test ./faults -run '^%s$' -seed=%d", t.Name(), seed)
					}
				}()
				if !yield(seed) {
					n, soak = 0, 0
				}
				failed = t.Failed()
			}()
			if done++; failed {
				return
			}
		}
		t.Logf("%d rounds", done)
	}
}

// scaled is n, or less of it under the race detector.
func scaled(n int) int { return (n + shrink - 1) / shrink }

// whole says whether a campaign runs in its whole size, so that each of its outcomes must come about.
func whole() bool { return shrink == 1 && *seedFlag == 0 }

func newRandom(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// pick returns one of a few.
func pick[T any](r *rand.Rand, some ...T) T { return some[r.IntN(len(some))] }
