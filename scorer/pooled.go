package scorer

// pooled are the rows that were tested, in the order of the splits, with what was said about them.
type pooled struct {
	margin, base, y, w []float64
	folds              [][]int // places in the slices above
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
}

// crossFitted returns the margins, each calibrated by a line that was fitted on the other folds.
func (p *pooled) crossFitted(centre float64) []float64 {
	out := make([]float64, len(p.margin))
	for f, fold := range p.folds {
		var others []int
		for g, rows := range p.folds {
			if g != f {
				others = append(others, rows...)
			}
		}
		c := FitCalibration(pick(p.margin, others), pick(p.y, others), pick(p.w, others), centre)
		for _, i := range fold {
			out[i] = c.LogOdds(p.margin[i])
		}
	}
	return out
}
