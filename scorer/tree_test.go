package scorer

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// stump is a split of feature 0 at 5 with missing values on the left.
func stump() Tree {
	return Tree{
		{Feature: 0, Threshold: 5, MissingLeft: true, Left: 1, Right: 2, Cover: 4},
		{Value: -1, Cover: 3},
		{Value: 2, Cover: 1},
	}
}

// anyTree draws a tree that splits features below n, the same ones again and again if it is deep, with covers that may be 0.
func anyTree(t *rapid.T, n, depth int) Tree {
	var tree Tree
	var node func(depth int) int32
	node = func(depth int) int32 {
		at := int32(len(tree))
		cover := float64(rapid.IntRange(0, 9).Draw(t, "cover"))
		if depth == 0 || rapid.IntRange(0, 5).Draw(t, "leaf") == 0 {
			tree = append(tree, Node{Value: rapid.Float64Range(-3, 3).Draw(t, "value"), Cover: cover})
			return at
		}
		tree = append(tree, Node{
			Feature:   int32(rapid.IntRange(0, n-1).Draw(t, "feature")),
			Threshold: float64(rapid.IntRange(-2, 2).Draw(t, "threshold")), MissingLeft: rapid.Bool().Draw(t, "missing left"),
			Cover: cover,
		})
		left := node(depth - 1)
		right := node(depth - 1)
		tree[at].Left, tree[at].Right = left, right
		return at
	}
	node(depth)
	return tree
}

func anyTrees(t *rapid.T, n int) *Trees {
	trees := &Trees{Bias: rapid.Float64Range(-2, 2).Draw(t, "bias"), Scale: rapid.Float64Range(-1, 1).Draw(t, "scale")}
	for range rapid.IntRange(0, 3).Draw(t, "trees") {
		trees.Trees = append(trees.Trees, anyTree(t, n, rapid.IntRange(0, 6).Draw(t, "depth")))
	}
	return trees
}

func anyRow(t *rapid.T, n int) []float64 {
	row := make([]float64, n)
	for j := range row {
		row[j] = float64(rapid.IntRange(-3, 3).Draw(t, "x"))
		if row[j] == 3 {
			row[j] = math.NaN()
		}
	}
	return row
}

func TestMarginGoesLeftBelowTheThreshold(t *testing.T) {
	trees := &Trees{Bias: 0.5, Scale: 2, Trees: []Tree{stump(), {{Value: 0.25}}}}
	right := stump()
	right[0].MissingLeft = false
	missingRight := &Trees{Scale: 1, Trees: []Tree{right}}
	known := stump()
	known[0].Threshold, known[0].MissingLeft = math.MaxFloat64, false
	present := &Trees{Scale: 1, Trees: []Tree{known}}
	for _, tt := range []struct {
		name  string
		trees *Trees
		x     float64
		want  float64
	}{
		{"below", trees, 4.9, 0.5 + 2*(-1+0.25)},
		{"at", trees, 5, 0.5 + 2*(2+0.25)},
		{"above", trees, math.Inf(1), 0.5 + 2*(2+0.25)},
		{"far below", trees, math.Inf(-1), 0.5 + 2*(-1+0.25)},
		{"missing, left", trees, math.NaN(), 0.5 + 2*(-1+0.25)},
		{"missing, right", missingRight, math.NaN(), 2},
		{"known or not: known", present, 1e300, -1},
		{"known or not: missing", present, math.NaN(), 2},
	} {
		if got := tt.trees.Margin([]float64{tt.x}); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if got, want := trees.Expected(), 0.5+2*(-0.25+0.25); got != want {
		t.Errorf("expected %v, want %v", got, want)
	}
}

func TestMarginIsTheSumOfTheLeavesOfEachTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(t, "features")
		trees, row := anyTrees(t, n), anyRow(t, n)
		if err := trees.Check(n); err != nil {
			t.Fatal(err)
		}
		want := 0.0
		for _, tree := range trees.Trees {
			want += tree.Leaf(row)
		}
		want = trees.Bias + trees.Scale*want
		if got := trees.Margin(row); got != want {
			t.Errorf("%v, the leaves say %v", got, want)
		}
	})
}

func TestTreesReadBackBitByBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trees := anyTrees(t, 4)
		text, err := json.Marshal(trees)
		if err != nil {
			t.Fatal(err)
		}
		var back Trees
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(&back)
		if err != nil || !bytes.Equal(text, again) {
			t.Errorf("%s\n%s\n%v", text, again, err)
		}
		row := anyRow(t, 4)
		if trees.Margin(row) != back.Margin(row) || trees.Expected() != back.Expected() {
			t.Error("what is read back gives other margins")
		}
	})
}

func TestTreeJSONIsAListForEachField(t *testing.T) {
	text, err := json.Marshal(stump())
	want := `{"feature":[0,0,0],"threshold":[5,0,0],"missing_left":[1,0,0],"left":[1,0,0],"right":[2,0,0],"value":[0,-1,2],"cover":[4,3,1]}`
	if err != nil || string(text) != want {
		t.Errorf("%s %v", text, err)
	}
	var tree Tree
	if err := json.Unmarshal([]byte(strings.Replace(want, "[4,3,1]", "[4,3]", 1)), &tree); err == nil {
		t.Error("lists of different lengths were read")
	}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	with := func(change func(Tree)) *Trees {
		tree := stump()
		change(tree)
		return &Trees{Scale: 1, Trees: []Tree{stump(), tree}}
	}
	var chain Tree
	for i := range int32(maxDepth + 1) {
		chain = append(chain, Node{Left: 2*i + 1, Right: 2*i + 2}, Node{})
		chain[2*i].Left, chain[2*i].Right = 2*i+1, 2*i+2
	}
	chain = append(chain, Node{})
	for _, tt := range []struct {
		name  string
		trees *Trees
		want  string
	}{
		{"good", with(func(Tree) {}), ""},
		{"no nodes", &Trees{Trees: []Tree{{}}}, "tree 0: no nodes"},
		{"bias", &Trees{Bias: math.NaN()}, "not finite"},
		{"scale", &Trees{Scale: math.Inf(1)}, "not finite"},
		{"feature too high", with(func(t Tree) { t[0].Feature = 1 }), "tree 1: node 0: feature 1 of 1"},
		{"feature negative", with(func(t Tree) { t[0].Feature = -1 }), "node 0: feature -1 of 1"},
		{"cycle", with(func(t Tree) { t[1].Left, t[1].Right = 1, 2 }), "node 1: child 1 is not after it"},
		{"back to the root", with(func(t Tree) { t[1].Left, t[1].Right = 2, 0 }), "another parent"},
		{"only a right child", with(func(t Tree) { t[0].Left = 0 }), "child 0 is not after it"},
		{"out of range", with(func(t Tree) { t[0].Right = 3 }), "child 3 is not after it in 3 nodes"},
		{"two parents", with(func(t Tree) { t[0].Right = 1 }), "child 1 has another parent"},
		{"no parent", with(func(t Tree) { t[0].Left, t[0].Right = 0, 0 }), "node 1: no parent"},
		{"threshold", with(func(t Tree) { t[0].Threshold = math.NaN() }), "not finite"},
		{"value", with(func(t Tree) { t[2].Value = math.Inf(-1) }), "not finite"},
		{"cover", with(func(t Tree) { t[2].Cover = -1 }), "cover -1 is negative"},
		{"too deep", &Trees{Trees: []Tree{chain}}, "more than 256 splits"},
	} {
		err := tt.trees.Check(1)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestFeaturesIsTheLastThatIsSplit(t *testing.T) {
	trees := &Trees{Trees: []Tree{stump(), {{Feature: 6, Left: 1, Right: 2}, {Feature: 9}, {}}}}
	if got := trees.Features(); got != 7 {
		t.Errorf("%d", got)
	}
}
