package faults

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// oracle is what must be answered, told again from the start each time by the simplest means: which events there are,
// once each; counts, views, unique visitors, visits; leads and what became of them.
type oracle struct {
	zone   *time.Location
	events []happened // in the order of their acceptance, no duplicates
	leads  []*person
	newest int64 // receive time
}

// happened is one event.
type happened struct {
	id, session, visitor, kind, listing string
	at, received                        int64 // ms
	robot                               bool
}

// person is one lead.
type person struct {
	ref, session, listing, status, profile, notes, ended string
	at                                                   int64
}

func newOracle() *oracle {
	zone, err := time.LoadLocation(timeZone)
	if err != nil {
		panic(err)
	}
	return &oracle{zone: zone}
}

// clone returns a copy that shares nothing which changes.
func (o *oracle) clone() *oracle {
	c := *o
	c.events, c.leads = slices.Clone(o.events), nil
	for _, p := range o.leads {
		copied := *p
		c.leads = append(c.leads, &copied)
	}
	return &c
}

// dedupeFor is how long an id is remembered, by receive time.
const dedupeFor = 24 * 60 * 60_000

// beacon takes the events of a request that is received when the clock shows now.
func (o *oracle) beacon(now int64, events []happened) {
	received := max(now, o.newest)
	for _, e := range events {
		if e.received = received; !o.duplicate(&e) {
			o.events, o.newest = append(o.events, e), received
		}
	}
}

func (o *oracle) duplicate(e *happened) bool {
	return slices.ContainsFunc(o.events, func(was happened) bool {
		return was.session == e.session && was.id == e.id && e.received-was.received <= dedupeFor
	})
}

func (o *oracle) lead(now int64, p person) {
	p.status, p.profile, p.at = "new", "default", now
	o.leads, o.newest = append(o.leads, &p), max(now, o.newest)
}

// patch changes the lead of a number.
func (o *oracle) patch(now int64, i int, status, notes string) {
	o.leads[i].status, o.leads[i].notes = status, notes
	o.newest = max(now, o.newest)
}

// activity moves a new lead of a number to contacted.
func (o *oracle) activity(now int64, i int) {
	if p := o.leads[i]; p.status == "new" {
		p.status = "contacted"
	}
	o.newest = max(now, o.newest)
}

// outcome ends the lead of a number.
func (o *oracle) outcome(now int64, i int, how string) {
	o.leads[i].status, o.leads[i].ended = how, how
	o.newest = max(now, o.newest)
}

// owner returns who a session belongs to: the visitor that it named first, or itself.
func (o *oracle) owner(session string) (visitor string, bound bool) {
	for _, e := range o.events {
		if e.session == session && !e.robot && e.visitor != "" {
			return e.visitor, true
		}
	}
	return session, false
}

// answers tells everything, a line each. A test's reader makes the same lines of what the program answers.
func (o *oracle) answers() []string {
	var lines []string
	for _, s := range sessions {
		lines = append(lines, o.session(s)...)
	}
	for _, v := range visitors {
		lines = append(lines, o.visitor(v)...)
	}
	for _, l := range listings {
		lines = append(lines, o.listing(l)...)
	}
	for _, p := range o.leads {
		lines = append(lines, leadLine(p.ref, p.status, p.profile, p.notes, p.listing, p.session, p.ended))
	}
	slices.Sort(lines)
	return lines
}

func (o *oracle) session(id string) []string {
	var ids, viewed []string
	var times []int64
	for _, e := range o.events {
		if e.session != id {
			continue
		}
		ids = append(ids, e.id)
		if e.robot {
			continue
		}
		times = append(times, e.at)
		if e.kind == "property_view" && !slices.Contains(viewed, e.listing) {
			viewed = append(viewed, e.listing)
		}
	}
	isLead := slices.ContainsFunc(o.leads, func(p *person) bool { return p.session == id })
	if len(ids) == 0 && !isLead {
		return nil
	}
	visitor, bound := o.owner(id)
	if bound {
		times = o.timesOf(visitor)
	} else {
		visitor = ""
	}
	return []string{sessionLine(id, visitor, len(ids), visits(times), isLead, viewed), timelineLine(id, ids)}
}

func (o *oracle) timesOf(visitor string) (times []int64) {
	for _, e := range o.events {
		if v, bound := o.owner(e.session); bound && v == visitor && !e.robot {
			times = append(times, e.at)
		}
	}
	return times
}

func (o *oracle) visitor(id string) []string {
	its := map[string]bool{}
	for _, s := range sessions {
		if v, bound := o.owner(s); bound && v == id {
			its[s] = true
		}
	}
	if len(its) == 0 {
		return nil
	}
	events := 0
	for _, e := range o.events {
		if its[e.session] {
			events++
		}
	}
	return []string{visitorLine(id, slices.Sorted(maps.Keys(its)), events, visits(o.timesOf(id)))}
}

// visits counts the runs of times without a gap of more than 30 minutes.
func visits(times []int64) (n int) {
	slices.Sort(times)
	for i, t := range times {
		if i == 0 || t-times[i-1] > 30*60_000 {
			n++
		}
	}
	return n
}

// dayOf returns the day that a clock on the site shows.
func (o *oracle) dayOf(ms int64) string { return time.UnixMilli(ms).In(o.zone).Format(time.DateOnly) }

func (o *oracle) listing(id string) (lines []string) {
	type sums struct {
		views, shares, inquiries int
		unique                   map[string]bool
	}
	days := map[string]*sums{}
	everyone := map[string]bool{}
	on := func(ms int64) *sums {
		day := o.dayOf(ms)
		if days[day] == nil {
			days[day] = &sums{unique: map[string]bool{}}
		}
		return days[day]
	}
	for _, e := range o.events {
		if e.robot || e.listing != id {
			continue
		}
		switch e.kind {
		case "property_view":
			visitor, bound := o.owner(e.session)
			who := fmt.Sprint(visitor, bound)
			on(e.at).views++
			on(e.at).unique[who], everyone[who] = true, true
		case "property_interaction":
			on(e.at).shares++
		}
	}
	for _, p := range o.leads {
		if p.listing == id {
			on(p.at).inquiries++
		}
	}
	total := sums{}
	for day, s := range days {
		lines = append(lines, listingLine(id, day, s.views, len(s.unique), s.inquiries, s.shares))
		total.views, total.shares, total.inquiries = total.views+s.views, total.shares+s.shares, total.inquiries+s.inquiries
	}
	return append(lines, listingLine(id, "in all", total.views, len(everyone), total.inquiries, total.shares))
}

func sessionLine(id, visitor string, events, visits int, lead bool, viewed []string) string {
	return fmt.Sprintf("session %s of %q: %d events, %d visits, lead %t, viewed %s", id, visitor, events, visits, lead, strings.Join(viewed, " "))
}

func timelineLine(session string, ids []string) string {
	return fmt.Sprintf("timeline %s: %s", session, strings.Join(ids, " "))
}

func visitorLine(id string, sessions []string, events, visits int) string {
	return fmt.Sprintf("visitor %s: sessions %s, %d events, %d visits", id, strings.Join(sessions, " "), events, visits)
}

func listingLine(id, day string, views, unique, inquiries, shares int) string {
	return fmt.Sprintf("listing %s %s: %d views, %d unique, %d inquiries, %d shares", id, day, views, unique, inquiries, shares)
}

func leadLine(ref, status, profile, notes, listing, session, ended string) string {
	return fmt.Sprintf("lead %s: %s of %s, %q, listing %q, session %q, ended %q", ref, status, profile, notes, listing, session, ended)
}
