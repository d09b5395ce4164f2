package faults

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// Few names, so that they meet often.
var (
	sessions = []string{"s1", "s2", "s3", "s4", "s5"}
	visitors = []string{"v1", "v2", "v3"}
	listings = []string{"L1", "L2", "L3"}
	statuses = []string{"new", "contacted", "qualified", "nurturing", "unresponsive", "closed_won", "closed_lost"}
)

// deed is one request, and what it does once it is acknowledged.
type deed struct {
	what, method, target, body string
	key                        string // Idempotency-Key, "" for none
	want                       int    // status
	effect                     func(o *oracle)
	answered                   func(answer []byte) error // nil: whatever the answer says
}

// client makes up what browsers and agents send. Everything that it does is random's doing.
type client struct {
	random *rand.Rand
	now    int64 // ms, whole seconds
	oracle *oracle
	sent   [][]happened // beacons, for duplicates
	ages   [][]int64    // of their events
	refs   int
	forms  []form
	ids    []string // of leads
	ballast
}

// ballast is how many bytes of data each event carries along.
type ballast int

// form is a lead form that was sent with an idempotency key.
type form struct {
	key, body string
	person    person
	id        string
	at        int64
}

// saturday is 17:00 in New York, on the day before its clocks go forward.
var saturday = time.Date(2026, 3, 7, 22, 0, 0, 0, time.UTC).UnixMilli()

// friday is half an hour before midnight in New York, and clocks go back on the day after.
var friday = time.Date(2026, 10, 31, 3, 30, 0, 0, time.UTC).UnixMilli()

// newClient returns a client whose clock shows when the directory is made, which is the time of its first record.
func newClient(seed uint64) *client {
	c := &client{random: newRandom(seed), oracle: newOracle()}
	c.now = pick(c.random, saturday, friday)
	c.oracle.newest = c.now
	return c
}

func (c *client) event(age int64) happened {
	c.refs++
	e := happened{
		id: fmt.Sprint("e", c.refs), session: pick(c.random, sessions...), at: c.now - age,
		kind: pick(c.random, "page_view", "property_view", "property_view", "property_view", "property_interaction"),
	}
	if c.random.IntN(4) == 0 {
		e.visitor = pick(c.random, visitors...)
	}
	if e.kind != "page_view" {
		e.listing = pick(c.random, listings...)
	}
	return e
}

// beacon is one to four events that happen now.
func (c *client) beacon() deed {
	var events []happened
	for range 1 + c.random.IntN(4) {
		events = append(events, c.event(0))
	}
	return c.send("beacon", events, make([]int64, len(events)))
}

// late is an event of some seconds to nearly a day ago.
func (c *client) late() deed {
	age := pick[int64](c.random, 5, 11, 600, 1801, 7200, 86_000) * 1000
	return c.send("late", []happened{c.event(age)}, []int64{age})
}

// robot is an event that only stands in the timeline.
func (c *client) robot() deed {
	e := c.event(0)
	e.robot = true
	return c.send("robot", []happened{e}, []int64{0})
}

// duplicate is a beacon that was sent before.
func (c *client) duplicate() deed {
	if len(c.sent) == 0 {
		return c.beacon()
	}
	i := max(0, len(c.sent)-1-c.random.IntN(30))
	return c.send("duplicate", c.sent[i], c.ages[i])
}

func (c *client) send(what string, events []happened, ages []int64) deed {
	if what != "duplicate" {
		c.sent, c.ages = append(c.sent, events), append(c.ages, ages)
	}
	again := make([]happened, len(events))
	wire := make([]map[string]any, len(events))
	for i, e := range events {
		e.at = c.now - ages[i]
		again[i] = e
		w := map[string]any{
			"eventType": e.kind, "sessionId": e.session, "eventId": e.id, "visitorId": e.visitor,
			"listingId": e.listing, "sentAt": 1_700_000_000_000, "ts": 1_700_000_000_000 - ages[i], "webdriver": e.robot,
		}
		if c.ballast > 0 {
			w["eventData"] = map[string]any{"ballast": noise(c.random, int(c.ballast))}
		}
		if e.kind == "property_interaction" {
			w["eventData"] = map[string]any{"interactionType": "share_click"}
		}
		wire[i] = w
	}
	now := c.now
	return deed{
		what: what, method: "POST", target: "/v1/events?k=" + writeKey, body: toJSON(wire), want: http.StatusNoContent,
		effect: func(o *oracle) { o.beacon(now, again) },
	}
}

