package scorer

import (
	"fmt"
	"math"
)

// Sizes of the rarer class from which a table can teach at all, and from which boosting is used.
const (
	LeastRare = 5
	ManyRare  = 300
)

// Part is one fitted learner of a model.
type Part struct {
	Name   string  `json:"name"`
	View   View    `json:"view"`
	Weight float64 `json:"weight"` // the weights of a model's parts add up to 1
	Linear *Linear `json:"linear,omitempty"`
	Trees  *Trees  `json:"trees,omitempty"`
}

// Margin returns the log-odds of a row in the part's view.
func (p *Part) Margin(row []float64) float64 {
	if p.Linear != nil {
		return p.Linear.Margin(row)
	}
	return p.Trees.Margin(row)
}

// SHAP adds to phi what each number of the row gives to the margin, measured from Expected.
func (p *Part) SHAP(row, phi []float64) {
	if p.Linear != nil {
		p.Linear.SHAP(row, phi)
	} else {
		p.Trees.SHAP(row, phi)
	}
}

// Expected is the margin that SHAP starts from.
func (p *Part) Expected() float64 {
	if p.Linear != nil {
		return p.Linear.Intercept
	}
	return p.Trees.Expected()
}

// fitted is what a learner leaves: *Linear, *Trees, or what is only compared.
type fitted interface {
	Margin(row []float64) float64
}

// learner fits numbers of one view to outcomes.
type learner struct {
	name   string
	view   View
	weight float64                                                                  // of its log-odds in the recipe's
	fit    func(m Matrix, y, w []float64, seed uint64, threads int) (fitted, error) // the same on any number of threads
}

// recipe is a list of learners whose log-odds are averaged by their weights, which add up to 1.
type recipe struct {
	name     string
	learners []learner
}

// recipeFor chooses by the size of the rarer class, never by which did better: at these sizes the comparison is noise.
func recipeFor(rare int) recipe {
	switch {
	case rare < LeastRare:
		return recipe{name: "base rate"}
	case rare < ManyRare:
		return recipe{"ridge logistic and additive forest, 1 to 2", []learner{
			{"logistic", LinearView, 1. / 3, fitRidge}, {"forest", TreeView, 2. / 3, fitAdditive},
		}}
	}
	r := recipe{name: "boosting, 5 seeds"}
	for k := range 5 {
		r.learners = append(r.learners, learner{fmt.Sprintf("boosting %d", k+1), TreeView, 1. / 5, fitBoosting})
	}
	return r
}

func fitRidge(m Matrix, y, w []float64, _ uint64, _ int) (fitted, error) {
	return FitLogistic(m, y, w, 0.1)
}

// The chance in a forest of 100 trees still costs .001 of log loss in tables of 500 rows.
func fitAdditive(m Matrix, y, w []float64, seed uint64, threads int) (fitted, error) {
	leaf := int(math.Ceil(1 / rareShare(y, w)))
	return FitAdditiveForest(m, y, w, ForestOptions{Trees: 300, Depth: 10, MinLeaf: leaf, Seed: seed, Threads: threads}), nil
}

func fitBoosting(m Matrix, y, w []float64, seed uint64, _ int) (fitted, error) {
	return FitBoost(m, y, w, BoostOptions{
		Trees: 200, Depth: 4, Rate: 0.05, MinChildWeight: 5, RowSample: 0.8, ColumnSample: 0.8, Lambda: 5, Seed: seed,
	}), nil
}

// part makes a part of a model of what the learner left.
func (l *learner) part(f fitted) Part {
	p := Part{Name: l.name, View: l.view, Weight: l.weight}
	p.Linear, _ = f.(*Linear)
	p.Trees, _ = f.(*Trees)
	return p
}

// rareShare is the weighted share of the rarer class.
func rareShare(y, w []float64) float64 {
	p := baseRate(y, w)
	return min(p, 1-p)
}
