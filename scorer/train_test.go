package scorer

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

func trainedFile(t testing.TB, d Data, o TrainOptions) string {
	m, err := Train(context.Background(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	file, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return string(file)
}

// Rows of weight 0 have another number, another level and another outcome than all others: whoever looks at them shows it.
func TestRowsThatWeighNothingTeachNothing(t *testing.T) {
	d := dataOf(t, someTable(80, 7), "sold", 2)
	for i := range d.W {
		d.W[i] = 1 + float64(i%3)
	}
	folds := StratifiedFolds(d.Y, 3, 1)
	want := trainedFile(t, d, TrainOptions{Splits: SplitsOf(folds)})
	more := Data{Seed: d.Seed, Frame: Frame{Rows: d.Frame.Rows + 9, Series: append([]Series(nil), d.Frame.Series...)}}
	for j, s := range d.Frame.Series {
		for range 9 {
			s.Cells = append(s.Cells, Cell{Number: 1e6, Text: "castle"})
		}
		more.Frame.Series[j] = s
	}
	more.Y, more.W = append(d.Y, ones(9)...), append(d.W, make([]float64, 9)...)
	got := trainedFile(t, more, TrainOptions{Splits: SplitsOf(append(folds, 0, 1, 2, 0, 1, 2, 0, 1, -1))})
	if got != want {
		t.Error("they changed the model")
	}
}

func TestTheUnitOfWeightsDoesNotMatter(t *testing.T) {
	d := dataOf(t, someTable(80, 7), "sold", 2)
	for i := range d.W {
		d.W[i] = 1 + float64(i%3)
	}
	want := trainedFile(t, d, TrainOptions{})
	for i := range d.W {
		d.W[i] *= 1024 // so that no rounding differs
	}
	if trainedFile(t, d, TrainOptions{}) != want {
		t.Error("weights of another unit give another model")
	}
}

func TestWhatCannotBeTrainedIsSaid(t *testing.T) {
	d := dataOf(t, someTable(40, 7), "sold", 2)
	none := make([]int, 40)
	for i := range none {
		none[i] = -1
	}
	if _, err := Train(context.Background(), d, TrainOptions{Splits: []Split{}}); err == nil {
		t.Error("no fold is an error")
	}
	if len(SplitsOf(none)) != 0 {
		t.Error("rows in no fold are tested")
	}
	d.W = make([]float64, 40)
	if _, err := Train(context.Background(), d, TrainOptions{}); err == nil || err.Error() != "there are no rows to learn from" {
		t.Errorf("nothing weighs anything: %v", err)
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Train(canceled, dataOf(t, someTable(40, 7), "sold", 2), TrainOptions{}); err != context.Canceled {
		t.Errorf("canceled: %v", err)
	}
}

// A fold whose training rows all have one outcome has a base rate that is not 0, so that the gate has something to beat.
func TestFoldsOfOneOutcomeAreJudgedAgainstASmoothedBase(t *testing.T) {
	d := dataOf(t, someTable(60, 3), "sold", 2)
	folds := make([]int, len(d.Y))
	for i, y := range d.Y {
		folds[i] = int(y)
	}
	m, err := Train(context.Background(), d, TrainOptions{Splits: SplitsOf(folds)})
	if err != nil {
		t.Fatal(err)
	}
	if g := m.Report.Gate; g.Passed || !(g.Base > 1 && g.Base < 10) || !finite(g.LogLoss) {
		t.Errorf("%+v", g)
	}
}

// Each row of chance stands there twice. Whoever tests a row by a model that has seen its copy finds a model that knows all.
func TestCopiesOfARowAreInOneFold(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	d := Data{Frame: Frame{Rows: 120, Series: []Series{{Name: "x", Kind: Number}, {Name: "c", Kind: Category}}}, W: ones(120), Seed: 1}
	for i := range 60 {
		for range 2 {
			d.Y = append(d.Y, flag(i%4 == 0))
		}
		x, c := Cell{Number: random.Float64()}, Cell{Text: string(rune('a' + random.IntN(8)))}
		d.Frame.Series[0].Cells = append(d.Frame.Series[0].Cells, x, x)
		d.Frame.Series[1].Cells = append(d.Frame.Series[1].Cells, c, c)
	}
	folds := StratifiedFolds(d.Y, 5, 1)
	if copies := d.together(folds); copies != 60 {
		t.Errorf("%d copies", copies)
	}
	for i := 0; i < len(folds); i += 2 {
		if folds[i] != folds[i+1] {
			t.Fatalf("rows %d and %d are in folds %d and %d", i, i+1, folds[i], folds[i+1])
		}
	}
	m, err := Train(context.Background(), d, TrainOptions{Alone: true})
	if err != nil || m.Report.Copies != 60 || m.Report.Gate.Passed {
		t.Errorf("%+v %v", m.Report, err)
	}
	// Another outcome makes no copy; nor are rows copies that can say little.
	d.Y[1] = 1 - d.Y[1]
	if copies := d.together(folds); copies != 59 {
		t.Errorf("%d copies, one of other outcome", copies)
	}
	few := Data{Frame: d.Frame.Take([]int{0, 0, 0, 1, 1}), Y: make([]float64, 5)}
	dealt := []int{0, 1, 2, 3, 4}
	if copies := few.together(dealt); copies != 0 || dealt[1] != 1 {
		t.Errorf("%d copies, folds %v", copies, dealt)
	}
}

func TestFoldsDealEachOutcomeEvenly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y := rapid.SliceOfN(rapid.SampledFrom([]float64{0, 1}), 2, 60).Draw(t, "y")
		k := rapid.IntRange(2, 6).Draw(t, "k")
		counts := map[[2]int]int{}
		sizes := make([]int, k)
		for i, fold := range StratifiedFolds(y, k, rapid.Uint64().Draw(t, "seed")) {
			counts[[2]int{fold, int(y[i])}]++
			sizes[fold]++
		}
		for fold := range k {
			for other := range k {
				if sizes[fold]-sizes[other] > 1 || counts[[2]int{fold, 1}]-counts[[2]int{other, 1}] > 1 {
					t.Fatalf("folds of %v rows, %v by outcome", sizes, counts)
				}
			}
		}
	})
}

