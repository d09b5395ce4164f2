package server_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the tests under load, 0: a new one")

// seedOf returns the seed of a test and tells it if the test fails.
func seedOf(t *testing.T) uint64 {
	seed := *seedFlag
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("replay with -seed=%d", seed)
		}
	})
	return seed
}

// sent is a beacon: its body and the ids of its events by session.
type sent struct {
	body string
	ids  map[string][]string
}

// load is what browsers sent and what became of it.
type load struct {
	mu         sync.Mutex
	acked      []sent
	unanswered []sent
	refused    []error
}

const (
	clients   = 8
	listings  = 12
	visitors  = 10
	perClient = 3 // sessions
)

// beacon makes up one to five events of one or two sessions of a client.
func beacon(random *rand.Rand, name string, n int) sent {
	s := sent{ids: map[string][]string{}}
	var events []map[string]any
	types := []string{"page_view", "property_view", "scroll_depth", "page_duration", "form_start", "tour_booked"}
	for i := range 1 + random.IntN(5) {
		k := random.IntN(perClient)
		session, id := fmt.Sprint(name, "-s", k), fmt.Sprint(name, "-", n, "-", i)
		e := map[string]any{
			"eventType": types[random.IntN(len(types))], "sessionId": session, "eventId": id,
			"pageId": fmt.Sprint("p", n/4), "listingId": fmt.Sprint("L", random.IntN(listings)),
		}
		if k > 0 {
			e["visitorId"] = fmt.Sprint("v", random.IntN(visitors))
		}
		switch e["eventType"] {
		case "scroll_depth":
			e["scrollPercentage"] = random.IntN(101)
		case "page_duration":
			e["duration"] = random.IntN(60)
		}
		events = append(events, e)
		s.ids[session] = append(s.ids[session], id)
	}
	body, err := json.Marshal(map[string]any{"events": events})
	if err != nil {
		panic(err) // strings and numbers
	}
	s.body = string(body)
	return s
}

// run sends beacons from several clients until each meets its first error, which is when the program ends. after is
// called after each acknowledgement with how many there were.
func (l *load) run(p *process, seed uint64, name string, after func(acked int)) {
	together(clients, func(client int) {
		random := rand.New(rand.NewPCG(seed, uint64(client)))
		for n := 0; ; n++ {
			s := beacon(random, fmt.Sprint(name, "c", client), n)
			err := p.post(s.body)
			l.mu.Lock()
			if err != nil {
				l.unanswered = append(l.unanswered, s)
				l.refused = append(l.refused, err)
				l.mu.Unlock()
				return
			}
			l.acked = append(l.acked, s)
			acked := len(l.acked)
			l.mu.Unlock()
			after(acked)
		}
	})
}

// resend sends everything unanswered again, twice at once, and then all of it is acknowledged.
func (l *load) resend(p *process) {
	p.t.Helper()
	together(2*len(l.unanswered), func(i int) {
		if err := p.post(l.unanswered[i/2].body); err != nil {
			p.t.Errorf("resent: %v", err)
		}
	})
	l.acked, l.unanswered = append(l.acked, l.unanswered...), nil
}

// eventsOf returns the ids of a session's timeline.
func (p *process) eventsOf(session string) (ids []string) {
	p.t.Helper()
	target := "/v1/sessions/" + session + "/events?limit=100"
	for cursor := ""; ; {
		var page struct {
			Events []struct {
				ID string `json:"event_id"`
			}
			Next *string `json:"next_cursor"`
		}
		if err := json.Unmarshal([]byte(p.get(target+cursor)), &page); err != nil {
			p.t.Fatal(err)
		}
		for _, e := range page.Events {
			ids = append(ids, e.ID)
		}
		if page.Next == nil {
			return ids
		}
		cursor = "&cursor=" + url.QueryEscape(*page.Next)
	}
}

// verify checks that every acknowledged event is there exactly once, and of the others at most once each, and that
// sessions count what their timelines hold.
func (l *load) verify(p *process) {
	p.t.Helper()
	must, may := map[string]map[string]bool{}, map[string]map[string]bool{}
	note := func(in map[string]map[string]bool, beacons []sent) {
		for _, s := range beacons {
			for session, ids := range s.ids {
				if in[session] == nil {
					in[session] = map[string]bool{}
				}
				for _, id := range ids {
					in[session][id] = true
				}
			}
		}
	}
	note(must, l.acked)
	note(may, l.unanswered)
	for session, want := range must {
		got := p.eventsOf(session)
		seen := map[string]bool{}
		for _, id := range got {
			if seen[id] {
				p.t.Errorf("session %s has event %s twice", session, id)
			}
			if !want[id] && !may[session][id] {
				p.t.Errorf("session %s has event %s, which nobody sent", session, id)
			}
			seen[id] = true
		}
		for id := range want {
			if !seen[id] {
				p.t.Errorf("session %s has lost event %s, which was acknowledged", session, id)
			}
		}
		var s struct {
			Count int `json:"event_count"`
		}
		if err := json.Unmarshal([]byte(p.get("/v1/sessions/"+session)), &s); err != nil || s.Count != len(got) {
			p.t.Errorf("session %s counts %d events, its timeline has %d (%v)", session, s.Count, len(got), err)
		}
	}
}

// addLeads makes leads of some sessions.
func (p *process) addLeads(name string) {
	p.t.Helper()
	for i := range 4 {
		status, answer, err := p.do("POST", "/v1/leads", fmt.Sprintf(
			`{"sessionId":"%sc%d-s1","listingId":"L%d","formData":{"name":"Ada","email":"ada%d@example.com"}}`, name, i, i, i))
		if err != nil || status != http.StatusCreated {
			p.t.Fatalf("lead: %d, %v: %s", status, err, answer)
		}
	}
}

// answers returns what every query says about the load's sessions, visitors, listings and leads, by query.
func (l *load) answers(p *process) map[string]string {
	p.t.Helper()
	for strings.Contains(p.get("/v1/sessions"), `"warming":true`) {
	}
	days := "from=2020-01-01&to=" + time.Now().AddDate(0, 0, 1).Format(time.DateOnly) // at most ten years
	queries := []string{
		"/v1/leads?limit=1000", "/v1/sessions?active=24h&limit=1000", "/v1/visitors?active=24h&limit=1000",
		"/v1/rejects", "/v1/engagement/listings?limit=1000&" + days,
	}
	for i := range listings {
		queries = append(queries, fmt.Sprintf("/v1/listings/L%d/engagement?%s", i, days),
			fmt.Sprintf("/v1/listings/L%d/audience?overlaps=L%d&%s", i, (i+1)%listings, days))
	}
	for i := range visitors {
		queries = append(queries, fmt.Sprint("/v1/visitors/v", i))
	}
	for _, s := range l.acked {
		for session := range s.ids {
			queries = append(queries, "/v1/sessions/"+session, "/v1/sessions/"+session+"/events?limit=1000")
		}
	}
	answers := map[string]string{}
	for _, q := range queries {
		status, answer, err := p.do("GET", q, "")
		switch {
		case err != nil:
			p.t.Fatal(err)
		case status == http.StatusNotFound: // a visitor who came second to every session
			answer = "not found"
		case status != http.StatusOK:
			p.t.Fatalf("GET %s: %d: %s", q, status, answer)
		}
		answers[q] = answer
	}
	return answers
}
