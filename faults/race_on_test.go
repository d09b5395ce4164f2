//go:build race

package faults

// shrink divides the sizes of campaigns: the race detector makes everything many times slower. It is odd, so that one
// trial of so many meets every kind of error in turn.
const shrink = 7
