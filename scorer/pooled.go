package scorer

// pooled are the rows that were tested, in the order of the splits, with what was said about them.
type pooled struct {
	margin, base, y, w []float64 // base is the log-odds of the base rate of the rows that the margin's model was fitted on
	folds              [][]int   // places in the slices above
	parts              float64   // sum over the folds of tested rows by training rows
}

func (p *pooled) add(d *Data, s Split, margin []float64) {
	base := logOdds(baseRate(pick(d.Y, s.Train), pick(d.W, s.Train)))
	var fold []int
	for k, i := range s.Test {
		fold = append(fold, len(p.y))
		p.margin, p.base = append(p.margin, margin[k]), append(p.base, base)
		p.y, p.w = append(p.y, d.Y[i]), append(p.w, d.W[i])
	}
	p.folds = append(p.folds, fold)
	p.parts += float64(len(s.Test)) / float64(len(s.Train))
}

// calibration fits the line to some of the rows. Models of the folds share most of their rows, and with them their luck: where
// effects look larger than they are, both the fits and what is left out say so. So a tested row tells less than a fresh one:
// the variance of k folds is not 1/k but 1/k + tested/trained rows of that of one (Nadeau & Bengio, Machine Learning 52,
// 2003). Rows count 4/9 in five folds.
func (p *pooled) calibration(centred []float64, rows []int, centre float64) Calibration {
	w := pick(p.w, rows)
	for i := range w {
		w[i] /= 1 + p.parts
	}
	return FitCalibration(pick(centred, rows), pick(p.y, rows), w, centre)
}

// all are the places of all rows.
func (p *pooled) all() []int {
	rows := make([]int, len(p.y))
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// centred returns the margins as they would be had all models had the centre for their base. What is left out of a fold's
// training is in its test, so where the test has more wins than usual its model has a lower base: as they are, margins would
// make any slope look too steep.
func (p *pooled) centred(centre float64) []float64 {
	out := make([]float64, len(p.margin))
	for i, m := range p.margin {
		out[i] = centre + m - p.base[i]
	}
	return out
}

// crossFitted returns the margins, each calibrated around the base of its own model by a line that was fitted on the other
// folds: nothing of a fold's own outcomes is in them.
func (p *pooled) crossFitted(centre float64) []float64 {
	centred := p.centred(centre)
	out := make([]float64, len(p.margin))
	for f, fold := range p.folds {
		var others []int
		for g, rows := range p.folds {
			if g != f {
				others = append(others, rows...)
			}
		}
		c := p.calibration(centred, others, centre)
		for _, i := range fold {
			c.Centre = p.base[i]
			out[i] = c.LogOdds(p.margin[i])
		}
	}
	return out
}
