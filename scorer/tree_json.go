package scorer

import (
	"encoding/json"
	"errors"
)

// treeColumns is a tree in JSON: a list for each field of its nodes, with a place for each node, the root first.
//
//	{"feature":[8,0,0],"threshold":[0.94,0,0],"missing_left":[1,0,0],"left":[1,0,0],"right":[2,0,0],
//	 "value":[0,-1.2,0.7],"cover":[9864,8431,1433]}
//
// A node whose left is 0 is a leaf. A row goes left if its value of the feature, counted from 0, is below the threshold,
// or if it has none and missing_left is 1; else right. Numbers are written so that they read back bit by bit.
type treeColumns struct {
	Feature     []int32   `json:"feature"`
	Threshold   []float64 `json:"threshold"`
	MissingLeft []int     `json:"missing_left"`
	Left        []int32   `json:"left"`
	Right       []int32   `json:"right"`
	Value       []float64 `json:"value"`
	Cover       []float64 `json:"cover"`
}

// MarshalJSON writes a list for each field of the nodes, less than half as long as an object for each node.
func (t Tree) MarshalJSON() ([]byte, error) {
	c := treeColumns{
		make([]int32, len(t)), make([]float64, len(t)), make([]int, len(t)), make([]int32, len(t)), make([]int32, len(t)),
		make([]float64, len(t)), make([]float64, len(t)),
	}
	for i, n := range t {
		c.Feature[i], c.Threshold[i], c.Left[i], c.Right[i] = n.Feature, n.Threshold, n.Left, n.Right
		c.Value[i], c.Cover[i] = n.Value, n.Cover
		if n.MissingLeft {
			c.MissingLeft[i] = 1
		}
	}
	return json.Marshal(c)
}

// UnmarshalJSON reads what MarshalJSON writes. Whether the tree can be evaluated is for Check to say.
func (t *Tree) UnmarshalJSON(text []byte) error {
	var c treeColumns
	if err := json.Unmarshal(text, &c); err != nil {
		return err
	}
	n := len(c.Feature)
	for _, other := range []int{len(c.Threshold), len(c.MissingLeft), len(c.Left), len(c.Right), len(c.Value), len(c.Cover)} {
		if other != n {
			return errors.New("the lists of a tree differ in length")
		}
	}
	out := make(Tree, n)
	for i := range out {
		out[i] = Node{
			Feature: c.Feature[i], Threshold: c.Threshold[i], MissingLeft: c.MissingLeft[i] == 1,
			Left: c.Left[i], Right: c.Right[i], Value: c.Value[i], Cover: c.Cover[i],
		}
	}
	*t = out
	return nil
}
