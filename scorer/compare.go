package scorer

// Comparison is what the two learners of the product document would have given, and which of them it would have taken.
type Comparison struct {
	Forest   Figures `json:"random_forest"`     // 100 trees, depth 10, splits of 20 rows
	Boosting Figures `json:"gradient_boosting"` // 100 trees, depth 6, rate 0.1
	Picks    string  `json:"would_pick"`
}

// comparedLearners are the two of the product document. In a recipe they weigh nothing.
func comparedLearners() []learner {
	return []learner{{"random forest", TreeView, 0, fitForest}, {"gradient boosting", TreeView, 0, fitPlainBoosting}}
}

// forestMargin gives a random forest's probability as log-odds.
type forestMargin struct{ *ProbabilityForest }

// Margin returns the log-odds of a row.
func (f forestMargin) Margin(row []float64) float64 { return logOdds(f.P(row)) }

func fitForest(m Matrix, y, w []float64, seed uint64, threads int) (fitted, error) {
	return forestMargin{FitForest(m, y, w, ForestOptions{Trees: 100, Depth: 10, MinLeaf: 1, MinSplit: 20, Seed: seed, Threads: threads})}, nil
}

func fitPlainBoosting(m Matrix, y, w []float64, seed uint64, _ int) (fitted, error) {
	return FitBoost(m, y, w, BoostOptions{
		Trees: 100, Depth: 6, Rate: 0.1, MinChildWeight: 1, RowSample: 1, ColumnSample: 1, Lambda: 1, Seed: seed,
	}), nil
}

func comparisonOf(d *Data, splits []Split, margins [][][]float64) *Comparison {
	var of [2]Figures
	for l := range of {
		var folds []Figures
		for s, split := range splits {
			folds = append(folds, figuresOf(margins[l][s], pick(d.Y, split.Test), pick(d.W, split.Test)))
		}
		of[l] = meanFigures(folds)
	}
	c := &Comparison{Forest: of[0], Boosting: of[1], Picks: "gradient boosting"}
	if of[0].AUC != nil && of[1].AUC != nil && *of[0].AUC > *of[1].AUC {
		c.Picks = "random forest"
	}
	return c
}
