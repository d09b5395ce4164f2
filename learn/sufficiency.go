package learn

import (
	"fmt"
	"math"

	"footfall/scorer"
)

// sufficiencyOf says in an agent's words whether leads suffice for a model, and about what is missing. gate is nil as
// long as nothing was trained.
func sufficiencyOf(labels, wins int, gate *scorer.Gate) scorer.Sufficiency {
	s := scorer.Sufficiency{Labels: labels, Wins: wins, State: scorer.StateEnough}
	rare, kind := wins, "closed"
	if labels-wins < wins {
		rare, kind = labels-wins, "lost"
	}
	switch {
	case rare < scorer.LeastRare:
		s.State, s.Needs = scorer.StateNone, more(scorer.LeastRare-rare, kind)
	case gate == nil:
		s.State, s.Needs = scorer.StateEarly, "the first training"
	case !gate.Passed:
		s.State, s.Needs = scorer.StateEarly, more(neededFor(rare, gate), kind)
	}
	return s
}

func more(n int, kind string) string {
	if n == 1 {
		return fmt.Sprintf("1 more %s lead", kind)
	}
	return fmt.Sprintf("%d more %s leads", n, kind)
}

// neededFor estimates how many more leads of the rarer kind would let a gain like the one that was found pass: gains and
// agreements in standard errors grow with the root of their number. At most as many again, and so many where none was found.
func neededFor(rare int, gate *scorer.Gate) int {
	if gate.Difference >= 0 || gate.Agreement <= 0 {
		return rare
	}
	ratio := max(gate.SE/-gate.Difference, scorer.LeastAgreement/gate.Agreement)
	return min(max(int(math.Ceil(float64(rare)*(ratio*ratio-1))), 1), rare)
}
