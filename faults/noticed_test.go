//go:build !race

package faults

import "testing"

// The tests notice when the program is broken. All of the mutants take minutes: make mutants. They are run without the race
// detector, and so this is.
func TestBrokenProgramsAreNoticed(t *testing.T) {
	t.Parallel()
	for _, m := range readMutants(t) {
		if !everyMutant && m.pkg != "./journal" { // whose tests take the least
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			if err := m.survives(t); err != nil {
				t.Error(err)
			}
		})
	}
}
