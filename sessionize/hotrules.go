package sessionize

import (
	"strings"
	"time"

	"footfall/event"
	"footfall/journal"
	"footfall/scorer"
	"footfall/store"
)

// What the rules count, and from when on they fire.
const (
	awayFor       = int64(14 * 24 * time.Hour / time.Millisecond)
	dayLong       = int64(24 * time.Hour / time.Millisecond)
	weekLong      = 7 * dayLong
	hotVisits     = 5
	hotDayLong    = 5  // listings in a day
	hotWeekLong   = 10 // listings in a week
	hotAgain      = 3  // visits with one listing
	formLeftFor   = int64(time.Minute / time.Millisecond)
	hotViewed     = 3       // listings without which intent is not high, unless a form was started
	hotDuration   = 120_000 // ms, likewise
	maxHotChunks  = 4096    // of one session that are read to find out when it saw what
	maxHotListing = 256     // of one session
)

// sight is that a listing was viewed: within [from, to], ms, which is one moment where that is known.
type sight struct {
	listing  string
	from, to int64
}

// signs are what is known of somebody: whether they are hot goes by these alone.
type signs struct {
	now     int64
	session *Session // that moved
	visits  int      // visit_count
	runs    []Run    // of the person
	sights  []sight  // of all their sessions that are looked at
	lead    bool     // one of these made a lead
	opened  bool     // the session opened a page since
	form    int64    // when the session's first form was started, 0: not, or it was submitted
}

// hot returns the rules that hold.
func (r *signs) hot() (hot []Hot) {
	add := func(rule Rule, holds bool, count int, what string) {
		if holds {
			hot = append(hot, Hot{Rule: rule, At: r.now, Count: count, What: what})
		}
	}
	away := r.away()
	add(RuleBack, away >= awayFor, int(away/dayLong), "")
	visits := 0
	for _, run := range r.runs {
		if run.To >= r.now-weekLong {
			visits++
		}
	}
	add(RuleVisits, visits >= hotVisits, visits, "")
	day, week := r.distinct(r.now-dayLong), r.distinct(r.now-weekLong)
	add(RuleListingsDay, day >= hotDayLong, day, "")
	add(RuleListingsWeek, week >= hotWeekLong, week, "")
	listing, times := r.again()
	add(RuleListingAgain, times >= hotAgain, times, listing)
	left := r.now - r.form
	add(RuleFormLeft, r.form != 0 && left >= formLeftFor, int(left/1000), "")
	b := scorer.Behavior{
		VisitCount: r.visits, TotalDuration: r.session.TotalDuration(), Viewed: len(r.session.PropertiesViewed()),
		Deep: len(r.session.DeepEngagement()), FormStarted: r.session.Started(), FormCompleted: r.session.FormCompleted(),
	}
	add(RuleIntent, scorer.ConversionIntent(b) == scorer.IntentHigh, b.Viewed, "")
	add(RuleLead, r.lead && r.opened, r.visits, "")
	return hot
}

// dull says whether no rule can hold of somebody who has made one visit, of this session alone.
func (s *Session) dull() bool {
	return len(s.Listings) < hotDayLong && !s.Started() && s.Lead == "" &&
		(len(s.Listings) < hotViewed || s.TotalDuration() <= hotDuration) // else intent may be high
}

// away returns how long somebody was away before the visit that they make now, ms.
func (r *signs) away() int64 {
	n := len(r.runs)
	if n < 2 || r.session.Last < r.runs[n-1].From {
		return 0
	}
	return r.runs[n-1].From - r.runs[n-2].To
}

// distinct returns how many listings were viewed at or after a moment.
func (r *signs) distinct(since int64) int {
	seen := map[string]bool{}
	for _, s := range r.sights {
		if s.from >= since {
			seen[s.listing] = true
		}
	}
	return len(seen)
}

// again returns the listing of the present visit that was viewed in the most visits, and in how many.
func (r *signs) again() (listing string, visits int) {
	if len(r.runs) == 0 {
		return "", 0
	}
	in := map[string]map[int]bool{}
	for _, s := range r.sights {
		for i, run := range r.runs {
			if s.from >= run.From && s.to <= run.To {
				if in[s.listing] == nil {
					in[s.listing] = map[int]bool{}
				}
				in[s.listing][i] = true
			}
		}
	}
	for _, s := range r.sights { // in order, so that it is always the same of several
		if of := in[s.listing]; of[len(r.runs)-1] && len(of) > visits {
			listing, visits = s.listing, len(of)
		}
	}
	return listing, visits
}

// sightsOf returns when a session viewed which listings. If all of it lies within one visit and on one side of the rules'
// bounds, that is enough to know; else its chunks say it.
func (o *Sessions) sightsOf(key sessionKey, s *Session, runs []Run, now int64) (sights []sight, err error) {
	if s.Flagged || s.Anonymous || len(s.Listings) == 0 {
		return nil, nil
	}
	oneRun := false
	for _, run := range runs {
		oneRun = oneRun || s.First >= run.From && s.Last <= run.To
	}
	astride := func(bound int64) bool { return s.First < bound && s.Last >= bound }
	if oneRun && !astride(now-dayLong) && !astride(now-weekLong) {
		for i := range s.Listings[:min(len(s.Listings), maxHotListing)] {
			sights = append(sights, sight{strings.Clone(s.Listings[i].ID), s.First, s.Last})
		}
		return sights, nil
	}
	err = o.eachChunk(key, s, func(c *event.Chunk) {
		for i := range c.Events {
			if e := &c.Events[i]; e.Type == event.PropertyView && e.Listing != "" {
				sights = append(sights, sight{e.Listing, e.At, e.At})
			}
		}
	})
	return sights, err
}

// eachChunk visits the first chunks of a session as they are stored.
func (o *Sessions) eachChunk(key sessionKey, s *Session, visit func(*event.Chunk)) error {
	n := 0
	for _, day := range s.Days {
		err := journal.ReadSession(o.db.Reader(), day, key.site, key.id, 0, func(r *journal.Record) error {
			if n++; n > maxHotChunks {
				return store.ErrStop
			}
			if o.forgotten.after(key.site, journal.EraseSession, key.id, r.Pos) || r.Chunk.Flags&event.Flagged != 0 {
				return nil
			}
			visit(r.Chunk)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// formStart returns when a session's first form was started, 0 if that is not known.
func (o *Sessions) formStart(key sessionKey, s *Session) (at int64, err error) {
	err = o.eachChunk(key, s, func(c *event.Chunk) {
		for i := range c.Events {
			if e := &c.Events[i]; e.Type == event.FormStart && (at == 0 || e.At < at) {
				at = e.At
			}
		}
	})
	return at, err
}
