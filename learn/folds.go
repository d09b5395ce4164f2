package learn

import (
	"math/rand/v2"

	"footfall/scorer"
)

// data makes of labelled leads what a model is fitted on.
func data(known []Labelled, seed uint64) scorer.Data {
	rows := make([]scorer.Features, len(known))
	d := scorer.Data{Y: make([]float64, len(known)), W: make([]float64, len(known)), Seed: seed}
	for i, k := range known {
		rows[i], d.W[i] = k.Features, k.Weight
		if k.Won {
			d.Y[i] = 1
		}
	}
	d.Frame = scorer.LeadFrame(rows)
	return d
}

// foldsOf deals leads to k folds at random, one person's all to the same: first the people of whom a lead closed, so that
// each fold has about as many.
func foldsOf(known []Labelled, k int, seed uint64) []int {
	type person struct {
		leads []int
		won   bool
	}
	index := map[string]int{}
	var people []person
	for i, d := range known {
		id := string(d.Person[:])
		at, met := index[id]
		if !met {
			at = len(people)
			index[id] = at
			people = append(people, person{})
		}
		people[at].leads = append(people[at].leads, i)
		people[at].won = people[at].won || d.Won
	}
	rng := rand.New(rand.NewPCG(seed, foldStream))
	rng.Shuffle(len(people), func(a, b int) { people[a], people[b] = people[b], people[a] })
	folds := make([]int, len(known))
	dealt := 0
	for _, won := range []bool{true, false} {
		for _, p := range people {
			if p.won != won {
				continue
			}
			for _, i := range p.leads {
				folds[i] = dealt % k
			}
			dealt++
		}
	}
	return folds
}

// foldStream keeps the draws of folds apart from others with the same seed.
const foldStream = 0x70656f706c65
