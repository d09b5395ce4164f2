package scorer

import (
	"math"
	"math/rand/v2"
)

// smallestGain is what a split has to gain, so that rounding makes none.
const smallestGain = 1e-6

// grower grows one tree after another on the same binned rows, each node as deep as it pays.
type grower struct {
	data     *binned
	limits   limits
	depth    int
	minSplit float64            // second derivatives in a node that may be split
	leaf     func(sums) float64 // the value of a leaf

	gradients []sums // by row, each with a number of 1
	columns   []int  // that may be split
	tries     int    // how many columns drawn at random a split may choose from, 0 for all
	random    *rand.Rand

	tree  Tree
	spare []int32
	free  [][]sums // histograms not in use
}

// grow grows a tree of the rows, which it puts in another order. The nodes have no covers yet.
func (g *grower) grow(rows []int32) Tree {
	g.tree = nil
	if len(g.spare) < len(rows) {
		g.spare = make([]int32, len(rows))
	}
	var all sums
	for _, i := range rows {
		all = all.plus(g.gradients[i])
	}
	var h []sums
	if g.tries == 0 && g.mayBeSplit(all, 0) {
		h = g.histogram(rows)
	}
	g.node(rows, all, h, 0)
	return g.tree
}

func (g *grower) mayBeSplit(all sums, level int) bool {
	return level < g.depth && all.n > 1 && all.h >= g.minSplit
}

// node appends the node of the rows and all below it. It needs their histogram if splits choose from all columns, and
// gives it back.
func (g *grower) node(rows []int32, all sums, h []sums, level int) {
	at := len(g.tree)
	g.tree = append(g.tree, Node{})
	best := split{gain: smallestGain, column: -1}
	if g.mayBeSplit(all, level) {
		if g.tries == 0 {
			best = g.ofAll(best, all, h)
		} else {
			best = g.ofSome(best, all, rows)
		}
	}
	if best.column < 0 {
		g.tree[at].Value = g.leaf(all)
		g.giveBack(h)
		return
	}
	column := &g.data.columns[best.column]
	left, right := g.part(rows, column, best)
	sumsLeft, sumsRight := best.left, all.minus(best.left)
	var ofLeft, ofRight []sums
	if g.tries == 0 && (g.mayBeSplit(sumsLeft, level+1) || g.mayBeSplit(sumsRight, level+1)) {
		ofLeft, ofRight = g.divide(h, left, right)
	} else {
		g.giveBack(h)
	}
	g.tree[at] = Node{
		Feature: int32(best.column), Threshold: column.threshold(best.bin), MissingLeft: best.missingLeft, Left: int32(at) + 1,
	}
	g.node(left, sumsLeft, ofLeft, level+1)
	g.tree[at].Right = int32(len(g.tree))
	g.node(right, sumsRight, ofRight, level+1)
}

func (g *grower) ofAll(best split, all sums, h []sums) split {
	for _, j := range g.columns {
		column := &g.data.columns[j]
		best = column.better(best, j, column.of(h), all, g.limits)
	}
	return best
}

// ofSome chooses from columns drawn at random, and goes on drawing until one of them differs between the rows, like
// scikit-learn's forests.
func (g *grower) ofSome(best split, all sums, rows []int32) split {
	h := g.take()
	differ := false
	for k := range g.columns {
		if k >= g.tries && differ {
			break
		}
		other := k + g.random.IntN(len(g.columns)-k)
		g.columns[k], g.columns[other] = g.columns[other], g.columns[k]
		j := g.columns[k]
		column := &g.data.columns[j]
		own := column.of(h)
		clear(own)
		column.add(own, rows, g.gradients)
		differ = differ || own[column.bins[rows[0]]].n < all.n
		best = column.better(best, j, own, all, g.limits)
	}
	g.giveBack(h)
	return best
}

// part puts the rows that go left before the others, both in the order that they had.
func (g *grower) part(rows []int32, column *binnedColumn, s split) (left, right []int32) {
	n, others := 0, g.spare[:0]
	missing := column.missing() // above all bins that a split may come after
	for _, i := range rows {
		if bin := int(column.bins[i]); bin <= s.bin || s.missingLeft && bin == missing {
			rows[n] = i
			n++
		} else {
			others = append(others, i)
		}
	}
	copy(rows[n:], others)
	return rows[:n], rows[n:]
}

// divide makes the histograms of both sides from that of both together: it counts the smaller side and takes it off.
func (g *grower) divide(h []sums, left, right []int32) (ofLeft, ofRight []sums) {
	if len(left) > len(right) {
		ofRight, ofLeft = g.divide(h, right, left)
		return ofLeft, ofRight
	}
	counted := g.histogram(left)
	for b, s := range counted {
		if s.n > 0 {
			h[b] = h[b].minus(s)
		}
	}
	return counted, h
}

func (g *grower) histogram(rows []int32) []sums {
	h := g.take()
	clear(h)
	for _, j := range g.columns {
		column := &g.data.columns[j]
		column.add(column.of(h), rows, g.gradients)
	}
	return h
}

func (g *grower) take() []sums {
	if n := len(g.free); n > 0 {
		h := g.free[n-1]
		g.free = g.free[:n-1]
		return h
	}
	return make([]sums, g.data.total)
}

func (g *grower) giveBack(h []sums) {
	if h != nil {
		g.free = append(g.free, h)
	}
}

func newGrower(m Matrix, w []float64, depth int) *grower {
	g := &grower{data: bin(m, w), depth: depth, gradients: make([]sums, m.Rows)}
	for j := range g.data.columns {
		if column := &g.data.columns[j]; column.varies() {
			g.columns = append(g.columns, j)
		}
	}
	return g
}

// fill sets the covers of a grown tree to the weights of all rows that come through, and returns each row's leaf.
func (t Tree) fill(m Matrix, w []float64) (leaves []int32) {
	leaves = make([]int32, m.Rows)
	for i := range leaves {
		at := int32(0)
		for t[at].Left != 0 {
			n := &t[at]
			x := m.Columns[n.Feature][i]
			if x < n.Threshold || n.MissingLeft && math.IsNaN(x) {
				at = n.Left
			} else {
				at = n.Right
			}
		}
		t[at].Cover += w[i]
		leaves[i] = at
	}
	for i := len(t) - 1; i >= 0; i-- {
		if n := &t[i]; n.Left != 0 {
			n.Cover = t[n.Left].Cover + t[n.Right].Cover
		}
	}
	return leaves
}
