package scorer

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Data is what a model is trained on.
type Data struct {
	Frame Frame
	Y     []float64 // outcomes, 0 or 1
	W     []float64 // weights ≥ 0
	Seed  uint64
}

// TrainOptions are the settings of Train; the zero value trains by the defaults.
type TrainOptions struct {
	Splits  []Split                          // for cross-validation; nil for 5 stratified folds, in which copies of a row are together
	Gate    bool                             // a model that does not pass the gate becomes its base rate alone
	Alone   bool                             // nothing is compared with it
	Target  string                           // name of the outcome, for the file
	Workers int                              // how many threads fit at a time; nothing else depends on it
	Show    func(done, of int, doing string) // progress, if not nil
}

// defaultFolds is the number of folds of a cross-validation.
const defaultFolds = 5

// Train fits a model by the recipe for the size of the rarer class, calibrates and judges it out of fold, and reports.
// The same data, seed and splits give the same model.
func Train(ctx context.Context, d Data, o TrainOptions) (*Model, error) {
	t, err := newTraining(d, o)
	if err != nil {
		return nil, err
	}
	if len(t.recipe.learners) == 0 {
		t.report.Gate = Gate{Verdict: fmt.Sprintf("not passed: %s", t.report.Sufficiency.Needs)}
		return t.finish(t.model.baseRateAlone()), nil
	}
	if err := t.validate(ctx); err != nil {
		return nil, err
	}
	if o.Gate && !t.report.Gate.Passed {
		return t.finish(t.model.baseRateAlone()), nil
	}
	if err := t.fit(ctx); err != nil {
		return nil, err
	}
	return t.finish(t.model), nil
}

// training is one run of Train.
type training struct {
	*Data
	o      TrainOptions
	recipe recipe
	model  *Model
	report *Report
	done   int // fits
	of     int
}

// weighing returns the data without the rows that weigh nothing, so that nothing can be learnt from them, and the splits of
// what is left.
func (d Data) weighing(splits []Split) (Data, []Split) {
	var rows []int
	places := make([]int, len(d.W)) // in rows, −1 if left out
	for i, w := range d.W {
		if places[i] = -1; w > 0 {
			places[i] = len(rows)
			rows = append(rows, i)
		}
	}
	if len(rows) == len(d.W) {
		return d, splits
	}
	placed := func(of []int) (kept []int) {
		for _, i := range of {
			if places[i] >= 0 {
				kept = append(kept, places[i])
			}
		}
		return kept
	}
	var left []Split
	for _, s := range splits {
		if s := (Split{placed(s.Train), placed(s.Test)}); len(s.Train) > 0 && len(s.Test) > 0 {
			left = append(left, s)
		}
	}
	return Data{Frame: d.Frame.Take(rows), Y: pick(d.Y, rows), W: pick(d.W, rows), Seed: d.Seed}, left
}

func newTraining(d Data, o TrainOptions) (*training, error) {
	given := o.Splits != nil
	d, o.Splits = d.weighing(o.Splits)
	wins, rows := 0, len(d.W)
	total, won := 0.0, 0.0
	for i, w := range d.W {
		wins += int(d.Y[i])
		total += w
		won += w * d.Y[i]
	}
	switch {
	case rows == 0:
		return nil, errors.New("there are no rows to learn from")
	case given && len(o.Splits) == 0:
		return nil, errors.New("no fold has rows both to learn from and to test on")
	}
	rare := min(wins, rows-wins)
	base := won / total
	if rare < LeastRare { // too few to take the rate as it is: half a row of each outcome is added (Jeffreys)
		base = (won/total*float64(rows) + 0.5) / (float64(rows) + 1)
	}
	// Weights matter as ratios; as they are, penalties would depend on their unit.
	scaled := make([]float64, len(d.W))
	for i, w := range d.W {
		scaled[i] = w * float64(rows) / total
	}
	d.W = scaled
	t := &training{Data: &d, o: o, recipe: recipeFor(rare)}
	t.model = &Model{
		Format: ModelFormat, Target: o.Target, Recipe: t.recipe.name, Seed: d.Seed, BaseRate: base, Columns: FitEncoder(d.Frame),
		Calibration: Calibration{Centre: logOdds(base), Slope: 1},
	}
	t.report = newReport(t.model, rows, wins)
	if !given {
		folds := StratifiedFolds(d.Y, min(defaultFolds, max(2, rare)), d.Seed)
		t.report.Copies = d.together(folds)
		t.o.Splits = SplitsOf(folds)
	}
	t.of = (len(t.recipe.learners)+len(t.compared()))*len(t.o.Splits) + len(t.recipe.learners)
	return t, nil
}

func (t *training) compared() []learner {
	if t.o.Alone {
		return nil
	}
	return comparedLearners()
}

func (t *training) step(doing string) {
	t.done++
	if t.o.Show != nil {
		t.o.Show(t.done, t.of, doing)
	}
}

// fit fits the parts on all rows.
func (t *training) fit(ctx context.Context) error {
	all := Split{Train: make([]int, t.Frame.Rows)}
	for i := range all.Train {
		all.Train[i] = i
	}
	views := t.fold(all)
	for l, learn := range t.recipe.learners {
		if err := ctx.Err(); err != nil {
			return err
		}
		model, err := learn.fit(views.train[learn.view], t.Y, t.W, t.Seed+uint64(l), max(1, t.o.Workers))
		if err != nil {
			return err
		}
		t.model.Parts = append(t.model.Parts, learn.part(model))
		t.step("fitting on all rows")
	}
	return nil
}

func (t *training) finish(m *Model) *Model {
	t.report.Recipe, t.report.Calibration = m.Recipe, m.Calibration
	m.Report = t.report
	m.prepare()
	return m
}

// validate fits out of fold, calibrates, judges, and reports.
func (t *training) validate(ctx context.Context) error {
	learners := append(t.recipe.learners[:len(t.recipe.learners):len(t.recipe.learners)], t.compared()...)
	margins, err := outOfFold(ctx, t.Data, learners, t.o.Splits, t.o.Workers, func() { t.step("cross-validation") })
	if err != nil {
		return err
	}
	var p pooled
	for s, split := range t.o.Splits {
		mean := make([]float64, len(split.Test))
		for l, learn := range t.recipe.learners {
			for k, m := range margins[l][s] {
				mean[k] += learn.weight * m
			}
		}
		p.add(t.Data, split, mean)
	}
	centre := t.model.Calibration.Centre
	centred := p.centred(centre)
	c := p.calibration(centred, p.all(), centre)
	c.Between = betweenFolds(&c, centred, p.y, p.w, p.folds)
	if !finite(c.Slope) || !finite(c.Shift) || math.IsNaN(c.Between) {
		return errors.New("the calibration did not converge")
	}
	t.model.Calibration = c
	judged := p.crossFitted(centre)
	t.report.Gate = gateOf(judged, p.base, p.y, p.w, p.parts)
	t.report.Sufficiency = sufficiencyOf(t.report.Rows, t.report.Wins, t.report.Gate)
	t.report.Validation = validationOf(&p, judged)
	if !t.o.Alone {
		t.report.Comparison = comparisonOf(t.Data, t.o.Splits, margins[len(t.recipe.learners):])
	}
	return nil
}
