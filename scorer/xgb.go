package scorer

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// xgbModel is the part of XGBoost's JSON model format that matters here, the same from version 1.0 to 3:
// https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html. Settings are strings, nodes are columns.
type xgbModel struct {
	Learner struct {
		FeatureNames []string `json:"feature_names"`
		Param        struct {
			BaseScore  string `json:"base_score"`
			NumClass   string `json:"num_class"`
			NumFeature string `json:"num_feature"`
			NumTarget  string `json:"num_target"`
		} `json:"learner_model_param"`
		Objective struct {
			Name string `json:"name"`
		} `json:"objective"`
		Booster struct {
			Name  string `json:"name"`
			Model struct {
				Trees []xgbTree `json:"trees"`
			} `json:"model"`
		} `json:"gradient_booster"`
	} `json:"learner"`
}

type xgbTree struct {
	Left        []int32   `json:"left_children"`
	Right       []int32   `json:"right_children"`
	Feature     []int32   `json:"split_indices"`
	Condition   []float64 `json:"split_conditions"` // the value of a leaf
	DefaultLeft []xgbBool `json:"default_left"`
	Cover       []float64 `json:"sum_hessian"`
	Kind        []int32   `json:"split_type"` // 1: by category
}

// xgbBool is 0 or 1 since version 1.4, false or true before.
type xgbBool bool

func (b *xgbBool) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case "1", "true":
		*b = true
	case "0", "false":
		*b = false
	default:
		return fmt.Errorf("default_left: %.20s", text)
	}
	return nil
}

// ReadXGBoost reads a model saved by XGBoost as JSON, and its features' names if it has them. It takes all of its trees,
// also those after the best iteration. Models other than binary:logistic made of trees with numeric splits are refused.
//
// XGBoost compares in float32. The thresholds are moved to where the same comparison in float64 has the same outcome for
// every float64, so that values right at a threshold, which are common, go the same way.
func ReadXGBoost(b []byte) (*Trees, []string, error) {
	trees, names, _, err := readXGBoost(b)
	return trees, names, err
}

// readXGBoost also returns how many features the model has.
func readXGBoost(b []byte) (out *Trees, names []string, n int, err error) {
	var m xgbModel
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, nil, 0, fmt.Errorf("not an XGBoost JSON model: %w", err)
	}
	l := &m.Learner
	if l.Objective.Name != "binary:logistic" {
		return nil, nil, 0, fmt.Errorf("objective %q: only binary:logistic is supported", l.Objective.Name)
	}
	if l.Booster.Name != "gbtree" {
		return nil, nil, 0, fmt.Errorf("booster %q: only gbtree is supported", l.Booster.Name)
	}
	if c := l.Param.NumClass; c != "" && c != "0" && c != "1" {
		return nil, nil, 0, fmt.Errorf("num_class %q: only one output is supported", c)
	}
	if c := l.Param.NumTarget; c != "" && c != "0" && c != "1" {
		return nil, nil, 0, fmt.Errorf("num_target %q: only one output is supported", c)
	}
	features, err := strconv.ParseInt(l.Param.NumFeature, 10, 32)
	if err != nil || features < 0 {
		return nil, nil, 0, fmt.Errorf("num_feature %q: not a number of features", l.Param.NumFeature)
	}
	if n := len(l.FeatureNames); n > 0 && n != int(features) {
		return nil, nil, 0, fmt.Errorf("%d feature names for %d features", n, features)
	}
	p, err := strconv.ParseFloat(strings.Trim(l.Param.BaseScore, "[]"), 64) // in brackets since 3.1
	if err != nil || !(p > 0 && p < 1) {
		return nil, nil, 0, fmt.Errorf("base_score %q: not a probability", l.Param.BaseScore)
	}
	out = &Trees{Bias: logOdds(p), Scale: 1, Trees: make([]Tree, 0, len(l.Booster.Model.Trees))}
	for i := range l.Booster.Model.Trees {
		tree, err := l.Booster.Model.Trees[i].tree()
		if err != nil {
			return nil, nil, 0, fmt.Errorf("tree %d: %w", i, err)
		}
		out.Trees = append(out.Trees, tree)
	}
	if err := out.Check(int(features)); err != nil {
		return nil, nil, 0, err
	}
	return out, l.FeatureNames, int(features), nil
}

// tree returns the nodes that can be reached, each after its parent. XGBoost keeps pruned nodes and reuses their places.
func (x *xgbTree) tree() (Tree, error) {
	n := len(x.Left)
	if n == 0 || len(x.Right) != n || len(x.Feature) != n || len(x.Condition) != n || len(x.DefaultLeft) != n || len(x.Cover) != n {
		return nil, fmt.Errorf("columns of different lengths, the first of %d", n)
	}
	for i, kind := range x.Kind {
		if kind != 0 {
			return nil, fmt.Errorf("node %d: splits by category are not supported", i)
		}
	}
	type link struct {
		from int32 // in x
		into int32 // parent in the new tree, −1 for the root
		left bool
	}
	var t Tree
	seen := make([]bool, n)
	for todo := []link{{0, -1, false}}; len(todo) > 0; {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		i := next.from
		if i < 0 || int(i) >= n || seen[i] {
			return nil, fmt.Errorf("node %d is no tree's: there are %d, each the child of one", i, n)
		}
		seen[i] = true
		at := int32(len(t))
		if next.into >= 0 {
			if next.left {
				t[next.into].Left = at
			} else {
				t[next.into].Right = at
			}
		}
		if x.Left[i] == -1 {
			t = append(t, Node{Value: float64(float32(x.Condition[i])), Cover: x.Cover[i]})
			continue
		}
		t = append(t, Node{
			Feature: x.Feature[i], Threshold: below32(x.Condition[i]), MissingLeft: bool(x.DefaultLeft[i]), Cover: x.Cover[i],
		})
		todo = append(todo, link{x.Right[i], at, false}, link{x.Left[i], at, true})
	}
	return t, nil
}

// below32 returns t such that x < t if and only if float32(x) < float32(c): the middle between that float32 and the one
// before it, or the next float64 if the middle itself rounds down to even.
func below32(c float64) float64 {
	above := float32(c)
	below := math.Nextafter32(above, float32(math.Inf(-1)))
	middle := (float64(above) + float64(below)) / 2
	if float32(middle) < above {
		return math.Nextafter(middle, math.Inf(1))
	}
	return middle
}