// lead is a new form; some have an idempotency key.
func (c *client) lead() deed {
	c.refs++
	p := person{ref: fmt.Sprint("r", c.refs), listing: pick(c.random, listings...), session: pick(c.random, sessions...)}
	f := form{person: p, at: c.now, body: toJSON(map[string]any{
		"sessionId": p.session, "listingId": p.listing, "formData": map[string]any{"ref": p.ref, "email": p.ref + "@example.com"},
	})}
	if c.random.IntN(2) == 0 {
		f.key = "key" + p.ref
	}
	return c.create("lead", &f)
}

// leadAgain is a form that was sent before with its idempotency key: within a day nothing new comes of it.
func (c *client) leadAgain() deed {
	if len(c.forms) == 0 {
		return c.lead()
	}
	f := &c.forms[c.random.IntN(len(c.forms))]
	if c.now-f.at >= 24*60*60_000 {
		return c.create("old form again", f)
	}
	d := c.create("lead again", f)
	d.effect = func(*oracle) {}
	d.answered = func(answer []byte) error {
		if id, err := leadID(answer); err != nil || id != f.id {
			return fmt.Errorf("the form made lead %s and now %s (%v)", f.id, id, err)
		}
		return nil
	}
	return d
}

func (c *client) create(what string, f *form) deed {
	now, p := c.now, f.person
	return deed{
		what: what, method: "POST", target: "/v1/leads", body: f.body, key: f.key, want: http.StatusCreated,
		effect: func(o *oracle) { o.lead(now, p) },
		answered: func(answer []byte) (err error) {
			if f.id, err = leadID(answer); err != nil {
				return err
			}
			f.at = now
			c.ids = append(c.ids, f.id)
			if f.key != "" && what == "lead" {
				c.forms = append(c.forms, *f)
			}
			return nil
		},
	}
}

func leadID(answer []byte) (string, error) {
	var a struct{ Lead struct{ ID string } }
	err := json.Unmarshal(answer, &a)
	if err == nil && a.Lead.ID == "" {
		err = fmt.Errorf("no lead in %s", answer)
	}
	return a.Lead.ID, err
}

// patch changes status and notes of a lead.
func (c *client) patch() deed {
	if len(c.ids) == 0 {
		return c.lead()
	}
	c.refs++
	i, status, notes := c.random.IntN(len(c.ids)), pick(c.random, statuses...), fmt.Sprint("note ", c.refs)
	now := c.now
	return deed{
		what: "patch", method: "PATCH", target: "/v1/leads/" + c.ids[i], want: http.StatusOK,
		body:   toJSON(map[string]any{"status": status, "notes": notes}),
		effect: func(o *oracle) { o.patch(now, i, status, notes) },
	}
}

// activity says what was done about a lead.
func (c *client) activity() deed {
	if len(c.ids) == 0 {
		return c.lead()
	}
	i, now := c.random.IntN(len(c.ids)), c.now
	return deed{
		what: "activity", method: "POST", target: "/v1/leads/" + c.ids[i] + "/activities", want: http.StatusCreated,
		body: toJSON(map[string]any{"type": "call", "note": "call"}), effect: func(o *oracle) { o.activity(now, i) },
	}
}

// outcome says how a lead ended.
func (c *client) outcome() deed {
	if len(c.ids) == 0 {
		return c.lead()
	}
	i, now, how := c.random.IntN(len(c.ids)), c.now, pick(c.random, "closed_won", "closed_lost", "nurturing", "unresponsive")
	return deed{
		what: "outcome", method: "POST", target: "/v1/leads/" + c.ids[i] + "/outcome", want: http.StatusCreated,
		body: toJSON(map[string]any{"outcome": how, "notes": how}), effect: func(o *oracle) { o.outcome(now, i, how) },
	}
}

// do sends a deed; nil means that it was acknowledged.
func (c *client) do(w *world, d deed) error {
	headers := []string{"Authorization", "Bearer " + secretKey}
	if d.key != "" {
		headers = append(headers, "Idempotency-Key", d.key)
	}
	if status, answer := w.call(d.method, d.target, d.body, headers...); status != d.want {
		return fmt.Errorf("%s: %d %s", d.what, status, answer)
	} else if d.answered != nil {
		return d.answered(answer)
	}
	return nil
}

// noise returns n letters that compress badly.
func noise(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a' + byte(r.IntN(26))
	}
	return string(b)
}

func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return string(b)
}
