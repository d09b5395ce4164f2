//go:build mutants

package faults

// everyMutant says that all mutants are tried.
const everyMutant = true
