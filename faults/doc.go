// Package faults holds no code of the program, only what is tried against it: crashes at every write, file operations
// that fail, writes that are torn, bytes that rot, years of odd clocks and restarts against an oracle, and tenants who ask
// for what is their neighbour's. It also breaks copies of the program on purpose, to see that tests notice.
//
// The tests run small with go test; FOOTFALL_SOAK=10m lets each of them run for that long. A failure prints its seed,
// and -seed replays that one alone. What was found, and how often each was run, stands in docs/reliability.md; what is
// tried against the real program from outside, such as kill -9 and a full disk, stands in package server's tests.
package faults
