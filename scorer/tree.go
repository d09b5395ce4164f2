package scorer

import (
	"fmt"
	"math"
	"sync"
)

// Node is a split or, without a left child, a leaf.
//
// A row goes left if its value of Feature is below Threshold, right if it is not, and as MissingLeft says if it is NaN.
type Node struct {
	Feature     int32 // column
	Left, Right int32 // indices in the tree, 0 for a leaf
	MissingLeft bool
	Threshold   float64
	Value       float64 // of a leaf
	Cover       float64 // weight of the training rows that came through; of those of the same tree only the ratios count
}

// Tree is a binary tree in one slice: node 0 is the root, children come after their parent.
type Tree []Node

// maxDepth is how many splits a path in a tree from elsewhere may have. It bounds the depth of recursion.
const maxDepth = 256

// Leaf returns the value of the leaf that the row falls in.
func (t Tree) Leaf(row []float64) float64 {
	n := &t[0]
	for n.Left != 0 {
		x := row[n.Feature]
		if x < n.Threshold || n.MissingLeft && x != x {
			n = &t[n.Left]
		} else {
			n = &t[n.Right]
		}
	}
	return n.Value
}

// leftShare is the share of a split's cover that went left. A split that nothing came through counts as even.
func (t Tree) leftShare(n *Node) float64 {
	left, right := t[n.Left].Cover, t[n.Right].Cover
	if left+right == 0 {
		return 0.5
	}
	return left / (left + right)
}

// expected is the mean of the leaves below a node by cover.
func (t Tree) expected(node int32) float64 {
	n := &t[node]
	if n.Left == 0 {
		return n.Value
	}
	share := t.leftShare(n)
	return share*t.expected(n.Left) + (1-share)*t.expected(n.Right)
}

// Trees is a sum of trees in log-odds: margin(row) = Bias + Scale · Σ leaf values. They must not change once they are used.
type Trees struct {
	Bias  float64 `json:"bias"`
	Scale float64 `json:"scale"`
	Trees []Tree  `json:"trees"`

	once sync.Once
	plan *plan // made at the first use
}

func (t *Trees) planned() *plan {
	t.once.Do(func() { t.plan = newPlan(t) })
	return t.plan
}

// Margin returns the log-odds of a row with a value, or NaN, for every column.
func (t *Trees) Margin(row []float64) float64 {
	var space [257]float64
	return t.Bias + t.Scale*t.planned().sum(slots(row, space[:]))
}

// Expected returns the mean margin of the training rows, by cover: what SHAP starts from.
func (t *Trees) Expected() float64 { return t.planned().expected }

// Features returns how many columns a row needs to have at least.
func (t *Trees) Features() int {
	most := 0
	for _, tree := range t.Trees {
		for i := range tree {
			if tree[i].Left != 0 {
				most = max(most, int(tree[i].Feature)+1)
			}
		}
	}
	return most
}

// Check says what is wrong with trees that come from elsewhere. Trees that pass can be evaluated on any row of that many
// features: all indices are in range, each node but the root is the child of one node before it, all numbers are finite.
func (t *Trees) Check(features int) error {
	if !finite(t.Bias) || !finite(t.Scale) {
		return fmt.Errorf("bias %v, scale %v: not finite", t.Bias, t.Scale)
	}
	for i, tree := range t.Trees {
		if err := tree.check(features); err != nil {
			return fmt.Errorf("tree %d: %w", i, err)
		}
	}
	return nil
}

func (t Tree) check(features int) error {
	if len(t) == 0 {
		return fmt.Errorf("no nodes")
	}
	parents := make([]bool, len(t))
	levels := make([]int, len(t))
	child := func(parent int, c int32) error {
		if int(c) <= parent || int(c) >= len(t) {
			return fmt.Errorf("node %d: child %d is not after it in %d nodes", parent, c, len(t))
		}
		if parents[c] {
			return fmt.Errorf("node %d: child %d has another parent", parent, c)
		}
		parents[c] = true
		levels[c] = levels[parent] + 1
		return nil
	}
	for i, n := range t {
		switch {
		case i > 0 && !parents[i]:
			return fmt.Errorf("node %d: no parent", i)
		case !finite(n.Threshold) || !finite(n.Value) || !finite(n.Cover):
			return fmt.Errorf("node %d: a number is not finite", i)
		case n.Cover < 0:
			return fmt.Errorf("node %d: cover %v is negative", i, n.Cover)
		case levels[i] > maxDepth:
			return fmt.Errorf("node %d: more than %d splits above it", i, maxDepth)
		case n.Left == 0 && n.Right == 0:
			continue
		case n.Feature < 0 || int(n.Feature) >= features:
			return fmt.Errorf("node %d: feature %d of %d", i, n.Feature, features)
		}
		if err := child(i, n.Left); err != nil {
			return err
		}
		if err := child(i, n.Right); err != nil {
			return err
		}
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
