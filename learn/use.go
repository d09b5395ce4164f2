package learn

import (
	"sync"
	"time"
)

// use counts predictions since the program began, by organization and hour, for a day.
type use struct {
	mu   sync.Mutex
	orgs map[string]*orgUse
}

type orgUse struct {
	hours   [24]hourUse // by hour since 1970 modulo 24
	longest time.Duration
}

type hourUse struct {
	hour int64 // since 1970
	n    int
	took time.Duration
}

func (u *use) note(organization string, at time.Time, took time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.orgs == nil {
		u.orgs = map[string]*orgUse{}
	}
	o := u.orgs[organization]
	if o == nil {
		o = new(orgUse)
		u.orgs[organization] = o
	}
	hour := at.Unix() / 3600
	h := &o.hours[hour%24]
	if h.hour != hour {
		*h = hourUse{hour: hour}
	}
	h.n++
	h.took += took
	o.longest = max(o.longest, took)
}

// Volume is how much was predicted lately, as far as the program remembers: since it began, at most a day.
type Volume struct {
	LastHour int       `json:"predictions_per_hour"`
	MeanMS   *float64  `json:"avg_prediction_ms"` // of the day, null without any
	MaxMS    float64   `json:"max_prediction_ms"` // since the program began
	Hours    []HourUse `json:"prediction_volume_24h"`
}

// HourUse is an hour of Volume.
type HourUse struct {
	Hour  time.Time `json:"hour"`
	Count int       `json:"count"`
}

func (u *use) volume(organization string, now time.Time) (v Volume) {
	u.mu.Lock()
	defer u.mu.Unlock()
	o := u.orgs[organization]
	if o == nil {
		o = new(orgUse)
	}
	this := now.Unix() / 3600
	v.Hours = []HourUse{}
	total, took := 0, time.Duration(0)
	for hour := this - 23; hour <= this; hour++ {
		h := HourUse{Hour: time.Unix(hour*3600, 0).UTC()}
		if kept := o.hours[hour%24]; kept.hour == hour {
			h.Count = kept.n
			total, took = total+kept.n, took+kept.took
		}
		v.Hours = append(v.Hours, h)
	}
	v.LastHour = v.Hours[23].Count
	if total > 0 {
		mean := took.Seconds() * 1000 / float64(total)
		v.MeanMS = &mean
	}
	v.MaxMS = o.longest.Seconds() * 1000
	return v
}
