package scorer

import "math/rand/v2"

// BoostOptions are the settings of FitBoost, by XGBoost's names n_estimators, max_depth, learning_rate, min_child_weight,
// subsample, colsample_bytree and reg_lambda.
type BoostOptions struct {
	Trees, Depth   int
	Rate           float64 // above 0, at most 1
	MinChildWeight float64 // least sum of w·p·(1−p) in a leaf
	RowSample      float64 // share of the rows that a tree is grown on, drawn without replacement; 1 is all
	ColumnSample   float64 // share of the columns that a tree may split, at least one; 1 is all
	Lambda         float64 // penalty on the square of a leaf's value, in units of w·p·(1−p)
	Seed           uint64
}

// FitBoost fits boosted trees to outcomes y, 0 or 1, with weights w of the rows, nil for 1 each: second-order boosting of
// the log loss from the log-odds of the base rate (Chen and Guestrin, KDD 2016), with splits between at most 255 bins a
// column and missing values on the side where they gain more. Rows of weight 0 change nothing.
//
// Covers are the weights of all rows, drawn or not, so Expected is the mean margin of the rows. It runs on the calling
// goroutine.
func FitBoost(m Matrix, y, w []float64, o BoostOptions) *Trees {
	m, y, w = weighted(m, y, w)
	out := &Trees{Bias: logOdds(baseRate(y, w)), Scale: o.Rate, Trees: make([]Tree, 0, o.Trees)}
	if m.Rows == 0 {
		return out
	}
	g := newGrower(m, w, o.Depth)
	g.limits = limits{lambda: o.Lambda, minWeight: o.MinChildWeight}
	g.leaf = func(s sums) float64 { return s.g / (s.h + o.Lambda) }
	usable := g.columns
	margins := make([]float64, m.Rows)
	for i := range margins {
		margins[i] = out.Bias
	}
	for k := range o.Trees {
		random := rand.New(rand.NewPCG(o.Seed, uint64(k)))
		for i, margin := range margins {
			p := sigmoid(margin)
			g.gradients[i] = sums{w[i] * (y[i] - p), w[i] * p * (1 - p), 1}
		}
		rows := sample(m.Rows, o.RowSample, random)
		g.columns = g.columns[:0:0]
		for _, k := range sample(len(usable), o.ColumnSample, random) {
			g.columns = append(g.columns, usable[k])
		}
		tree := g.grow(rows)
		leaves := tree.fill(m, w)
		for i, leaf := range leaves {
			margins[i] += o.Rate * tree[leaf].Value
		}
		out.Trees = append(out.Trees, tree)
	}
	return out
}

// sample draws that share of the numbers below n, at least one if there are any, in order (Knuth, volume 2, 3.4.2,
// algorithm S).
func sample(n int, share float64, random *rand.Rand) []int32 {
	want := min(max(int(share*float64(n)+0.5), 1), n)
	drawn := make([]int32, 0, want)
	for i := 0; len(drawn) < want; i++ {
		if want == n || random.IntN(n-i) < want-len(drawn) {
			drawn = append(drawn, int32(i))
		}
	}
	return drawn
}

// weighted returns the rows that weigh something, without copying if all do. Without weights each weighs 1.
func weighted(m Matrix, y, w []float64) (Matrix, []float64, []float64) {
	if w == nil {
		w = make([]float64, m.Rows)
		for i := range w {
			w[i] = 1
		}
		return m, y, w
	}
	var rows []int
	for i, weight := range w {
		if weight > 0 {
			rows = append(rows, i)
		}
	}
	if len(rows) == m.Rows {
		return m, y, w
	}
	kept := Matrix{Rows: m.Rows, Columns: [][]float64{y, w}}.Take(rows)
	return m.Take(rows), kept.Columns[0], kept.Columns[1]
}

// baseRate is the weighted share of ones. With rows of one kind only, it takes half a row of each kind more.
func baseRate(y, w []float64) float64 {
	ones, all := 0.0, 0.0
	for i, weight := range w {
		ones += weight * y[i]
		all += weight
	}
	if ones <= 0 || ones >= all {
		return (ones + 0.5) / (all + 1)
	}
	return ones / all
}
