package learn

import (
	"math"
	"time"

	"footfall/scorer"
)

// Question is what a prediction is asked about. Only rules look at what stands below Features, but for Bands.
type Question struct {
	Organization string
	Profile      string // moves the probability where a model knows it
	At           time.Time
	Features     scorer.Features
	Points       int            // of the rules, uncapped
	Rules        []scorer.Point // what they are made of
	Intent       string         // of the session before the form
	Last         []int          // points of the organization's last leads
	Wins         int            // leads of the organization that closed
	Resolved     int            // leads of the organization of which it is known how they ended
	Bands        map[string]Band
}

// Band is how leads of a priority have done.
type Band struct {
	Band  string `json:"band"`
	Leads int    `json:"leads"` // that were given this priority when they came
	Won   int    `json:"won"`   // of them, until now
}

// Bounds is the interval within which the close rate of leads that are scored alike lies.
type Bounds struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Level float64 `json:"level"`
}

// What a prediction may rest on.
const (
	BasisRules = "rules"
	BasisModel = "model"
)

// Prediction is what is said of a lead.
type Prediction struct {
	Probability  float64            `json:"conversion_probability"`
	LeadScore    int                `json:"lead_score"`
	Priority     string             `json:"priority"`
	Action       string             `json:"recommended_action"`
	Confidence   float64            `json:"confidence"` // completeness, for old clients
	Completeness float64            `json:"completeness"`
	Interval     Bounds             `json:"interval"`
	Horizon      int                `json:"horizon_days"`
	BaseRate     float64            `json:"base_rate"`
	Lift         float64            `json:"lift"`
	Basis        string             `json:"basis"`
	Assumed      bool               `json:"assumed"` // the probability is no measurement
	Sufficiency  scorer.Sufficiency `json:"sufficiency"`
	Missing      []string           `json:"missing"`
	Reasons      []scorer.Reason    `json:"reasons"`
	Bias         float64            `json:"bias_log_odds"`
	Band         Band               `json:"band_record"`
	Model        string             `json:"model_version"`
	Schema       int                `json:"feature_schema"`
	At           time.Time          `json:"scored_at"`

	Exact float64 `json:"-"` // lead score before it was cut to a whole number
}

// Predict says what is known of a lead: by the organization's active model, else by rules. It never fails: a model that
// cannot be read is logged, and rules answer.
func (l *Learn) Predict(q *Question) *Prediction {
	began := l.o.Now()
	settings := l.o.Catalog.Settings(q.Organization)
	p := &Prediction{
		Horizon: settings.Horizon, Completeness: scorer.Completeness(&q.Features), Missing: q.Features.Missing(),
		Schema: scorer.FeatureSchema, At: q.At.UTC().Truncate(time.Millisecond),
	}
	p.Confidence = p.Completeness
	t := scorer.Thresholds{High: settings.Thresholds.High, Medium: settings.Thresholds.Medium}
	state := l.stateOf(q.Organization)
	m, err := l.active(q.Organization, &state)
	if err != nil {
		l.o.Log.Error("a model cannot be read: rules score instead", "version", versionName(state.Active), "error", err)
	}
	if m != nil {
		p.byModel(q, m, t)
	} else {
		p.byRules(q, t)
		p.Sufficiency = l.sufficiency(q, &state)
	}
	p.Band = q.Bands[p.Priority]
	p.Band.Band = p.Priority
	l.use.note(q.Organization, began, l.o.Now().Sub(began))
	return p
}

// active returns the model by which an organization's leads are scored, nil for none.
func (l *Learn) active(organization string, s *state) (*loaded, error) {
	if s.Active == 0 {
		return nil, nil
	}
	return l.load(organization, s.Active)
}

func (p *Prediction) byModel(q *Question, m *loaded, t scorer.Thresholds) {
	row := q.Features.Cells(make([]scorer.Cell, 0, scorer.NumFeatures))
	var logOdds float64
	m.with(func(s *scorer.Scorer) {
		logOdds = s.LogOdds(row)
		p.Reasons, p.Bias = s.LeadReasons(&q.Features)
		i := s.Interval(row)
		p.Interval = Bounds{i.Low, i.High, scorer.IntervalLevel}
	})
	p.Probability = 1 / (1 + math.Exp(-logOdds))
	p.Exact = m.model.LeadScore(logOdds)
	p.BaseRate = m.model.BaseRate
	p.ofAgent(m.version.Agents[q.Profile])
	p.Lift = p.Probability / p.BaseRate
	p.Basis, p.Model, p.Horizon = BasisModel, m.version.Version, m.version.Horizon
	p.Sufficiency = m.version.Sufficiency
	p.prioritize(t)
}

func (p *Prediction) byRules(q *Question, t scorer.Thresholds) {
	s := scorer.ColdStart(q.Points, q.Last, q.Intent, q.Wins, q.Resolved, t)
	_, i := scorer.AssumedRate(q.Wins, q.Resolved)
	p.Probability, p.BaseRate, p.Lift = s.Probability, s.Probability, 1
	p.Bias = math.Log(s.Probability / (1 - s.Probability))
	p.Interval = Bounds{i.Low, i.High, scorer.IntervalLevel}
	p.Basis, p.Assumed, p.Model = BasisRules, true, Rules
	p.Reasons = scorer.RuleReasons(q.Rules)
	p.Exact, p.LeadScore, p.Priority, p.Action = s.LeadScoreExact, s.LeadScore, s.Priority, s.Action
}

// prioritize cuts the score to a whole number and says what to do. Rounding of the last bit must not push a score that
// stands on a whole number below it.
func (p *Prediction) prioritize(t scorer.Thresholds) {
	p.Exact = min(max(p.Exact, 0), 100)
	p.LeadScore = int(math.Floor(p.Exact + 1e-9))
	p.Priority, p.Action = t.Priority(p.LeadScore)
}

// sufficiency says what an organization lacks for a model.
func (l *Learn) sufficiency(q *Question, s *state) scorer.Sufficiency {
	if s.Newest > 0 {
		if v, _, err := l.version(q.Organization, s.Newest); err == nil && v.Sufficiency.State != scorer.StateNone {
			return v.Sufficiency
		}
	}
	return sufficiencyOf(q.Resolved, q.Wins, nil)
}
