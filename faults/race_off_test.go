//go:build !race

package faults

// shrink divides the sizes of campaigns where the race detector runs.
const shrink = 1
