package bench

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"footfall/event"

	"github.com/valyala/fastjson"
)

const (
	pageOfEvents = 1000
	maxTimeline  = 100 // of one timeline: a server that never ends it is wrong
)

var errEndless = errors.New("the timeline does not end")

// checker asks for visits, one at a time.
type checker struct {
	*Verification
	api    *api
	json   fastjson.Parser
	counts []int // how often each event of a visit is there
}

func newChecker(v *Verification, a *api) *checker {
	return &checker{Verification: v, api: a}
}

// check asks for one visit's events and figures.
func (c *checker) check(q question) {
	l := q.worker.load
	e := &q.worker.ledger[q.entry]
	n := q.worker.number(q.entry)
	steps := l.script.steps(n, e.sent) // as many as were sent
	name := string(l.script.appendSession(nil, n))
	c.mu.Lock()
	c.Events += int64(e.acknowledged())
	c.Unsure += int64(e.sent - e.acknowledged())
	c.mu.Unlock()
	c.counts = slices.Grow(c.counts[:0], e.sent)[:e.sent]
	clear(c.counts)
	there, err := c.timeline(l.script, n, name, steps)
	if err != nil {
		c.found(&c.Unreadable, 1, "session %s: %v", name, err)
		return
	}
	for i, count := range c.counts {
		switch id := l.script.appendEventID(nil, n, i); {
		case count > 1:
			c.found(&c.Doubled, int64(count-1), "session %s: event %s is there %d times", name, id, count)
		case count == 0 && e.isAcknowledged(i):
			c.found(&c.Missing, 1, "session %s: event %s (%s) was acknowledged and is not there", name, id, kindName(steps[i].kind))
		}
	}
	// What is wrong with the events has been said; the figures are held against the acknowledged ones and those that
	// turned out to be there.
	want := expect(steps, func(i int) bool { return c.counts[i] > 0 || e.isAcknowledged(i) })
	if want.events > 0 || there {
		c.figures(l.script, name, n, want)
	}
}

// timeline counts the events that are there. A session of which nothing is known is not there.
func (c *checker) timeline(s *script, n uint64, name string, steps []step) (there bool, err error) {
	cursor := ""
	for range maxTimeline {
		path := fmt.Sprintf("%s/events?limit=%d", sessionPath(s, n), pageOfEvents)
		if cursor != "" {
			path += "&cursor=" + url.QueryEscape(cursor)
		}
		status, body, err := c.api.get(path)
		switch {
		case err != nil:
			return false, err
		case status == 404 && cursor == "":
			return false, nil
		case status != 200:
			return false, fmt.Errorf("GET %s: %d %.200s", path, status, body)
		}
		page, err := c.json.ParseBytes(body)
		if err != nil {
			return false, fmt.Errorf("GET %s: %w", path, err)
		}
		for _, ev := range page.GetArray("events") {
			c.event(s, n, name, steps, ev)
		}
		if cursor = string(page.GetStringBytes("next_cursor")); cursor == "" {
			return true, nil
		}
	}
	return false, errEndless
}

// event counts one event, if it is one that was sent, and compares it.
func (c *checker) event(s *script, n uint64, name string, steps []step, ev *fastjson.Value) {
	id := string(ev.GetStringBytes("event_id"))
	i, ok := eventIndex(s, n, id)
	if !ok || i >= len(steps) {
		c.found(&c.Invented, 1, "session %s: event %q (%s) was never sent", name, id, ev.GetStringBytes("event_type"))
		return
	}
	c.counts[i]++
	if got, want := describe(ev), steps[i].describe(s, n); got != want {
		c.found(&c.Different, 1, "session %s: event %s is %s, sent was %s", name, id, got, want)
	}
}

// eventIndex is the inverse of appendEventID.
func eventIndex(s *script, n uint64, id string) (int, bool) {
	dot := strings.LastIndexByte(id, '.')
	i, err := strconv.Atoi(id[dot+1:])
	return i, dot > 0 && err == nil && i >= 0 && id == string(s.appendEventID(nil, n, i))
}

// describe tells what an event of a timeline is.
func describe(ev *fastjson.Value) string {
	scroll := -1.0
	if ev.Exists("scroll_percentage") {
		scroll = ev.GetFloat64("scroll_percentage")
	}
	return fmt.Sprintf("%s page %s listing %q at %.3f s scroll %g", ev.GetStringBytes("event_type"), ev.GetStringBytes("page_id"),
		ev.GetStringBytes("listing_id"), ev.GetFloat64("duration_seconds"), scroll)
}

// describe tells the same of what was sent.
func (st *step) describe(s *script, n uint64) string {
	var listing []byte
	if st.listing >= 0 {
		listing = s.appendListing(nil, st.listing)
	}
	scroll := -1.0
	if st.scroll != event.None {
		scroll = float64(st.scroll) / 10
	}
	return fmt.Sprintf("%s page %s listing %q at %.3f s scroll %g", kindName(st.kind), s.appendPage(nil, n, st.page), listing,
		float64(st.clock)/1000, scroll)
}

// figures compares what the server makes of a visit.
func (c *checker) figures(s *script, name string, n uint64, want expected) {
	path := sessionPath(s, n)
	status, body, err := c.api.get(path)
	if err == nil && status != 200 {
		err = fmt.Errorf("GET %s: %d %.200s", path, status, body)
	}
	var v *fastjson.Value
	if err == nil {
		v, err = c.json.ParseBytes(body)
	}
	if err != nil {
		c.found(&c.Unreadable, 1, "session %s: %v", name, err)
		return
	}
	var wrong []string
	differ := func(what string, got, want any) {
		if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
			wrong = append(wrong, fmt.Sprintf("%s is %s, not %s", what, g, w))
		}
	}
	listings, viewed := make([]string, len(want.listings)), make([]string, 0, len(want.listings))
	for i, listing := range want.listings {
		listings[i] = string(s.appendListing(nil, listing))
	}
	for _, l := range v.GetArray("properties_viewed") {
		viewed = append(viewed, string(l.GetStringBytes()))
	}
	differ("event_count", v.GetInt("event_count"), want.events)
	differ("total_duration_seconds", v.GetInt64("total_duration_seconds"), want.seconds)
	differ("properties_viewed", viewed, listings)
	if wrong != nil {
		c.found(&c.WrongSessions, 1, "session %s: %s", name, strings.Join(wrong, "; "))
	}
}

// views returns a listing's views.
func (a *api) views(path string) (int64, error) {
	status, body, err := a.get(path)
	if err != nil {
		return 0, err
	}
	if status != 200 {
		return 0, fmt.Errorf("GET %s: %d %.200s", path, status, body)
	}
	v, err := fastjson.ParseBytes(body)
	if err != nil {
		return 0, fmt.Errorf("GET %s: %w", path, err)
	}
	return v.GetInt64("totals", "total_views"), nil
}
