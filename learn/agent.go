package learn

import (
	"math"

	"footfall/scorer"
)

// agentPrior is the deviation of the normal prior of an agent's intercept, in log-odds.
const agentPrior = 0.5

// agentFeature names the reason that an intercept is.
const agentFeature = "profile_id"

// agentsOf returns by how much each profile's leads close more often than the model says, in log-odds, shrunk towards
// nothing. The model has seen these leads, so what is found is rather too small than too large. Where all leads are of one
// profile there is nothing to compare it with.
func agentsOf(m *loaded, known []Labelled) map[string]float64 {
	by := map[string][]Labelled{}
	for _, d := range known {
		by[d.Profile] = append(by[d.Profile], d)
	}
	if len(by) < 2 {
		return nil
	}
	agents := map[string]float64{}
	for profile, leads := range by {
		y, w := outcomes(leads)
		agents[profile] = shiftOf(m.logOdds(leads), y, w, agentPrior)
	}
	return agents
}

// ofAgent moves the probability, and nothing else, by the intercept of a lead's profile, and tells so.
func (p *Prediction) ofAgent(shift float64) {
	if shift == 0 {
		return
	}
	moved := func(share float64) float64 { return 1 / (1 + (1-share)/share*math.Exp(-shift)) }
	p.Probability = moved(p.Probability)
	p.Interval.Low, p.Interval.High = moved(p.Interval.Low), moved(p.Interval.High)
	text := "Leads of this agent close more often than the model says"
	if shift < 0 {
		text = "Leads of this agent close less often than the model says"
	}
	p.Reasons = append(p.Reasons, scorer.Reason{Feature: agentFeature, Value: math.NaN(), LogOdds: &shift, Text: text})
}
