//go:build race

package faults

// shrink divides the sizes of campaigns: the race detector makes everything many times slower, and sees what goroutines do
// in a few rounds as well as in many. What fails because of what the numbers are, the whole campaigns find. It is odd, so
// that one trial of so many meets every kind of error in turn.
const shrink = 21
