package scorer

import (
	"encoding/json"
	"errors"
	"fmt"
)

// ModelFormat is the version of the model file.
const ModelFormat = 1

// Model is a fitted model and its file, documented in docs/scoring.md:
//
//	margin     = Σ Parts[i].Weight · Parts[i].Margin(row in its view), or the calibration's centre without parts
//	logit p    = Centre + Slope · (margin − Centre) + Shift
type Model struct {
	Format      int         `json:"format"`
	Target      string      `json:"target,omitempty"`
	Recipe      string      `json:"recipe"`
	Seed        uint64      `json:"seed"`
	BaseRate    float64     `json:"base_rate"` // weighted, of the training rows
	Columns     Encoder     `json:"columns"`
	Parts       []Part      `json:"parts"`
	Calibration Calibration `json:"calibration"`
	Report      *Report     `json:"report,omitempty"`

	sources [2][]int // by view, as viewIndex says: the column of each number
	reads   [2]bool  // views that parts read
	bias    []float64
}

func viewIndex(v View) int {
	if v == LinearView {
		return 0
	}
	return 1
}

// prepare computes what predictions need besides the file.
func (m *Model) prepare() {
	for _, v := range []View{LinearView, TreeView} {
		m.sources[viewIndex(v)] = m.Columns.Sources(v)
	}
	m.bias = make([]float64, len(m.Parts))
	for i := range m.Parts {
		m.bias[i] = m.Parts[i].Expected()
		m.reads[viewIndex(m.Parts[i].View)] = true
	}
}

// baseRateAlone returns the model without its parts: every row has the base rate.
func (m *Model) baseRateAlone() *Model {
	alone := *m
	alone.Recipe, alone.Parts = recipeFor(0).name, nil
	alone.Calibration = Calibration{Centre: logOdds(m.BaseRate), Slope: 1}
	return &alone
}

// ParseModel reads a model file.
func ParseModel(b []byte) (*Model, error) {
	var m Model
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("not a model file: %w", err)
	}
	if m.Format != ModelFormat {
		return nil, fmt.Errorf("the model file has format %d, this program reads %d", m.Format, ModelFormat)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("the model file is wrong: %w", err)
	}
	m.prepare()
	return &m, nil
}

func (m *Model) check() error {
	if err := m.Columns.Check(); err != nil {
		return err
	}
	if c := m.Calibration; !finite(c.Centre) || !finite(c.Slope) || !finite(c.Shift) {
		return errors.New("the calibration is not finite")
	}
	for _, p := range m.Parts {
		var err error
		switch features := len(m.Columns.Sources(p.View)); {
		case p.View != LinearView && p.View != TreeView:
			err = fmt.Errorf("there is no view %q", p.View)
		case !finite(p.Weight):
			err = errors.New("its weight is not finite")
		case (p.Linear == nil) == (p.Trees == nil):
			err = errors.New("it must be either linear or trees")
		case p.Linear != nil:
			err = p.Linear.Check(features)
		default:
			err = p.Trees.Check(features)
		}
		if err != nil {
			return fmt.Errorf("part %q: %w", p.Name, err)
		}
	}
	return nil
}

// Scorer makes predictions of a model. It holds working memory: each goroutine needs its own.
type Scorer struct {
	m     *Model
	views [2][]float64
	phi   [2][]float64
}

// NewScorer returns a scorer of the model.
func (m *Model) NewScorer() *Scorer {
	s := &Scorer{m: m}
	for v, sources := range m.sources {
		s.phi[v] = make([]float64, len(sources))
	}
	return s
}

// Margin returns the pooled log-odds of a row, one cell a column, before calibration.
func (s *Scorer) Margin(row []Cell) float64 {
	if len(s.m.Parts) == 0 {
		return s.m.Calibration.Centre
	}
	s.encode(row)
	sum := 0.0
	for i := range s.m.Parts {
		p := &s.m.Parts[i]
		sum += p.Weight * p.Margin(s.views[viewIndex(p.View)])
	}
	return sum
}

func (s *Scorer) encode(row []Cell) {
	for _, v := range []View{LinearView, TreeView} {
		if !s.m.reads[viewIndex(v)] {
			continue
		}
		s.views[viewIndex(v)] = s.m.Columns.Append(s.views[viewIndex(v)][:0], v, row)
	}
}

// LogOdds returns the calibrated log-odds of a row.
func (s *Scorer) LogOdds(row []Cell) float64 { return s.m.Calibration.LogOdds(s.Margin(row)) }

// P returns the calibrated probability of a row.
func (s *Scorer) P(row []Cell) float64 { return sigmoid(s.LogOdds(row)) }

// Interval returns the bounds of the rate of rows scored like this one.
func (s *Scorer) Interval(row []Cell) Interval { return s.m.Calibration.Interval(s.Margin(row)) }

// Reasons puts into phi, which has a place for each column, how much the column moved the log-odds, and returns what they
// start from: bias + Σ phi is LogOdds(row) but for rounding. What a column gives through several numbers is added up.
func (s *Scorer) Reasons(row []Cell, phi []float64) (bias float64) {
	clear(phi)
	c := &s.m.Calibration
	if len(s.m.Parts) == 0 {
		return c.LogOdds(c.Centre)
	}
	s.encode(row)
	margin := 0.0
	for i := range s.m.Parts {
		p := &s.m.Parts[i]
		v := viewIndex(p.View)
		clear(s.phi[v])
		p.SHAP(s.views[v], s.phi[v])
		margin += p.Weight * s.m.bias[i]
		for j, source := range s.m.sources[v] {
			phi[source] += c.Slope * p.Weight * s.phi[v][j]
		}
	}
	return c.LogOdds(margin)
}

// LeadScore returns 100 σ(logit p − logit π): 50 for the odds of the base rate, 70 for 2.33 times them.
func (m *Model) LeadScore(logOddsOfRow float64) float64 {
	return 100 * sigmoid(logOddsOfRow-logOdds(m.BaseRate))
}

// Marshal returns the model file; the same model gives the same bytes.
func (m *Model) Marshal() ([]byte, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode a model: %w", err)
	}
	return append(b, '\n'), nil
}
