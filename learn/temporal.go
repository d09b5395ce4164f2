package learn

import (
	"context"
	"slices"
	"time"
)

// cutoffs is how many moments a training is tried at, besides its folds.
const cutoffs = 3

// temporal back-tests the recipe at each training: folds mix early and late leads, so they do not show what changes with
// time. The moments part the leads that are as old as the horizon, by when they came, into four of equal number, so that the
// trainings have ever more to learn from and the tests ever less. Fewer than leastUnseen such leads show nothing.
func (t *trial) temporal(ctx context.Context, progress func(float64)) ([]Tested, error) {
	moments := t.moments()
	found := []Tested{}
	for k, at := range moments {
		share := func(done float64) { progress((float64(k) + done) / float64(len(moments))) }
		tested, err := t.l.cutoff(ctx, t.leads, at, t.at, t.horizon, share)
		if err != nil {
			return nil, err
		}
		found = append(found, tested)
	}
	return found, nil
}

func (t *trial) moments() (moments []time.Time) {
	var created []int64
	for _, d := range t.known {
		if d.age(t.at) >= float64(t.horizon) {
			created = append(created, d.Created)
		}
	}
	if len(created) < leastUnseen {
		return nil
	}
	slices.Sort(created)
	for k := range cutoffs {
		moments = append(moments, time.UnixMilli(created[(k+1)*len(created)/(cutoffs+1)-1]).UTC())
	}
	return moments
}
