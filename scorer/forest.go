package scorer

import (
	"cmp"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// ForestOptions are the settings of a forest, by scikit-learn's names n_estimators, max_depth, min_samples_leaf and
// min_samples_split. Rows count as much as they weigh.
type ForestOptions struct {
	Trees, Depth, MinLeaf, MinSplit int
	Seed                            uint64
	Threads                         int // that trees grow on, 0 for one a processor
}

// FitAdditiveForest fits a forest whose margin is the mean of its trees' log-odds, so that its reasons are exact. The leaf
// of a tree is the log-odds of its rate, smoothed by 1/π rows towards the base rate π; MinLeaf 0 stands for ⌈1/π⌉. Such a
// mean is too cautious or too bold as a whole; one shift makes the mean probability of the rows, each judged by the trees
// that did not see it, equal to π.
//
// Weights are nil for 1 each; rows of weight 0 change nothing. Covers are the weights of all rows. Trees grow in parallel;
// the result is the same on any number of threads.
func FitAdditiveForest(m Matrix, y, w []float64, o ForestOptions) *Trees {
	m, y, w = weighted(m, y, w)
	base := baseRate(y, w)
	if m.Rows == 0 || o.Trees == 0 {
		return &Trees{Bias: logOdds(base), Scale: 1}
	}
	if o.MinLeaf == 0 {
		o.MinLeaf = int(math.Ceil(1 / base))
	}
	smooth := func(s sums) float64 { return logOdds((s.g + 1) / (s.h + 1/base)) }
	trees := grow(m, y, w, o, smooth)
	out := &Trees{Scale: 1 / float64(o.Trees), Trees: make([]Tree, o.Trees)}
	for k := range trees {
		out.Trees[k] = trees[k].tree
	}
	out.Bias = shift(outOfBag(trees, m.Rows), y, w)
	return out
}

// ProbabilityForest is a forest whose probability is the mean of the rates of leaves. It has no exact reasons in log-odds.
type ProbabilityForest struct{ Trees []Tree }

// P returns the mean rate of the leaves that the row falls in, 0 to 1.
func (f *ProbabilityForest) P(row []float64) float64 {
	sum := 0.0
	for _, tree := range f.Trees {
		sum += tree.Leaf(row)
	}
	return sum / float64(len(f.Trees))
}

// FitForest fits a random forest (Breiman, Machine Learning 45, 2001): each tree on rows drawn with replacement, each split
// the best by Gini impurity among √columns drawn anew. Weights, parallel growth and covers are as for FitAdditiveForest.
func FitForest(m Matrix, y, w []float64, o ForestOptions) *ProbabilityForest {
	m, y, w = weighted(m, y, w)
	if m.Rows == 0 || o.Trees == 0 {
		return &ProbabilityForest{Trees: []Tree{{{Value: baseRate(y, w)}}}}
	}
	out := &ProbabilityForest{Trees: make([]Tree, o.Trees)}
	for k, bagged := range grow(m, y, w, o, func(s sums) float64 { return s.g / s.h }) {
		out.Trees[k] = bagged.tree
	}
	return out
}

// bagged is a tree with the rows that it did not see and the leaves that they fall in.
type bagged struct {
	tree   Tree
	unseen []int32
	leaves []int32
}

// grow grows the trees of a forest. With gradients w·y and w, the gain of a split is its decrease of Gini impurity, but for
// a factor of two.
func grow(m Matrix, y, w []float64, o ForestOptions, leaf func(sums) float64) []bagged {
	data := newGrower(m, w, o.Depth)
	trees := make([]bagged, o.Trees)
	onThreads(cmp.Or(o.Threads, runtime.GOMAXPROCS(0)), o.Trees, func(k int) {
		g := &grower{
			data: data.data, limits: limits{minWeight: float64(o.MinLeaf)}, depth: o.Depth, minSplit: float64(o.MinSplit),
			leaf: leaf, gradients: make([]sums, m.Rows), columns: append([]int(nil), data.columns...),
			tries:  max(1, int(math.Sqrt(float64(len(data.columns))))),
			random: rand.New(rand.NewPCG(o.Seed, uint64(k))),
		}
		for range m.Rows {
			i := g.random.IntN(m.Rows)
			s := &g.gradients[i]
			*s = sums{s.g + w[i]*y[i], s.h + w[i], 1}
		}
		var seen, unseen []int32
		for i := range g.gradients {
			if g.gradients[i].n > 0 {
				seen = append(seen, int32(i))
			} else {
				unseen = append(unseen, int32(i))
			}
		}
		tree := g.grow(seen)
		leaves := tree.fill(m, w)
		for j, i := range unseen {
			leaves[j] = leaves[i] // j ≤ i
		}
		trees[k] = bagged{tree, unseen, leaves[:len(unseen)]}
	})
	return trees
}

// inParallel calls f for each number below n, on as many goroutines as there are processors, and waits for all.
func inParallel(n int, f func(int)) { onThreads(runtime.GOMAXPROCS(0), n, f) }

func onThreads(threads, n int, f func(int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(threads, n) {
		wait.Go(func() {
			for k := int(next.Add(1)) - 1; k < n; k = int(next.Add(1)) - 1 {
				f(k)
			}
		})
	}
	wait.Wait()
}

// outOfBag returns for each row the mean of the trees that did not see it, NaN if all did.
func outOfBag(trees []bagged, rows int) []float64 {
	margins, counts := make([]float64, rows), make([]float64, rows)
	for _, b := range trees {
		for j, i := range b.unseen {
			margins[i] += b.tree[b.leaves[j]].Value
			counts[i]++
		}
	}
	for i := range margins {
		margins[i] /= counts[i]
	}
	return margins
}

// shift returns what to add to the margins, leaving out those that are NaN, so that the mean probability is the rate of
// ones. That is where the log loss is least. With rows of one kind only, or no margins, it is 0.
func shift(margins, y, w []float64) float64 {
	ones, all := 0.0, 0.0
	for i, margin := range margins {
		if !math.IsNaN(margin) {
			ones += w[i] * y[i]
			all += w[i]
		}
	}
	if ones <= 0 || ones >= all {
		return 0
	}
	low, high := -40.0, 40.0 // beyond any log-odds of a smoothed leaf
	for range 60 {
		middle := (low + high) / 2
		sum := 0.0
		for i, margin := range margins {
			if !math.IsNaN(margin) {
				sum += w[i] * sigmoid(margin+middle)
			}
		}
		if sum < ones {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}
