package scorer

// Report is what a training found. Figures are weighted; those of a validation are of rows that the model did not see.
type Report struct {
	Rows        int         `json:"rows"`                 // with a weight above 0
	Unlabelled  int         `json:"unlabelled,omitempty"` // rows that were left out because they have no outcome
	Copies      int         `json:"copies,omitempty"`     // rows that say the same as an earlier one, and share its fold
	Wins        int         `json:"wins"`
	BaseRate    float64     `json:"base_rate"`
	Recipe      string      `json:"recipe"`
	Gate        Gate        `json:"gate"`
	Sufficiency Sufficiency `json:"sufficiency"`
	Validation  *Validation `json:"validation,omitempty"`
	Comparison  *Comparison `json:"comparison,omitempty"`
	Calibration Calibration `json:"calibration"`
	Columns     []ColumnUse `json:"columns"`
}

// ColumnUse is how a column is used.
type ColumnUse struct {
	Name   string `json:"name"`
	Kind   Kind   `json:"kind"`
	Why    string `json:"why,omitempty"`
	Levels int    `json:"levels,omitempty"`
}

// Figures are measures of probabilities against outcomes. Those that do not exist, because one class is missing, are null.
type Figures struct {
	Rows    int      `json:"rows"`
	AUC     *float64 `json:"auc"`
	LogLoss *float64 `json:"log_loss"`
	Brier   *float64 `json:"brier"`
}

// Validation is how the recipe did on rows that it was not fitted on, calibrated by the other folds.
type Validation struct {
	Mean                Figures    `json:"mean"` // of the folds' figures
	Folds               []Figures  `json:"folds"`
	Pooled              Figures    `json:"pooled"` // of all rows together
	AUCInterval         [2]float64 `json:"auc_interval"`
	BaseLogLoss         float64    `json:"base_log_loss"`
	ECE                 float64    `json:"calibration_error"` // 10 bins of equal count
	Slope               float64    `json:"calibration_slope"`
	Shift               float64    `json:"calibration_shift"`
	LiftAtTen           float64    `json:"lift_at_10_percent"`
	UncalibratedLogLoss float64    `json:"uncalibrated_log_loss"`
}

func newReport(m *Model, rows, wins int) *Report {
	r := &Report{Rows: rows, Wins: wins, BaseRate: m.BaseRate, Sufficiency: sufficiencyOf(rows, wins, Gate{})}
	for _, c := range m.Columns {
		r.Columns = append(r.Columns, ColumnUse{c.Name, c.Kind, c.Why, len(c.Levels)})
	}
	return r
}

func figuresOf(margin, y, w []float64) Figures {
	p := make([]float64, len(margin))
	for i, m := range margin {
		p[i] = sigmoid(m)
	}
	loss := weightedMean(w, func(i int) float64 { return marginLoss(margin[i], y[i]) })
	return Figures{len(y), number64(AUCOf(margin, y, w).Value), number64(loss), number64(Brier(p, y, w))}
}

// number64 returns nil for what JSON cannot hold.
func number64(x float64) *float64 {
	if !finite(x) {
		return nil
	}
	return &x
}

// meanFigures is the mean of folds, each measure over the folds that have it.
func meanFigures(folds []Figures) (mean Figures) {
	of := func(get func(*Figures) *float64) *float64 {
		sum, n := 0.0, 0.0
		for i := range folds {
			if x := get(&folds[i]); x != nil {
				sum, n = sum+*x, n+1
			}
		}
		return number64(sum / n)
	}
	for _, f := range folds {
		mean.Rows += f.Rows
	}
	mean.AUC = of(func(f *Figures) *float64 { return f.AUC })
	mean.LogLoss = of(func(f *Figures) *float64 { return f.LogLoss })
	mean.Brier = of(func(f *Figures) *float64 { return f.Brier })
	return mean
}

func validationOf(p *pooled, judged []float64) *Validation {
	v := &Validation{Pooled: figuresOf(judged, p.y, p.w)}
	for _, fold := range p.folds {
		v.Folds = append(v.Folds, figuresOf(pick(judged, fold), pick(p.y, fold), pick(p.w, fold)))
	}
	v.Mean = meanFigures(v.Folds)
	auc := AUCOf(judged, p.y, p.w)
	v.AUCInterval = [2]float64{auc.Low, auc.High}
	v.BaseLogLoss = *figuresOf(p.base, p.y, p.w).LogLoss
	v.UncalibratedLogLoss = *figuresOf(p.margin, p.y, p.w).LogLoss
	probabilities := make([]float64, len(judged))
	for i, m := range judged {
		probabilities[i] = sigmoid(m)
	}
	v.ECE = CalibrationError(probabilities, p.y, p.w, 10)
	v.Slope, v.Shift = CalibrationSlope(judged, p.y, p.w)
	v.LiftAtTen = Lift(judged, p.y, p.w, 0.1)
	return v
}
