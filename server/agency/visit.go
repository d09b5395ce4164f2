package agency

import (
	"fmt"
	"slices"
	"time"
)

// event is what the tracker would send, by the names of the beacon.
type event struct {
	Type     string            `json:"eventType"`
	ID       string            `json:"eventId"`
	Session  string            `json:"sessionId"`
	Visitor  string            `json:"visitorId"`
	Page     string            `json:"pageId"`
	Home     string            `json:"propertyId,omitempty"`
	At       int64             `json:"ts"`               // ms since 1970
	Sent     int64             `json:"sentAt,omitempty"` // the same clock; none in an import
	Clock    float64           `json:"durationSeconds"`
	Scroll   int               `json:"scrollPercentage,omitempty"`
	URL      string            `json:"url"`
	Referrer string            `json:"referrerUrl,omitempty"`
	Device   string            `json:"deviceType"`
	Data     map[string]string `json:"eventData,omitempty"`
}

// shopper is a generated visitor.
type shopper struct {
	id     string
	device string
	from   string // referrer of the first page
	keen   float64
	tastes []int // places of homes, those looked at again first
	visits int
}

func (a *Agency) shopper(n int) *shopper {
	s := &shopper{
		id: fmt.Sprintf("generated-visitor-%d", n), keen: a.dice.Float64(),
		device: []string{"mobile", "desktop", "tablet"}[min(a.dice.IntN(7)/3, 2)],
		from:   []string{"", "https://www.google.com/", "https://www.facebook.com/", "https://www.instagram.com/", "https://news.example/homes"}[a.dice.IntN(5)],
		tastes: a.dice.Perm(len(a.o.Homes)),
	}
	s.tastes = s.tastes[:min(1+int(s.keen*5), len(s.tastes))]
	return s
}

// visit makes the events of a visit that begins at a time, in order of time.
func (a *Agency) visit(s *shopper, begin time.Time) (events []event) {
	s.visits++
	session := fmt.Sprintf("%s-%d", s.id, s.visits)
	at, page := begin, 0
	add := func(kind, home string, clock float64, change func(*event)) {
		e := event{
			Type: kind, ID: fmt.Sprintf("%s-%d", session, len(events)), Session: session, Visitor: s.id, Page: fmt.Sprintf("%s-p%d", session, page),
			Home: home, At: at.Add(time.Duration(clock * float64(time.Second))).UnixMilli(), Clock: clock, URL: "https://cedar-and-sound.example/" + home, Device: s.device,
		}
		if len(events) == 0 {
			e.Referrer = s.from
		}
		if change != nil {
			change(&e)
		}
		events = append(events, e)
	}
	add("page_view", "", 0, nil)
	stay := 4 + 10*a.dice.Float64()
	add("page_duration", "", stay, nil)
	at = at.Add(time.Duration(stay * float64(time.Second)))
	for _, taste := range s.tastes {
		if a.dice.Float64() > .35+.6*s.keen {
			continue
		}
		home := a.o.Homes[taste].ID
		page++
		stay := 5 + 90*s.keen*a.dice.ExpFloat64()
		add("page_view", "", 0, nil)
		add("property_view", home, 0, nil)
		add("scroll_depth", home, stay*.4, func(e *event) { e.Scroll = min(20+int(90*s.keen*a.dice.Float64()), 100) })
		if what := a.dice.IntN(6); s.keen > .4 && what < 3 {
			kind := []string{"photo_gallery_open", "map_view", "share_click"}[what]
			add("property_interaction", home, stay*.6, func(e *event) { e.Data = map[string]string{"interactionType": kind} })
		}
		if s.keen > .8 && a.dice.IntN(3) == 0 {
			add("form_start", home, stay*.8, nil)
		}
		add("page_duration", home, stay, nil)
		at = at.Add(time.Duration((stay + 2) * float64(time.Second)))
	}
	slices.SortStableFunc(events, func(x, y event) int { return int(x.At - y.At) })
	return events
}