// Of a calibration, the base of a fold's own model is taken off: margins that say no more than their base rate teach nothing.
func TestCalibrationLooksAtWhatIsBeyondTheBaseOfAFold(t *testing.T) {
	d := &Data{Y: []float64{1, 0, 0, 0, 1, 1, 0, 0}, W: ones(8)}
	var p pooled
	for _, s := range SplitsOf([]int{0, 0, 0, 0, 1, 1, 1, 1}) {
		base := logOdds(baseRate(pick(d.Y, s.Train), ones(4)))
		p.add(d, s, []float64{base, base, base, base})
	}
	for _, m := range p.centred(-0.5) {
		if m != -0.5 {
			t.Errorf("%v", m)
		}
	}
	if c := p.calibration(p.centred(-0.5), p.all(), -0.5); c.Slope != 1 {
		t.Errorf("slope %v", c.Slope)
	}
	// Two folds of four rows, each tested by a model of four: a row counts 1/(1 + 1 + 1).
	want := FitCalibration(p.centred(-0.5), p.y, []float64{1. / 3, 1. / 3, 1. / 3, 1. / 3, 1. / 3, 1. / 3, 1. / 3, 1. / 3}, -0.5)
	if c := p.calibration(p.centred(-0.5), p.all(), -0.5); c != want {
		t.Errorf("%+v, want %+v", c, want)
	}
}

// Measures of scores do not depend on the order of rows, and a row of weight two is the row twice.
func TestMeasuresTakeRowsInAnyOrderAndByWeight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 30).Draw(t, "rows")
		var p, y, w, p2, y2, w2 []float64
		for i := range n {
			x := float64(rapid.IntRange(1, 9).Draw(t, "p")) / 10
			outcome, weight := float64(rapid.IntRange(0, 1).Draw(t, "y")), rapid.IntRange(1, 3).Draw(t, "w")
			if i < 2 {
				outcome = float64(i)
			}
			p, y, w = append(p, x), append(y, outcome), append(w, float64(weight))
			for range weight {
				p2, y2, w2 = append(p2, x), append(y2, outcome), append(w2, 1)
			}
		}
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 0)).Shuffle(len(p2), func(a, b int) {
			p2[a], p2[b] = p2[b], p2[a]
			y2[a], y2[b] = y2[b], y2[a]
		})
		for name, of := range map[string]func(p, y, w []float64) float64{
			"AUC":      func(p, y, w []float64) float64 { return AUCOf(p, y, w).Value },
			"log loss": LogLoss,
			"Brier":    Brier,
			"lift":     func(p, y, w []float64) float64 { return Lift(p, y, w, 0.3) },
			"ECE of a bin": func(p, y, w []float64) float64 {
				return CalibrationError(p, y, w, 1)
			},
		} {
			if a, b := of(p, y, w), of(p2, y2, w2); math.Abs(a-b) > 1e-9 {
				t.Errorf("%s is %v, of rows repeated and shuffled %v", name, a, b)
			}
		}
	})
}

// The server trains with one worker beside its own work.
func TestOneWorkerFitsOnOneThread(t *testing.T) {
	d := dataOf(t, someTable(60, 1), "sold", 3)
	training, err := newTraining(d, TrainOptions{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	var most, fits int
	spied := learner{"spied", TreeView, 1, func(m Matrix, y, w []float64, seed uint64, threads int) (fitted, error) {
		most, fits = max(most, threads), fits+1
		return fitAdditive(m, y, w, seed, threads)
	}}
	training.recipe = recipe{"spied", []learner{spied}}
	if err := training.validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := training.fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if most != 1 || fits != 6 {
		t.Errorf("%d fits, on %d threads", fits, most)
	}
	var running, together atomic.Int32
	onThreads(1, 50, func(int) {
		if running.Add(1) > 1 {
			together.Store(1)
		}
		runtime.Gosched()
		running.Add(-1)
	})
	if together.Load() != 0 {
		t.Error("one thread does two things at a time")
	}
}
