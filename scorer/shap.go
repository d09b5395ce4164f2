package scorer

import "math"

// SHAP adds to phi, which has a place for each feature, the parts that the features have in the row's margin: exact
// path-dependent TreeSHAP in log-odds (Lundberg et al., Nature Machine Intelligence 2, 2020). Expected() plus the sum of
// the parts is Margin(row).
//
// A leaf that needs the features F is a product game: knowing the set S it counts v · Π_{S} o · Π_{F∖S} z, where o is 1
// if the row's own value leads there and z is the share of the cover that does. The Shapley value of feature j in it is
// (Owen, Management Science 18, 1972)
//
//	v · (o_j − z_j) · ∫₀¹ Π_{k≠j} (z_k + t (o_k − z_k)) dt
//
// whose integrand is a polynomial of degree |F| − 1, for which ⌈|F|/2⌉ Gauss–Legendre points are exact. Products are made
// on the way down a tree and sums over leaves on the way up, so that a tree costs its nodes times those points. The usual
// algorithm costs leaves times depth squared: 315 µs a row in C, against 95 µs here, for 100 trees of depth 6.
func (t *Trees) SHAP(row, phi []float64) {
	p := t.planned()
	var space [257]float64
	e := explainer{plan: p, slots: slots(row, space[:]), phi: phi}
	for _, tree := range p.trees {
		if tree.depth > 0 {
			e.choose((min(int(tree.depth), len(phi)) + 1) / 2)
			e.down(tree, t.Scale)
			e.up(tree)
		}
	}
}

// explainer is the working memory of SHAP, kept from tree to tree. Its lists have a place for each node of a tree and, if
// they hold sums, for each point in it.
type explainer struct {
	plan       *plan
	slots, phi []float64

	points  quadrature
	rules   []quadrature // by number of points
	hot     []int        // o: 1 if the row goes to the node at all splits of the feature that leads to it
	inverse []float64    // 1 / (z + t (1 − z)) of the feature that leads to the node, if it is hot
	sums    []float64    // first the product of the factors of all features down to the node, then also the leaves below
}

// choose sets the number of points.
func (e *explainer) choose(n int) {
	if len(e.points.at) == n {
		return
	}
	for len(e.rules) <= n {
		e.rules = append(e.rules, quadrature{})
	}
	if e.rules[n].at == nil {
		e.rules[n] = gaussLegendre(n)
	}
	e.points = e.rules[n]
	if size := e.plan.most * n; len(e.sums) < size {
		e.hot, e.inverse, e.sums = make([]int, e.plan.most), make([]float64, size), make([]float64, size)
	}
}

// down makes the products, from the root to the leaves.
func (e *explainer) down(tree planTree, scale float64) {
	n := len(e.points.at)
	e.hot[0] = 1
	for q, weight := range e.points.weight {
		e.sums[q], e.inverse[q] = weight*scale, 1
	}
	nodes, edges := e.plan.nodes[tree.root:tree.end], e.plan.edges[tree.root:tree.end]
	for i := range nodes {
		node := &nodes[i]
		left := int(node.child - tree.root)
		if left == i {
			continue
		}
		last := int(edges[i].last - tree.root)
		own := e.sums[i*n : i*n+n]
		if e.hot[last] == 0 { // a factor of the feature was z (1 − t) and stays it
			for c := left; c <= left+1; c++ {
				e.hot[c] = 0
				for q := range own {
					e.sums[c*n+q] = own[q] * edges[c].share
				}
			}
			continue
		}
		right := 0
		if e.slots[node.slot] >= node.at {
			right = 1
		}
		hot, cold := left+right, left+1-right
		e.hot[hot], e.hot[cold] = 1, 0
		zHot, zCold := edges[hot].z, edges[cold].z
		for q, t := range e.points.at {
			others := own[q] * e.inverse[last*n+q]
			factor := zHot + t*(1-zHot)
			e.inverse[hot*n+q] = 1 / factor
			e.sums[hot*n+q] = others * factor
			e.sums[cold*n+q] = others * zCold * (1 - t)
		}
	}
}

// up makes the sums of the leaves, from the leaves to the root, and with them the parts of the features. What a node gives
// to its feature is Σ leaves · (o − z) / factor; what an earlier split of it on the path gave for the same leaves, with an
// o and a z of fewer splits, is taken off.
func (e *explainer) up(tree planTree) {
	n := len(e.points.at)
	nodes, edges := e.plan.nodes[tree.root:tree.end], e.plan.edges[tree.root:tree.end]
	for i := len(nodes) - 1; i >= 0; i-- {
		node := &nodes[i]
		left := int(node.child - tree.root)
		own := e.sums[i*n : i*n+n]
		if left == i {
			for q := range own {
				own[q] *= node.at
			}
			continue
		}
		last := int(edges[i].last - tree.root)
		if e.hot[last] == 0 {
			for q := range own {
				own[q] = e.sums[left*n+q] + e.sums[left*n+n+q]
			}
			continue
		}
		hot := left + e.hot[left+1]
		cold := left + e.hot[left]
		part, restHot, restLast := 0.0, 1-edges[hot].z, 1-edges[last].z
		for q, t := range e.points.at {
			ofHot, ofCold := e.sums[hot*n+q], e.sums[cold*n+q]
			own[q] = ofHot + ofCold
			part += ofHot*restHot*e.inverse[hot*n+q] - ofCold/(1-t) - own[q]*restLast*e.inverse[last*n+q]
		}
		e.phi[(node.slot-1)/2] += part
	}
}

// quadrature integrates polynomials over 0 to 1 as Σ weight · f(at).
type quadrature struct{ at, weight []float64 }

// gaussLegendre returns the rule with n points, exact up to degree 2n − 1. The points are the roots of the Legendre
// polynomial, found by Newton's method from Tricomi's approximation.
func gaussLegendre(n int) quadrature {
	rule := quadrature{make([]float64, n), make([]float64, n)}
	for i := range n {
		x := math.Cos(math.Pi * (float64(i) + 0.75) / (float64(n) + 0.5))
		_, slope := legendre(n, x)
		for range 20 {
			value, by := legendre(n, x)
			step := value / by
			x, slope = x-step, by
			if math.Abs(step) < 1e-15 {
				break
			}
		}
		rule.at[i] = (1 + x) / 2
		rule.weight[i] = 1 / ((1 - x*x) * slope * slope)
	}
	return rule
}

// legendre returns the Legendre polynomial of degree n ≥ 1 and its derivative, by the three-term recurrence.
func legendre(n int, x float64) (value, slope float64) {
	last, p := 1.0, x
	for k := 2; k <= n; k++ {
		last, p = p, (float64(2*k-1)*x*p-float64(k-1)*last)/float64(k)
	}
	return p, float64(n) * (last - x*p) / (1 - x*x)
}
