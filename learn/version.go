package learn

import (
	"fmt"
	"time"

	"footfall/fault"
	"footfall/scorer"
	"footfall/store"
)

// Rules is the version that is active where no model is.
const Rules = scorer.RulesVersion

// Version is what is known of one training. Only those that passed the gate have a model.
type Version struct {
	Number  uint32    `json:"number"`
	Version string    `json:"version"`
	Trained time.Time `json:"trained_at,omitzero"` // rules never were
	By      string    `json:"by"`                  // who asked, "server" for the schedule
	Horizon int       `json:"horizon_days"`

	Labels   int        `json:"labels"`
	Wins     int        `json:"wins"`
	Coverage Coverage   `json:"label_coverage"`
	BaseRate float64    `json:"base_rate"`
	Recipe   string     `json:"recipe"`
	AUC      *float64   `json:"auc"` // out of fold, like the rest
	AUCRange [2]float64 `json:"auc_interval"`
	LogLoss  *float64   `json:"log_loss"`
	BaseLoss *float64   `json:"base_log_loss"`
	ECE      float64    `json:"calibration_error"`
	Slope    float64    `json:"calibration_slope"`
	Lift     float64    `json:"lift_at_10_percent"`
	Temporal []Tested   `json:"temporal"` // the recipe at earlier moments, tried on leads that came later; none before there are enough

	Gate        scorer.Gate        `json:"gate"`
	Sufficiency scorer.Sufficiency `json:"sufficiency"`
	Comparison  *scorer.Comparison `json:"comparison"`               // with the learners of the product document
	Verdict     string             `json:"verdict"`                  // on promotion
	Agents      map[string]float64 `json:"agent_log_odds,omitempty"` // by profile: what moves probabilities, and no score
	Refreshed   string             `json:"refreshed"`                // the version whose level alone was set anew, "" for a training
}

// State is which version of an organization is active, and what came before.
type state struct {
	Organization string    `json:"organization"`
	Active       uint32    `json:"active"` // number, 0: rules
	Since        time.Time `json:"since"`
	Before       []uint32  `json:"before,omitempty"` // what was active before, the last one last; where a rollback goes
	Newest       uint32    `json:"newest"`           // number of the last training
	Trained      time.Time `json:"trained"`          // when
}

// maxBefore is how many activations are remembered for rollbacks.
const maxBefore = 20

// activate returns the state in which a version is active; a rollback to it forgets the one that was.
func (s state) activate(number uint32, at time.Time, back bool) state {
	before := append([]uint32(nil), s.Before...)
	if back && len(before) > 0 {
		before = before[:len(before)-1]
	} else if !back {
		before = append(before, s.Active)
	}
	s.Before = before[max(0, len(before)-maxBefore):]
	s.Active, s.Since = number, at
	return s
}

// versionName returns how a version is called on the wire.
func versionName(number uint32) string {
	if number == 0 {
		return Rules
	}
	return fmt.Sprintf("model-%d", number)
}

func (l *Learn) stateOf(organization string) state {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.states[organization]; s != nil {
		return *s
	}
	return state{Organization: organization}
}

// Active returns the version by which an organization's leads are scored.
func (l *Learn) Active(organization string) string {
	return versionName(l.stateOf(organization).Active)
}

// organizations returns those that ever trained a model.
func (l *Learn) organizations() (names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name := range l.states {
		names = append(names, name)
	}
	return names
}

// rules is what is known of no model.
func rules() *Version {
	return &Version{Version: Rules, Coverage: Coverage{Below: []string{}}, Temporal: []Tested{}}
}

// Listed is a version as a list shows it.
type Listed struct {
	Version
	Active bool `json:"active"`
}

// Versions returns an organization's versions, newest first.
func (l *Learn) Versions(organization string) ([]Listed, error) {
	active := l.stateOf(organization).Active
	list := []Listed{}
	lo := versionKey(l.db.ID(organization), 1)
	hi := store.PrefixEnd(lo[:versionKeyLen-4])
	err := l.db.Reader().Scan(store.Range{Lo: lo, Hi: hi, Reverse: true}, func(_, value []byte) error {
		v, _, err := decodeVersion(value)
		if err == nil {
			list = append(list, Listed{*v, v.Number == active})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read models: %w", err)
	}
	return list, nil
}

// version returns a version with its packed model, empty if it has none.
func (l *Learn) version(organization string, number uint32) (*Version, []byte, error) {
	value, found, err := l.db.Get(versionKey(l.db.ID(organization), number))
	if err != nil {
		return nil, nil, err
	}
	if !found || number == 0 {
		return nil, nil, fault.New(fault.NotFound, "There is no such model version.")
	}
	return decodeVersion(value)
}

// number returns the number of a version's name.
func (l *Learn) number(organization, name string) (uint32, error) {
	if name == Rules {
		return 0, nil
	}
	list, err := l.Versions(organization)
	for _, v := range list {
		if v.Version.Version == name {
			return v.Number, err
		}
	}
	if err == nil {
		err = fault.New(fault.NotFound, "There is no such model version.")
	}
	return 0, err
}

func (l *Learn) loadStates() error {
	lo, hi := store.Models.Span()
	return l.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(k, value []byte) error {
		_, number, err := parseVersionKey(k)
		if err != nil || number != 0 {
			return err
		}
		s, err := decodeState(value)
		if err == nil {
			l.states[s.Organization] = s
		}
		return err
	})
}

// ActiveAUC returns the AUC of each active model, by organization, out of fold when it was trained.
func (l *Learn) ActiveAUC() (map[string]float64, error) {
	all := map[string]float64{}
	for _, organization := range l.organizations() {
		number := l.stateOf(organization).Active
		if number == 0 {
			continue
		}
		v, _, err := l.version(organization, number)
		if err != nil {
			return nil, err
		}
		if v.AUC != nil {
			all[organization] = *v.AUC
		}
	}
	return all, nil
}
