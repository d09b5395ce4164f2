package scorer

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// knowing is the tree's value if only the features in the set are known and others go both ways by cover.
func knowing(t Tree, node int32, row []float64, set uint) float64 {
	n := &t[node]
	if n.Left == 0 {
		return n.Value
	}
	left, right := knowing(t, n.Left, row, set), knowing(t, n.Right, row, set)
	if set>>n.Feature&1 == 1 {
		x := row[n.Feature]
		if x < n.Threshold || n.MissingLeft && math.IsNaN(x) {
			return left
		}
		return right
	}
	a, b := t[n.Left].Cover, t[n.Right].Cover
	if a+b == 0 {
		return (left + right) / 2
	}
	return (a*left + b*right) / (a + b)
}

// byDefinition is the Shapley value of each feature: its marginal value, over all orders.
func byDefinition(trees *Trees, row []float64) []float64 {
	n := len(row)
	value := make([]float64, 1<<n)
	for set := range value {
		for _, tree := range trees.Trees {
			value[set] += trees.Scale * knowing(tree, 0, row, uint(set))
		}
	}
	factorial := []float64{1}
	for k := 1; k <= n; k++ {
		factorial = append(factorial, factorial[k-1]*float64(k))
	}
	phi := make([]float64, n)
	for set := range value {
		size := 0
		for j := range n {
			size += set >> j & 1
		}
		for j := range n {
			if set>>j&1 == 0 {
				weight := factorial[size] * factorial[n-size-1] / factorial[n]
				phi[j] += weight * (value[set|1<<j] - value[set])
			}
		}
	}
	return phi
}

func TestSHAPIsTheShapleyValueByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "features")
		trees, row := anyTrees(t, n), anyRow(t, n)
		phi := make([]float64, n)
		trees.SHAP(row, phi)
		sum := trees.Expected()
		for j, want := range byDefinition(trees, row) {
			sum += phi[j]
			if math.Abs(phi[j]-want) > 1e-12 {
				t.Errorf("feature %d: %v, by definition %v", j, phi[j], want)
			}
		}
		if margin := trees.Margin(row); math.Abs(sum-margin) > 1e-12 {
			t.Errorf("bias and parts make %v, the margin is %v", sum, margin)
		}
	})
}

func TestSHAPOfDeepTreesAddsUpToTheMargin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "features")
		row := anyRow(t, n)
		// A path of up to 60 splits, with a leaf beside each.
		var tree Tree
		for range rapid.IntRange(1, 60).Draw(t, "splits") {
			at := int32(len(tree))
			tree = append(tree, Node{
				Feature: int32(rapid.IntRange(0, n-1).Draw(t, "feature")), Threshold: float64(rapid.IntRange(-2, 2).Draw(t, "threshold")),
				Left: at + 1, Right: at + 2,
			}, Node{Value: rapid.Float64Range(-1, 1).Draw(t, "value"), Cover: float64(rapid.IntRange(1, 50).Draw(t, "cover"))})
			tree[at].Cover = 1
		}
		tree = append(tree, Node{Value: 1, Cover: 3})
		trees := &Trees{Scale: 1, Trees: []Tree{tree}}
		phi := make([]float64, n)
		trees.SHAP(row, phi)
		sum := trees.Expected()
		for _, part := range phi {
			sum += part
		}
		if margin := trees.Margin(row); !(math.Abs(sum-margin) < 1e-9) {
			t.Errorf("bias and parts make %v, the margin is %v", sum, margin)
		}
	})
}

func TestSHAPAddsToWhatIsThere(t *testing.T) {
	trees := &Trees{Bias: 3, Scale: 1, Trees: []Tree{stump()}}
	phi := []float64{10, 20}
	trees.SHAP([]float64{7, 0}, phi)
	if phi[0] != 12.25 || phi[1] != 20 {
		t.Errorf("%v", phi)
	}
}

func TestGaussLegendreIsExactUpToTwiceItsPoints(t *testing.T) {
	for n := 1; n <= 130; n++ {
		rule := gaussLegendre(n)
		for degree := range 2 * n {
			sum := 0.0
			for q, at := range rule.at {
				sum += rule.weight[q] * math.Pow(at, float64(degree))
			}
			if want := 1 / float64(degree+1); math.Abs(sum-want) > 1e-13 {
				t.Fatalf("%d points, degree %d: %v, want %v", n, degree, sum, want)
			}
		}
	}
}
