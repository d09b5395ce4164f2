package learn

import (
	"sync"

	"footfall/scorer"
)

// maxModels bounds how many models are held in memory, each of up to a few megabytes; the one that was asked for the
// longest ago goes first, and is read again when it is needed.
const maxModels = 16

// loaded is a model in memory. Its scorers hold working memory, so each is used by one caller at a time.
type loaded struct {
	organization string
	version      *Version
	model        *scorer.Model
	scorers      sync.Pool
}

func newLoaded(organization string, v *Version, m *scorer.Model) *loaded {
	return &loaded{organization: organization, version: v, model: m, scorers: sync.Pool{New: func() any { return m.NewScorer() }}}
}

// with calls f with a scorer of the model.
func (l *loaded) with(f func(*scorer.Scorer)) {
	s := l.scorers.Get().(*scorer.Scorer)
	f(s)
	l.scorers.Put(s)
}

// logOdds returns the calibrated log-odds of leads.
func (l *loaded) logOdds(known []Labelled) []float64 {
	out := make([]float64, len(known))
	var row []scorer.Cell
	l.with(func(s *scorer.Scorer) {
		for i := range known {
			row = known[i].Features.Cells(row[:0])
			out[i] = s.LogOdds(row)
		}
	})
	return out
}

// models are those in memory, the one that was asked for last at the end.
type models struct {
	mu   sync.Mutex
	list []*loaded
	uses map[string]*cacheUse // by organization, since the program began
}

// cacheUse is how often a model of an organization was needed, and was in memory.
type cacheUse struct{ all, hits int }

func (m *models) find(organization string, number uint32) *loaded {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.uses == nil {
		m.uses = map[string]*cacheUse{}
	}
	u := m.uses[organization]
	if u == nil {
		u = new(cacheUse)
		m.uses[organization] = u
	}
	u.all++
	for i, l := range m.list {
		if l.organization == organization && l.version.Number == number {
			u.hits++
			copy(m.list[i:], m.list[i+1:])
			m.list[len(m.list)-1] = l
			return l
		}
	}
	return nil
}

func (m *models) put(l *loaded) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.list = append(m.list, l); len(m.list) > maxModels {
		copy(m.list, m.list[1:])
		m.list[maxModels] = nil
		m.list = m.list[:maxModels]
	}
}

// hitRate returns the share of an organization's uses that found a model in memory, nil if none was needed yet.
func (m *models) hitRate(organization string) *float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.uses[organization]
	if u == nil {
		return nil
	}
	share := float64(u.hits) / float64(u.all)
	return &share
}

// load returns a version's model.
func (l *Learn) load(organization string, number uint32) (*loaded, error) {
	if m := l.models.find(organization, number); m != nil {
		return m, nil
	}
	v, packed, err := l.version(organization, number)
	if err != nil {
		return nil, err
	}
	model, err := unpackModel(packed)
	if err != nil {
		return nil, err
	}
	m := newLoaded(organization, v, model)
	l.models.put(m)
	return m, nil
}
