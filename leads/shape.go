package leads

import "slices"

// Shape returns a value whose JSON has the members that each View has. The fields of a form stand beside them.
func Shape() any { return shown{} }

// Statuses returns what the status of a lead may be, open ones first.
func Statuses() []string { return slices.Clone(statusNames[:]) }
